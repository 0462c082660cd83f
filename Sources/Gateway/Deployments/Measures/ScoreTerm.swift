internal import Glibc

/// One term of a score: a fact, the fact on a common scale, and how much it counts.
struct ScoreTerm: Equatable, Sendable {
    /// What it is about.
    enum Kind: Int, CaseIterable, Sendable {
        case quality, success, speed, price, quota, priority, providerFactor, adjustment, original

        var name: StaticString {
            switch self {
            case .quality: "quality"
            case .success: "success"
            case .speed: "speed"
            case .price: "price"
            case .quota: "quota"
            case .priority: "priority"
            case .providerFactor: "base_priority"
            case .adjustment: "adjustment"
            case .original: "original"
            }
        }

        /// What the raw figure is.
        var unit: StaticString {
            switch self {
            case .quality: "ability, less the caution for what is not known"
            case .success: "probability"
            case .speed: "seconds for a typical answer"
            case .price: "US dollars for a typical request"
            case .quota: "share of the headroom"
            case .priority, .adjustment: "points"
            case .providerFactor: "factor"
            case .original: "points of the original formula"
            }
        }
    }

    let kind: Kind
    let raw: Double
    let normalised: Double
    let weight: Double

    var product: Double { normalised * weight }
}
