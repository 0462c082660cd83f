internal import EventLoop
internal import HTTPServer

/// The time one request has: the gateway's own bound and the client's patience, whichever is less.
struct RequestBudget {
    /// The part of the client's read timeout kept for the answer's way back: what is begun is begun to be there in time.
    private static let margin: UInt64 = 20
    private static let mostMargin: UInt64 = 250_000_000
    /// How long after the client's own time it is told that it was too long: a client that is still there then does not keep its time, and one that does
    /// has raised its own time-out by then, as it would at the provider.
    private static let grace = LoopInterval(.seconds(1))

    /// The request has ended by then.
    let endBy: LoopInstant
    /// Attempts are planned so that the client has the first byte of an answer by then.
    let commitBy: LoopInstant
    /// Until then the last attempt may go on: the same as `commitBy`, but where the client's own time is the shorter one, a little after that.
    let tellBy: LoopInstant

    /// Makes the budget of a request.
    ///
    /// - Parameters:
    ///   - deadline: The gateway's own bound on a request.
    ///   - readTimeout: How long the client waits for bytes, as it says in `x-stainless-read-timeout` (OpenAI's clients; seconds).
    init(receivedAt: LoopInstant, deadline: LoopInterval, readTimeout: LoopInterval?, isStream: Bool) {
        let own = receivedAt.advanced(by: deadline)
        guard let readTimeout, readTimeout.nanoseconds > 0 else {
            (endBy, commitBy, tellBy) = (own, own, own)
            return
        }
        let kept = min(readTimeout.nanoseconds / RequestBudget.margin, RequestBudget.mostMargin)
        let wanted = receivedAt.advanced(by: LoopInterval(nanoseconds: readTimeout.nanoseconds - kept))
        commitBy = min(own, wanted)
        // Where both end at about the same time (OpenAI's clients wait for 600 s, and so do we) the client's own time comes first.
        tellBy = own < wanted ? own : receivedAt.advanced(by: readTimeout).advanced(by: RequestBudget.grace)
        endBy = isStream ? max(own, tellBy) : tellBy
    }

    /// When an error that says no more than that it took too long is to be told; `nil` is at once.
    func tellsLate(at now: LoopInstant) -> LoopInstant? { now >= commitBy && now < tellBy ? tellBy : nil }

    /// How long an attempt may take to its first token: what was learnt, but no more than leaves some time for the other candidates. Where it is less than
    /// what was wanted, that is a matter of how long the client waits and not of the provider.
    ///
    /// The first has the greater part of a short time: who waits for 3 s asks for what takes 2, and nothing is gained by giving two candidates too little.
    ///
    /// - Parameters:
    ///   - wanted: The learned timeout, or the configured one.
    ///   - shares: How many candidates the time is for, this one included.
    ///   - reserve: What each of the others should have, of three at most.
    func firstToken(wanted: LoopInterval, shares: Int, reserve: LoopInterval, at now: LoopInstant) -> LoopInterval {
        // The last one is waited for as long as the client may still be there.
        let end = shares == 1 ? tellBy : commitBy
        let left = end.nanoseconds > now.nanoseconds ? end.nanoseconds - now.nanoseconds : 0
        let share = shares > 1 ? left / 4 * 3 : left
        let kept = min(reserve.nanoseconds &* UInt64(min(shares - 1, 3)), left)
        return LoopInterval(nanoseconds: min(wanted.nanoseconds, max(share, left - kept)))
    }
}
