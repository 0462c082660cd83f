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
        statedAt = now
    }

    /// Whether it is about the same limit.
    func isAbout(_ other: ToldAllowance) -> Bool { resource == other.resource && window == other.window }

    /// A request is sent.
    mutating func spend(tokens: Int, at now: LoopInstant) {
        if now >= resetAt {
            // A new window has begun; how long it is only the next answer says.
            remaining = limit ?? .max
            resetAt = length.map { resetAt.advanced(by: $0) } ?? now
        }
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

    /// When the next request has room; `nil` for now.
    func nextRoom(tokens: Int, at now: LoopInstant) -> LoopInstant? {
        guard now < resetAt else { return nil }
        let need = resource == .requests ? 1 : min(max(tokens, 1), limit ?? .max)
        return remaining >= need ? nil : resetAt
    }

    private var length: LoopInterval? {
        switch window {
        case .minute: LoopInterval(.seconds(60))
        case .day: LoopInterval(.seconds(86_400))
        case .unknown, .hour, .week, .month: nil
        }
    }
}
