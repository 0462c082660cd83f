internal import EventLoop
public import Wire

/// One limit of a provider's as people are told of it: what is believed, since when, from which evidence, and when there is room. No secret is in it.
public struct LimitReport: Sendable, Equatable {
    /// Whose word it is. The raw values are those of `GET /admin/rests`.
    public enum Source: String, Sendable {
        /// The configuration's.
        case configured
        /// The provider's, in the fields of its answers.
        case stated
        /// The provider's, in the words of a refusal.
        case words
        /// Found out by what was let in and what was refused.
        case learnt
    }

    /// Whose limit it is.
    public let scope: RestReport.Scope
    /// The provider's name.
    public let provider: String
    /// The provider's id of the model, where it is about one.
    public let model: String?
    /// The variable of the key, where it is about one.
    public let key: String?
    /// What is counted: `requests`, `tokens`, `in_flight`.
    public let resource: String
    /// How many there may be.
    public let limit: Int
    /// The window in seconds; `nil` where nothing is counted over time, or the length is not known.
    public let windowSeconds: Int?
    /// How it is counted, in words: `sliding window`, `fixed window`, `steady store`.
    public let manner: String
    /// Whose word it is.
    public let source: Source
    /// What it is founded on, in words.
    public let evidence: String
    /// Since when it is believed; `nil` for what is configured.
    public let since: UnixTime?
    /// What of it is in use; `nil` where that is not counted.
    public let used: Int?
    /// In how many milliseconds there is room again, rounded up; 0 for now, `nil` where the end of a request decides that.
    public let freeIn: Int?

    /// By provider, then from the widest to the narrowest, then by names.
    var order: (String, Int, String, String, Int) {
        (provider, RestReport.Scope.allCases.firstIndex(of: scope) ?? 0, "\(model ?? "") \(key ?? "")", resource, windowSeconds ?? 0)
    }

    /// Appends `{"scope", "provider", "model", "key", "resource", "limit", "window_seconds", "manner", "source", "evidence", "since", "used",
    /// "free_in_seconds"}`; what is not known is null.
    public func appendJSON(to body: inout ByteBuffer) {
        func text(_ name: StaticString, _ value: String?) {
            body.append(name)
            if let value { body.append(jsonString: value) } else { body.append("null") }
        }
        func number(_ name: StaticString, _ value: Int?) {
            body.append(name)
            if let value { body.append(decimal: value) } else { body.append("null") }
        }
        text("{\"scope\":", scope.rawValue)
        text(",\"provider\":", provider)
        text(",\"model\":", model)
        text(",\"key\":", key)
        text(",\"resource\":", resource)
        number(",\"limit\":", limit)
        number(",\"window_seconds\":", windowSeconds)
        text(",\"manner\":", manner)
        text(",\"source\":", source.rawValue)
        text(",\"evidence\":", evidence)
        text(",\"since\":", since?.description)
        number(",\"used\":", used)
        number(",\"free_in_seconds\":", freeIn.map { ($0 + 999) / 1000 })
        body.append("}")
    }
}

extension HealthNode {
    /// Every limit that holds requests back here, as people are told of it.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func limitReports(at now: LoopInstant, epoch: Int) -> [LimitReport] {
        guard quota.isConstrained || places.isKnown || queue.limit > 0 || concurrency > 0 else { return [] }
        let scope: RestReport.Scope =
            switch subject.scope {
            case .provider: .account
            case .key: .key
            case .model: .model
            case .keyModel: .deployment
            }
        func report(
            _ resource: String, _ limit: Int, _ window: LoopInterval?, _ manner: StaticString, _ source: LimitReport.Source, _ evidence: String,
            since: LoopInstant? = nil, used: Int? = nil, freeIn: Int? = 0
        ) -> LimitReport {
            let began = since.map { UnixTime(milliseconds: Int64(epoch) - Int64(clamping: now.microseconds(since: min($0, now)) / 1000)) }
            return LimitReport(
                scope: scope, provider: subject.provider, model: subject.model, key: subject.key, resource: resource, limit: limit,
                windowSeconds: window.map { Int($0.nanoseconds / 1_000_000_000) }, manner: "\(manner)", source: source, evidence: evidence,
                since: began,
                used: used, freeIn: freeIn)
        }
        func wait(_ room: LoopInstant?) -> Int { room.map { Int(clamping: $0.elapsed(since: now).millisecondsRoundedUp) } ?? 0 }
        var reports: [LimitReport] = []
        if concurrency > 0 {
            reports.append(
                report("in_flight", concurrency, nil, "at a time", .configured, "the configuration", used: inFlight, freeIn: isFull ? nil : 0))
        }
        if places.isKnown {
            let isFull = places.isFull(inFlight, at: now)
            let evidence = "\(places.refusals) refusal\(places.refusals == 1 ? "" : "s") for load while so many were under way"
            reports.append(
                report(
                    "in_flight", places.limit, nil, "at a time", .learnt, evidence, since: places.learntAt, used: inFlight, freeIn: isFull ? nil : 0))
        }
        if queue.limit > 0 {
            let isCrowded = queue.isCrowded(inFlight)
            let evidence = "answers take twice as long with twice as many under way; above it others are asked first"
            reports.append(
                report(
                    "in_flight", queue.limit, nil, "at a time", .learnt, evidence, since: queue.learntAt, used: inFlight, freeIn: isCrowded ? nil : 0)
            )
        }
        for (limit, used, room) in quota.configuredUse(at: now) {
            reports.append(
                report(
                    limit.resource == .requests ? "requests" : "tokens", limit.limit, limit.window, "sliding window", .configured,
                    "the configuration",
                    used: used, freeIn: wait(room)))
        }
        for allowance in quota.told where now < allowance.resetAt || allowance.isSteady {
            let limit = allowance.limit ?? allowance.remaining
            reports.append(
                report(
                    allowance.resource == .requests ? "requests" : "tokens", limit, StatedTokens.window(allowance.window),
                    allowance.isSteady ? "steady store" : "fixed window", .stated, "the fields of its answers", since: allowance.statedAt,
                    used: max(0, limit - allowance.remaining), freeIn: wait(allowance.nextRoom(tokens: 1, at: now))))
        }
        if let stated = quota.stated {
            reports.append(
                report(
                    "tokens", stated.limit(at: now) ?? stated.stated, stated.window, "sliding window", .words,
                    stated.limit(at: now) == nil
                        ? "the words of a refusal, which nothing has confirmed yet" : "the words of refusals, and what was counted",
                    since: stated.since, used: quota.tokensUsed(in: stated.window, at: now), freeIn: wait(quota.statedRoom(tokens: 1, at: now))))
        }
        for belief in quota.beliefs(at: now) {
            let seen = "\(belief.refusals) refusal\(belief.refusals == 1 ? "" : "s") and what was let in between"
            let doubt = belief.confidence < 2 ? "; not confirmed yet" : "; confirmed \(belief.confidence - 1) times"
            let owner = quota.learner == nil ? "" : "; one client alone has met it"
            reports.append(
                report(
                    "requests", belief.limit, belief.window, belief.manner, .learnt, seen + doubt + owner, since: belief.since, used: belief.used,
                    freeIn: wait(belief.room)))
        }
        return reports
    }
}

extension HealthNodes {
    /// Every limit that may hold a request back.
    func limitReports(at now: LoopInstant, epoch: Int) -> [LimitReport] {
        guard !areFree else { return [] }
        return all.flatMap { $0.limitReports(at: now, epoch: epoch) }
    }
}
