/// Who says what a model costs.
public enum PriceSource: String, CaseIterable, Sendable {
    /// The operator, in `meta-providers.yaml`: prices of the model, or `tier: free`, which goes before them.
    case configured
    /// The provider's own list of models.
    case provider
    /// A public catalogue, or the snapshot of them that comes with the program.
    case catalogue
    /// Nobody.
    case unknown
}
