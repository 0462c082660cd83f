/// What a model charges, by one source: US dollars for a million tokens of each kind, and for what is not
/// counted in tokens. Prices that the source does not give are `nil`.
///
/// | price | unit | where it is missing |
/// | --- | --- | --- |
/// | `prompt`, `completion` | a million tokens | nothing is known |
/// | `cacheRead`, `cacheWrite` | a million tokens of the prompt | they cost what other tokens of the prompt do |
/// | `reasoning` | a million tokens of the answer | they cost what other tokens of the answer do |
/// | `request` | a request | nothing |
/// | `image`, `madeImage` | a picture in the request, in the answer | nothing |
public struct TokenPrices: Hashable, Sendable {
    /// Prices for requests whose prompt is longer than `above`; they apply to the whole request. A `nil` price
    /// is the same as for shorter ones.
    public struct Tier: Hashable, Sendable {
        /// Tokens of prompt beyond which the tier applies.
        public var above: Int
        /// As in `TokenPrices`.
        public var prompt: Double?
        /// As in `TokenPrices`.
        public var completion: Double?
        /// As in `TokenPrices`.
        public var cacheRead: Double?
        /// As in `TokenPrices`.
        public var cacheWrite: Double?
        /// As in `TokenPrices`.
        public var reasoning: Double?

        /// Makes a tier without prices.
        public init(above: Int) { self.above = above.clamped(to: 0...ForeignNumber.contextLength) }

        /// Whether it has no price.
        public var isEmpty: Bool { prompt == nil && completion == nil && cacheRead == nil && cacheWrite == nil && reasoning == nil }
    }

    /// The prompt.
    public var prompt: Double?
    /// The answer.
    public var completion: Double?
    /// The part of the prompt that came from the provider's cache.
    public var cacheRead: Double?
    /// The part of the prompt that was put into the provider's cache.
    public var cacheWrite: Double?
    /// The part of the answer that is the model's reasoning.
    public var reasoning: Double?
    /// A request, whatever its length.
    public var request: Double?
    /// A picture in the request.
    public var image: Double?
    /// A picture that was made.
    public var madeImage: Double?
    /// Prices for long prompts, the shortest first.
    public var tiers: [Tier] = []

    /// Tiers that are kept; no provider has half as many.
    public static let mostTiers = 8

    /// Makes prices that are all unknown.
    public init() {}

    /// Makes the two prices that every source gives.
    public init(prompt: Double?, completion: Double?) { (self.prompt, self.completion) = (prompt, completion) }

    /// Whether no price is known.
    public var isEmpty: Bool { self == TokenPrices() }

    /// Whether it has a price for anything that every request has.
    public var isKnown: Bool { prompt != nil || completion != nil || request != nil || image != nil || madeImage != nil }

    /// The same with each price clamped to 0 through `ForeignNumber.price`, and at most `mostTiers` tiers in
    /// order.
    public var tidy: TokenPrices {
        var tidy = self
        for price in TokenPrices.all { tidy[keyPath: price] = TokenPrices.clamped(self[keyPath: price]) }
        tidy.tiers = tiers.map { tier in
            var tier = tier
            for price in TokenPrices.tiered { tier[keyPath: price.tier] = TokenPrices.clamped(tier[keyPath: price.tier]) }
            return tier
        }.filter { !$0.isEmpty }.sorted { $0.above < $1.above }
        if tidy.tiers.count > TokenPrices.mostTiers { tidy.tiers.removeLast(tidy.tiers.count - TokenPrices.mostTiers) }
        return tidy
    }

    /// The same for a price list in which 0 means "not charged separately". Lists write it for caches and
    /// reasoning without a price of their own; taken literally, it would make most of a bill vanish.
    public var withoutEmptyExtras: TokenPrices {
        var prices = self
        if prompt != 0 {
            if prices.cacheRead == 0 { prices.cacheRead = nil }
            if prices.cacheWrite == 0 { prices.cacheWrite = nil }
        }
        if completion != 0, prices.reasoning == 0 { prices.reasoning = nil }
        if prices.request == 0 { prices.request = nil }
        if prices.image == 0 { prices.image = nil }
        if prices.madeImage == 0 { prices.madeImage = nil }
        return prices
    }

    /// These prices, with gaps filled from another source: the prompt's side and the answer's side each as a
    /// whole, since a cached token's price from one source beside a prompt's price from another would mean
    /// nothing.
    public func completed(by other: TokenPrices) -> TokenPrices {
        var prices = self
        if prompt == nil {
            (prices.prompt, prices.cacheRead, prices.cacheWrite) = (other.prompt, cacheRead ?? other.cacheRead, cacheWrite ?? other.cacheWrite)
        }
        if completion == nil { (prices.completion, prices.reasoning) = (other.completion, reasoning ?? other.reasoning) }
        if prompt == nil, completion == nil {
            (prices.request, prices.image) = (request ?? other.request, image ?? other.image)
            prices.madeImage = madeImage ?? other.madeImage
            if tiers.isEmpty { prices.tiers = other.tiers }
        }
        return prices
    }

    /// The prices for a prompt of this many tokens: those of the last tier it is beyond.
    public func at(promptTokens: Int) -> TokenPrices {
        guard let tier = tiers.last(where: { promptTokens > $0.above }) else { return self }
        var prices = self
        for price in TokenPrices.tiered { if let value = tier[keyPath: price.tier] { prices[keyPath: price.whole] = value } }
        // A longer prompt's cache is not cheaper just because no price is given.
        if let prompt, prompt > 0, let dearer = tier.prompt {
            if tier.cacheRead == nil { prices.cacheRead = cacheRead.map { $0 * dearer / prompt } }
            if tier.cacheWrite == nil { prices.cacheWrite = cacheWrite.map { $0 * dearer / prompt } }
        }
        if let completion, completion > 0, let dearer = tier.completion, tier.reasoning == nil {
            prices.reasoning = reasoning.map { $0 * dearer / completion }
        }
        return prices
    }

    /// What an answer costs, in US dollars; 0 where nothing is known.
    ///
    /// - Parameters:
    ///   - images: Pictures in the request.
    ///   - madeImages: Pictures in the answer.
    public func dollars(for usage: Usage, images: Int = 0, madeImages: Int = 0) -> Double {
        let prices = tiers.isEmpty ? self : at(promptTokens: usage.inputTokens)
        let read = min(usage.cachedTokens, usage.inputTokens)
        let written = min(usage.cacheWriteTokens, usage.inputTokens - read)
        // Most count reasoning among the tokens of the answer; where it is counted separately (xAI), the total
        // shows it.
        let isBeside =
            usage.reasoningTokens > 0 && usage.totalTokens == usage.inputTokens.addingCount(usage.outputTokens).addingCount(usage.reasoningTokens)
        let reasoned = isBeside ? usage.reasoningTokens : min(usage.reasoningTokens, usage.outputTokens)
        let (prompt, completion) = (prices.prompt ?? 0, prices.completion ?? 0)
        var millionths = Double(usage.inputTokens - read - written) * prompt
        millionths += Double(read) * (prices.cacheRead ?? prompt)
        millionths += Double(written) * (prices.cacheWrite ?? prompt)
        millionths += Double(isBeside ? usage.outputTokens : usage.outputTokens - reasoned) * completion
        millionths += Double(reasoned) * (prices.reasoning ?? completion)
        let each = (prices.request ?? 0) + Double(images) * (prices.image ?? 0) + Double(madeImages) * (prices.madeImage ?? 0)
        return millionths / 1_000_000 + each
    }

    /// The most that an answer may cost, in US dollars, whatever its tokens turn out to be: all of the prompt
    /// written to the cache, all of the answer reasoning. 0 if nothing is known.
    ///
    /// The prompt is an estimate and may be half as long again, so prices for longer prompts apply from there.
    public func mostDollars(for usage: Usage, images: Int = 0, madeImages: Int = 0) -> Double {
        var (input, output) = (dearestInput, dearestOutput)
        let longest = usage.inputTokens.addingClamped(usage.inputTokens / 2)
        for tier in tiers where longest > tier.above {
            let prices = at(promptTokens: tier.above.addingClamped(1))
            (input, output) = (max(input, prices.dearestInput), max(output, prices.dearestOutput))
        }
        let millionths = Double(usage.inputTokens) * input + Double(usage.outputTokens) * output
        return millionths / 1_000_000 + (request ?? 0) + Double(images) * (image ?? 0) + Double(madeImages) * (madeImage ?? 0)
    }

    /// The most that a token of the prompt costs, and one of the answer.
    private var dearestInput: Double { max(prompt ?? 0, cacheRead ?? 0, cacheWrite ?? 0) }
    private var dearestOutput: Double { max(completion ?? 0, reasoning ?? 0) }

    /// Every price outside the tiers.
    public static let all: [any WritableKeyPath<TokenPrices, Double?> & Sendable] = [
        \.prompt, \.completion, \.cacheRead, \.cacheWrite, \.reasoning, \.request, \.image, \.madeImage,
    ]

    /// The prices that a tier may change.
    static let tiered: [(whole: any WritableKeyPath<TokenPrices, Double?> & Sendable, tier: any WritableKeyPath<Tier, Double?> & Sendable)] = [
        (\.prompt, \.prompt), (\.completion, \.completion), (\.cacheRead, \.cacheRead), (\.cacheWrite, \.cacheWrite), (\.reasoning, \.reasoning),
    ]

    private static func clamped(_ price: Double?) -> Double? {
        price.flatMap { $0.isFinite && $0 >= 0 ? min($0, ForeignNumber.price) : nil }
    }
}
