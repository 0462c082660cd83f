/// What can be told of a deployment at one moment.
public struct DeploymentReport: Sendable {
    /// The provider's name.
    public let provider: String
    /// Its address.
    public let baseURL: String
    /// The provider's id of the model.
    public let model: String
    /// The place of the key in the provider's pool.
    public let keyIndex: Int
    /// The provider's factor.
    public let priority: Double
    /// Whether it can be used, and since how many failures.
    public let standing: DeploymentStanding
    /// The rest for everybody that keeps it from being used longest, whether it is its own or that of its model, its key or its provider.
    public let rest: RestReport?
    /// The limits that it is held to, by the configuration, by its provider's word or by what was learnt.
    public let limits: [LimitReport]
    /// The score by which it is ordered, where there is one.
    public let score: Double?
    /// What it has done.
    public let statistics: DeploymentStatistics

    /// Whether it can be used now.
    public var isAvailable: Bool { standing.state == .ok || standing.state == .degraded }
}
