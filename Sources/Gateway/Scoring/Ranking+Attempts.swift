internal import EventLoop
internal import Wire

extension Ranking {
    /// Notes that an attempt begins, and with which score.
    func began(_ deployment: Deployment, _ context: RequestContext, at now: LoopInstant) {
        context.score = deployment.standing.scores.isEmpty ? 0 : deployment.standing.scores[context.scorePlace]
        context.rankingVersion = version
        began(deployment, at: now)
    }

    /// Learns from an attempt that has an end.
    func learn(from result: AttemptResult, _ deployment: Deployment, _ context: RequestContext, startedAt: LoopInstant, at now: LoopInstant) {
        var outcome = LiveRecord.Outcome(
            isSuccess: nil, size: PromptSize(bytes: context.bytesIn), startedAt: startedAt, firstContent: nil,
            total: now.microseconds(since: startedAt), isStream: context.isStream, outputTokens: context.usage?.outputTokens)
        switch result {
        case .answered:
            outcome.isSuccess = true
            outcome.firstContent = context.firstContentAt?.microseconds(since: startedAt)
        case .broken(let attempt):
            outcome.isSuccess = attempt.failure.countsAgainstProvider ? false : nil
            outcome.firstContent = context.firstContentAt?.microseconds(since: startedAt)
        case .failed(let attempt):
            // A limit is no unreliability: the provider says when it is over, and until then it is left alone.
            guard attempt.failure.countsAgainstProvider, !attempt.failure.isLimit else { return }
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
}
