internal import Glibc

/// A seeded random number generator whose numbers are the same on every machine and in every run.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014; constants from its reference code).
/// Each request draws from a generator of its own, so that its outcome does not depend on how many others ran
/// beside it.
struct MockRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Makes the generator of a seed.
    init(seed: UInt64) {
        state = seed
    }

    /// Makes the generator of one request.
    ///
    /// - Parameters:
    ///   - seed: The seed of the run.
    ///   - stream: The number of the provider.
    ///   - request: The number of the request at that provider, from 1.
    init(seed: UInt64, stream: UInt64, request: UInt64) {
        state = MockRandom.mix(seed) &+ MockRandom.mix(stream &* 0xD1B5_4A32_D192_ED03 &+ request)
    }

    /// The next 64 random bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return MockRandom.mix(state)
    }

    /// A number from 0, inclusive, to 1, exclusive.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number from the standard normal distribution (Box and Muller's method).
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
