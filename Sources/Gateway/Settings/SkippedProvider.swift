/// A provider that is configured but has no key in this environment.
public struct SkippedProvider: Hashable, Sendable {
    /// The provider's name.
    public let name: String
    /// One of the environment variables that could hold its key.
    public let variable: String

    /// Makes an entry.
    public init(name: String, variable: String) {
        self.name = name
        self.variable = variable
    }
}
