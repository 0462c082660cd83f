internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Glibc

/// Where the configuration and the data are: the options of every command that needs them.
struct ConfigurationArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("The directory with best.yaml, meta-providers.yaml and model-adjustments.yaml (default: config).", valueName: "dir"),
        completion: .directory)
    var config: String?
    @Option(
        help: ArgumentHelp(
            "The directory for keys, discovered models and learnt limits (default: data; environment: STATE_DIRECTORY).", valueName: "dir"),
        completion: .directory)
    var data: String?

    /// Loads the configuration with what else the command line says.
    func load(_ flags: ConfigurationFlags = ConfigurationFlags()) -> LoadedConfiguration {
        loader(flags).load()
    }

    /// Loads the configuration of a command whose `--data` is something else.
    static func load(config: String?) -> LoadedConfiguration {
        ConfigurationLoader(directory: config, environment: environment()).load()
    }

    /// A loader that can be asked again, as a reload does.
    func loader(_ flags: ConfigurationFlags) -> ConfigurationLoader {
        var flags = flags
        flags.dataDirectory = data
        return ConfigurationLoader(directory: config, environment: Self.environment(), flags: flags)
    }

    /// Says what is amiss but keeps nothing from working. That providers have no key at all is not among it: what follows has them in one
    /// line together.
    static func warn(of loaded: LoadedConfiguration) {
        for warning in loaded.warnings where !warning.keyPath.hasSuffix(".api_key_env_var") { Terminal.warn(warning) }
        for provider in loaded.resolved where !provider.isSkipped && !provider.missingKeys.isEmpty {
            Terminal.warn(
                "\(provider.configuration.name) goes on without \(provider.missingKeys.count) of its \(provider.keyVariables.count) keys; set "
                    + provider.missingKeys.joined(separator: ", "))
        }
    }

    /// Says everything that keeps the configuration from being used.
    ///
    /// - Parameter isDemo: Whether it may do without a provider.
    /// - Returns: Whether there is nothing of the kind.
    static func isUsable(_ loaded: LoadedConfiguration, isDemo: Bool = false) -> Bool {
        let obstacles = loaded.obstacles(isDemo: isDemo)
        for obstacle in obstacles { Terminal.error(obstacle) }
        return obstacles.isEmpty
    }

    /// Puts what `.env` says of proxies where libcurl looks for it. Before there is another thread that may read the environment.
    static func useProxies(of loaded: LoadedConfiguration) {
        for (name, value) in loaded.proxySettings { setenv(name, value, 0) }
    }

    /// The process's environment.
    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
