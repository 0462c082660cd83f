/// A short name for what the operator has written down and decisions follow from: providers, weights, adjustments, and what follows from failures.
///
/// What is equal has the same one, in every process and on every machine. Secrets are no part of it, nor the ports of providers, by which nothing is
/// decided. It is made of the values' own members, so that a new option is part of it without anybody's doing.
enum ConfigurationDigest {
    /// The name: 8 hexadecimal digits.
    static func text(of configuration: GatewayConfiguration) -> String {
        var digest = Digest()
        for provider in configuration.providers { digest.add(text(of: provider)) }
        digest.add(text(of: configuration.scoring))
        digest.add(text(of: configuration.failure))
        for adjustment in configuration.adjustments { digest.add(text(of: adjustment)) }
        for alias in configuration.aliases { digest.add(text(of: alias)) }
        return digest.text
    }

    /// A value as text, its members by name, what has no order in one.
    static func text(of value: Any) -> String {
        // A secret shows nothing of itself, and must not by way of its members either.
        if value is Secret { return "-" }
        if let url = value as? HTTPURL { return "\(url.scheme)://\(url.host)\(url.path)" }
        let mirror = Mirror(reflecting: value)
        guard !mirror.children.isEmpty else { return "\(value)" }
        let members = mirror.children.map { "\($0.label ?? ""):\(text(of: $0.value))" }
        switch mirror.displayStyle {
        case .set, .dictionary: return "{\(members.sorted().joined(separator: ","))}"
        default: return "(\(members.joined(separator: ",")))"
        }
    }

    /// FNV-1a with 64 bits (draft-eastlake-fnv), of which half is shown; nobody gains by making two alike.
    private struct Digest {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ text: String) {
            for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            state = (state ^ 0xFF) &* 0x0000_0100_0000_01B3
        }

        var text: String {
            let digits = String(UInt32(truncatingIfNeeded: state ^ state >> 32), radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }
    }
}
