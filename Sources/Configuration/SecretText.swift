internal import Gateway

/// Brings a credential into the form in which it is sent, or says what is wrong with it without showing it.
enum SecretText {
    /// The credential without white space, quotation marks and `Bearer` around it, or `nil` when it cannot stand in a header field (RFC 9110 §5.5: visible ASCII)
    /// or is longer than `ConfigurationLimits.maximumSecretBytes`.
    static func sendable(_ secret: Secret) -> Secret? {
        secret.reveal { text in
            let bytes = Array(text.utf8)
            guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) }) else {
                return Secret("")
            }
            let trimmed = bare(bytes[first...last])
            guard trimmed.count <= ConfigurationLimits.maximumSecretBytes, trimmed.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            return Secret(String(decoding: trimmed, as: UTF8.self))
        }
    }

    /// The credential within what was copied with it: a pair of quotation marks, which a shell would have taken off and `docker --env-file` and
    /// systemd's credentials leave, and the scheme of the header field. No credential has either (RFC 6750 §2.1).
    private static func bare(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        if text.count >= 2, let mark = text.first, mark == text.last, mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") {
            text = text.dropFirst().dropLast()
        }
        let scheme = Array("bearer".utf8)
        if text.count > scheme.count, text.prefix(scheme.count).map({ $0 | 0x20 }) == scheme, isSpace(text[text.startIndex + scheme.count]) {
            text = text.dropFirst(scheme.count)
        }
        while let byte = text.first, isSpace(byte) { text = text.dropFirst() }
        while let byte = text.last, isSpace(byte) { text = text.dropLast() }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}
