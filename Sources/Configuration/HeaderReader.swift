internal import Gateway

/// Reads the `headers` of a provider. No report holds a value.
struct HeaderReader {
    func read(_ value: ConfigurationValue) -> [ConfiguredHeader] {
        var lines: [String: Int] = [:]
        return (value.pairs() ?? []).compactMap { name, content in
            guard isToken(name) else {
                content.report("not the name of a header", expected: "expected letters, digits and - (RFC 9110 §5.6.2)")
                return nil
            }
            let lower = name.lowercased()
            if let reason = Self.refused[lower] {
                content.report("this header is refused", expected: reason)
                return nil
            }
            if let line = lines[lower] {
                content.report("the same header as on line \(line)", expected: "keep one; names do not differ by case")
                return nil
            }
            lines[lower] = content.node.mark.line
            return readValue(content).map { ConfiguredHeader(name: name, value: $0) }
        }
    }

    private func readValue(_ value: ConfigurationValue) -> Secret? {
        let expected = "text of visible ASCII characters, without white space at its ends"
        guard let text = value.spelling(expected, atMost: ConfigurationLimits.maximumSecretBytes) else { return nil }
        let bytes = text.utf8
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }), bytes.first != 0x20, bytes.last != 0x20 else {
            value.report("a value that cannot be sent in a header", expected: "expected \(expected)")
            return nil
        }
        return Secret(text)
    }

    /// RFC 9110 §5.6.2.
    private func isToken(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// What the gateway sets itself: framing (RFC 9112 §6, §7, §9), the host and the credential.
    private static let refused: [String: String] = {
        let framing = "the gateway frames messages itself"
        let credential = "give the variable of the key with api_key_env_var"
        return [
            "host": "the host comes from base_url", "authorization": credential, "proxy-authorization": "credentials of a proxy are not supported",
            "content-length": framing, "transfer-encoding": framing, "te": framing, "trailer": framing, "connection": framing,
            "keep-alive": framing, "proxy-connection": framing, "upgrade": framing, "expect": framing, "content-encoding": framing,
        ]
    }()
}
