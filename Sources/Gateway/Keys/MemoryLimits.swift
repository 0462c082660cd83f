internal import Wire

/// The books of one process, in memory: `reserve` decides at once, so of simultaneous requests exactly as many pass as a limit allows.
///
/// A key's book is made with its first claim. `checkpoint` and `restore` carry the books over a restart.
public final class MemoryLimits: CarriedLimits {
    private var books: [VirtualKey.ID: KeyBook] = [:]
    /// Whether the books are others than at the last checkpoint.
    public private(set) var hasChanged = false

    /// Makes empty books.
    public init() {}

    /// Takes a claim, or says which limit it would cross.
    public func reserve(_ claim: LimitClaim, at now: Moment) async -> LimitDecision { decide(claim, at: now) }

    /// `reserve` without a suspension.
    func decide(_ claim: LimitClaim, at now: Moment) -> LimitDecision {
        hasChanged = true
        var book = books.removeValue(forKey: claim.key) ?? KeyBook()
        defer { books[claim.key] = book }
        book.advance(to: now, claim.limits)
        if let (limit, retryAfter) = book.refusal(of: claim, at: now) {
            var refusal = LimitRefusal(limit: limit, retryAfter: retryAfter, standing: book.standing(claim.limits, at: now))
            refusal.isHeld = limit == .budget && book.isBudgetHeld(from: claim)
            return .refused(refusal)
        }
        book.add(requests: 1, tokens: claim.tokens, cost: claim.cost, at: now.monotonic, period: book.periodStart, claim.limits)
        book.hold(claim.cost, period: book.periodStart, claim.limits)
        book.concurrency += 1
        let reservation = LimitReservation(
            key: claim.key, limits: claim.limits, madeAt: now, budgetPeriod: book.periodStart, tokens: claim.tokens, cost: claim.cost)
        return .granted(reservation, book.standing(claim.limits, at: now))
    }

    /// Replaces what was reserved by what was used.
    public func settle(_ reservation: LimitReservation, tokens: Int, cost: Money, at now: Moment) {
        change(reservation, requests: 0, tokens: tokens - reservation.tokens, cost: cost - reservation.cost, at: now)
    }

    /// Gives everything back.
    public func release(_ reservation: LimitReservation, at now: Moment) {
        change(reservation, requests: -1, tokens: -reservation.tokens, cost: Money.zero - reservation.cost, at: now)
    }

    private func change(_ reservation: LimitReservation, requests: Int, tokens: Int, cost: Money, at now: Moment) {
        guard var book = books.removeValue(forKey: reservation.key) else { return }
        hasChanged = true
        book.advance(to: now, reservation.limits)
        book.concurrency = max(0, book.concurrency - 1)
        book.add(
            requests: requests, tokens: tokens, cost: cost, at: reservation.madeAt.monotonic, period: reservation.budgetPeriod, reservation.limits)
        book.hold(Money.zero - reservation.cost, period: reservation.budgetPeriod, reservation.limits)
        if !book.isBlank { books[reservation.key] = book }
    }

    /// How far a key's limits are used.
    public func standing(of key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) async -> LimitStanding { known(key, limits, at: now) }

    /// The same, at once.
    public func glance(at key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) -> LimitStanding? { known(key, limits, at: now) }

    private func known(_ key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) -> LimitStanding {
        guard var book = books[key] else { return KeyBook().standing(limits, at: now) }
        book.advance(to: now, limits)
        return book.standing(limits, at: now)
    }

    // MARK: Over a restart

    /// The books as bytes, for a store; what is in work is not part of them.
    ///
    /// The monotonic clock of one process means nothing to the next, so what is kept is how old everything is, and the time of day.
    public func checkpoint(at now: Moment) -> [UInt8] {
        hasChanged = false
        var text = "\(MemoryLimits.version) \(now.wall.milliseconds)\n"
        for (key, book) in books.sorted(by: { $0.key.value < $1.key.value }) {
            let windows = [book.requestsPerMinute, book.requestsPerDay, book.tokensPerMinute, book.tokensPerDay].map { window in
                window.ages(at: now.monotonic).map { "\($0.age):\($0.amount)" }.joined(separator: ",")
            }
            let period = book.periodStart.map { "\($0.milliseconds)" } ?? "-"
            text += "\(key.value) \(period) \(book.spent.nanodollars) \(windows.joined(separator: " "))\n"
        }
        return Array(text.utf8)
    }

    /// Takes the books of an earlier checkpoint, when it can be read; a line that is spoiled is left out.
    ///
    /// Everything is as much older as the time of day has gone on; where it has been set back, nothing is.
    ///
    /// - Returns: How many keys' books were taken.
    @discardableResult
    public func restore(_ bytes: [UInt8], at now: Moment) -> Int {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let ages = lines.first.flatMap({ Ages($0, at: now) }) else { return 0 }
        var count = 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 7, let spent = Int64(parts[2]), spent >= 0 else { continue }
            var book = KeyBook()
            if !MemoryLimits.noPeriod.contains(parts[1]) {
                guard let start = Int64(parts[1]), MemoryLimits.periods.contains(start) else { continue }
                book.periodStart = UnixTime(milliseconds: start)
            }
            book.spent = Money(nanodollars: spent)
            guard ages.read(parts[3], into: &book.requestsPerMinute), ages.read(parts[4], into: &book.requestsPerDay),
                ages.read(parts[5], into: &book.tokensPerMinute), ages.read(parts[6], into: &book.tokensPerDay)
            else { continue }
            if !book.isBlank { books[VirtualKey.ID(String(parts[0]))] = book }
            count += 1
        }
        return count
    }

    /// Where a budget's period may begin, in milliseconds since 1970.
    private static let periods = 0...Int64(ForeignNumber.epochMilliseconds)
    /// What stands for a budget of which no period has begun; the second is the first version's.
    private static let noPeriod: [Substring] = ["-", "\(Int64.min)"]

    /// How the ages of a checkpoint's slices are found.
    private struct Ages {
        private let now: Moment
        /// How long the time of day has gone on since the checkpoint, in milliseconds; `nil` for the first version, which wrote numbers of slices on
        /// that clock.
        private let elapsed: Int64?

        init?(_ header: Substring, at now: Moment) {
            self.now = now
            if header == MemoryLimits.firstVersion {
                elapsed = nil
                return
            }
            guard header.hasPrefix("\(MemoryLimits.version) "), let saved = Int64(header.dropFirst(MemoryLimits.version.utf8.count + 1)) else {
                return nil
            }
            elapsed = max(0, now.wall.milliseconds - saved.clamped(to: MemoryLimits.periods))
        }

        /// Reads the slices of a window; whether it was possible.
        func read(_ text: Substring, into window: inout SlidingWindow) -> Bool {
            let entries = text.split(separator: ",")
            guard entries.count <= window.span / window.slice + 2 else { return false }
            for entry in entries {
                let parts = entry.split(separator: ":")
                guard parts.count == 2, let number = Int64(parts[0]), let amount = Int(parts[1]), amount > 0,
                    let age = age(of: number, slice: window.slice)
                else { return false }
                window.restore(amount, age: age, at: now.monotonic)
            }
            return true
        }

        private func age(of number: Int64, slice: Int64) -> Int64? {
            if let elapsed { return number.addingClamped(elapsed) }
            guard (0...MemoryLimits.periods.upperBound / slice).contains(number) else { return nil }
            return now.wall.milliseconds - (number + 1) * slice
        }
    }

    private static let version = "best limits 2"
    private static let firstVersion = "best limits 1"
}
