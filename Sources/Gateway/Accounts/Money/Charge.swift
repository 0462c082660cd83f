internal import Wire

/// What something costs, and by whose prices.
public struct Charge: Equatable, Sendable {
    /// The amount.
    public var amount = Money.zero
    /// Whose prices it was made with.
    public var source = PriceSource.unknown

    /// Makes a charge.
    public init(amount: Money = .zero, source: PriceSource = .unknown) { (self.amount, self.source) = (amount, source) }
}

extension Money {
    /// Makes an amount from US dollars that somebody's prices came to: rounded to the nearest billionth, at least nothing, at most what there is.
    init(billing dollars: Double) {
        self.init(nanodollars: max(0, Int64(clamping: (dollars * 1e9).rounded())))
    }
}
