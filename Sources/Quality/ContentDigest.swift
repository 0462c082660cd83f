/// A short name for content: what is equal has the same one. FNV-1a with 64 bits (draft-eastlake-fnv); nobody gains by making two alike.
package struct ContentDigest {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Adds a piece and its end, so that the same bytes in other pieces are other content.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        state = (state ^ 0xFF) &* 0x0000_0100_0000_01B3
    }

    /// Adds a text.
    package mutating func add(_ text: String) { add(text.utf8) }

    /// The name: 16 hexadecimal digits.
    package var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
