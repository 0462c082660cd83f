internal import EventLoop
internal import Wire

extension RequestContext {
    /// What the answer, or the part of it that there was, costs; `nil` when nothing was used that anybody charges for.
    var charge: Charge? {
        guard let deployment else { return nil }
        // Whatever was sent has a usage, of what is paid for by the piece, too: its provider makes all of it before the first byte comes.
        guard let usage = usage ?? (outcome == .answered && attempts > 0 ? Usage() : nil) else { return nil }
        return deployment.charge(for: usage, images: images, madeImages: madeImages)
    }
}

extension UsageRecord {
    /// The record of what an attempt used whose answer did not reach the client.
    init(of attempt: LostAttempt, in request: RequestContext, at now: UnixTime) {
        self.init(
            key: request.key.id, provider: attempt.deployment.provider.name, model: attempt.deployment.model.id,
            startedAt: UnixTime(milliseconds: now.milliseconds - Int64(request.endedAt.microseconds(since: request.startedAt) / 1000)),
            status: request.status, hasFailed: false, usage: attempt.usage, source: attempt.source, cost: attempt.charge.amount,
            priceSource: attempt.charge.source, isRequest: false)
    }

    /// The record of a request that has ended.
    init(of request: RequestContext, at now: UnixTime) {
        let (usage, charge) = (request.usage ?? Usage(), request.charge)
        // What it used stands in the records of its attempts, of which some are estimated.
        let isEstimated = request.usageSource == .none && request.lost.contains { $0.source == .estimated }
        self.init(
            key: request.key.id, provider: request.deployment?.provider.name ?? "", model: request.deployment?.model.id ?? "",
            startedAt: UnixTime(milliseconds: now.milliseconds.addingClamped(-Int64(request.endedAt.microseconds(since: request.startedAt) / 1000))),
            status: request.status, hasFailed: request.outcome == .refused || request.outcome == .broken, usage: usage,
            source: isEstimated ? .estimated : request.usageSource, cost: charge?.amount ?? .zero, priceSource: charge?.source ?? .unknown)
    }
}
