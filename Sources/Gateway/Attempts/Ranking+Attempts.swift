internal import EventLoop
internal import Wire

extension Ranking {
    /// Notes that an attempt begins, and with which score.
    func began(_ deployment: Deployment, _ context: RequestContext, at now: LoopInstant) {
        // A reload since the decision may have taken the profile away, or put another in its place.
        let isSame = context.scoreGeneration == generation && context.scorePlace < deployment.standing.scores.count
        context.score = isSame ? deployment.standing.scores[context.scorePlace] : 0
        began(deployment, at: now)
    }

    /// Learns from an attempt that has an end.
    ///
    /// - Parameters:
    ///   - outputTokens: The tokens of the answer, where the provider reported them.
    ///   - isNews: Whether a failure says anything that the same client's failures before it did not: whoever fails in a row says it once.
    func learn(
        from result: AttemptResult, _ deployment: Deployment, _ context: RequestContext, outputTokens: Int?, isNews: Bool, startedAt: LoopInstant,
        at now: LoopInstant
    ) {
        var outcome = LiveRecord.Outcome(
            isSuccess: nil, size: PromptSize(bytes: context.bytesIn), startedAt: startedAt, firstContent: nil,
            total: now.microseconds(since: startedAt), isStream: context.isStream, outputTokens: outputTokens)
        switch result {
        case .answered:
            outcome.isSuccess = true
            outcome.firstContent = context.firstContentAt?.microseconds(since: startedAt)
        case .broken(let attempt):
            outcome.isSuccess = attempt.verdict.countsAgainstProvider && isNews ? false : nil
            outcome.firstContent = context.firstContentAt?.microseconds(since: startedAt)
        case .failed(let attempt):
            // A limit is no unreliability: the provider says when it is over, and until then it is left alone.
            guard attempt.verdict.countsAgainstProvider, !attempt.failure.isLimit, isNews else { return }
            outcome.isSuccess = false
            // It would have taken this long, or longer.
            if attempt.failure.isTimeout { outcome.firstContent = outcome.total }
        case .clientGone, .cut:
            return
        }
        // What takes a minute for an image says nothing about text.
        guard context.endpoint?.modelKind == .chat || context.endpoint == .completions || outcome.isSuccess == false else { return }
        record(outcome, deployment, at: now)
    }

    /// Learns that a deployment was slower than was thought: an attempt was given up for another one. That is no failure, but it was no quicker than this.
    func gaveUp(_ deployment: Deployment, _ context: RequestContext, startedAt: LoopInstant, at now: LoopInstant) {
        let waited = now.microseconds(since: startedAt)
        record(
            LiveRecord.Outcome(
                isSuccess: nil, size: PromptSize(bytes: context.bytesIn), startedAt: startedAt, firstContent: waited, total: waited,
                isStream: context.isStream, outputTokens: nil), deployment, at: now)
    }
}
