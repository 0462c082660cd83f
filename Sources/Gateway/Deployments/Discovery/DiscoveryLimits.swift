internal import Wire

/// Bounds on the lists of models that providers send; what is beyond them is left out or refused.
///
/// The largest list known, OpenRouter's, has 364 entries in 0.7 MB (2026-06).
enum DiscoveryLimits {
    /// Bytes of all pages of one list together.
    static let maximumBytes = 16 * 1024 * 1024
    /// Pages of one list. Cohere has 20 models on a page.
    static let maximumPages = 100
    /// Models taken from one list.
    static let maximumModels = 5000
    /// Bytes of an id or another name.
    static let maximumNameBytes = 256
    /// Names, parameters and modalities taken from one array of an entry.
    static let maximumElements = 64
    /// Further names of one model that clients may use. Mistral's have up to four.
    static let maximumAliasesOfModel = 16
    /// Such names of all models of one list together: each is compared with every name of every provider. Mistral's list has about sixty.
    static let maximumAliases = 1000
    /// Further names of one model that help to tell what it is.
    static let maximumHints = 8
    /// Bytes of the token that leads to the next page.
    static let maximumPageTokenBytes = 1024
    /// Deployments of one provider that are kept, with what was learnt about them, after their models have gone.
    static let maximumRetired = 1000
    /// Tokens of context that are believed.
    static let maximumContextLength = ForeignNumber.contextLength
    /// US dollars for a million tokens that are believed.
    static let maximumPrice = ForeignNumber.price
}
