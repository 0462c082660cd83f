internal import Wire

/// The books of one process, in memory: `reserve` decides at once, so of simultaneous requests exactly as many pass as a limit allows.
///
/// A key's book is made with its first claim. `checkpoint()` and `restore` carry the books over a restart.
public final class MemoryLimits: CarriedLimits {
    private var books: [VirtualKey.ID: KeyBook] = [:]
    /// Whether the books are others than at the last checkpoint.
    public private(set) var hasChanged = false

    /// Makes empty books.
    public init() {}

    /// Takes a claim, or says which limit it would cross.
    public func reserve(_ claim: LimitClaim, at now: UnixTime) async -> LimitDecision { decide(claim, at: now) }

    /// `reserve` without a suspension.
    func decide(_ claim: LimitClaim, at now: UnixTime) -> LimitDecision {
        hasChanged = true
        var book = books.removeValue(forKey: claim.key) ?? KeyBook()
        defer { books[claim.key] = book }
        book.advance(to: now, claim.limits)
        if let (limit, retryAfter) = book.refusal(of: claim, at: now) {
            return .refused(LimitRefusal(limit: limit, retryAfter: retryAfter, standing: book.standing(claim.limits, at: now)))
        }
        book.add(requests: 1, tokens: claim.tokens, cost: claim.cost, at: now, claim.limits)
        book.concurrency += 1
        let reservation = LimitReservation(key: claim.key, limits: claim.limits, madeAt: now, tokens: claim.tokens, cost: claim.cost)
        return .granted(reservation, book.standing(claim.limits, at: now))
    }

    /// Replaces what was reserved by what was used.
    public func settle(_ reservation: LimitReservation, tokens: Int, cost: Money, at now: UnixTime) {
        change(reservation, requests: 0, tokens: tokens - reservation.tokens, cost: cost - reservation.cost, at: now)
    }

    /// Gives everything back.
    public func release(_ reservation: LimitReservation, at now: UnixTime) {
        change(reservation, requests: -1, tokens: -reservation.tokens, cost: Money.zero - reservation.cost, at: now)
    }

    private func change(_ reservation: LimitReservation, requests: Int, tokens: Int, cost: Money, at now: UnixTime) {
        guard var book = books.removeValue(forKey: reservation.key) else { return }
        hasChanged = true
        book.advance(to: now, reservation.limits)
        book.concurrency = max(0, book.concurrency - 1)
        book.add(requests: requests, tokens: tokens, cost: cost, at: reservation.madeAt, reservation.limits)
        if !book.isBlank { books[reservation.key] = book }
    }

    /// How far a key's limits are used.
    public func standing(of key: VirtualKey.ID, _ limits: KeyLimits, at now: UnixTime) async -> LimitStanding {
        guard var book = books[key] else { return KeyBook().standing(limits, at: now) }
        book.advance(to: now, limits)
        return book.standing(limits, at: now)
    }

    /// The books as bytes, for a store; what is in work is not part of them.
    public func checkpoint() -> [UInt8] {
        hasChanged = false
        var text = "\(MemoryLimits.version)\n"
        for (key, book) in books.sorted(by: { $0.key.value < $1.key.value }) {
            let windows = [book.requestsPerMinute, book.requestsPerDay, book.tokensPerMinute, book.tokensPerDay].map { window in
                window.slices.map { "\($0.number):\($0.amount)" }.joined(separator: ",")
            }
            text += "\(key.value) \(book.periodStart.milliseconds) \(book.spent.nanodollars) \(windows.joined(separator: " "))\n"
        }
        return Array(text.utf8)
    }

    /// Takes the books of an earlier checkpoint, when it can be read; a line that is spoiled is left out.
    ///
    /// - Returns: How many keys' books were taken.
    @discardableResult
    public func restore(_ bytes: [UInt8], at now: UnixTime) -> Int {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first == Substring(MemoryLimits.version) else { return 0 }
        var count = 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 7, let start = Int64(parts[1]), let spent = Int64(parts[2]), spent >= 0 else { continue }
            var book = KeyBook()
            book.periodStart = UnixTime(milliseconds: start)
            book.spent = Money(nanodollars: spent)
            guard MemoryLimits.read(parts[3], into: &book.requestsPerMinute), MemoryLimits.read(parts[4], into: &book.requestsPerDay),
                MemoryLimits.read(parts[5], into: &book.tokensPerMinute), MemoryLimits.read(parts[6], into: &book.tokensPerDay)
            else { continue }
            book.requestsPerMinute.advance(to: now)
            book.requestsPerDay.advance(to: now)
            book.tokensPerMinute.advance(to: now)
            book.tokensPerDay.advance(to: now)
            if !book.isBlank { books[VirtualKey.ID(String(parts[0]))] = book }
            count += 1
        }
        return count
    }

    private static func read(_ text: Substring, into window: inout SlidingWindow) -> Bool {
        for entry in text.split(separator: ",") {
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let number = Int64(parts[0]), let amount = Int(parts[1]), amount > 0, number >= 0,
                number <= Int64(ForeignNumber.epochMilliseconds) / window.slice, Int64(window.slices.count) <= window.span / window.slice
            else { return false }
            window.add(amount, at: UnixTime(milliseconds: number * window.slice))
        }
        return true
    }

    private static let version = "best limits 1"
}
