internal import Wire

/// What a failed attempt means: the one result of classifying it, on which health, the attempt plan and the client's error all act.
public struct FailureVerdict: Hashable, Sendable {
    /// What went wrong.
    public var kind: FailureClass
    /// Who is left alone.
    public var scope: FailureScope
    /// When the provider says it can be asked again.
    public var hint: RetryHint
    /// Whether the provider has certainly done nothing for the request, so that even what is paid for or kept may be asked of another.
    public var nothingWasDone: Bool
    /// Who can have caused it.
    public var cause: FailureCause
    /// Whether only the error's message says so. It is written for people and may quote the request, so a rest that follows from it is not kept over a
    /// restart.
    public var isProse: Bool
    /// Whether the same will be said in a moment, too: a country, terms that nobody accepted, a path that nobody knows. Kinds that always last need no word of it.
    public var lasts = false
    /// Whether it is the account's tier that can't have so much, and not the model: the same model may take it elsewhere.
    public var isOfTier = false
    /// Whether the provider says itself, in place of an answer, that there is none: by its word nothing was made, whatever it has done for the request.
    public var nothingWasMade = false
    /// Whether it is a mistake of the request's by its status alone, and nothing says which.
    public var isUnclear = false
    /// Whether not even an error object of the API's says so, but an empty body, a page or bare words: another provider may see no mistake, and is asked
    /// once. Where there is one the provider is believed, until it says the same of everything (`UnclearRefusals`).
    public var isMute = false
    /// What the limit counts that was met, where it is one.
    public var resource = LimitedResource.requests
    /// The limit that its words state; `nil` where they state none.
    public var statedLimit: Int?
    /// Whether a limit on tokens was met of which something is left, so that a smaller request may have room.
    public var isAboutTokens: Bool

    /// Makes a verdict.
    public init(
        _ kind: FailureClass, scope: FailureScope, hint: RetryHint = .none, nothingWasDone: Bool? = nil, cause: FailureCause? = nil,
        isProse: Bool = false, isAboutTokens: Bool = false
    ) {
        self.kind = kind
        self.scope = scope
        self.hint = hint
        self.nothingWasDone = nothingWasDone ?? kind.nothingWasDone
        self.cause = cause ?? kind.usualCause
        self.isProse = isProse
        self.isAboutTokens = isAboutTokens
    }

    /// Whether the provider may have worked for it, and may charge for that: not where it refuses or says itself that it has failed.
    public var mayBeCharged: Bool { !nothingWasDone && kind != .unavailable(status: 500) }

    /// Whether it says anything against the deployment. What is the request's own or the gateway's does not.
    public var countsAgainstProvider: Bool {
        switch cause {
        case .provider, .either: scope != .request
        case .request, .gateway: false
        }
    }
}

extension FailureVerdict {
    /// What a failure on the wire means.
    init(_ failure: UpstreamFailure) {
        let kind = FailureClass(failure)
        self.init(kind, scope: kind.widestScope, cause: failure.isOwnBound ? .gateway : nil)
    }
}

extension FailureVerdict {
    /// What a refusal without a word of the request's mistake means once another provider has answered the same request: it was the deployment's.
    var turnedOutTheDeployments: FailureVerdict {
        guard isUnclear, case .request(let status) = kind else { return self }
        return FailureVerdict(.unavailable(status: status), scope: .keyModel, hint: hint)
    }

    /// What an answer means of which nothing came but that the model's output could not be read.
    static let garbledAnswer = FailureVerdict(.garbled, scope: .request, nothingWasDone: false)
}

extension UpstreamErrorBody {
    /// What there is to say of an answer that ended by a reason, without anything else.
    static func ended(by reason: String) -> UpstreamErrorBody {
        let text = Array("the model's answer ended with \(reason)".utf8)
        return UpstreamErrorBody(parsing: text.span.bytes)
    }
}

extension FailureClass {
    /// Who is left alone when nothing narrows it.
    var widestScope: FailureScope {
        switch self {
        case .request, .contentRefused, .contextLength, .unsupportedParameter, .unaffordable, .garbled, .unknownRoute, .local: .request
        case .unreachable, .timeout(.connect): .provider
        case .credential: .key
        case .quota: .account
        case .modelGone: .model
        case .noAnswer, .timeout, .overloaded, .unavailable, .malformed, .empty, .errorInAnswer, .rateLimited, .denied: .keyModel
        }
    }
}
