/// An endpoint that a provider is taken not to have.
public struct MissingEndpoint: Sendable, Equatable {
    /// The provider's name.
    public let provider: String
    /// The endpoint.
    public let endpoint: Endpoint
    /// The status of the answer that said so: 404, 405 or 501.
    public let status: Int
    /// Whether it is not asked by anybody, for any model; otherwise not by the clients that met it, or for the models that they asked for.
    public let isForEverybody: Bool
    /// Since when it is known.
    public let since: UnixTime
    /// When it is asked again by everybody, for every model.
    public let until: UnixTime
}
