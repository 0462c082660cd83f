internal import Gateway

/// Reads the server's options from flags and variables, over what `best.yaml` says.
struct ServerOptionsReader {
    let variables: VariableLookup
    let problems: ProblemList
    let warnings: ProblemList

    /// Reads into `options`; what is not set, or set to something that was reported, stays as it is.
    func read(_ flags: ConfigurationFlags, into options: inout ServerOptions) {
        if let host = readHost(flags) { options.host = host }
        if let port = flags.port ?? readPort() { options.port = port }
        if let directory = flags.dataDirectory ?? readDataDirectory() { options.dataDirectory = directory }
        if let timeout = flags.drainTimeout { options.drainTimeout = timeout }
        options.bearerTokens = readBearerTokens()
        options.adminKey = readAdminKey()
        refuseSharedKey(options)
    }

    private func readHost(_ flags: ConfigurationFlags) -> String? {
        if let host = flags.host {
            return checked(host) { problems.add(Problem(file: ConfigurationFlags.place, keyPath: "--host", found: $0, expected: $1)) }
        }
        guard let place = variables.setting("HOST"), !place.value.isEmpty else { return nil }
        return checked(place.value.reveal { $0 }) { variables.report("HOST", place, found: $0, expected: $1) }
    }

    private func checked(_ text: String, _ report: (_ found: String, _ expected: String) -> Void) -> String? {
        let host = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        guard HostName.isListenable(host) else {
            report("not an IP address", "127.0.0.1 or localhost serves this machine, 0.0.0.0 or :: every interface")
            return nil
        }
        return host
    }

    private func readPort() -> UInt16? {
        guard let place = variables.setting("PORT"), !place.value.isEmpty else { return nil }
        let text = place.value.reveal { $0 }
        guard let port = UInt16(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            let found = text.utf8.count <= 20 && Int(text) != nil ? "found \(text)" : "not a number"
            variables.report("PORT", place, found: found, expected: "expected a whole number in 0...65535")
            return nil
        }
        return port
    }

    /// `StateDirectory=` of a systemd unit (systemd.exec(5)); the first of several.
    private func readDataDirectory() -> String? {
        guard let place = variables.setting("STATE_DIRECTORY") else { return nil }
        return place.value.reveal { $0.split(separator: ":").first.map(String.init) }
    }

    private func readBearerTokens() -> [Secret] {
        let name = "ALLOWED_BEARER_TOKENS"
        guard let place = variables.secret(name) else { return [] }
        var seen: Set<String> = []
        var tokens: [Secret] = []
        for (index, piece) in place.value.reveal({ $0.split(separator: ",") }).enumerated() {
            guard let token = SecretText.sendable(Secret(String(piece))) else {
                variables.report(
                    name, place, found: "token \(index + 1) of the list cannot be sent in a header",
                    expected: "expected visible ASCII without spaces, at most \(ConfigurationLimits.maximumSecretBytes) bytes, separated by commas")
                continue
            }
            if !token.isEmpty, token.reveal({ seen.insert($0).inserted }) { tokens.append(token) }
        }
        if tokens.isEmpty {
            warnings.add(
                Problem(
                    file: place.file, line: place.line, keyPath: name, found: "it is set but holds no token",
                    expected: "give a comma-separated list of tokens, or leave it unset"))
        }
        return tokens
    }

    private func readAdminKey() -> Secret? {
        guard let place = variables.secret(Self.adminVariable) else { return nil }
        guard let key = SecretText.sendable(place.value) else {
            variables.report(
                Self.adminVariable, place, found: "it cannot be sent in a header",
                expected: "expected visible ASCII without spaces, at most \(ConfigurationLimits.maximumSecretBytes) bytes")
            return nil
        }
        guard !key.isEmpty else {
            variables.report(
                Self.adminVariable, place, found: "it is set but empty",
                expected: "give a long random key, or leave it unset to turn the admin endpoints off")
            return nil
        }
        return key
    }

    /// A client that has a token must not be an admin by that.
    private func refuseSharedKey(_ options: ServerOptions) {
        guard let admin = options.adminKey, let place = variables.secret(Self.adminVariable) else { return }
        let isShared = admin.reveal { key in options.bearerTokens.contains { $0.reveal { $0 == key } } }
        if isShared {
            variables.report(
                Self.adminVariable, place, found: "it is one of ALLOWED_BEARER_TOKENS too", expected: "give the admin endpoints a key of their own")
        }
    }

    private static let adminVariable = "LLMGW_ADMIN_API_KEY"
}
