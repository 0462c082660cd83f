/// A place in a text file.
struct SourceMark: Hashable, Sendable {
    /// Counted from 1.
    let line: Int
    /// In Unicode scalars, counted from 1.
    let column: Int

    static let start = SourceMark(line: 1, column: 1)
}
