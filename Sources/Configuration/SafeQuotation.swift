/// What may be repeated to the operator of what he wrote.
///
/// Terminals, journals and bug reports see every problem, and a credential pasted into the wrong place is a common mistake. So
/// only short, plain text that does not look like one is quoted.
enum SafeQuotation {
    /// `text` in quotation marks, or `nil` when it must not be shown.
    static func quote(_ text: String) -> String? {
        guard (1...40).contains(text.utf8.count), !looksLikeCredential(text) else { return nil }
        return text.utf8.allSatisfy(isPlain) ? "\"\(text)\"" : nil
    }

    /// A value in quotation marks, which may have blanks, slashes and such between its words; `nil` when it must not be shown.
    static func quoteValue(_ text: String) -> String? {
        guard (1...40).contains(text.utf8.count), !looksLikeCredential(text) else { return nil }
        return text.utf8.allSatisfy { isPlain($0) || " :/,+%*".utf8.contains($0) } && !text.contains("://") ? "\"\(text)\"" : nil
    }

    /// A regular expression in quotation marks, or `nil` when it must not be shown.
    static func quotePattern(_ pattern: String) -> String? {
        guard (1...40).contains(pattern.utf8.count), !looksLikeCredential(pattern) else { return nil }
        return pattern.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? "\"\(pattern)\"" : nil
    }

    /// `text` as a piece of a key path, or a placeholder.
    static func pathComponent(_ text: String) -> String {
        quote(text).map { String($0.dropFirst().dropLast()) } ?? "(hidden)"
    }

    /// Whether `text` could be an API key: a word in it begins as the keys of known providers do, or it is long and mixes letters and
    /// digits where a name would not.
    static func looksLikeCredential(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        for start in bytes.indices where start == 0 || !isAlphanumeric(bytes[start - 1]) {
            if prefixes.contains(where: { bytes[start...].starts(with: $0.utf8) }) { return true }
        }
        return bytes.count >= 20 && bytes.contains { (0x30...0x39).contains($0) } && bytes.contains { (0x61...0x7A).contains($0) }
    }

    /// How keys of the providers in the starter file and of the gateway itself begin.
    private static let prefixes = [
        "sk-", "gsk_", "hf_", "ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "AIza", "nvapi-", "csk-", "cpk_", "xai-", "fw_", "tgp_", "llmgw-",
    ]

    /// Word characters, and `<` for YAML's merge key.
    private static func isPlain(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "<")].contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
