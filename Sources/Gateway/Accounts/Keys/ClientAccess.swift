/// What clients need to be served, and what there is that opens the gateway: for the start, which says it.
public struct ClientAccess: Equatable, Sendable {
    /// Whether everybody is served, with any key or none.
    public var isOpen = false
    /// Kept keys that are neither revoked nor expired.
    public var activeKeys = 0
    /// Kept keys, whatever their state.
    public var keptKeys = 0
    /// Static tokens of the configuration.
    public var tokens = 0
    /// Whether the kept keys have been read; until then there may be others.
    public var keysAreKnown = true
    /// Whether a key was ever kept.
    public var history = KeyHistory.never

    /// Whether nothing that is known opens the gateway, to anybody.
    public var isShut: Bool { !isOpen && keysAreKnown && activeKeys == 0 && tokens == 0 }

    /// Makes the access of a gateway without any key.
    public init() {}
}
