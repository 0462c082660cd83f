internal import Wire

/// The books of one process, in memory: `reserve` decides at once, so of simultaneous requests exactly as many pass as a limit allows.
///
/// A key's book is made with its first claim. `checkpoint` and `restore` carry the books over a restart.
public final class MemoryLimits: CarriedLimits {
    private var books: [VirtualKey.ID: KeyBook] = [:]
    /// The keys whose books are others than at the last checkpoint.
    private var changed: Set<VirtualKey.ID> = []
    private let archive = BooksArchive()
    /// Whether the books are others than at the last checkpoint.
    public var hasChanged: Bool { !changed.isEmpty }
    /// Reservations made so far.
    private var made: UInt64 = 0

    /// Makes empty books.
    public init() {}

    /// Takes a claim, or says which limit it would cross.
    public func reserve(_ claim: LimitClaim, at now: Moment) async -> LimitDecision { decide(claim, at: now) }

    /// `reserve` without a suspension.
    func decide(_ claim: LimitClaim, at now: Moment) -> LimitDecision {
        changed.insert(claim.key)
        var book = books.removeValue(forKey: claim.key) ?? KeyBook()
        defer { books[claim.key] = book }
        book.advance(to: now, claim.limits)
        if let (limit, retryAfter) = book.refusal(of: claim, tokens: claim.tokens, cost: claim.cost, at: now) {
            var refusal = LimitRefusal(limit: limit, retryAfter: retryAfter, standing: book.standing(claim.limits, at: now))
            refusal.isHeld = limit == .budget && book.isBudgetHeld(from: claim)
            return .refused(refusal)
        }
        let isAlone = book.concurrency == 0
        let (tokens, cost) = isAlone ? (claim.tokens, claim.cost) : (claim.mostTokens, claim.mostCost)
        if !isAlone, let (limit, _) = book.refusal(of: claim, tokens: tokens, cost: cost, at: now) {
            // How long the others will take nobody knows.
            var refusal = LimitRefusal(limit: limit, retryAfter: .seconds(1), standing: book.standing(claim.limits, at: now))
            refusal.isHeld = true
            return .refused(refusal)
        }
        book.add(requests: 1, tokens: tokens, cost: cost, at: now.monotonic, period: book.periodStart, claim.limits)
        book.hold(tokens: tokens, cost, period: book.periodStart, claim.limits)
        book.concurrency += 1
        made &+= 1
        let reservation = LimitReservation(
            key: claim.key, number: made, limits: claim.limits, madeAt: now, budgetPeriod: book.periodStart, tokens: tokens, cost: cost)
        book.note(reservation, tokens: tokens, cost: cost)
        return .granted(reservation, book.standing(claim.limits, at: now))
    }

    /// Raises what is reserved to what was used so far.
    public func grow(_ reservation: inout LimitReservation, tokens: Int, cost: Money, at now: Moment) -> KeyLimitName? {
        guard var book = books.removeValue(forKey: reservation.key) else { return nil }
        defer { books[reservation.key] = book }
        book.advance(to: now, reservation.limits)
        let (heldTokens, heldCost) = reservation.unused
        (reservation.usedTokens, reservation.usedCost) = (max(tokens, reservation.usedTokens), max(cost, reservation.usedCost))
        let (tokens, cost) = (max(tokens, reservation.tokens), max(cost, reservation.cost))
        if tokens > reservation.tokens || cost > reservation.cost {
            book.add(
                requests: 0, tokens: tokens - reservation.tokens, cost: cost - reservation.cost, at: reservation.madeAt.monotonic,
                period: reservation.budgetPeriod, reservation.limits)
            (reservation.tokens, reservation.cost) = (tokens, cost)
        }
        let (unusedTokens, unusedCost) = reservation.unused
        book.hold(tokens: unusedTokens - heldTokens, unusedCost - heldCost, period: reservation.budgetPeriod, reservation.limits)
        changed.insert(reservation.key)
        book.note(reservation, tokens: unusedTokens, cost: unusedCost)
        return book.limitCrossed(by: reservation)
    }

    /// Replaces what was reserved by what was used.
    public func settle(_ reservation: LimitReservation, tokens: Int, cost: Money, at now: Moment) {
        books[reservation.key]?.ended(reservation)
        change(reservation, requests: 0, tokens: tokens - reservation.tokens, cost: cost - reservation.cost, at: now)
    }

    /// Gives everything back.
    public func release(_ reservation: LimitReservation, at now: Moment) {
        books[reservation.key]?.ended(reservation)
        change(reservation, requests: -1, tokens: -reservation.tokens, cost: Money.zero - reservation.cost, at: now)
    }

    private func change(_ reservation: LimitReservation, requests: Int, tokens: Int, cost: Money, at now: Moment) {
        guard var book = books.removeValue(forKey: reservation.key) else { return }
        changed.insert(reservation.key)
        book.advance(to: now, reservation.limits)
        book.concurrency = max(0, book.concurrency - 1)
        book.add(
            requests: requests, tokens: tokens, cost: cost, at: reservation.madeAt.monotonic, period: reservation.budgetPeriod, reservation.limits)
        let (heldTokens, heldCost) = reservation.unused
        book.hold(tokens: -heldTokens, Money.zero - heldCost, period: reservation.budgetPeriod, reservation.limits)
        // A whole answer may be the first to cross a limit, too; and what is given back may uncross it.
        _ = book.limitCrossed(by: reservation)
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

    /// The books, for a store. Of requests in work they hold what their answers were measured to use, and not what is only reserved for them. Only those
    /// that have changed since the last checkpoint are looked at.
    ///
    /// The monotonic clock of one process means nothing to the next, so both clocks are kept with them.
    public func checkpoint(at now: Moment) -> LimitsCheckpoint {
        archive.note(changed.map { ($0, books[$0]) })
        changed.removeAll(keepingCapacity: true)
        return LimitsCheckpoint(moment: now, archive: archive)
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
            let key = VirtualKey.ID(String(parts[0]))
            if !book.isBlank { books[key] = book }
            changed.insert(key)
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
        /// What the numbers of slices are.
        private enum Form {
            /// Numbers of slices on the time of day.
            case numbers
            /// How old the slices were.
            case ages
            /// When something was added to them last, on a clock that stood at `moment`.
            case times(moment: Int64)
        }

        private let now: Moment
        private let form: Form
        /// How long the time of day has gone on since the checkpoint, in milliseconds.
        private let elapsed: Int64

        init?(_ header: Substring, at now: Moment) {
            self.now = now
            if header == MemoryLimits.firstVersion {
                (form, elapsed) = (.numbers, 0)
                return
            }
            let parts = header.split(separator: " ")
            guard parts.count >= 4, let saved = Int64(parts[3]) else { return nil }
            switch (parts[0...2].joined(separator: " "), parts.count) {
            case (MemoryLimits.secondVersion, 4): form = .ages
            case (BooksArchive.version, 5):
                guard let moment = Int64(parts[4]) else { return nil }
                form = .times(moment: Ages.clamped(moment))
            default: return nil
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
            switch form {
            case .numbers:
                guard (0...MemoryLimits.periods.upperBound / slice).contains(number) else { return nil }
                return now.wall.milliseconds - (number + 1) * slice
            case .ages: return number.addingClamped(elapsed)
            case .times(let moment): return (moment - Ages.clamped(number)).addingClamped(elapsed)
            }
        }

        /// Far more than any clock shows, and little enough to be subtracted.
        private static func clamped(_ milliseconds: Int64) -> Int64 {
            let most = MemoryLimits.periods.upperBound
            return milliseconds.clamped(to: -most...most)
        }
    }

    private static let secondVersion = "best limits 2"
    private static let firstVersion = "best limits 1"
}
