internal import Wire

/// A table from names to values that is read with bytes of a request, without making a `String`.
struct NameTable<Value> {
    private struct Slot {
        let hash: UInt64
        let name: [UInt8]
        var value: Value
    }

    private var slots: [Slot?] = Array(repeating: nil, count: 64)
    private(set) var count = 0

    /// The value under `name`.
    func value(_ name: RawSpan) -> Value? {
        let hash = NameTable.hash(name)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let slot = slots[place] {
            if slot.hash == hash, slot.name.span.bytes.equals(name) { return slot.value }
            place = (place + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Changes the value under `name`, beginning with `initial` when there is none.
    mutating func update(_ name: String, default initial: Value, _ change: (inout Value) -> Void) {
        if (count + 1) * 2 > slots.count { grow() }
        let bytes = Array(name.utf8)
        let hash = NameTable.hash(bytes.span.bytes)
        var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let slot = slots[place] {
            if slot.hash == hash, slot.name == bytes {
                change(&slots[place]!.value)
                return
            }
            place = (place + 1) & (slots.count - 1)
        }
        var slot = Slot(hash: hash, name: bytes, value: initial)
        change(&slot.value)
        slots[place] = slot
        count += 1
    }

    private mutating func grow() {
        var larger: [Slot?] = Array(repeating: nil, count: slots.count * 2)
        for case let slot? in slots {
            var place = Int(truncatingIfNeeded: slot.hash) & (larger.count - 1)
            while larger[place] != nil { place = (place + 1) & (larger.count - 1) }
            larger[place] = slot
        }
        slots = larger
    }

    /// FNV-1a, 64 bits (draft-eastlake-fnv). The names come from the configuration, so nobody chooses collisions.
    private static func hash(_ name: RawSpan) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for offset in 0..<name.byteCount { hash = (hash ^ UInt64(name[byte: offset])) &* 0x0000_0100_0000_01B3 }
        return hash
    }
}
