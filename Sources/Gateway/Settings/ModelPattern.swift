internal import Wire

/// A model's name in which `*` stands for any text, also none; case does not matter.
struct ModelPattern: Sendable {
    /// What has to be done to find the names that fit.
    enum Form: Equatable {
        /// Every name does.
        case all
        /// The one name.
        case exact([UInt8])
        /// The names that begin so.
        case prefix([UInt8])
        /// Each has to be looked at.
        case general
    }

    /// What stands between the stars, in lower case.
    private let pieces: [[UInt8]]
    /// For each piece and each length of what has matched of it, how much of that is a beginning of the piece again: so that a name is gone over once,
    /// whatever is in it (Knuth, Morris and Pratt 1977).
    private let borders: [[Int]]

    init(_ text: String) {
        pieces = NameCatalogue.lowercased(text).split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
        borders = pieces.map(ModelPattern.borders)
    }

    private static func borders(of piece: [UInt8]) -> [Int] {
        var borders = Array(repeating: 0, count: piece.count + 1)
        var length = 0
        for index in piece.indices.dropFirst() {
            while length > 0, piece[length] != piece[index] { length = borders[length] }
            if piece[length] == piece[index] { length += 1 }
            borders[index + 1] = length
        }
        return borders
    }

    /// See `Form`.
    var form: Form {
        if pieces.count == 1 { return .exact(pieces[0]) }
        guard pieces.dropFirst().allSatisfy(\.isEmpty) else { return .general }
        return pieces[0].isEmpty ? .all : .prefix(pieces[0])
    }

    /// Whether the whole name fits.
    func matches(_ name: String) -> Bool { NameCatalogue.lowercased(name).withBytes { matches($0) } }

    /// Whether the whole name, in lower case, fits.
    func matches(_ name: RawSpan) -> Bool {
        guard let first = pieces.first, let last = pieces.last, pieces.count > 1 else {
            return pieces.first.map { name.equals($0.span.bytes) } ?? false
        }
        guard name.byteCount >= first.count + last.count, ModelPattern.holds(name, first, at: 0),
            ModelPattern.holds(name, last, at: name.byteCount - last.count)
        else { return false }
        let end = name.byteCount - last.count
        var start = first.count
        for index in 1..<(pieces.count - 1) where !pieces[index].isEmpty {
            guard let behind = find(index, in: name, start..<end) else { return false }
            start = behind
        }
        return true
    }

    /// The offset behind the first place within `range` where a piece stands.
    private func find(_ index: Int, in name: RawSpan, _ range: Range<Int>) -> Int? {
        let (piece, borders) = (pieces[index], borders[index])
        var length = 0
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = name[byte: at]
            while length > 0, piece[length] != byte { length = borders[length] }
            if piece[length] == byte { length += 1 }
            at += 1
            if length == piece.count { return at }
        }
        return nil
    }

    /// Whether `piece` stands at `offset` of a text that is long enough.
    @inline(__always)
    private static func holds(_ text: RawSpan, _ piece: [UInt8], at offset: Int) -> Bool {
        let piece = piece.span
        for index in piece.indices where text[byte: offset + index] != piece[index] { return false }
        return true
    }
}
