/// Whether a conversation stays on its deployment, which keeps the provider's prompt cache warm and the model's manner the same.
public struct AffinityOptions: Sendable, Equatable {
    /// Whether it does.
    public var enabled = true
    /// The most conversations remembered; the one unused for longest is forgotten first. 10,000, about 0.5 MB; 1 to 10,000,000.
    public var capacity = 10_000
    /// After how long without a request a conversation is forgotten. 30 min, longer than providers keep a prompt cache; 1 s to 24 h.
    public var lifetime = Duration.seconds(1800)
    /// How much better another deployment's score may be before the conversation moves. 1.0; 0 to 1000.
    public var tolerance = 1.0

    /// Makes the defaults.
    public init() {}
}
