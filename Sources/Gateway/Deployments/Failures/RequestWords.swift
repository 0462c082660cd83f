internal import Wire

/// The words of a request's body, where a provider's words are compared with them. Only ever asked after a failure whose words would matter, and read the
/// first time it is asked.
struct RequestWords {
    /// In a longer body every word of a message is taken to stand: so much text may hold any, and reading it would take the loop's time.
    private static let mostBytes = 256 * 1024

    private var text: [UInt8] = []
    private let isKnown: Bool
    private let isLong: Bool

    /// - Parameter body: The request's body; `nil` where it is not kept any more.
    init(_ body: RawSpan?) {
        isKnown = body != nil
        isLong = (body?.byteCount ?? 0) > RequestWords.mostBytes
        if let body, !isLong { text = RequestWords.plain(body) }
    }

    /// Whether it was read, so that it is known which words are its own.
    var isRead: Bool { isKnown && !isLong }

    /// Whether it is too long to be read, so that any word of a message may be its.
    var isUnread: Bool { isLong }

    /// Whether words of an error may be the request's: they stand in it, in any mix of cases, with JSON's escapes undone, runs of white space taken for one
    /// blank, and whatever the quotes are.
    ///
    /// - Parameter isMember: Whether they are a value made for programs, which providers do not fill with the request's words; in a request that is not known,
    ///   or too long to be read, they are the provider's.
    func hold(_ words: RawSpan, isMember: Bool) -> Bool {
        guard isKnown, !isLong else { return !isMember }
        return count(of: words, most: 1) > 0
    }

    /// How often words stand in the request, up to `most`; as often as that in one that is not known or too long to be read.
    func count(of words: RawSpan, most: Int) -> Int {
        guard isKnown, !isLong else { return most }
        var plain: [UInt8] = []
        // A blank at the front may be the end of something that was left out.
        var wasSpace = true
        FoldedText.append(words, marks: .dropped, to: &plain, wasSpace: &wasSpace)
        while plain.last == 0x20 { plain.removeLast() }
        guard !plain.isEmpty else { return 0 }
        let (words, bytes) = (plain.span.bytes, text.span.bytes)
        var (from, count) = (0, 0)
        while count < most, let hit = bytes.firstRange(of: words, from: from) {
            // A number is the same only as a whole.
            if !RequestWords.isDigit(words[byte: 0]) || !RequestWords.isDigit(bytes.byteOrZero(at: hit.lowerBound - 1)),
                !RequestWords.isDigit(words[byte: words.byteCount - 1]) || !RequestWords.isDigit(bytes.byteOrZero(at: hit.upperBound))
            {
                count += 1
            }
            from = hit.lowerBound + 1
        }
        return count
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The body without escapes, folded.
    private static func plain(_ body: RawSpan) -> [UInt8] {
        var bare: [UInt8] = []
        bare.reserveCapacity(body.byteCount)
        var at = 0
        while at < body.byteCount {
            let byte = body[byte: at]
            at += 1
            guard byte == UInt8(ascii: "\\"), at < body.byteCount else {
                bare.append(byte)
                continue
            }
            let escape = body[byte: at]
            at += 1
            switch escape {
            case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "b"): bare.append(0x20)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(in: body, at: &at) else {
                    bare.append(0)
                    continue
                }
                bare.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [0])
            default: bare.append(escape)
            }
        }
        var text: [UInt8] = []
        text.reserveCapacity(bare.count)
        var wasSpace = true
        FoldedText.append(bare.span.bytes, marks: .dropped, to: &text, wasSpace: &wasSpace)
        return text
    }

    /// The character whose four digits stand at `at`, with the second half of a pair behind them; passes them. `nil` for half a pair and for what is no number.
    private static func scalar(in body: RawSpan, at: inout Int) -> Unicode.Scalar? {
        guard let high = unit(in: body, at: at) else { return nil }
        at += 4
        guard high &- 0xD800 < 0x400 else { return Unicode.Scalar(high) }
        guard body.byteOrZero(at: at) == UInt8(ascii: "\\"), body.byteOrZero(at: at + 1) == UInt8(ascii: "u"), let low = unit(in: body, at: at + 2),
            low &- 0xDC00 < 0x400
        else { return nil }
        at += 6
        return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    private static func unit(in body: RawSpan, at start: Int) -> UInt32? {
        guard start + 4 <= body.byteCount else { return nil }
        var value: UInt32 = 0
        for place in start..<start + 4 {
            guard let digit = hexadecimal(body[byte: place]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        if byte &- 0x30 < 10 { return UInt32(byte &- 0x30) }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? UInt32(letter) + 10 : nil
    }
}
