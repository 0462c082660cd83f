internal import Gateway

/// Brings a credential into the form in which it is sent, or says what is wrong with it without showing it.
enum SecretText {
    /// The credential without white space around it, or `nil` when it cannot stand in a header field (RFC 9110 §5.5: visible ASCII)
    /// or is longer than `ConfigurationLimits.maximumSecretBytes`.
    static func sendable(_ secret: Secret) -> Secret? {
        secret.reveal { text in
            let bytes = Array(text.utf8)
            guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) }) else {
                return Secret("")
            }
            let trimmed = bytes[first...last]
            guard trimmed.count <= ConfigurationLimits.maximumSecretBytes, trimmed.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            return Secret(String(decoding: trimmed, as: UTF8.self))
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
