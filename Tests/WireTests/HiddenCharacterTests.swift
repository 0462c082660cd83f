import Testing
import Wire

@Suite struct HiddenCharacterTests {
    @Test func `every control character, line separator and direction mark is found anywhere in a name, and nothing else is`() {
        let hidden = Array(0x00...0x1F) + Array(0x7F...0x9F) + [0x061C, 0x200E, 0x200F] + Array(0x2028...0x202E) + Array(0x2066...0x2069)
        for value in Array(0x00...0x2100) + [0x1F600, 0xE0001, 0xFEFF] {
            guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
            for text in ["\(scalar)", "model-\(scalar)", "\(scalar)gpt-4o-mini", "a-name-of-many-letters\(scalar)and more"] {
                #expect(text.holdsHiddenCharacter == hidden.contains(value), "U+\(String(value, radix: 16))")
            }
        }
        #expect(!"".holdsHiddenCharacter && !"über-modell-日本語-🙂".holdsHiddenCharacter)
    }
}
