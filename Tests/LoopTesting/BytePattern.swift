/// Bytes that encode their position, so that lost and swapped ones are noticed.
public enum BytePattern {
    /// One period: a prime number of bytes, so that no buffer's size hides a mistake.
    private static let period: [UInt8] = {
        var state: UInt32 = 1
        return (0..<65_521).map { _ in
            // Numerical Recipes' linear congruential generator.
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }()

    /// The bytes from `offset` on.
    public static func bytes(from offset: Int, count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var place = offset % period.count
        while bytes.count < count {
            let part = period[place..<min(period.count, place + count - bytes.count)]
            bytes += part
            place = 0
        }
        return bytes
    }

    /// Whether the bytes are those of the pattern, beginning at its start.
    public static func matches(_ received: [UInt8], from offset: Int = 0) -> Bool {
        received == bytes(from: offset, count: received.count)
    }
}
