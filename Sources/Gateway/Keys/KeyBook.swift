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
    var periodStart = UnixTime(milliseconds: .min)

    /// Whether the book says nothing that is still of interest, so that it can be forgotten.
    var isBlank: Bool {
        requestsPerDay.used == 0 && tokensPerDay.used == 0 && requestsPerMinute.used == 0 && tokensPerMinute.used == 0 && concurrency == 0
            && spent == .zero
    }

    /// Brings every window to `now`, and begins a new period of the budget where one is due.
    mutating func advance(to now: UnixTime, _ limits: KeyLimits) {
        requestsPerMinute.advance(to: now)
        requestsPerDay.advance(to: now)
        tokensPerMinute.advance(to: now)
        tokensPerDay.advance(to: now)
        let start = now.start(of: limits.budgetPeriod)
        if start != periodStart {
            // Also when the operator has changed the period: the new one begins with what it knows, which is nothing.
            if periodStart.milliseconds != .min { spent = .zero }
            periodStart = start
        }
    }

    /// The limit that a claim would cross, and when it would not any more; the one that opens last where there are several.
    func refusal(of claim: LimitClaim, at now: UnixTime) -> (limit: KeyLimitName, retryAfter: Duration?)? {
        var worst: (limit: KeyLimitName, retryAfter: Duration?)?
        func note(_ name: KeyLimitName, _ wait: Duration?) {
            if let known = worst, let best = known.retryAfter, let wait, wait <= best { return }
            if let known = worst, known.retryAfter == nil { return }
            worst = (name, wait)
        }
        let limits = claim.limits
        if let limit = limits.concurrency, concurrency >= limit { note(.concurrency, nil) }
        func check(_ window: SlidingWindow, _ limit: Int?, _ amount: Int, _ name: KeyLimitName) {
            guard let limit, window.used + amount > limit else { return }
            note(name, window.wait(for: amount, under: limit, at: now))
        }
        check(requestsPerMinute, limits.requestsPerMinute, 1, .requestsPerMinute)
        check(tokensPerMinute, limits.tokensPerMinute, claim.tokens, .tokensPerMinute)
        check(requestsPerDay, limits.requestsPerDay, 1, .requestsPerDay)
        check(tokensPerDay, limits.tokensPerDay, claim.tokens, .tokensPerDay)
        if let budget = limits.budget, spent >= budget || spent + claim.cost > budget {
            note(.budget, now.end(of: limits.budgetPeriod).map { $0.elapsed(since: now) })
        }
        return worst
    }

    /// Takes a claim, or gives a part of one back with negative amounts, in the windows of the time it was made.
    mutating func add(requests: Int, tokens: Int, cost: Money, at time: UnixTime, _ limits: KeyLimits) {
        if limits.requestsPerMinute != nil { requestsPerMinute.add(requests, at: time) }
        if limits.requestsPerDay != nil { requestsPerDay.add(requests, at: time) }
        if limits.tokensPerMinute != nil { tokensPerMinute.add(tokens, at: time) }
        if limits.tokensPerDay != nil { tokensPerDay.add(tokens, at: time) }
        if limits.budget != nil, time >= periodStart { spent = max(.zero, spent + cost) }
    }

    /// How far the limits are used.
    func standing(_ limits: KeyLimits, at now: UnixTime) -> LimitStanding {
        func window(_ window: SlidingWindow, _ limit: Int?) -> LimitStanding.Window? {
            limit.map { LimitStanding.Window(limit: $0, remaining: max(0, $0 - window.used), reset: window.reset(at: now)) }
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
