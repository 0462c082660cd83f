/// By what models are put in order.
public enum ScoringMode: String, Sendable, CaseIterable {
    /// By the ability that boards and descriptions give, with what is measured live.
    case ability
    /// By the original project's formula, exactly.
    case original
}
