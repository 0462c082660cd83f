/// A sentence of a known form, searched for in lower-case text.
///
/// | in the pattern | stands for |
/// | --- | --- |
/// | `#` | a number: digits with `.`, `,` or `_` between them, with or without a sign or currency sign before it |
/// | `*` | any text within one line, at most `longestGap` bytes, possibly empty |
/// | anything else | itself |
public struct SentencePattern: Sendable {
    /// The longest text that `*` stands for: the name of a model or an organization, a short list.
    public static let longestGap = 128
    /// The most `*` in a pattern, so that a search is never slow.
    public static let mostGaps = 2

    /// The pattern as written.
    public let text: StaticString
    private let pairs: LetterPairs

    /// Makes a pattern; its letters are lower-case.
    public init(_ text: StaticString) {
        self.text = text
        var pairs = LetterPairs()
        for place in 1..<max(text.utf8CodeUnitCount, 1) {
            let (first, second) = (text.utf8Start[place - 1], text.utf8Start[place])
            if !SentencePattern.isMark(first), !SentencePattern.isMark(second) { pairs.insert(first, second) }
        }
        self.pairs = pairs
    }

    private static func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "#") || byte == UInt8(ascii: "*") }

    /// Whether a text with these pairs may contain the sentence: a quick no for nearly all texts.
    @inline(__always)
    public func mayStand(in text: LetterPairs) -> Bool { text.holds(pairs) }

    /// The first place in `bytes` at or after `start` where the sentence is.
    ///
    /// - Parameter needsWord: Whether it must not be part of a longer word.
    public func firstRange(in bytes: RawSpan, from start: Int = 0, needsWord: Bool = false) -> Range<Int>? {
        guard text.utf8CodeUnitCount > 0 else { return nil }
        let first = text.utf8Start[0]
        var from = start
        while from < bytes.byteCount {
            var place = from
            if first != UInt8(ascii: "#"), first != UInt8(ascii: "*") {
                guard let hit = bytes.firstIndex(of: first, from: from) else { return nil }
                place = hit
            }
            if let end = end(in: bytes, at: place, of: 0),
                !needsWord || !SentencePattern.isWord(bytes, place - 1) && !SentencePattern.isWord(bytes, end)
            {
                return place..<end
            }
            from = place + 1
        }
        return nil
    }

    /// The offset after the text that the pattern, from its byte `mark` on, stands for at `start`.
    private func end(in bytes: RawSpan, at start: Int, of mark: Int) -> Int? {
        let (letters, count) = (text.utf8Start, text.utf8CodeUnitCount)
        var (at, mark) = (start, mark)
        while mark < count {
            let letter = letters[mark]
            mark += 1
            if letter == UInt8(ascii: "#") {
                guard let end = SentencePattern.numberEnd(in: bytes, at: at) else { return nil }
                at = end
            } else if letter == UInt8(ascii: "*") {
                let most = min(at + SentencePattern.longestGap, bytes.byteCount)
                while true {
                    if let end = end(in: bytes, at: at, of: mark) { return end }
                    guard at < most, bytes[byte: at] != 0x0A else { return nil }
                    at += 1
                }
            } else {
                guard at < bytes.byteCount, bytes[byte: at] == letter else { return nil }
                at += 1
            }
        }
        return at
    }

    /// What the pattern's `*` stand for in a sentence that begins at `start`, in order; empty if it does not
    /// begin there, or has none.
    public func gaps(in bytes: RawSpan, at start: Int) -> [Range<Int>] {
        var gaps: [Range<Int>] = []
        return fill(in: bytes, at: start, of: 0, &gaps) ? gaps : []
    }

    private func fill(in bytes: RawSpan, at start: Int, of mark: Int, _ gaps: inout [Range<Int>]) -> Bool {
        let (letters, count) = (text.utf8Start, text.utf8CodeUnitCount)
        var (at, mark) = (start, mark)
        while mark < count {
            let letter = letters[mark]
            guard letter == UInt8(ascii: "*") else {
                if letter == UInt8(ascii: "#") {
                    guard let end = SentencePattern.numberEnd(in: bytes, at: at) else { return false }
                    at = end
                } else {
                    guard at < bytes.byteCount, bytes[byte: at] == letter else { return false }
                    at += 1
                }
                mark += 1
                continue
            }
            for end in at...min(at + SentencePattern.longestGap, bytes.byteCount) {
                if self.end(in: bytes, at: end, of: mark + 1) != nil {
                    gaps.append(at..<end)
                    return fill(in: bytes, at: end, of: mark + 1, &gaps)
                }
                if end < bytes.byteCount, bytes[byte: end] == 0x0A { return false }
            }
            return false
        }
        return true
    }

    /// The offset after the number that begins at `start`; `nil` if there is none.
    public static func numberEnd(in bytes: RawSpan, at start: Int) -> Int? {
        var at = start
        for sign in ["-", "$", "\u{FF04}", "\u{A5}", "\u{FFE5}", "\u{20AC}"] as [StaticString] {
            let size = sign.utf8CodeUnitCount
            if at + size <= bytes.byteCount, bytes.extracting(at..<at + size).equals(sign) { at += size }
        }
        if bytes.byteOrZero(at: at) == UInt8(ascii: "-") { at += 1 }
        guard bytes.byteOrZero(at: at) &- 0x30 < 10 else { return nil }
        var end = at
        while at < bytes.byteCount {
            let byte = bytes[byte: at]
            at += 1
            if byte &- 0x30 < 10 { end = at } else if byte != UInt8(ascii: "."), byte != UInt8(ascii: ","), byte != UInt8(ascii: "_") { break }
        }
        return end
    }

    private static func isWord(_ bytes: RawSpan, _ place: Int) -> Bool {
        guard place >= 0, place < bytes.byteCount else { return false }
        let byte = bytes[byte: place]
        return byte | 0x20 &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "_")
    }
}

/// The pairs of neighbouring bytes in a text, some of which share one bit.
public struct LetterPairs: Sendable {
    private var bits = InlineArray<4, UInt64>(repeating: 0)

    /// No pairs.
    public init() {}

    /// The pairs of a text.
    public init(of text: RawSpan) {
        guard text.byteCount > 1 else { return }
        for place in 1..<text.byteCount { insert(text[byte: place - 1], text[byte: place]) }
    }

    mutating func insert(_ first: UInt8, _ second: UInt8) {
        let hash = (Int(first) &* 37 &+ Int(second) &* 11) & 255
        bits[hash >> 6] |= 1 << UInt64(hash & 63)
    }

    /// Whether all pairs of `other` are among these.
    @inline(__always)
    func holds(_ other: LetterPairs) -> Bool {
        other.bits[0] & ~bits[0] == 0 && other.bits[1] & ~bits[1] == 0 && other.bits[2] & ~bits[2] == 0 && other.bits[3] & ~bits[3] == 0
    }
}

extension RawSpan {
    /// Whether the bytes are `literal` without regard to case and the marks between words (`_`, `-`, `.`,
    /// blanks); `literal` may begin or end with `*`, which stands for anything.
    public func isCode(_ literal: StaticString) -> Bool {
        let (letters, count) = (literal.utf8Start, literal.utf8CodeUnitCount)
        guard count > 0 else { return false }
        let isOpenBefore = letters[0] == UInt8(ascii: "*")
        let isOpenBehind = count > 1 && letters[count - 1] == UInt8(ascii: "*")
        let (low, high) = (isOpenBefore ? 1 : 0, isOpenBehind ? count - 1 : count)
        for start in 0...(isOpenBefore ? byteCount : 0) {
            var (at, mark) = (start, low)
            while true {
                while mark < high, RawSpan.joinsWords(letters[mark]) { mark += 1 }
                while at < byteCount, RawSpan.joinsWords(self[byte: at]) { at += 1 }
                guard mark < high, at < byteCount else { break }
                let byte = self[byte: at]
                guard (byte &- 0x41 < 26 ? byte | 0x20 : byte) == letters[mark] else { break }
                at += 1
                mark += 1
            }
            if mark == high, at == byteCount || isOpenBehind { return true }
        }
        return false
    }

    private static func joinsWords(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: " ")
    }
}
