/// How much is risked to find out that a deployment has become better: a few requests go to one that was not asked for a while and would be
/// first if it were as good as it once was.
public struct ExplorationOptions: Sendable, Equatable {
    /// Whether it is done at all; without it the order follows from the measurements alone.
    public var enabled = true
    /// The most of all requests that may be spent on it. 0.02; 0 to 0.5.
    public var share = 0.02
    /// How long a deployment that did not do well is left alone before it is tried again. 60 s; 1 s to 24 h.
    public var interval = Duration.seconds(60)

    /// Makes the defaults.
    public init() {}
}
