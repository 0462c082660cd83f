/// Text in the one form in which the words of providers and requests are compared: lower case, each run of
/// white space as one blank.
public enum FoldedText {
    /// What happens to the marks around and inside quoted words.
    public enum Marks: Sendable {
        /// They stay.
        case kept
        /// They are left out: quotes of any kind, and the backslashes and entities that write quotes inside
        /// quotes. Quoting a text often replaces the quotes in it.
        case dropped
    }

    /// Appends `text` in that form.
    ///
    /// - Parameter wasSpace: Whether the text before it ends with a blank, so that none is added at the front.
    public static func append(_ text: RawSpan, marks: Marks, to folded: inout [UInt8], wasSpace: inout Bool) {
        var at = 0
        while at < text.byteCount {
            let byte = text[byte: at]
            if byte < 0x80 {
                at += 1
                let isSpace = byte == 0x20 || byte &- 9 < 5
                if isSpace {
                    if !wasSpace { folded.append(0x20) }
                    wasSpace = true
                } else if marks == .dropped, let length = mark(byte, in: text, behind: at) {
                    at += length
                } else {
                    folded.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
                    wasSpace = false
                }
                continue
            }
            let (scalar, length) = scalar(in: text, at: at)
            if isSpace(scalar) {
                if !wasSpace { folded.append(0x20) }
                wasSpace = true
            } else if marks == .dropped, isQuote(scalar) {
                // Left out.
            } else {
                let lower = lowercase(scalar)
                if lower == scalar {
                    for place in at..<at + length { folded.append(text[byte: place]) }
                } else {
                    append(lower, to: &folded)
                }
                wasSpace = false
            }
            at += length
        }
    }

    // MARK: Marks

    /// How many bytes belong to a mark after its first byte; `nil` where there is no mark.
    private static func mark(_ byte: UInt8, in text: RawSpan, behind at: Int) -> Int? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "\\"): return 0
        case UInt8(ascii: "&"):
            for entity in entities {
                let end = at + entity.utf8CodeUnitCount
                if end <= text.byteCount, text.extracting(at..<end).equalsIgnoringCase(entity) { return entity.utf8CodeUnitCount }
            }
            return nil
        default: return nil
        }
    }

    /// Quotes as HTML writes them, without the `&`.
    private static let entities: [StaticString] = ["quot;", "apos;", "#39;", "#34;", "#x27;", "#x22;", "#96;"]

    private static func isQuote(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0xAB, 0xBB, 0xB4, 0x2018...0x201F, 0x2032, 0x2033, 0x2039, 0x203A, 0x300C...0x300F, 0xFF02, 0xFF07, 0xFF40: true
        default: false
        }
    }

    private static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x85, 0xA0, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    // MARK: Letters

    /// The character at `at` and its length in bytes; bytes that are not UTF-8 are taken one by one and are not
    /// letters.
    private static func scalar(in text: RawSpan, at: Int) -> (UInt32, length: Int) {
        let lead = text[byte: at]
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
        guard length > 1, at + length <= text.byteCount else { return (0, 1) }
        var scalar = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for place in at + 1..<at + length {
            guard text[byte: place] & 0xC0 == 0x80 else { return (0, 1) }
            scalar = scalar << 6 | UInt32(text[byte: place] & 0x3F)
        }
        return (scalar, length)
    }

    private static func append(_ scalar: UInt32, to folded: inout [UInt8]) {
        if scalar < 0x80 {
            folded.append(UInt8(scalar))
        } else if scalar < 0x800 {
            folded.append(UInt8(0xC0 | scalar >> 6))
            folded.append(UInt8(0x80 | scalar & 0x3F))
        } else {
            folded.append(UInt8(0xE0 | scalar >> 12 & 0x0F))
            folded.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            folded.append(UInt8(0x80 | scalar & 0x3F))
        }
    }

    /// The lower-case form of a capital in the Latin, Greek and Cyrillic alphabets (Unicode's simple case
    /// folding); any other character is returned as it is.
    static func lowercase(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0xC0...0xDE: scalar == 0xD7 ? scalar : scalar + 0x20
        // The dotted Turkish I is an i everywhere else.
        case 0x130: 0x69
        case 0x100...0x137, 0x14A...0x177, 0x1A0...0x1A5, 0x1E00...0x1E95, 0x1EA0...0x1EFF, 0x460...0x481, 0x48A...0x4BF, 0x4D0...0x52F:
            scalar & 1 == 0 ? scalar + 1 : scalar
        case 0x139...0x148, 0x179...0x17E, 0x1AF, 0x4C1...0x4CE: scalar & 1 == 1 ? scalar + 1 : scalar
        case 0x178: 0xFF
        case 0x386: 0x3AC
        // The sigma at the end of a word.
        case 0x3C2: 0x3C3
        case 0x388...0x38A: scalar + 0x25
        case 0x38C: 0x3CC
        case 0x38E, 0x38F: scalar + 0x3F
        case 0x391...0x3A1, 0x3A3...0x3AB, 0x410...0x42F: scalar + 0x20
        case 0x400...0x40F: scalar + 0x50
        case 0xFF21...0xFF3A: scalar + 0x20
        default: scalar
        }
    }
}
