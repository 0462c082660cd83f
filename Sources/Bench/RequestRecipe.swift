/// The content of a run's requests.
public struct RequestRecipe: Sendable {
    /// Where prompts come from.
    public enum Prompts: Sendable {
        /// Made-up text of this many tokens, each a little different.
        case synthetic(SizeDistribution)
        /// The lines of a file, in order and then from the start again.
        case file(PromptFile)
    }

    /// Where prompts come from.
    public var prompts: Prompts
    /// The API that is called.
    public var endpoint: LoadEndpoint
    /// The model's name; `nil` leaves those in the file.
    public var model: String?
    /// Whether every answer is requested as a stream; bodies of a file that ask for one themselves always get
    /// it.
    public var streams: Bool
    /// The value of `max_tokens`; `nil` sends none.
    public var outputTokens: SizeDistribution?
    /// The seed of everything drawn.
    public var seed: UInt64

    /// Makes a recipe.
    public init(
        prompts: Prompts, endpoint: LoadEndpoint, model: String?, streams: Bool, outputTokens: SizeDistribution?, seed: UInt64
    ) {
        self.prompts = prompts
        self.endpoint = endpoint
        self.model = model
        self.streams = streams
        self.outputTokens = outputTokens
        self.seed = seed
    }
}
