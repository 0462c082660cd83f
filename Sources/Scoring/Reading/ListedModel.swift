public import Wire

/// A model as a provider's list describes it, in any of the native formats; what a list does not say is
/// missing.
public struct ListedModel: Sendable, Equatable {
    /// The provider's id.
    public var id: String
    /// When the model was released, in days since 2020-01-01, by the list's `created`.
    public var createdDay: Int?
    /// The tokens the model accepts: `context_length`, `context_window`, `max_context_length` or
    /// `max_model_len`.
    public var contextLength: Int?
    /// The kinds of input it accepts; empty if the list does not say.
    public var inputModalities: [String] = []
    /// The kinds of output it produces; empty if the list does not say.
    public var outputModalities: [String] = []
    /// Whether the list says that it serves chat: Mistral's `capabilities.completion_chat`, Together's `type`, Cohere's `endpoints`.
    public var servesChat: Bool?
    /// Other names of the same model: Mistral's `aliases`, OpenRouter's `hugging_face_id` and `canonical_slug`.
    public var aliases: [String] = []
    /// The price of a million tokens in and out, in USD.
    public var price: ModelPrice?
    /// Parameters the endpoint supports, such as `tools` or `reasoning`; empty if the list does not say.
    public var supportedParameters: [String] = []

    /// Makes a model if only the id is known.
    public init(id: String) { self.id = id }
}

/// What a model costs.
public struct ModelPrice: Sendable, Equatable {
    /// USD for a million tokens in.
    public var input: Double
    /// USD for a million tokens out.
    public var output: Double
    /// Other prices: caches, reasoning, pictures, long prompts. Its `prompt` and `completion` are not used.
    public var extras = TokenPrices()

    /// Makes a price, from 0 to `ForeignNumber.price`.
    public init(input: Double, output: Double) {
        (self.input, self.output) = (input.clamped(to: 0...ForeignNumber.price), output.clamped(to: 0...ForeignNumber.price))
    }

    /// All known prices, for bills.
    public var whole: TokenPrices {
        var prices = extras
        (prices.prompt, prices.completion) = (input, output)
        return prices.withoutEmptyExtras
    }
}
