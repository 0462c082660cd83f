internal import Wire

/// Numbers names in the order in which they come, and finds a name's number with bytes of a request, without making a `String`.
struct NameTable: Sendable {
    /// The names, one after the other.
    private var bytes: [UInt8] = []
    /// Where each name begins, and where the last one ends.
    private var starts: [Int32] = [0]
    private var hashes: [UInt64] = []
    /// The number of the name that lies there, and one more; 0 where none does.
    private var slots: [Int32]

    /// Makes an empty table with room for so many names.
    init(capacity: Int = 0) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        hashes.reserveCapacity(capacity)
        starts.reserveCapacity(capacity + 1)
    }

    /// How many names there are.
    var count: Int { hashes.count }

    /// The number of a name; `nil` when it has none.
    func number(of name: RawSpan) -> Int? {
        let hash = NameTable.hash(name)
        let (slots, hashes, starts, bytes) = (slots.span, hashes.span, starts.span, bytes.span.bytes)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[place] != 0 {
            let number = Int(slots[place]) - 1
            if hashes[number] == hash, bytes.extracting(Int(starts[number])..<Int(starts[number + 1])).equals(name) { return number }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// The number of a name, which it has from now on if it had none.
    @discardableResult
    mutating func insert(_ name: RawSpan) -> Int {
        if (count + 1) * 2 > slots.count { grow() }
        let hash = NameTable.hash(name)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[place] != 0 {
            let number = Int(slots[place]) - 1
            if hashes[number] == hash, bytes.span.bytes.extracting(range(of: number)).equals(name) { return number }
            place = (place + 1) & (slots.count - 1)
        }
        name.withUnsafeBytes { bytes.append(contentsOf: $0) }
        starts.append(Int32(clamping: bytes.count))
        hashes.append(hash)
        slots[place] = Int32(clamping: count)
        return count - 1
    }

    /// See `insert`.
    @discardableResult
    mutating func insert(_ name: String) -> Int { insert(name.utf8.span.bytes) }

    /// The name with a number.
    func name(_ number: Int) -> ArraySlice<UInt8> { bytes[range(of: number)] }

    /// How many bytes the name with a number has.
    func length(_ number: Int) -> Int { range(of: number).count }

    private func range(of number: Int) -> Range<Int> { Int(starts[number])..<Int(starts[number + 1]) }

    private mutating func grow() {
        var larger = [Int32](repeating: 0, count: slots.count * 2)
        for number in hashes.indices {
            var place = Int(truncatingIfNeeded: hashes[number]) & (larger.count - 1)
            while larger[place] != 0 { place = (place + 1) & (larger.count - 1) }
            larger[place] = Int32(clamping: number + 1)
        }
        slots = larger
    }

    /// Seeded anew in each process: providers choose names, and should not choose which of them share a slot.
    private static func hash(_ name: RawSpan) -> UInt64 {
        var hash = ByteHash(seed: 0)
        hash.add(name)
        return hash.value
    }
}
