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

    init(_ text: String) {
        pieces = NameCatalogue.lowercased(text).split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
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
        for piece in pieces[1..<(pieces.count - 1)] where !piece.isEmpty {
            while true {
                guard start + piece.count <= end else { return false }
                if ModelPattern.holds(name, piece, at: start) { break }
                start += 1
            }
            start += piece.count
        }
        return true
    }

    /// Whether `piece` stands at `offset` of a text that is long enough.
    @inline(__always)
    private static func holds(_ text: RawSpan, _ piece: [UInt8], at offset: Int) -> Bool {
        let piece = piece.span
        for index in piece.indices where text[byte: offset + index] != piece[index] { return false }
        return true
    }
}
