internal import EventLoop

/// One rest as people are told of it: what is left alone, for whom, why, on whose word, and until when. No secret is in it.
public struct RestReport: Sendable, Equatable {
    /// What is left alone. The raw values are those of `GET /admin/rests`.
    public enum Scope: String, CaseIterable, Sendable {
        /// The provider's host, with every key and model.
        case provider
        /// The account that all keys of a provider belong to: it has no money, or a limit of it was met.
        case account
        /// A key, with every model.
        case key
        /// A model, with every key.
        case model
        /// A model with one key.
        case deployment
    }

    /// For whom it rests.
    public enum Audience: Sendable, Equatable {
        /// Every client.
        case everybody
        /// The client that met the trouble, and nobody else.
        case client(VirtualKey.ID, name: String)
        /// A client whose key is not known any more.
        case unknownClient
    }

    /// What is left alone.
    public let scope: Scope
    /// The provider's name.
    public let provider: String
    /// The provider's id of the model, where it is about one.
    public let model: String?
    /// The variable of the key, where it is about one.
    public let key: String?
    /// For whom.
    public let audience: Audience
    /// The name of the failure's class, `credential`, `rate_limited_day`.
    public let reason: String
    /// What kind of trouble it is, in a word: `credential`, `limit`.
    public let cause: String
    /// What it is founded on, in words.
    public let evidence: String
    /// Who has confirmed it, in words.
    public let confirmation: String
    /// When it began.
    public let since: UnixTime
    /// When it ends.
    public let until: UnixTime
    /// How long it still takes.
    public let left: Duration
    /// Whether its end is the provider's own word and not a guess.
    public let isWord: Bool
    /// How often in a row it failed, less the successes since.
    public let rung: Int

    init(
        _ subject: HealthSubject, for audience: Audience, _ evidence: RestEvidence, left: Duration, isWord: Bool, rung: Int,
        from need: TokenNeed? = nil,
        at now: LoopInstant, epoch: Int
    ) {
        scope =
            switch subject.scope {
            case .provider: evidence.cause == .money || evidence.cause == .limit ? .account : .provider
            case .key: .key
            case .model: .model
            case .keyModel: .deployment
            }
        provider = subject.provider
        model = subject.model
        key = subject.key
        self.audience = audience
        reason = "\(evidence.reason)"
        cause = "\(evidence.cause.name)"
        self.evidence = "\(evidence.source.words)\(need.map { ", for requests of \($0.words)" } ?? "")"
        confirmation = "\(evidence.confirmation.words)"
        since = evidence.began(at: now, epoch: epoch)
        until = UnixTime(milliseconds: Int64(epoch)).advanced(by: left)
        self.left = left
        self.isWord = isWord
        self.rung = rung
    }

    /// How long it still takes, in whole seconds, rounded up.
    public var secondsLeft: Int {
        let (seconds, milliseconds) = left.millisecondsRoundedUp.quotientAndRemainder(dividingBy: 1000)
        return Int(clamping: seconds + (milliseconds > 0 ? 1 : 0))
    }

    /// What is left alone, in words: `the key GROQ_API_KEY`.
    var subject: String {
        let model = model.map { "the model \($0)" } ?? ""
        return switch scope {
        case .provider, .account: "the \(scope.rawValue)"
        case .key: key.map { "the key \($0)" } ?? "the access without a key"
        case .model: model
        case .deployment: key.map { "\(model) with the key \($0)" } ?? model
        }
    }

    /// Why, in words: `credential, by status or code, confirmed by another request`.
    var grounds: String { "\(reason), \(evidence), confirmed by \(confirmation)" }

    /// By provider, what is everybody's first, then from the widest to the narrowest, then by names.
    var order: (String, Int, Int, String, String) {
        let client = if case .client(_, let name) = audience { name } else { "" }
        return (
            provider, audience == .everybody ? 0 : 1, Scope.allCases.firstIndex(of: scope) ?? 0, "\(model ?? "") \(key ?? "")", client
        )
    }
}

extension HealthTrack {
    /// The rest as people are told of it; `nil` when there is none, or none any more.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func report(of subject: HealthSubject, for audience: RestReport.Audience, at now: LoopInstant, epoch: Int) -> RestReport? {
        guard cooldown.rests(at: now), let evidence else { return nil }
        return RestReport(
            subject, for: audience, evidence, left: cooldown.until.elapsed(since: now), isWord: cooldown.isWord, rung: Int(cooldown.rung), at: now,
            epoch: epoch)
    }

    /// The rest, and what is left out of large requests, as people are told of it.
    func reports(of subject: HealthSubject, for audience: RestReport.Audience, at now: LoopInstant, epoch: Int) -> [RestReport] {
        let rest = report(of: subject, for: audience, at: now, epoch: epoch)
        guard let bar, bar.cooldown.rests(at: now) else { return rest.map { [$0] } ?? [] }
        let large = RestReport(
            subject, for: audience, bar.evidence, left: bar.cooldown.until.elapsed(since: now), isWord: bar.cooldown.isWord,
            rung: Int(bar.cooldown.rung), from: bar.need, at: now, epoch: epoch)
        return (rest.map { [$0] } ?? []) + [large]
    }
}

extension TokenNeed {
    /// The need in words.
    fileprivate var words: String {
        "\(bytes) bytes or more" + (outputLimit.map { ", and answers of \($0) tokens or more" } ?? " that set their answers no limit")
    }
}

extension ToldAllowance {
    /// The pause until more of it is there, as people are told of it; `nil` while something is left.
    func report(of subject: HealthSubject, at now: LoopInstant, epoch: Int) -> RestReport? {
        guard remaining == 0, now < resetAt else { return nil }
        let evidence = RestEvidence(cause: .limit, failure: .rateLimited(window), source: .stated, since: statedAt)
        return RestReport(
            subject, for: .everybody, evidence, left: resetAt.elapsed(since: now), isWord: true, rung: 0, at: now, epoch: epoch)
    }
}

extension RestEvidence.Source {
    /// The source in words.
    var words: StaticString {
        switch self {
        case .stated: "stated by the provider"
        case .answer: "by status or code"
        case .message: "by its message only"
        case .connection: "no connection"
        case .failures: "several failures"
        case .earlierRun: "from an earlier run"
        }
    }
}

extension HealthTrack.Confirmation {
    /// Who has confirmed it.
    var words: StaticString {
        switch self {
        case .none: "nothing"
        case .otherRequest: "another request"
        case .otherClient: "another client"
        }
    }
}

extension Cooldown.Cause {
    /// The cause in a word.
    var name: StaticString {
        switch self {
        case .none, .failure: "failure"
        case .unreachable: "unreachable"
        case .limit: "limit"
        case .credential: "credential"
        case .gone: "gone"
        case .money: "money"
        case .denied: "denied"
        }
    }

    /// The name of the failure that brings it most often: for a rest of an earlier run that has kept no other.
    var usualFailure: StaticString {
        switch self {
        case .none, .failure: FailureClass.unavailable(status: 0).name
        case .unreachable: FailureClass.unreachable.name
        case .limit: FailureClass.rateLimited(.unknown).name
        case .credential: FailureClass.credential(status: 0).name
        case .gone: FailureClass.modelGone.name
        case .money: FailureClass.quota.name
        case .denied: FailureClass.denied(status: 0).name
        }
    }
}
