public import Gateway

/// What came of loading the configuration: it, or everything that is wrong with it.
public struct LoadedConfiguration: Sendable {
    /// The configuration; `nil` when there is any problem.
    public let configuration: GatewayConfiguration?
    /// What the operator should know but need not mend, like providers without a key; in the order of the files.
    public let warnings: [Problem]
    /// Everything that is wrong, in the order of the files and their lines.
    public let problems: [Problem]
}
