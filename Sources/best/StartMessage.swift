internal import Gateway

/// What is said once when serving begins: what is served, where, what is missing, and how to try it.
struct StartMessage {
    let configuration: GatewayConfiguration
    /// Where the gateway listens: `http://127.0.0.1:8000`.
    let url: String
    /// How many models each provider has, by its name.
    let modelCounts: [String: Int]
    /// Why the providers are the built-in mock fleet; `nil` where they are not.
    let mock: String?
    /// Where the operator's own listener is; `nil` without one.
    let adminPlace: String?
    /// What clients need, as it was when the store had been read.
    let access: ClientAccess
    /// What follows `curl` where client keys are made; `nil` where the operator's endpoints are not served.
    let firstKeyTarget: String?

    /// Most providers named in one line.
    private static let mostNames = 12

    /// The lines; the last is the command to try it, alone on its line so that it can be pasted.
    var lines: [String] {
        let providers = configuration.providers
        let total = modelCounts.values.reduce(0, +)
        var lines = [
            "best \(BuildInformation.version) serves \(counted(total, "model")) of \(counted(providers.count, "provider")) on "
                + Terminal.styled("\(url)/v1", .bold)
        ]
        if let mock {
            let variables = configuration.skipped.map(\.variable)
            let hint = variables.isEmpty ? "" : "; set one of \(Self.some(of: variables, most: 3, conjunction: "or"))"
            lines.append("demonstration: the built-in mock providers answer with made-up text (\(mock))\(hint)")
        } else {
            lines.append("providers: " + Self.some(of: providers.map { "\($0.name) (\(modelCounts[$0.name] ?? 0))" }))
            if !configuration.skipped.isEmpty {
                lines.append("not used for want of a key: " + Self.some(of: configuration.skipped.map { "\($0.name) (\($0.variable))" }))
            }
        }
        lines += AccessMessage(configuration: configuration, access: access, firstKeyTarget: firstKeyTarget).lines
        if let adminPlace {
            let endpoints = configuration.server.adminKey == nil ? "metrics (no /admin/: LLMGW_ADMIN_API_KEY is not set)" : "/admin/ and metrics"
            lines.append("\(endpoints) on \(adminPlace)")
        }
        lines.append("try it:")
        let key = access.isOpen ? "" : " -H \"Authorization: Bearer $KEY\""
        lines.append(
            "  curl -N \(url)/v1/chat/completions\(key) -H 'Content-Type: application/json' "
                + "-d '{\"model\":\"priority-auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'")
        return lines
    }

    /// The first of many names, and how many more there are.
    private static func some(of names: [String], most: Int = mostNames, conjunction: String = "and") -> String {
        guard names.count > most else { return names.joined(separator: ", ") }
        let left = names.count - most
        return "\(names.prefix(most).joined(separator: ", ")) \(conjunction) \(left) other\(left == 1 ? "" : "s")"
    }

    private func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
