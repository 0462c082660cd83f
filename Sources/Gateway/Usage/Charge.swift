internal import Wire

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

/// What something costs, and by whose prices.
public struct Charge: Equatable, Sendable {
    /// The amount.
    public var amount = Money.zero
    /// Whose prices it was made with.
    public var source = PriceSource.unknown

    /// Makes a charge.
    public init(amount: Money = .zero, source: PriceSource = .unknown) { (self.amount, self.source) = (amount, source) }
}

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

extension RequestContext {
    /// What the answer, or the part of it that there was, costs; `nil` when nothing was used that anybody charges for.
    var charge: Charge? {
        guard let deployment else { return nil }
        // What is not counted in tokens is charged for when it came.
        let isWhole = outcome == .answered && attempts > 0
        guard let usage = usage ?? (isWhole ? Usage() : nil) else { return nil }
        return deployment.charge(for: usage, images: images, madeImages: isWhole ? madeImages : 0)
    }
}

extension Money {
    /// Makes an amount from US dollars that somebody's prices came to: rounded to the nearest billionth, at least nothing, at most what there is.
    init(billing dollars: Double) {
        self.init(nanodollars: max(0, Int64(clamping: (dollars * 1e9).rounded())))
    }
}
