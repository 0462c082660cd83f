/// Who is left alone after a failure: as narrow as the evidence.
public enum FailureScope: UInt8, Hashable, Sendable {
    /// Nobody: the request itself, or this machine, is the cause.
    case request
    /// This model with this key.
    case keyModel
    /// This model with every key of the provider.
    case model
    /// This key with every model.
    case key
    /// The account: every key that shares its limits, with every model.
    case account
    /// The provider's host.
    case provider
}
