internal import Wire

/// Takes secrets out of an answer that goes on piece by piece, also one that begins in one piece and ends in another.
///
/// Of a piece no more is held back than its end, where that is the beginning of a secret. Where there is none, which is nearly always, the piece goes on as
/// it is, without a copy.
struct PassingRedactor: ~Copyable {
    private let redactor: Redactor
    /// The end of the pieces so far that is the beginning of a secret.
    private var open: [UInt8] = []

    init(_ redactor: Redactor) { self.redactor = redactor }

    /// Takes a piece and calls `write` with what of it, and of what was held back, goes on now, if there is anything.
    ///
    /// - Parameter isLast: Whether nothing follows: then nothing is held back.
    @discardableResult
    mutating func pass<Result>(_ piece: RawSpan, isLast: Bool = false, to write: (RawSpan) -> Result) -> Result? {
        guard redactor.looksFurther else { return piece.byteCount > 0 ? write(piece) : nil }
        guard !open.isEmpty else { return passWhole(piece, isLast, write) }
        let whole = open + piece.array
        open = []
        return whole.withBytes { passWhole($0, isLast, write) }
    }

    private mutating func passWhole<Result>(_ bytes: RawSpan, _ isLast: Bool, _ write: (RawSpan) -> Result) -> Result? {
        // What ends within an escape is read when the rest of it is there.
        let whole = bytes.byteCount - (isLast ? 0 : redactor.openEscape(of: bytes))
        let front = bytes.extracting(first: whole)
        let rest = bytes.extracting(droppingFirst: whole)
        if let redacted = redactor.redacted(front, goesOn: !isLast) {
            return redacted.withBytes { passOn($0, rest, isLast, write) }
        }
        return passOn(front, rest, isLast, write)
    }

    private mutating func passOn<Result>(_ bytes: RawSpan, _ rest: RawSpan, _ isLast: Bool, _ write: (RawSpan) -> Result) -> Result? {
        let held = isLast ? 0 : redactor.openEnd(of: bytes)
        if held > 0 { open = bytes.extracting(bytes.byteCount - held..<bytes.byteCount).array }
        if rest.byteCount > 0 { open += rest.array }
        return bytes.byteCount > held ? write(bytes.extracting(first: bytes.byteCount - held)) : nil
    }
}
