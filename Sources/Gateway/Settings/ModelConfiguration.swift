public import Wire

/// A model of a provider as the configuration file describes it; what is `nil` is left to discovery and to defaults.
public struct ModelConfiguration: Hashable, Sendable {
    /// The id as the provider wants it; it may hold slashes.
    public internal(set) var id: String
    /// The static priority of this provider for this model, in `-1000...1000`; higher is better.
    public var priority: Double?
    /// Prompt and completion tokens together, at least 1.
    public var contextLength: Int?
    /// The longest completion in tokens, at least 1.
    public var maximumOutputTokens: Int?
    /// What the model takes; never empty.
    public var inputModalities: Set<Modality>?
    /// What the model makes; never empty.
    public var outputModalities: Set<Modality>?
    /// Whether requests with `tools` may go to it.
    public var supportsTools: Bool?
    /// Whether `response_format` may ask for JSON.
    public var supportsJSON: Bool?
    /// Whether `response_format` may hold a JSON schema.
    public var supportsSchemas: Bool?
    /// What it charges, as the file or the provider's list says.
    public var prices = TokenPrices()
    /// Its share of the requests that may go to it or to others that have a weight, 0 to 1000; `nil` leaves that to the score.
    public var weight: Int?
    /// The parameters of requests that it takes, as its provider's list has them; empty when nothing is said.
    public var supportedParameters: [String] = []
    /// Further names a client may use for it.
    public var aliases: [String] = []
    /// What the provider calls it besides, which helps to tell what it is; not a name a client may use.
    public var otherNames: [String] = []
    /// When it came out, in seconds since 1970, as the provider says.
    public var created: Int?
    /// Which endpoint it serves.
    public var kind: ModelKind?

    /// US dollars for a million prompt tokens, at least 0.
    public var promptPrice: Double? {
        get { prices.prompt }
        set { prices.prompt = newValue }
    }

    /// US dollars for a million completion tokens, at least 0.
    public var completionPrice: Double? {
        get { prices.completion }
        set { prices.completion = newValue }
    }

    /// Makes a model of which only the id is known.
    public init(id: String) {
        self.id = id
    }
}
