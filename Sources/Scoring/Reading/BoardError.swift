/// Why a board, a catalogue or a list was rejected, in one line.
public struct BoardError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was wrong, in lower case and without a full stop.
    public let description: String

    /// Makes an error.
    public init(_ description: String) { self.description = description }
}
