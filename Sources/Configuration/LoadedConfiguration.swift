public import Gateway

/// What came of loading the configuration: it, or everything that is wrong with it.
public struct LoadedConfiguration: Sendable {
    /// The variables about proxies (`https_proxy`, `no_proxy` …) that `.env` sets and the environment does not. libcurl reads them from the process's
    /// environment, so a program that calls providers puts them there before it does anything else.
    public let proxySettings: [String: String]
    /// The configuration; `nil` when there is any problem.
    public var configuration: GatewayConfiguration? { problems.isEmpty ? readable : nil }
    /// As much of the configuration as could be made sense of, with defaults for the rest: to be shown, never to be used when there is any
    /// problem.
    public let readable: GatewayConfiguration
    /// Every provider of the file that has an address, in its order, also those without a key.
    public let resolved: [ResolvedProvider]
    /// What the operator should know but need not mend, like providers without a key; in the order of the files.
    public let warnings: [Problem]
    /// Everything that is wrong, in the order of the files and their lines.
    public let problems: [Problem]
    /// That anybody who reaches `server.host` could use the providers, because no client token and no admin key is configured; `nil` when
    /// that is not so.
    ///
    /// It keeps a gateway from serving, as `obstacles()` says, but not the commands that only read the configuration, so it is not one of `problems`.
    /// Keys in the key store, which is not read here, change nothing about it: where they are what is meant, `server.authentication: keys` says so.
    public let exposure: Problem?
    /// That no provider can be used, with the variables that would change that; `nil` when there is one, or anything else is wrong.
    ///
    /// It is not one of `problems`, since a demonstration needs no provider.
    public let noProvider: Problem?

    /// Everything that keeps a gateway from serving with the configuration.
    ///
    /// - Parameter isDemo: Whether it may do without a provider.
    public func obstacles(isDemo: Bool = false) -> [Problem] {
        problems + [exposure, isDemo ? nil : noProvider].compactMap(\.self)
    }
}
