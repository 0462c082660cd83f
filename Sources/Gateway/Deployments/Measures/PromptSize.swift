/// How long a request is, as far as the order of the deployments depends on it: the time to the first token and the price do.
enum PromptSize: Int, CaseIterable, Sendable {
    /// Up to 8 KiB, about 2,000 tokens.
    case small
    /// Up to 128 KiB, about 32,000 tokens.
    case medium
    /// More.
    case large

    init(bytes: Int) {
        self = bytes <= 8 * 1024 ? .small : bytes <= 128 * 1024 ? .medium : .large
    }

    /// The tokens of a typical prompt of the size, for its price.
    var typicalTokens: Double {
        switch self {
        case .small: 500
        case .medium: 8000
        case .large: 64_000
        }
    }

    /// By how much a prompt of the size takes longer to its first token than a small one, until it is measured, as a logarithm: prompts are read
    /// at some thousand tokens a second.
    var typicalDelay: Double {
        switch self {
        case .small: 0
        case .medium: 0.7
        case .large: 2
        }
    }
}
