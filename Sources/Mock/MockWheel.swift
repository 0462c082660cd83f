/// Tokens in order of their ticks: a wheel of slots, each a millisecond wide (Varghese and Lauck's hashed
/// timing wheel).
///
/// Thousands of paced streams cost only one timer of the loop and an append for each chunk.
struct MockWheel {
    private struct Entry {
        let tick: UInt64
        let token: UInt64
    }

    /// How many slots there are; an entry further ahead stays in its slot for another round.
    private static let slots = 4096

    private var buckets: [[Entry]] = Array(repeating: [], count: MockWheel.slots)
    /// One bit for each slot that holds an entry.
    private var occupied: [UInt64] = Array(repeating: 0, count: MockWheel.slots / 64)
    /// How many tokens are waiting.
    private(set) var count = 0
    /// The last tick that was handled.
    private(set) var current: UInt64

    init(current: UInt64 = 0) { self.current = current }

    /// Inserts `token` at `tick`, but not before the next one.
    ///
    /// - Returns: The tick at which it will be due.
    @discardableResult
    mutating func insert(_ token: UInt64, at tick: UInt64) -> UInt64 {
        let tick = max(tick, current + 1)
        put(Entry(tick: tick, token: token))
        count += 1
        return tick
    }

    /// Advances to `tick` and appends to `due` the tokens that became due on the way.
    mutating func advance(to tick: UInt64, into due: inout [UInt64]) {
        guard tick > current else { return }
        guard count > 0 else {
            current = tick
            return
        }
        let steps = min(tick - current, UInt64(MockWheel.slots))
        for step in 1...steps {
            let slot = MockWheel.slot(current + step)
            guard occupied[slot / 64] & 1 << UInt64(slot % 64) != 0 else { continue }
            empty(slot, upTo: tick, into: &due)
        }
        current = tick
    }

    /// A tick up to which nothing is due, as near to the next token as the slots tell; `nil` when there is
    /// none.
    var next: UInt64? {
        guard count > 0 else { return nil }
        var step: UInt64 = 1
        while step <= UInt64(MockWheel.slots) {
            let slot = MockWheel.slot(current + step)
            let word = occupied[slot / 64] >> UInt64(slot % 64)
            if word != 0 { return current + step + UInt64(word.trailingZeroBitCount) }
            step += UInt64(64 - slot % 64)
        }
        return current + 1
    }

    private mutating func put(_ entry: Entry) {
        let slot = MockWheel.slot(entry.tick)
        buckets[slot].append(entry)
        occupied[slot / 64] |= 1 << UInt64(slot % 64)
    }

    private mutating func empty(_ slot: Int, upTo tick: UInt64, into due: inout [UInt64]) {
        var kept = 0
        for index in buckets[slot].indices {
            let entry = buckets[slot][index]
            if entry.tick <= tick {
                due.append(entry.token)
            } else {
                buckets[slot][kept] = entry
                kept += 1
            }
        }
        count -= buckets[slot].count - kept
        buckets[slot].removeLast(buckets[slot].count - kept)
        if kept == 0 { occupied[slot / 64] &= ~(1 << UInt64(slot % 64)) }
    }

    private static func slot(_ tick: UInt64) -> Int { Int(tick % UInt64(slots)) }
}
