internal import EventLoop
internal import Wire

/// A limit on tokens as the words of refusals state it: "on tokens per minute (TPM): Limit 6000, Used 5900, Requested 140".
///
/// Words are not believed at once: nothing is held back by it before so much was counted in a whole window that it explains a refusal. Providers may count
/// more than answers say they took, as what a request asks for at most: then it is kept to what was counted at the last refusal, and a hundredth of the
/// limit more with each window that none comes. Tokens are counted from the first refusal on; where that names the minute and says when there is room, what
/// was sent before is taken to have used the limit up, but for nobody else than the client that was refused.
struct StatedTokens: Sendable, Equatable {
    let window: LoopInterval
    /// When it was stated first.
    let since: LoopInstant
    /// What is stated.
    let stated: Int
    /// What is kept to, at most what is stated; `nil` until enough was counted.
    private var kept: Int?
    private var refusedAt: LoopInstant

    /// One that nobody has stated for so long is not kept to: a single refusal says it again.
    private static let memory = LoopInterval(.seconds(3600))

    init(limit: Int, window: LoopInterval, at now: LoopInstant) {
        (stated, self.window, since, refusedAt) = (min(max(limit, 1), ForeignNumber.count), window, now, now)
    }

    /// The window of a name; `nil` where there is none, or none that is counted.
    static func window(_ name: RateWindow) -> LoopInterval? {
        switch name {
        case .minute: LoopInterval(.seconds(60))
        case .hour: LoopInterval(.seconds(3600))
        case .day: LoopInterval(.seconds(86_400))
        case .unknown, .week, .month: nil
        }
    }

    /// Whether it is the same limit.
    func isAbout(_ limit: Int, _ window: LoopInterval) -> Bool { stated == min(max(limit, 1), ForeignNumber.count) && window == self.window }

    /// What is kept to; `nil` while nothing is held back by it.
    func limit(at now: LoopInstant) -> Int? {
        guard let kept, now < refusedAt.advanced(by: max(StatedTokens.memory, window)) else { return nil }
        let windows = Int((now.nanoseconds - min(refusedAt, now).nanoseconds) / window.nanoseconds)
        return min(stated, kept + stated / 100 * windows)
    }

    /// A request was refused.
    ///
    /// - Parameter used: What was counted in the window up to now.
    mutating func refused(used: Int, at now: LoopInstant) {
        // Of a burst the first says all.
        let isSame = kept != nil && now < refusedAt.advanced(by: .seconds(1))
        defer { refusedAt = now }
        // What was counted for less than a window is too little to go by.
        guard !isSame, used >= stated / 5 * 2, now >= since.advanced(by: window) || used >= stated / 10 * 9 else { return }
        kept = min(stated, used)
    }
}
