public import Gateway

/// A provider as the files describe it, whether it can be used or not.
public struct ResolvedProvider: Sendable {
    /// What is known about it; its keys are those that were found.
    public let configuration: ProviderConfiguration
    /// The variables that should hold its keys.
    public let keyVariables: [String]
    /// Those of them that are not set.
    public let missingKeys: [String]
    /// The line of `meta-providers.yaml` it begins on.
    public let line: Int

    /// Whether it is left out for want of a key.
    public var isSkipped: Bool { configuration.keys.isEmpty && !keyVariables.isEmpty }
}
