internal import EventLoop

/// Random numbers for jitter: splitmix64 (Steele, Lea, Flood 2014), so that a test has its own.
struct HealthRandom {
    private var state: UInt64

    init(state: UInt64) { self.state = state }

    /// A number from 0 to 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) / 9_007_199_254_740_992
    }
}
