/// Characters that have no place in a name.
extension RawSpan {
    /// Whether UTF-8 text holds an invisible character that changes how the text around it is shown, split or
    /// compared.
    ///
    /// | characters | what they are |
    /// | --- | --- |
    /// | U+0000…U+001F, U+007F, U+0080…U+009F | control characters: general category Cc |
    /// | U+2028, U+2029 | separators of lines and paragraphs |
    /// | U+061C, U+200E, U+200F, U+202A…U+202E, U+2066…U+2069 | marks that turn the direction of writing: Bidi_Control of PropList.txt, Unicode 16 |
    public var holdsHiddenCharacter: Bool {
        var at = 0
        // Eight at a time while all are visible ASCII. A borrow can mark a byte falsely; then each byte is
        // examined.
        while at &+ 8 <= byteCount {
            let word = word(at: at)
            let special = word | (word &- 0x2020_2020_2020_2020) | ((word ^ 0x7F7F_7F7F_7F7F_7F7F) &- 0x0101_0101_0101_0101)
            guard special & 0x8080_8080_8080_8080 == 0 else { break }
            at &+= 8
        }
        while at < byteCount {
            let byte = unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self)
            if byte < 0x20 || byte == 0x7F { return true }
            if byte >= 0xC2, RawSpan.isHidden(leadingWord(at: at)) { return true }
            at &+= 1
        }
        return false
    }

    /// Whether the multi-byte sequence that begins in the low byte of `word` is one of them.
    private static func isHidden(_ word: UInt32) -> Bool {
        let second = UInt8(truncatingIfNeeded: word &>> 8)
        let third = UInt8(truncatingIfNeeded: word &>> 16)
        switch UInt8(truncatingIfNeeded: word) {
        case 0xC2: return (0x80...0x9F).contains(second)
        case 0xD8: return second == 0x9C
        case 0xE2:
            if second == 0x80 { return third == 0x8E || third == 0x8F || (0xA8...0xAE).contains(third) }
            return second == 0x81 && (0xA6...0xA9).contains(third)
        default: return false
        }
    }
}

extension JSONText {
    /// Whether the unescaped text holds a character that has no place in a name; `bytes` is the text it was found in.
    func holdsHiddenCharacter(in bytes: RawSpan) -> Bool {
        guard hasEscapes else { return bytes.extracting(range).holdsHiddenCharacter }
        var buffer = ByteBuffer()
        buffer.append(unescaping: self, in: bytes)
        return buffer.bytes.holdsHiddenCharacter
    }
}

extension String {
    /// Whether it holds a character that has no place in a name; see `RawSpan.holdsHiddenCharacter`.
    public var holdsHiddenCharacter: Bool { Array(utf8).span.bytes.holdsHiddenCharacter }
}
