internal import Wire

/// An amount of US dollars, kept in whole billionths, so that sums are exact whatever their order.
///
/// A token costs 10 of them at a price of 0.01 USD for a million tokens. The range is ±9.2 billion USD; sums stop at its ends.
public struct Money: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// Billionths of a US dollar.
    public let nanodollars: Int64

    /// Makes an amount from billionths of a US dollar.
    public init(nanodollars: Int64) { self.nanodollars = nanodollars }

    /// Makes an amount from US dollars, rounded to the nearest billionth; what is out of range, or no number, is `nil`.
    public init?(dollars: Double) {
        let scaled = (dollars * 1e9).rounded()
        guard let exact = Int64(exactly: scaled) else { return nil }
        nanodollars = exact
    }

    /// No money.
    public static let zero = Money(nanodollars: 0)

    /// The amount in US dollars, for output.
    public var dollars: Double { Double(nanodollars) / 1e9 }

    /// The amount in US dollars as a decimal number without trailing zeros, at least two places: `0.00`, `12.50`, `0.000123`.
    public var description: String {
        let magnitude = nanodollars.magnitude
        var places = String(magnitude % 1_000_000_000)
        places = String(repeating: "0", count: 9 - places.count) + places
        while places.count > 2, places.last == "0" { places.removeLast() }
        return "\(nanodollars < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(places)"
    }

    /// The amount in US dollars to four places that mean something, for people: `0.1003`, `12.5`, `0.000012`.
    var shortText: String {
        guard nanodollars > 0 else { return "0" }
        var unit: Int64 = 1
        while nanodollars / unit >= 10_000, unit < 10_000_000 { unit *= 10 }
        let rounded = Money(nanodollars: nanodollars.addingClamped(unit - 1) / unit * unit).description
        return rounded.hasSuffix(".00") ? String(rounded.dropLast(3)) : rounded
    }

    /// Orders by amount.
    public static func < (left: Self, right: Self) -> Bool { left.nanodollars < right.nanodollars }

    /// The sum, at most the largest amount there is.
    public static func + (left: Self, right: Self) -> Self {
        let (sum, overflow) = left.nanodollars.addingReportingOverflow(right.nanodollars)
        return Self(nanodollars: overflow ? (right.nanodollars < 0 ? .min : .max) : sum)
    }

    /// Adds an amount.
    public static func += (left: inout Self, right: Self) { left = left + right }

    /// The difference, at least the smallest amount there is.
    public static func - (left: Self, right: Self) -> Self {
        let (difference, overflow) = left.nanodollars.subtractingReportingOverflow(right.nanodollars)
        return Self(nanodollars: overflow ? (right.nanodollars < 0 ? .max : .min) : difference)
    }
}
