/// What a reload may and what it can't do: compares the configuration in use with the one that is to follow.
public struct ConfigurationChange: Sendable {
    private let old: GatewayConfiguration
    private let new: GatewayConfiguration

    /// Compares two configurations.
    public init(from old: GatewayConfiguration, to new: GatewayConfiguration) {
        self.old = old
        self.new = new
    }

    /// Why the new configuration can't be used by a running gateway, though a start might take it.
    public var problems: [String] {
        var problems: [String] = []
        if new.providers.isEmpty, !old.providers.isEmpty {
            let variables = new.skipped.map(\.variable)
            let hint = variables.isEmpty ? "none is configured" : "no key is set for any of them (\(variables.prefix(5).joined(separator: ", ")))"
            problems.append("no provider can be used: \(hint); a running gateway does not give up its last provider")
        }
        guard new.server.mayBeOpen else { return problems }
        let isAsked = new.server.authentication == .none
        let rule = "\(isAsked ? "with server.authentication: none" : "without any key") the gateway serves this machine only"
        let remedy = isAsked ? "choose keys or automatic" : "set ALLOWED_BEARER_TOKENS or LLMGW_ADMIN_API_KEY, or server.authentication: keys"
        if !old.server.isLoopback {
            problems.append("\(rule), and it listens on \(old.server.host): \(remedy)")
        } else if let listen = old.admin.listen, !listen.isLoopback {
            problems.append("\(rule), and admin.listen is \(listen): \(remedy)")
        }
        return problems
    }

    /// The new configuration with what can't change in a running process as it was.
    public var applicable: GatewayConfiguration {
        var configuration = new
        configuration.server.host = old.server.host
        configuration.server.port = old.server.port
        configuration.server.dataDirectory = old.server.dataDirectory
        configuration.server.maximumConnections = old.server.maximumConnections
        configuration.admin = old.admin
        configuration.store = old.store
        configuration.usage = old.usage
        configuration.discovery.cacheFile = old.discovery.cacheFile
        return configuration
    }

    /// What stands in no file, differs, and takes effect only after a restart, each in one line.
    public var restartNotes: [String] {
        old.discovery.cacheFile == new.discovery.cacheFile
            ? [] : ["PROVIDERS_CONFIG_FILENAME has changed, which takes effect when the gateway is restarted"]
    }

    /// Which providers came and went, in a few words.
    public var summary: String {
        let (before, after) = (old.providers.map(\.name), new.providers.map(\.name))
        let came = after.filter { !before.contains($0) }
        let went = before.filter { !after.contains($0) }
        var parts: [String] = []
        if !came.isEmpty { parts.append("new: \(came.joined(separator: ", "))") }
        if !went.isEmpty { parts.append("gone: \(went.joined(separator: ", "))") }
        return parts.isEmpty ? "the same providers" : parts.joined(separator: "; ")
    }
}
