internal import Wire

/// A quick hash over bytes for a table of our own. It is seeded anew in each process, so that nobody outside can choose collisions.
struct ByteHash {
    /// The process's own start.
    private static let secret = UInt64.random(in: .min ... .max)

    private var state: UInt64

    init(seed: UInt64) {
        state = seed ^ ByteHash.secret
    }

    var value: UInt64 { ByteHash.mix(state, 0x9E37_79B9_7F4A_7C15) }

    mutating func add(_ number: UInt64) {
        state = ByteHash.mix(state ^ number, 0xA076_1D64_78BD_642F)
    }

    mutating func add(_ bytes: RawSpan) {
        let secret = ByteHash.secret
        var (at, state) = (0, state)
        // Two words at a time, as in wyhash; what the second one is mixed with nobody outside knows.
        while at &+ 16 <= bytes.byteCount {
            state = ByteHash.mix(state ^ bytes.word(at: at), secret ^ bytes.word(at: at &+ 8))
            at &+= 16
        }
        while at < bytes.byteCount {
            state = ByteHash.mix(state ^ bytes.word(at: at), 0xA076_1D64_78BD_642F)
            at &+= 8
        }
        self.state = state
        add(UInt64(bytes.byteCount))
    }

    /// The two halves of a 128-bit product together, as in wyhash.
    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
