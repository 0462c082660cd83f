internal import EventLoop

/// A limit of which everybody rests though only one client has met it. It may be the account's, as most are, or one of that client's own: of its way of
/// asking, or of the name of its user. So the others find out, one request at a time: who is refused, too, confirms it for everybody, and who is let in
/// shows that it is the one client's.
///
/// | of a wait of 300 s, without another client's answer | 1st | 2nd | 3rd | 4th | 5th and more |
/// | --- | --- | --- | --- | --- | --- |
/// | another may ask after (s) | 1 | 2 more | 4 more | 8 more | 8 more each |
struct LoneLimit: Equatable, Sendable {
    /// Who has met it.
    let client: ClientTag
    /// From when on another client's request may try.
    private(set) var from: LoopInstant
    private var step: LoopInterval

    /// The longest time between two who try, so that nobody who leaves before the answer keeps the others long.
    private static let longestStep = LoopInterval(.seconds(8))

    /// - Parameters:
    ///   - until: When the limit is free again.
    ///   - step: After how long the first may try; half of the wait where that is less.
    init(of client: ClientTag, until: LoopInstant, step: LoopInterval, at now: LoopInstant) {
        self.client = client
        self.step = step
        let half = until > now ? LoopInterval(nanoseconds: (until.nanoseconds - now.nanoseconds) / 2) : LoopInterval(nanoseconds: 0)
        from = now.advanced(by: min(step, half))
    }

    /// Another client's request tries.
    mutating func begin(at now: LoopInstant) {
        step = LoopInterval(nanoseconds: min(step.nanoseconds * 2, LoneLimit.longestStep.nanoseconds))
        from = now.advanced(by: step)
    }

    /// Nobody tries before that.
    mutating func hold(until instant: LoopInstant) { from = max(from, instant) }
}
