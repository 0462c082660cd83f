internal import Wire

/// Takes secrets out of text from outside before a client or the log sees it: some providers quote the credential they were shown.
///
/// A secret is found as it is, as JSON and URLs spell it, also with letters as `\u0073`, and with its end cut off or masked where enough of it is left to be
/// no other's. Compared are bytes: a combining mark behind a secret makes another character of its last letter, but no other secret.
///
/// Taken out are secrets in errors, names, header fields, whole answers, and the events of streams and the pieces of answers that go on as they come
/// (`PassingRedactor`). Not found is what a model says in pieces: a secret that is spread over several events of a stream, a part of its text in each.
public struct Redactor: Sendable {
    /// What stands where a secret stood.
    public static let placeholder = "[redacted]"
    /// The shortest beginning of a secret that is taken for it at the end of a text; of a secret that is shorter than twice that, half of it.
    static let leastPart = 8

    /// A secret of fewer bytes, such as the key `ollama` of a server that wants any, may be in a name by chance.
    static let leastBytesInNames = 12

    /// Every spelling of every secret, the longest first, so that none is taken apart by a shorter one that is part of it.
    private let forms: [[UInt8]]
    /// Those that are looked for in what goes on as it is.
    private let longForms: [[UInt8]]
    /// How many bytes of the beginning of each are enough to be taken for it.
    private let parts: [Int]
    /// Whether a secret has a byte, so that its escape may be a part of one.
    private let letters: [Bool]
    /// How many bytes on the next window begins, by the last four bytes of one; 0 where a secret may begin with the window (Wu and Manber, A fast
    /// algorithm for multi-pattern searching, 1994). So a text is searched for all secrets at once, with one look at four bytes for as many as the shortest
    /// secret has.
    private let steps: [UInt8]
    /// The bytes of a window: those of the shortest secret, or beginning of one, that is looked for, at most 64.
    private let window: Int
    /// Whether one of those begins with a byte.
    private let beginnings: [Bool]
    /// Bytes at the end of a window that decide.
    private static let block = 4
    private static let longestWindow = 64
    /// Bits of a place in `steps`: enough that of fifty secrets' blocks few fall on the same.
    private static let hashBits: UInt32 = 13

    /// Makes the redactor of some secrets; empty ones are none.
    public init(_ secrets: [Secret]) {
        var forms: Set<[UInt8]> = []
        for secret in secrets where !secret.isEmpty { secret.reveal { forms.formUnion(Redactor.spellings(of: Array($0.utf8))) } }
        self.forms = forms.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count > $1.count }
        longForms = self.forms.filter { $0.count >= Redactor.leastBytesInNames }
        parts = longForms.map(Redactor.part)
        window = min(parts.min() ?? 0, Redactor.longestWindow)
        var letters = [Bool](repeating: false, count: 256)
        for form in longForms { for byte in form { letters[Int(byte)] = true } }
        self.letters = letters
        steps = Redactor.steps(for: longForms, window: window)
        var beginnings = [Bool](repeating: false, count: 256)
        for form in longForms { beginnings[Int(form[0])] = true }
        self.beginnings = beginnings
    }

    /// Replaces every secret in `text`.
    public func redact(_ text: inout String) {
        guard !forms.isEmpty else { return }
        var bytes = Array(text.utf8)
        var isChanged = false
        for form in forms where Redactor.replace(form, in: &bytes) { isChanged = true }
        if let clean = bytes.withBytes({ redacted($0) }) { (bytes, isChanged) = (clean, true) }
        for form in forms where Redactor.cut(form, off: &bytes) {
            isChanged = true
            break
        }
        if isChanged { text = String(decoding: bytes, as: UTF8.self) }
    }

    /// The text without secrets.
    public func redacted(_ text: String) -> String {
        var text = text
        redact(&text)
        return text
    }

    /// What a provider's error body says, without secrets.
    func redacted(_ body: UpstreamErrorBody) -> UpstreamErrorBody {
        var body = body
        body.rewrite { redact(&$0) }
        return body
    }

    /// Whether a name, or what else goes on as it is, holds a secret.
    func finds(in text: RawSpan) -> Bool { occurrence(in: text, from: 0) != nil }

    /// Whether there is anything to look for in what goes on as it is.
    var looksFurther: Bool { !longForms.isEmpty }

    /// How many bytes at the end of a text are the beginning of a secret, which the next piece of it may go on with.
    func openEnd(of text: RawSpan) -> Int { max(openPlainEnd(of: text), openEscapedEnd(of: text)) }

    private func openPlainEnd(of text: RawSpan) -> Int {
        let longest = longForms.first?.count ?? 0
        var length = min(longest - 1, text.byteCount)
        while length > 0 {
            let place = text.byteCount - length
            if beginnings[Int(text[byte: place])] {
                for form in longForms where form.count > length {
                    if text.extracting(place..<text.byteCount).equals(form.span.bytes.extracting(0..<length)) { return length }
                }
            }
            length -= 1
        }
        return 0
    }

    /// What goes on as it is, without secrets; `nil` when it holds none.
    ///
    /// - Parameter goesOn: Whether more of the text follows, so that what ends it and is the beginning of a secret is not taken out yet.
    func redacted(_ text: RawSpan, goesOn: Bool = false) -> [UInt8]? {
        guard !longForms.isEmpty else { return nil }
        guard spellsLetters(text) else { return redactedAsIs(text, goesOn) }
        return goesOn || text.byteCount <= Redactor.mostUnescaped ? redactedUnescaped(text, goesOn) : redactedInPieces(text)
    }

    private func redactedAsIs(_ text: RawSpan, _ goesOn: Bool) -> [UInt8]? {
        guard var found = occurrence(in: text, from: 0, goesOn) else { return nil }
        var result = ByteBuffer(capacity: text.byteCount)
        var start = 0
        while true {
            result.append(text.extracting(start..<found.lowerBound))
            result.append(utf8: Redactor.placeholder)
            start = found.upperBound
            guard let next = occurrence(in: text, from: start, goesOn) else { break }
            found = next
        }
        result.append(text.extracting(droppingFirst: start))
        return result.bytes.array
    }

    // MARK: Escapes

    /// Bytes of a text of which is kept what they mean and where: nine times as many.
    private static let mostUnescaped = 256 * 1024
    private static let pieceSize = 64 * 1024

    /// The same for a long text, of which that would be much: piece by piece.
    private func redactedInPieces(_ text: RawSpan) -> [UInt8] {
        var result = ByteBuffer(capacity: text.byteCount)
        var passing = PassingRedactor(self)
        var start = 0
        while start < text.byteCount {
            let end = min(start + Redactor.pieceSize, text.byteCount)
            passing.pass(text.extracting(start..<end), isLast: end == text.byteCount) { result.append($0) }
            start = end
        }
        return result.bytes.array
    }

    /// Whether JSON spells a letter of a secret by its number somewhere in a text, as hardly any server does.
    private func spellsLetters(_ text: RawSpan) -> Bool {
        // Every fourth byte is looked at, as long as it is none of `\u00` (Horspool, Practical fast searching in strings, 1980).
        var end = 3
        while end < text.byteCount {
            switch text[byte: end] {
            case UInt8(ascii: "0"):
                if let byte = Redactor.escaped(text, at: end - 3), text[byte: end - 3] == UInt8(ascii: "\\"), letters[Int(byte)] { return true }
                end += 1
            case UInt8(ascii: "u"): end += 2
            case UInt8(ascii: "\\"): end += 3
            default: end += 4
            }
        }
        return false
    }

    /// The byte that `\u00XX` at a place stands for; `nil` where it is no such escape.
    private static func escaped(_ text: RawSpan, at place: Int) -> UInt8? {
        guard text.byteOrZero(at: place + 1) == UInt8(ascii: "u"), text.byteOrZero(at: place + 2) == UInt8(ascii: "0"),
            text.byteOrZero(at: place + 3) == UInt8(ascii: "0"), let high = hexadecimal(text.byteOrZero(at: place + 4)), high < 8,
            let low = hexadecimal(text.byteOrZero(at: place + 5))
        else { return nil }
        return high << 4 | low
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// Looks for secrets in what a text means once its escapes are read, and takes out all that spells them.
    private func redactedUnescaped(_ text: RawSpan, _ goesOn: Bool) -> [UInt8]? {
        var result = ByteBuffer(capacity: text.byteCount)
        let (meaning, places) = Redactor.meaning(of: text, from: 0)
        var start = 0
        var isChanged = false
        meaning.withBytes { bytes in
            var from = 0
            while let found = occurrence(in: bytes, from: from, goesOn) {
                isChanged = true
                result.append(text.extracting(start..<places[found.lowerBound]))
                result.append(utf8: Redactor.placeholder)
                start = places[found.upperBound]
                from = found.upperBound
            }
        }
        guard isChanged else { return nil }
        result.append(text.extracting(droppingFirst: start))
        return result.bytes.array
    }

    /// What a text means, and where each byte of that begins, and at last where the text ends.
    private static func meaning(of text: RawSpan, from first: Int) -> ([UInt8], [Int]) {
        var meaning: [UInt8] = []
        var places: [Int] = []
        meaning.reserveCapacity(text.byteCount - first)
        places.reserveCapacity(text.byteCount - first + 1)
        var at = first
        while at < text.byteCount {
            places.append(at)
            let byte = text[byte: at]
            guard byte == UInt8(ascii: "\\"), at + 1 < text.byteCount else {
                meaning.append(byte)
                at += 1
                continue
            }
            if let letter = escaped(text, at: at) {
                meaning.append(letter)
                at += 6
                continue
            }
            let next = text[byte: at + 1]
            if next == UInt8(ascii: "/") || next == UInt8(ascii: "\\") || next == UInt8(ascii: "\"") {
                meaning.append(next)
                at += 2
            } else {
                meaning.append(byte)
                at += 1
            }
        }
        places.append(text.byteCount)
        return (meaning, places)
    }

    /// How many bytes at the end of a text are the beginning of a letter spelt by its number.
    func openEscape(of text: RawSpan) -> Int {
        for count in stride(from: min(5, text.byteCount), to: 0, by: -1) where text[byte: text.byteCount - count] == UInt8(ascii: "\\") {
            let rest = text.extracting(text.byteCount - count..<text.byteCount)
            if zip(rest.array, "\\u00".utf8).allSatisfy({ $0 == $1 }) { return count }
        }
        return 0
    }

    /// How many bytes at the end of a text are the beginning of a secret of which a letter is spelt by its number.
    private func openEscapedEnd(of text: RawSpan) -> Int {
        let longest = longForms.first?.count ?? 0
        let first = max(0, text.byteCount - longest * 6)
        guard text.firstIndex(of: UInt8(ascii: "\\"), from: first) != nil else { return 0 }
        let (meaning, places) = Redactor.meaning(of: text, from: first)
        let held = meaning.withBytes { openPlainEnd(of: $0) }
        return text.byteCount - places[meaning.count - held]
    }

    /// The first place at or behind `start` where a secret stands that is long enough not to be there by chance, or enough of its beginning.
    private func occurrence(in text: RawSpan, from start: Int, _ goesOn: Bool = false) -> Range<Int>? {
        guard !longForms.isEmpty else { return nil }
        var end = start + window
        while end <= text.byteCount {
            let step = Int(steps[Redactor.hash(UInt32(truncatingIfNeeded: text.word(at: end - Redactor.block)))])
            if step > 0 {
                end += step
                continue
            }
            let place = end - window
            let rest = text.byteCount - place
            var longest = 0
            for (index, form) in longForms.enumerated() {
                var count = 0
                while count < form.count, count < rest, text[byte: place + count] == form[count] { count += 1 }
                // What ends the text may go on.
                guard count == form.count || count >= parts[index] && !(goesOn && count == rest) else { continue }
                longest = max(longest, count)
            }
            if longest > 0 { return place..<place + longest }
            end += 1
        }
        return nil
    }

    private static func steps(for forms: [[UInt8]], window: Int) -> [UInt8] {
        guard !forms.isEmpty else { return [] }
        let last = window - block
        var steps = [UInt8](repeating: UInt8(last + 1), count: 1 << Int(hashBits))
        for form in forms {
            for place in 0...last {
                let word = form[place..<place + block].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                steps[hash(word)] = min(steps[hash(word)], UInt8(last - place))
            }
        }
        return steps
    }

    /// Bits of a product with the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
    @inline(__always)
    private static func hash(_ word: UInt32) -> Int { Int((word &* 0x9E37_79B9) >> (32 - hashBits)) }

    /// The same for text.
    func finds(in name: String) -> Bool { finds(in: Array(name.utf8).span.bytes) }

    /// How many bytes of the beginning of a secret tell it from others: sixteen, and some behind what all keys of its kind begin with, such as
    /// `sk-ant-api03-`; of a short one all of it. Fewer would make the search slower, and those who mask keys show fewer still, or all of these.
    private static func part(of form: [UInt8]) -> Int {
        let kind = form.prefix(16).lastIndex { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") } ?? -1
        let part = max(16, kind + 1 + 4)
        return part + 4 <= form.count ? part : form.count
    }

    // MARK: Spellings

    /// A secret as it is, as it stands in a JSON string within another (RFC 8259 §7), and percent-encoded in a URL (RFC 3986 §2.1).
    private static func spellings(of secret: [UInt8]) -> [[UInt8]] {
        let (quote, backslash, slash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"))
        let escaped = respelled(secret) { byte, text in
            if byte == quote || byte == backslash { text.append(backslash) }
            text.append(byte)
        }
        let withSlashes = respelled(escaped) { byte, text in
            if byte == slash { text.append(backslash) }
            text.append(byte)
        }
        return [secret, escaped, withSlashes, encoded(secret, "0123456789ABCDEF"), encoded(secret, "0123456789abcdef")]
    }

    private static func encoded(_ secret: [UInt8], _ digits: StaticString) -> [UInt8] {
        respelled(secret) { byte, text in
            let isUnreserved =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
            if isUnreserved {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "%"))
                text.append(digit(byte >> 4, digits))
                text.append(digit(byte & 15, digits))
            }
        }
    }

    private static func respelled(_ secret: [UInt8], _ spell: (UInt8, inout [UInt8]) -> Void) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(secret.count)
        for byte in secret { spell(byte, &text) }
        return text
    }

    private static func digit(_ value: UInt8, _ digits: StaticString) -> UInt8 { digits.span[byte: Int(value)] }

    // MARK: Bytes

    private static func replace(_ form: [UInt8], in bytes: inout [UInt8]) -> Bool {
        guard var found = index(of: form, in: bytes[...]) else { return false }
        var result: [UInt8] = []
        var rest = bytes[...]
        while true {
            result += rest[..<found]
            result += placeholder.utf8
            rest = rest[(found + form.count)...]
            guard let next = index(of: form, in: rest) else { break }
            found = next
        }
        bytes = result + rest
        return true
    }

    /// Replaces the longest beginning of `form` that the bytes end with.
    private static func cut(_ form: [UInt8], off bytes: inout [UInt8]) -> Bool {
        let least = min(leastPart, (form.count + 1) / 2)
        var length = min(form.count - 1, bytes.count)
        while length >= max(1, least) {
            if bytes.suffix(length).elementsEqual(form.prefix(length)) {
                bytes.removeLast(length)
                bytes += placeholder.utf8
                return true
            }
            length -= 1
        }
        return false
    }

    private static func index(of form: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = form.first, bytes.count >= form.count else { return nil }
        var start = bytes.startIndex
        let last = bytes.endIndex - form.count
        while start <= last, let found = bytes[start...last].firstIndex(of: first) {
            if bytes[found..<found + form.count].elementsEqual(form) { return found }
            start = found + 1
        }
        return nil
    }
}
