/// The profiles. A profile's name is a model that clients can ask for.
public struct ScoringProfiles: Sendable, Hashable {
    /// `best`, which is also `priority-auto`, and what counts when a model is asked for by its own name.
    public var best = ScoringProfile()
    /// `fast`: the time until the answer is whole counts more than the quality.
    public var fast = ScoringProfiles.preset(quality: 2, speed: 3, price: 0.1)
    /// `cheap`: the price counts more than the quality.
    public var cheap = ScoringProfiles.preset(quality: 2, speed: 0.2, price: 1)
    /// `code`: the quality at code counts.
    public var code = ScoringProfiles.preset(.code, quality: 6, speed: 1, price: 0.1)
    /// Further profiles of the user's, by name.
    public var own: [String: ScoringProfile] = [:]

    /// Makes the defaults.
    public init() {}

    /// What the original project calls the first profile.
    public static let automatic = "priority-auto"

    /// Names that a profile of the user's can't have.
    public static let reserved: Set<String> = [automatic, "best", "fast", "cheap", "code"]

    /// Every profile with its name: `best` first, the user's own last, by name.
    public var all: [(name: String, profile: ScoringProfile)] {
        [("best", best), ("fast", fast), ("cheap", cheap), ("code", code)] + own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func preset(
        _ task: ScoringProfile.TaskClass = .general, quality: Double, speed: Double, price: Double
    ) -> ScoringProfile {
        var profile = ScoringProfile()
        profile.task = task
        profile.quality = quality
        profile.speed = speed
        profile.price = price
        return profile
    }
}
