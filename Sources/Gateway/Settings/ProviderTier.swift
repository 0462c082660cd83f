/// Whether a provider's answers cost money.
public enum ProviderTier: String, CaseIterable, Hashable, Sendable {
    /// It answers without charge, within its limits.
    case free
    /// It charges.
    case paid
}
