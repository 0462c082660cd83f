internal import Wire

/// The prices of a deployment: the operator's before the provider's list's before the catalogues', the same for the score, the books and the budgets.
extension Deployment {
    /// What it charges, and who says so. A provider whose tier is free costs nothing, whatever prices its models have.
    var pricing: (prices: TokenPrices, source: PriceSource) {
        if provider.configuration.tier == .free { return (TokenPrices(prompt: 0, completion: 0), .configured) }
        let own = model.prices
        let ownSource = provider.hasConfiguredModels ? PriceSource.configured : .provider
        if own.prompt != nil, own.completion != nil { return (own, ownSource) }
        let catalogue = standing.quality.prices
        guard catalogue.isKnown else { return (own, own.isKnown ? ownSource : .unknown) }
        return (own.completed(by: catalogue), .catalogue)
    }

    /// What an answer of it costs; nothing where nobody knows.
    ///
    /// - Parameters:
    ///   - images: Pictures in the request.
    ///   - madeImages: Pictures in the answer.
    func charge(for usage: Usage, images: Int = 0, madeImages: Int = 0) -> Charge {
        let (prices, source) = pricing
        guard source != .unknown else { return Charge() }
        return Charge(amount: Money(billing: prices.dollars(for: usage, images: images, madeImages: madeImages)), source: source)
    }

    /// The most that an answer of it may cost, by the dearest kind of token that its prices have; nothing where nobody knows.
    func mostCost(of usage: Usage, images: Int = 0, madeImages: Int = 0) -> Money {
        let (prices, source) = pricing
        guard source != .unknown else { return .zero }
        return Money(billing: prices.mostDollars(for: usage, images: images, madeImages: madeImages))
    }
}

/// What pictures and speech take where they are paid for by the token and nobody has said how many they are.
extension Deployment {
    /// Tokens of a picture: those of a square one of medium quality (https://platform.openai.com/docs/guides/image-generation, 272 to 4,160 for squares).
    private static let tokensOfImage = 1_056
    /// Tokens of speech for one of its text: 1,250 a minute (gpt-4o-mini-tts: $0.015 a minute at $12 for a million,
    /// https://platform.openai.com/docs/pricing), in which about 150 words are said, which are 200 tokens.
    private static let tokensOfSpokenToken = 6

    /// The tokens of what an endpoint makes; 0 where its tokens are its answer's text, where it makes none, and where it is paid for by the piece.
    func madeTokens(by endpoint: Endpoint?, images: Int, promptTokens: Int) -> Int {
        let prices = pricing.prices
        guard (prices.completion ?? 0) > 0, (prices.madeImage ?? 0) == 0, (prices.request ?? 0) == 0 else { return 0 }
        return switch endpoint {
        case .imageGenerations: min(images.multipliedClamped(by: Deployment.tokensOfImage), ForeignNumber.count)
        case .speech: min(promptTokens.multipliedClamped(by: Deployment.tokensOfSpokenToken), ForeignNumber.count)
        case .chatCompletions, .completions, .responses, .embeddings, .moderations, .rerank, nil: 0
        }
    }
}
