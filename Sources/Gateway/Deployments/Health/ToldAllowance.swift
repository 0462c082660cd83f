internal import EventLoop
internal import Wire

/// One limit as a provider's answers state it: what is left, and until when.
struct ToldAllowance: Sendable, Equatable {
    let resource: QuotaAllowance.Resource
    let window: RateWindow
    private(set) var limit: Int?
    private(set) var remaining: Int
    /// When the window is over.
    private(set) var resetAt: LoopInstant
    /// When the provider said so.
    let statedAt: LoopInstant
    /// The time in which all of it comes back, as the figures of the answer have it if more is there all the time; `nil` where they have none.
    private let fillTime: LoopInterval?
    /// Whether more is there all the time, so that `resetAt` is when all of it is back, and not when something is: OpenAI's limits.
    private(set) var isSteady = false
    /// Up to when what came back is in `remaining`.
    private var filledAt: LoopInstant
    /// When the first one was sent after the reset, how many were since, and how many had been left: the next answer says what really came back.
    private var openedAt: LoopInstant?
    private var sentSince = 0
    private var leftBefore = 0

    /// Takes what an answer says; `nil` when it says too little to hold back by.
    ///
    /// - Parameters:
    ///   - inFlight: Requests under way that the answer can't have counted for certain.
    ///   - longest: The longest time that is believed.
    init?(_ told: QuotaAllowance, inFlight: Int, longest: LoopInterval, at now: LoopInstant) {
        guard let remaining = told.remaining, let reset = told.reset else { return nil }
        resource = told.resource
        window = told.window
        limit = told.limit
        let reserved = told.resource == .requests ? inFlight : 0
        self.remaining = max(0, remaining - reserved)
        resetAt = now.advanced(by: min(reset, longest))
        (statedAt, filledAt) = (now, now)
        fillTime = ToldAllowance.fillTime(limit: told.limit, remaining: remaining, reset: reset)
    }

    /// Takes from what was stated before whether more is there all the time: where more was used it then takes longer until all is back, where a window
    /// ends it is shorter.
    mutating func follow(_ earlier: ToldAllowance) {
        guard let fillTime, let before = earlier.fillTime, limit == earlier.limit else { return }
        let isSame = max(fillTime, before).nanoseconds - min(fillTime, before).nanoseconds < fillTime.nanoseconds / 25
        let (used, usedBefore) = ((limit ?? 0) - remaining, (limit ?? 0) - earlier.remaining)
        let (left, leftBefore) = (
            resetAt.nanoseconds - statedAt.nanoseconds, earlier.resetAt.nanoseconds - min(earlier.statedAt, earlier.resetAt).nanoseconds
        )
        isSteady = isSame && (earlier.isSteady || used > usedBefore && left > leftBefore || used < usedBefore && left < leftBefore)
    }

    /// A minute or a day, where what was used takes just that share of it to come back; two in a hundred for what lies between the figures.
    private static func fillTime(limit: Int?, remaining: Int, reset: LoopInterval) -> LoopInterval? {
        guard let limit, limit > remaining, limit <= ForeignNumber.count else { return nil }
        let seconds = Double(reset.nanoseconds) / 1_000_000_000 * Double(limit) / Double(limit - remaining)
        if abs(seconds - 60) < 1.2 { return LoopInterval(.seconds(60)) }
        return abs(seconds - 86_400) < 1728 ? LoopInterval(.seconds(86_400)) : nil
    }

    /// How long one takes to come back, in nanoseconds; `nil` where a window has to end.
    private var interval: Double? {
        guard isSteady, let fillTime, let limit, limit > 0 else { return nil }
        return Double(fillTime.nanoseconds) / Double(limit)
    }

    /// How much has come back since.
    private func gained(at now: LoopInstant) -> Int {
        guard let interval, now > filledAt else { return 0 }
        return Int(min(Double(now.nanoseconds - filledAt.nanoseconds) / interval, Double(limit ?? 0)))
    }

    /// Whether it is about the same limit.
    func isAbout(_ other: ToldAllowance) -> Bool { resource == other.resource && window == other.window }

    /// Whether it is the same limit under another window: where only figures tell the window, one answer may name another than the next.
    func isPerhaps(_ other: ToldAllowance) -> Bool { resource == other.resource && limit != nil && limit == other.limit }

    /// A request is sent.
    mutating func spend(tokens: Int, at now: LoopInstant) {
        if let interval {
            let gained = gained(at: now)
            remaining = min(remaining + gained, limit ?? .max)
            filledAt = remaining == limit ? now : filledAt.advanced(by: LoopInterval(nanoseconds: UInt64(Double(gained) * interval)))
        } else if now >= resetAt {
            // A new window has begun; how long it is only the next answer says.
            if openedAt == nil { (openedAt, leftBefore) = (now, remaining) }
            remaining = limit ?? .max
            resetAt = length.map { resetAt.advanced(by: $0) } ?? now
        }
        if openedAt != nil { sentSince += 1 }
        guard remaining < .max else { return }
        remaining = max(0, remaining - (resource == .requests ? 1 : tokens))
    }

    /// A request sent at `sentAt` took fewer tokens than was thought. What was stated after that knows of it.
    mutating func settle(estimated: Int, used: Int, sentAt: LoopInstant) {
        guard resource != .requests, used < estimated, sentAt >= statedAt else { return }
        add(estimated - max(0, used))
    }

    /// A request sent at `sentAt` was refused. What was stated after that knows of it.
    mutating func giveBack(requests: Int, tokens: Int, sentAt: LoopInstant) {
        guard sentAt >= statedAt else { return }
        add(resource == .requests ? requests : tokens)
    }

    private mutating func add(_ amount: Int) {
        guard remaining < .max else { return }
        remaining = min(remaining.addingClamped(amount), limit ?? .max)
    }

    /// How much is left, with what has come back since it was stated.
    func left(at now: LoopInstant) -> Int { min(remaining.addingClamped(gained(at: now)), max(remaining, limit ?? .max)) }

    /// When the next request has room; `nil` for now.
    func nextRoom(tokens: Int, at now: LoopInstant) -> LoopInstant? {
        room(for: resource == .requests ? 1 : min(max(tokens, 1), limit ?? .max), at: now)
    }

    /// When so much is left; `nil` for now.
    func room(for need: Int, at now: LoopInstant) -> LoopInstant? {
        if let opening = opening(at: now) { return opening }
        guard now < resetAt || isSteady else { return nil }
        guard let interval else { return remaining >= need ? nil : resetAt }
        guard remaining + gained(at: now) < need else { return nil }
        return filledAt.advanced(by: LoopInterval(nanoseconds: UInt64(Double(need - remaining) * interval) + 1))
    }

    /// When more are let go after a reset; `nil` for now. Where a window slides only one place is back then: until an answer says what is left one goes, and
    /// twice as many with each second.
    private func opening(at now: LoopInstant) -> LoopInstant? {
        guard let openedAt, !isSteady else { return nil }
        let seconds = (now.nanoseconds - min(openedAt, now).nanoseconds) / 1_000_000_000
        let free = resource == .requests ? leftBefore : leftBefore > 0 ? 1 : 0
        guard seconds < 8, sentSince >= free.addingClamped(1 << Int(seconds)) else { return nil }
        return openedAt.advanced(by: LoopInterval(nanoseconds: (seconds + 1) * 1_000_000_000))
    }

    /// How long its window is, where that is known.
    var length: LoopInterval? {
        switch window {
        case .minute: LoopInterval(.seconds(60))
        case .day: LoopInterval(.seconds(86_400))
        case .unknown, .hour, .week, .month: nil
        }
    }
}
