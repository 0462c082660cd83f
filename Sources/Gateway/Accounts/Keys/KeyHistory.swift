/// Whether a client key was ever kept, as far as the store can tell: what decides about open mode when the keys themselves are gone.
public enum KeyHistory: Equatable, Sendable {
    /// There has never been a key.
    case never
    /// There has been at least one.
    case held
    /// It can't be told; why, in lower case and without a full stop.
    case unknown(String)
}
