/// One key of a provider's pool: the variable that names it and the key itself.
public struct APIKeyReference: Sendable {
    /// The name of the environment variable; it stands for the key in logs and metrics.
    public let variable: String
    /// The key: one or more visible ASCII characters.
    public let value: Secret

    /// Makes a reference.
    public init(variable: String, value: Secret) {
        self.variable = variable
        self.value = value
    }
}
