internal import Wire

/// What the mock needs from a request's body: the top-level members it acts on, found in one pass without
/// building a tree.
///
/// It checks the structure only as far as necessary to find them; a gateway's own checks are stricter.
struct MockRequestBody {
    /// The bytes between the quotes of `model`, escapes included.
    private(set) var model: Range<Int>?
    /// The bytes between the quotes of `user`.
    private(set) var user: Range<Int>?
    /// Whether `stream` is true.
    private(set) var wantsStream = false
    /// Whether `stream_options.include_usage` is true.
    private(set) var asksForUsage = false
    /// The value of `input` in an embeddings request.
    private(set) var input: Range<Int>?
    /// The most numbers in an embedding, whatever is asked for.
    static let mostDimensions = 65_536

    /// The value of `dimensions`, at most `mostDimensions`.
    private(set) var dimensions: Int?
    /// Whether `encoding_format` is `base64`.
    private(set) var wantsBase64 = false

    /// Scans a body.
    ///
    /// - Returns: `nil` if it is not a JSON object.
    init?(scanning body: RawSpan) {
        let view = Span<UInt8>(_bytes: body)
        var at = MockRequestBody.pastSpace(body, 0)
        guard at < view.count, view[at] == UInt8(ascii: "{") else { return nil }
        at = MockRequestBody.pastSpace(body, at + 1)
        guard at < view.count else { return nil }
        if view[at] == UInt8(ascii: "}") { return }
        while true {
            guard let name = MockRequestBody.endOfString(body, at) else { return nil }
            let key = at + 1..<name - 1
            at = MockRequestBody.pastSpace(body, name)
            guard at < view.count, view[at] == UInt8(ascii: ":") else { return nil }
            let start = MockRequestBody.pastSpace(body, at + 1)
            guard let end = MockRequestBody.endOfValue(body, start) else { return nil }
            take(body, key, start..<end)
            at = MockRequestBody.pastSpace(body, end)
            guard at < view.count else { return nil }
            if view[at] == UInt8(ascii: "}") { return }
            guard view[at] == UInt8(ascii: ",") else { return nil }
            at = MockRequestBody.pastSpace(body, at + 1)
        }
    }

    private mutating func take(_ body: RawSpan, _ key: Range<Int>, _ value: Range<Int>) {
        let name = body.extracting(key)
        switch key.count {
        case 5 where name.equals("model"):
            if body[byte: value.lowerBound] == UInt8(ascii: "\"") { model = value.lowerBound + 1..<value.upperBound - 1 }
        case 4 where name.equals("user"):
            if body[byte: value.lowerBound] == UInt8(ascii: "\"") { user = value.lowerBound + 1..<value.upperBound - 1 }
        case 5 where name.equals("input"): input = value
        case 6 where name.equals("stream"): wantsStream = body.extracting(value).equals("true")
        case 14 where name.equals("stream_options"): asksForUsage = MockRequestBody.isTrue("include_usage", in: body.extracting(value))
        case 10 where name.equals("dimensions"): dimensions = body.extracting(value).decimalValue(atMost: MockRequestBody.mostDimensions)
        case 15 where name.equals("encoding_format"): wantsBase64 = body.extracting(value).equals("\"base64\"")
        default: break
        }
    }

    /// Whether the small object `bytes` has the member `name` with the value true.
    private static func isTrue(_ name: StaticString, in bytes: RawSpan) -> Bool {
        guard let found = bytes.firstRange(of: name) else { return false }
        var at = pastSpace(bytes, found.upperBound + 1)
        guard at < bytes.byteCount, bytes[byte: at] == UInt8(ascii: ":") else { return false }
        at = pastSpace(bytes, at + 1)
        return bytes.extracting(at..<bytes.byteCount).hasPrefix("true")
    }

    // MARK: Structure

    @inline(__always)
    static func pastSpace(_ bytes: RawSpan, _ start: Int) -> Int {
        let view = Span<UInt8>(_bytes: bytes)
        var at = start
        while at < view.count, view[at] <= 0x20 { at += 1 }
        return at
    }

    /// The offset after the string whose opening quote is at `start`.
    static func endOfString(_ bytes: RawSpan, _ start: Int) -> Int? {
        let view = Span<UInt8>(_bytes: bytes)
        guard start < view.count, view[start] == UInt8(ascii: "\"") else { return nil }
        var from = start + 1
        while let quote = bytes.firstIndex(of: UInt8(ascii: "\""), from: from) {
            var backslashes = 0
            while view[quote - 1 - backslashes] == UInt8(ascii: "\\") { backslashes += 1 }
            if backslashes & 1 == 0 { return quote + 1 }
            from = quote + 1
        }
        return nil
    }

    /// The offset after the value at `start`; `nil` if there is none or it does not end.
    static func endOfValue(_ bytes: RawSpan, _ start: Int) -> Int? {
        let view = Span<UInt8>(_bytes: bytes)
        guard start < view.count else { return nil }
        switch view[start] {
        case UInt8(ascii: "\""): return endOfString(bytes, start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return endOfContainer(bytes, start)
        default:
            var at = start
            while at < view.count, isScalar(view[at]) { at += 1 }
            return at > start ? at : nil
        }
    }

    private static func endOfContainer(_ bytes: RawSpan, _ start: Int) -> Int? {
        let view = Span<UInt8>(_bytes: bytes)
        var depth = 0
        var at = start
        while at < view.count {
            switch view[at] {
            case UInt8(ascii: "\""):
                guard let end = endOfString(bytes, at) else { return nil }
                at = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return at + 1 }
            default: break
            }
            at += 1
        }
        return nil
    }

    /// Whether a byte can be part of a number or of `true`, `false` and `null`.
    private static func isScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"): true
        default: false
        }
    }
}
