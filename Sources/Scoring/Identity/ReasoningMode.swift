/// Whether a model thinks before it answers, if its name says so.
public enum ReasoningMode: String, Hashable, Sendable {
    /// `thinking`, `reasoning`, `reasoner`.
    case thinking
    /// `non-thinking`, `non-reasoning`, `no-think`.
    case direct = "non-thinking"
}

/// How much a model was told to think, as boards and some providers write it.
public enum ReasoningEffort: Int, Hashable, Sendable, CaseIterable {
    case minimal, low, medium, high, xhigh, max

    /// The effort of a word such as `high` or `xhigh`.
    init?(word: String) {
        switch word {
        case "minimal": self = .minimal
        case "low": self = .low
        case "medium", "med": self = .medium
        case "high": self = .high
        case "xhigh": self = .xhigh
        case "max": self = .max
        default: return nil
        }
    }
}
