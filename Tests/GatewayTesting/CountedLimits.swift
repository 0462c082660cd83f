public import Gateway

/// The books of limits in memory, which also count what was reserved and not yet ended.
public final class CountedLimits: CarriedLimits {
    private let books = MemoryLimits()
    /// Reservations that have no end yet, by key.
    public private(set) var open: [VirtualKey.ID: Int] = [:]
    /// What was ended more often than it was begun, each in a line.
    public private(set) var problems: [String] = []
    /// What was settled, in order: the key, and the tokens that were reserved and used.
    public private(set) var settled: [(key: VirtualKey.ID, reserved: Int, used: Int)] = []
    /// How many reservations were given back.
    public private(set) var released = 0

    /// Makes empty books.
    public init() {}

    /// Takes a claim.
    public func reserve(_ claim: LimitClaim, at now: Moment) async -> LimitDecision {
        let decision = await books.reserve(claim, at: now)
        if case .granted = decision { open[claim.key, default: 0] += 1 }
        return decision
    }

    /// Raises an estimate to what was used so far.
    public func grow(_ reservation: inout LimitReservation, tokens: Int, cost: Money, at now: Moment) -> KeyLimitName? {
        books.grow(&reservation, tokens: tokens, cost: cost, at: now)
    }

    /// Replaces an estimate by what was used.
    public func settle(_ reservation: LimitReservation, tokens: Int, cost: Money, at now: Moment) {
        ended(reservation)
        settled.append((reservation.key, reservation.tokens, tokens))
        books.settle(reservation, tokens: tokens, cost: cost, at: now)
    }

    /// Gives everything back.
    public func release(_ reservation: LimitReservation, at now: Moment) {
        ended(reservation)
        released += 1
        books.release(reservation, at: now)
    }

    /// How far a key's limits are used.
    public func standing(of key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) async -> LimitStanding {
        await books.standing(of: key, limits, at: now)
    }

    /// The same at once.
    public func glance(at key: VirtualKey.ID, _ limits: KeyLimits, at now: Moment) -> LimitStanding? { books.glance(at: key, limits, at: now) }

    /// Whether the books are others than at the last checkpoint.
    public var hasChanged: Bool { books.hasChanged }

    /// The books.
    public func checkpoint(at now: Moment) -> LimitsCheckpoint { books.checkpoint(at: now) }

    /// Takes the books of an earlier checkpoint.
    @discardableResult
    public func restore(_ bytes: [UInt8], at now: Moment) -> Int { books.restore(bytes, at: now) }

    private func ended(_ reservation: LimitReservation) {
        guard let count = open[reservation.key] else {
            problems.append("a reservation of \(reservation.key.value) was ended twice")
            return
        }
        open[reservation.key] = count == 1 ? nil : count - 1
    }
}
