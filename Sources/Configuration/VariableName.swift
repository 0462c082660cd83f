/// What may name an environment variable: a letter or `_`, then letters, digits and `_` (POSIX.1-2017, XBD §3.235).
enum VariableName {
    /// Whether `text` is such a name, and not a key that was pasted in the name's place.
    static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLeading(first), text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy(isFollowing) && !SafeQuotation.looksLikeCredential(text)
    }

    static func isLeading(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }

    static func isFollowing(_ byte: UInt8) -> Bool {
        isLeading(byte) || (0x30...0x39).contains(byte)
    }
}
