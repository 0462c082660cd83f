internal import Gateway

/// Gives every provider a name of its own.
///
/// A name in the file must be unique, whatever its case. A provider without one is called after its host; where that is taken it
/// gets a number behind it (`api.groq.com-2`), because the original format has no names and may list a host twice.
struct ProviderNames {
    private struct Identity: Hashable {
        let baseURL: HTTPURL
        let variables: Set<String>
    }

    private var names: [String?]
    private var taken: Set<String> = []
    private var identities: [Identity: Int] = [:]

    /// Reads the explicit names, one place for each provider, and reports those that are not valid or not unique.
    init(_ values: [ConfigurationValue?]) {
        var lines: [String: Int] = [:]
        names = values.map { value in
            guard let value, let name = value.text("a name", atMost: ConfigurationLimits.maximumName) else { return nil }
            guard name.utf8.allSatisfy(Self.isAllowed) else {
                value.report(
                    "a name with other characters than letters, digits, . _ - and :", expected: "leave them out; the name is part of provider/model")
                return nil
            }
            if let line = lines[name.lowercased()] {
                value.report(
                    "duplicate provider name\(SafeQuotation.quote(name).map { " \($0)" } ?? "")",
                    expected: "the provider on line \(line) has it already; choose another")
                return nil
            }
            lines[name.lowercased()] = value.node.mark.line
            return name
        }
        taken = Set(lines.keys)
    }

    /// The name of the provider at `index`.
    mutating func name(at index: Int, host: String) -> String {
        if let name = names[index] { return name }
        var name = String(host.prefix(ConfigurationLimits.maximumName))
        var number = 1
        while !taken.insert(name.lowercased()).inserted {
            number += 1
            name = "\(host.prefix(ConfigurationLimits.maximumName))-\(number)"
        }
        return name
    }

    /// Reports a provider without a name of its own that has the place and the keys of an earlier one: a copy, not a second account.
    mutating func refuseRepetition(of reader: ConfigurationReader<ProviderKey>, baseURL: HTTPURL, variables: [String]) {
        let identity = Identity(baseURL: baseURL, variables: Set(variables))
        guard let line = identities[identity] else {
            identities[identity] = reader.value.node.mark.line
            return
        }
        guard reader[.name] == nil else { return }
        reader.value.report(
            "duplicate provider: the same base_url and api_key_env_var as on line \(line)",
            expected: "delete one, or give it a name if it is meant")
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"): true
        default: false
        }
    }
}
