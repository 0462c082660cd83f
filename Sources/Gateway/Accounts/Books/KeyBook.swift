internal import EventLoop
internal import Wire

/// What one key has used of its limits.
struct KeyBook: Sendable {
    var requestsPerMinute = SlidingWindow.minute
    var requestsPerDay = SlidingWindow.day
    var tokensPerMinute = SlidingWindow.minute
    var tokensPerDay = SlidingWindow.day
    /// Requests in work.
    var concurrency = 0
    /// Money spent in the period that began at `periodStart`, reservations included.
    var spent = Money.zero
    /// The part of `spent` that is reserved for requests in work and that they have not used so far.
    var reserved = Money.zero
    /// The tokens that are reserved for requests in work and that they have not used so far.
    private var reservedTokens = 0
    /// The requests in work, by the numbers of their reservations, with what is only reserved for them.
    private(set) var inWork: [UInt64: Unmeasured] = [:]
    /// The request that was the first to cross a limit by what it used, while the limit is crossed: the one that may end its answer.
    private var first: UInt64?
    /// The beginning of the latest period of the budget that has ever begun; `nil` before the first.
    var periodStart: UnixTime?

    /// Whether the book says nothing that is still of interest, so that it can be forgotten. That a period has begun is: forgotten, it would begin
    /// again when the clock is set back.
    var isBlank: Bool {
        requestsPerDay.used == 0 && tokensPerDay.used == 0 && requestsPerMinute.used == 0 && tokensPerMinute.used == 0 && concurrency == 0
            && spent == .zero && periodStart == nil
    }

    /// Brings every window to `now`, and begins a new period of the budget where one is due. Periods begin only forwards: a clock that is set back
    /// begins none, and one that is set on and back again has begun one.
    mutating func advance(to now: Moment, _ limits: KeyLimits) {
        requestsPerMinute.advance(to: now.monotonic)
        requestsPerDay.advance(to: now.monotonic)
        tokensPerMinute.advance(to: now.monotonic)
        tokensPerDay.advance(to: now.monotonic)
        guard limits.budget != nil else { return }
        let start = now.wall.start(of: limits.budgetPeriod)
        if let periodStart {
            // Where the operator has chosen a longer period, what was spent since the shorter one began counts in it.
            guard start > periodStart else { return }
            (spent, reserved) = (.zero, .zero)
        }
        periodStart = start
    }

    /// Whether there is room for a claim's cost when the requests in work turn out to cost nothing.
    func isBudgetHeld(from claim: LimitClaim) -> Bool {
        claim.limits.budget.map { reserved > .zero && spent - reserved + claim.cost <= $0 } ?? false
    }

    /// The limit that a claim of so many tokens and so much money would cross, and when it would not any more; the one that opens last where there are
    /// several.
    func refusal(of claim: LimitClaim, tokens: Int, cost: Money, at now: Moment) -> (limit: KeyLimitName, retryAfter: Duration?)? {
        var worst: (limit: KeyLimitName, retryAfter: Duration?)?
        func note(_ name: KeyLimitName, _ wait: Duration?) {
            if let known = worst, let best = known.retryAfter, let wait, wait <= best { return }
            if let known = worst, known.retryAfter == nil { return }
            worst = (name, wait)
        }
        let limits = claim.limits
        if let limit = limits.concurrency, concurrency >= limit { note(.concurrency, nil) }
        func check(_ window: SlidingWindow, _ limit: Int?, _ amount: Int, _ name: KeyLimitName) {
            guard let limit, window.excess(of: amount, over: limit) > 0 else { return }
            note(name, window.wait(for: amount, under: limit, at: now.monotonic))
        }
        check(requestsPerMinute, limits.requestsPerMinute, 1, .requestsPerMinute)
        check(tokensPerMinute, limits.tokensPerMinute, tokens, .tokensPerMinute)
        check(requestsPerDay, limits.requestsPerDay, 1, .requestsPerDay)
        check(tokensPerDay, limits.tokensPerDay, tokens, .tokensPerDay)
        if let budget = limits.budget, cost > budget {
            note(.budget, nil)
        } else if let budget = limits.budget, spent >= budget || spent + cost > budget {
            // The next period that begins is the one behind the latest that has: the clock may stand before it.
            let wait = (periodStart ?? now.wall).end(of: limits.budgetPeriod).map { $0.elapsed(since: now.wall) }
            // Of a clock that was set back by years nobody knows when it will be right again.
            note(.budget, wait.map { min($0, .seconds(ForeignNumber.seconds)) })
        }
        return worst
    }

    /// The limit of tokens or money that is crossed by now, when `reservation` has to end for it. What is only reserved has crossed nothing yet.
    mutating func limitCrossed(by reservation: LimitReservation) -> KeyLimitName? {
        let limits = reservation.limits
        let isCrossed: (SlidingWindow, Int?) -> Bool = { [reservedTokens] window, limit in
            limit.map { window.excess(of: -reservedTokens, over: $0) > 0 } ?? false
        }
        let crossed: KeyLimitName? =
            if let budget = limits.budget, spent - reserved > budget {
                .budget
            } else if isCrossed(tokensPerDay, limits.tokensPerDay) {
                .tokensPerDay
            } else if isCrossed(tokensPerMinute, limits.tokensPerMinute) {
                .tokensPerMinute
            } else { nil }
        guard let crossed else {
            first = nil
            return nil
        }
        if first == nil { first = reservation.number }
        return first == reservation.number ? nil : crossed
    }

    /// Takes a claim, or gives a part of one back with negative amounts, in the windows and the period of the time it was made.
    mutating func add(requests: Int, tokens: Int, cost: Money, at time: LoopInstant, period: UnixTime?, _ limits: KeyLimits) {
        if limits.requestsPerMinute != nil { requestsPerMinute.add(requests, at: time) }
        if limits.requestsPerDay != nil { requestsPerDay.add(requests, at: time) }
        if limits.tokensPerMinute != nil { tokensPerMinute.add(tokens, at: time) }
        if limits.tokensPerDay != nil { tokensPerDay.add(tokens, at: time) }
        if limits.budget != nil, period == periodStart { spent = max(.zero, spent + cost) }
    }

    /// Notes that a part of what is taken is only reserved for a request in work, or, with negative amounts, that the request has used it or has ended.
    mutating func hold(tokens: Int, _ cost: Money, period: UnixTime?, _ limits: KeyLimits) {
        reservedTokens = max(0, reservedTokens + tokens)
        if limits.budget != nil, period == periodStart { reserved = max(.zero, reserved + cost) }
    }

    /// The part of a reservation beyond what its request has been measured to use.
    struct Unmeasured: Sendable {
        let limits: KeyLimits
        let madeAt: LoopInstant
        let period: UnixTime?
        var tokens: Int
        var cost: Money
    }

    /// Notes how much of a reservation is only reserved: all of it at first, less with what its answer was measured to use.
    mutating func note(_ reservation: LimitReservation, tokens: Int, cost: Money) {
        inWork[reservation.number] = Unmeasured(
            limits: reservation.limits, madeAt: reservation.madeAt.monotonic, period: reservation.budgetPeriod, tokens: tokens, cost: cost)
    }

    /// A request is not in work any more.
    mutating func ended(_ reservation: LimitReservation) { inWork[reservation.number] = nil }

    /// The book as it would be if every request in work ended now with what it was measured to use: what there is to keep of it over a crash, after which
    /// nobody would give back the rest.
    var measured: KeyBook {
        var book = self
        for request in inWork.values {
            book.add(
                requests: 0, tokens: -request.tokens, cost: .zero - request.cost, at: request.madeAt, period: request.period, request.limits)
        }
        return book
    }

    /// How far the limits are used.
    func standing(_ limits: KeyLimits, at now: Moment) -> LimitStanding {
        func window(_ window: SlidingWindow, _ limit: Int?) -> LimitStanding.Window? {
            limit.map { limit in
                LimitStanding.Window(limit: limit, remaining: max(0, -window.excess(of: 0, over: limit)), reset: window.reset(at: now.monotonic))
            }
        }
        var standing = LimitStanding()
        standing.requestsPerMinute = window(requestsPerMinute, limits.requestsPerMinute)
        standing.requestsPerDay = window(requestsPerDay, limits.requestsPerDay)
        standing.tokensPerMinute = window(tokensPerMinute, limits.tokensPerMinute)
        standing.tokensPerDay = window(tokensPerDay, limits.tokensPerDay)
        standing.concurrency = concurrency
        standing.budgetRemaining = limits.budget.map { max(.zero, $0 - spent) }
        return standing
    }
}

extension UnixTime {
    private static let dayLength: Int64 = 86_400_000

    /// The beginning of the budget's period the moment lies in, by the UTC calendar; the beginning of time for a whole life.
    func start(of period: KeyLimits.BudgetPeriod) -> UnixTime {
        switch period {
        case .day: return day
        case .week:
            // 1970-01-01 was a Thursday: three days after a Monday.
            let number = day.milliseconds / UnixTime.dayLength
            return UnixTime(milliseconds: (number - (((number + 3) % 7) + 7) % 7) * UnixTime.dayLength)
        case .month: return UnixTime(milliseconds: day.milliseconds - Int64(dayOfMonth - 1) * UnixTime.dayLength)
        case .total: return UnixTime(milliseconds: 0)
        }
    }

    /// The beginning of the next period; `nil` for a whole life.
    func end(of period: KeyLimits.BudgetPeriod) -> UnixTime? {
        switch period {
        case .day: return UnixTime(milliseconds: day.milliseconds + UnixTime.dayLength)
        case .week: return UnixTime(milliseconds: start(of: .week).milliseconds + 7 * UnixTime.dayLength)
        // No month is longer than 31 days, and none is over before its 28th day has begun.
        case .month: return UnixTime(milliseconds: start(of: .month).milliseconds + 32 * UnixTime.dayLength).start(of: .month)
        case .total: return nil
        }
    }
}
