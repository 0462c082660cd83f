/// An event that is passed on in pieces because it is too large to hold: how the answer ends and what it used,
/// as far as that can be seen without reading the event as a whole.
///
/// An unescaped quote can't stand inside a JSON string, so `"finish_reason":"` is always a member. The counts
/// are searched for only in the last bytes.
public struct LargeEvent: ~Copyable {
    /// Bytes that are kept of the most recent pieces. The counts with all their details take a few hundred.
    private static let keptBytes = 2048

    /// Whether a `finish_reason` is a non-empty string.
    public private(set) var isFinished = false
    /// Whether a `finish_reason` is another word than `stop`.
    public private(set) var finishesOtherwise = false
    /// How many bytes its pieces had so far.
    public private(set) var byteCount = 0
    private var tail = ByteBuffer()

    /// Makes an event without any bytes.
    public init() {}

    /// Takes the next piece.
    public mutating func take(_ piece: RawSpan) {
        byteCount += piece.byteCount
        tail.append(piece)
        let (isFinished, finishesOtherwise) = LargeEvent.ends(in: tail.bytes)
        if isFinished { self.isFinished = true }
        if finishesOtherwise { self.finishesOtherwise = true }
        if tail.count > LargeEvent.keptBytes { tail.removeFirst(tail.count - LargeEvent.keptBytes) }
    }

    /// Whether a `finish_reason` in these bytes is a non-empty string, and whether one is another than `stop`.
    private static func ends(in text: RawSpan) -> (isFinished: Bool, otherwise: Bool) {
        var (isFinished, otherwise) = (false, false)
        var at = 0
        while let name = text.firstRange(of: "\"finish_reason\"", from: at) {
            at = name.upperBound
            var place = JSONScanner.pastSpace(text, at)
            guard text.byteOrZero(at: place) == UInt8(ascii: ":") else { continue }
            place = JSONScanner.pastSpace(text, place + 1)
            guard text.byteOrZero(at: place) == UInt8(ascii: "\""), let end = text.firstIndex(of: UInt8(ascii: "\""), from: place + 1),
                end > place + 1
            else { continue }
            isFinished = true
            if !text.extracting(place + 1..<end).equalsIgnoringCase("stop") { otherwise = true }
        }
        return (isFinished, otherwise)
    }

    /// Whether the bytes so far end as JSON does.
    public var isClosed: Bool {
        let text = tail.bytes.withoutSpace
        return text.byteCount > 0 && text[byte: text.byteCount - 1] == UInt8(ascii: "}")
    }

    /// The counts at the end of the event, once all of it has come.
    public var usage: Usage? {
        let text = tail.bytes
        var found: Usage?
        var at = 0
        while let name = text.firstRange(of: "\"usage\"", from: at) {
            at = name.upperBound
            let colon = JSONScanner.pastSpace(text, at)
            guard text.byteOrZero(at: colon) == UInt8(ascii: ":") else { continue }
            let value = text.extracting(droppingFirst: colon + 1)
            var scanner = JSONScanner(value, acceptingLoneSurrogates: true)
            do throws(JSONError) { found.take(try Usage(&scanner, in: value)) } catch { continue }
        }
        return found
    }

    /// Whether an event that begins with this piece is an error: its data has a member `error` before any
    /// choice.
    public static func isError(beginning piece: RawSpan) -> Bool {
        guard let start = piece.firstIndex(of: UInt8(ascii: "{")), start < 64 else { return false }
        let data = piece.extracting(droppingFirst: start)
        var scanner = JSONScanner(data, acceptingLoneSurrogates: true)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                if name.equals("choices", in: data) { return false }
                if name.equals("error", in: data) {
                    let kind = try scanner.nextKind()
                    if kind == .object || kind == .string { return true }
                }
                try scanner.skipValue()
            }
        } catch {
            return false
        }
        return false
    }
}
