internal import Glibc

/// A seeded random number generator whose numbers are the same on every machine and in every run, so that two
/// runs offer the same load.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
public struct LoadRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Makes the generator of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    /// A number from 0, inclusive, to 1, exclusive.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number from the standard normal distribution (Box and Muller's method).
    public mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }

    /// A number from the exponential distribution with mean 1.
    public mutating func exponential() -> Double { -log(1 - unit()) }
}
