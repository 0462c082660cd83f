/// One key of a provider's pool: the variable that names it and the key itself.
public struct APIKeyReference: Sendable {
    /// The name of the environment variable; it stands for the key in logs and metrics.
    public let variable: String
    /// The key: one or more visible ASCII characters.
    public let value: Secret
    /// Its share of the requests beside the other keys of the pool, 0 to 1000; `nil` where the file gives none. One of 0 is used when no other can be.
    public let weight: Int?

    /// Makes a reference.
    public init(variable: String, value: Secret, weight: Int? = nil) {
        self.variable = variable
        self.value = value
        self.weight = weight
    }
}
