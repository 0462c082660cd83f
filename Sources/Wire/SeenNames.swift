/// The member names an object has had so far, to detect duplicates.
///
/// Names are compared by a 64-bit hash with a new key in each process, and byte by byte only when the hashes
/// agree, so a hostile body cannot make many comparisons slow. The first 32 names need no allocation; the
/// caller limits how many there may be.
struct SeenNames: ~Copyable {
    private static let inlineCapacity = 32

    private var hashes = InlineArray<32, UInt64>(repeating: 0)
    private var starts = InlineArray<32, UInt64>(repeating: 0)
    /// The names from the 33rd on, by hash. Of two different names with the same hash the first is kept; no
    /// sender can cause this.
    private var further: [UInt64: UInt64] = [:]
    /// How many names have been inserted.
    private(set) var count = 0

    init() {}

    /// Adds a name found in `bytes`; `false` if one with the same text is already there.
    mutating func insert(_ name: JSONText, in bytes: RawSpan) -> Bool {
        guard name.hasEscapes else { return insert(name, unescaped: bytes.extracting(unchecked: name.range), in: bytes) }
        var buffer = ByteBuffer()
        buffer.append(unescaping: name, in: bytes)
        return insert(name, unescaped: buffer.bytes, in: bytes)
    }

    private mutating func insert(_ name: JSONText, unescaped: RawSpan, in bytes: RawSpan) -> Bool {
        let hash = Self.hash(unescaped)
        for index in 0..<min(count, Self.inlineCapacity) where hashes[index] == hash {
            if Self.equal(Self.unpack(starts[index], in: bytes), unescaped, in: bytes) { return false }
        }
        let packed = UInt64(name.range.lowerBound) << 1 | (name.hasEscapes ? 1 : 0)
        if count < Self.inlineCapacity {
            hashes[count] = hash
            starts[count] = packed
        } else if let other = further[hash] {
            if Self.equal(Self.unpack(other, in: bytes), unescaped, in: bytes) { return false }
        } else {
            further[hash] = packed
        }
        count += 1
        return true
    }

    /// A name from the offset of its first byte: it ends at the first quote that is not escaped by a backslash.
    private static func unpack(_ packed: UInt64, in bytes: RawSpan) -> JSONText {
        let start = Int(packed >> 1)
        var end = start
        while bytes.byteOrZero(at: end) != 0x22 { end += bytes.byteOrZero(at: end) == 0x5C ? 2 : 1 }
        return JSONText(range: start..<end, hasEscapes: packed & 1 == 1)
    }

    @inline(never)
    private static func equal(_ name: JSONText, _ unescaped: RawSpan, in bytes: RawSpan) -> Bool {
        guard name.hasEscapes else { return bytes.extracting(name.range).equals(unescaped) }
        var buffer = ByteBuffer()
        buffer.append(unescaping: name, in: bytes)
        return buffer.bytes.equals(unescaped)
    }

    /// Chosen once per process, so that no sender knows which names share a hash.
    private static let key = UInt64.random(in: .min ... .max)

    /// Multiply-and-fold over words of eight bytes.
    @inline(__always)
    private static func hash(_ name: RawSpan) -> UInt64 {
        var state = key ^ UInt64(name.byteCount)
        var at = 0
        while at < name.byteCount {
            let product = (state ^ name.word(at: at)).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            state = product.high ^ product.low &+ key
            at += 8
        }
        return state
    }
}
