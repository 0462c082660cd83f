internal import EventLoop
internal import HTTPServer

/// The time one request has: the gateway's own bound and the client's patience, whichever is less.
struct RequestBudget {
    /// The part of the client's read timeout kept for the answer's way back, so that the client hears our error and not its own clock.
    private static let margin: UInt64 = 20
    private static let mostMargin: UInt64 = 250_000_000

    /// The request has ended by then.
    let endBy: LoopInstant
    /// The client has the first byte of an answer by then. The same as `endBy` where the answer comes whole.
    let commitBy: LoopInstant

    /// Makes the budget of a request.
    ///
    /// - Parameters:
    ///   - deadline: The gateway's own bound on a request.
    ///   - readTimeout: How long the client waits for bytes, as it says in `x-stainless-read-timeout` (OpenAI's clients; seconds).
    init(receivedAt: LoopInstant, deadline: LoopInterval, readTimeout: LoopInterval?, isStream: Bool) {
        let own = receivedAt.advanced(by: deadline)
        guard let readTimeout, readTimeout.nanoseconds > 0 else {
            (endBy, commitBy) = (own, own)
            return
        }
        let kept = min(readTimeout.nanoseconds / RequestBudget.margin, RequestBudget.mostMargin)
        commitBy = min(own, receivedAt.advanced(by: LoopInterval(nanoseconds: readTimeout.nanoseconds - kept)))
        endBy = isStream ? own : commitBy
    }

    /// How long an attempt may take to its first token: what was learnt, but no more than leaves time for the other candidates.
    ///
    /// - Parameters:
    ///   - wanted: The learned timeout, or the configured one.
    ///   - shares: How many candidates the time is for, this one included.
    ///   - reserve: What each of the others should have, of three at most.
    func firstToken(wanted: LoopInterval, shares: Int, reserve: LoopInterval, at now: LoopInstant) -> LoopInterval {
        let left = commitBy.nanoseconds > now.nanoseconds ? commitBy.nanoseconds - now.nanoseconds : 0
        let share = left / UInt64(shares)
        let kept = min(reserve.nanoseconds &* UInt64(min(shares - 1, 3)), left)
        return LoopInterval(nanoseconds: min(wanted.nanoseconds, max(share, left - kept)))
    }
}
