/// What went wrong in an attempt, as far as anyone acts on it differently.
public enum FailureClass: Hashable, Sendable {
    /// Which of an attempt's waiting times ran out.
    public enum Phase: UInt8, Sendable {
        /// Name, TCP and TLS.
        case connect
        /// From the request sent to the first byte of the answer.
        case firstByte
        /// Silence within the answer.
        case idle
        /// The whole attempt.
        case total
    }

    /// No connection: the name, TCP, TLS or the proxy.
    case unreachable
    /// The connection ended before a byte of an answer; what the provider did with the request is not known.
    case noAnswer
    /// No answer in time.
    case timeout(Phase)
    /// The provider's limit on requests or tokens, with the window it counts in.
    case rateLimited(RateWindow)
    /// No money or no allowance that comes back by waiting: 402, `insufficient_quota`, a spending limit.
    case quota
    /// The provider has the request's kind of work but no room for it now: 503, 529, a 429 of a busy local server. Load, not a limit.
    case overloaded(status: Int)
    /// 5xx, 408, 409 and other answers that another provider may not give.
    case unavailable(status: Int)
    /// An answer that rejects our credential.
    case credential(status: Int)
    /// A 401 or 403 that speaks neither of the credential nor of the content: a region, a model's terms, a firewall's page.
    case denied(status: Int)
    /// The provider does not have the model (any more).
    case modelGone
    /// The provider does not have the endpoint.
    case unknownRoute
    /// The prompt is larger than the model, or what the account's tier lets it have in one request.
    case contextLength
    /// The model does not take a parameter or a kind of input that others take.
    case unsupportedParameter
    /// There is money, but not for a request of this size; a smaller one is served.
    case unaffordable
    /// The model's own output could not be read, such as a tool call of its own making. Another try may succeed.
    case garbled
    /// The provider refuses the content. The client's matter, also as a 403.
    case contentRefused
    /// 400, 422 and their like: the client's own mistake. 404: something the request names, other than the model, is not there.
    case request(status: Int)
    /// An answer that breaks the protocol or is not whole.
    case malformed
    /// A well-formed answer without content.
    case empty
    /// An error object inside a success that says no more.
    case errorInAnswer
    /// This machine could not open a connection; no provider is to blame.
    case local

    /// The class in a word, for `x-best-trail`, logs and metric labels.
    public var name: StaticString {
        switch self {
        case .unreachable: "unreachable"
        case .noAnswer: "no_answer"
        case .timeout(.connect): "connect_timeout"
        case .timeout(.firstByte): "first_byte_timeout"
        case .timeout(.idle): "idle_timeout"
        case .timeout(.total): "total_timeout"
        case .rateLimited(.unknown): "rate_limited"
        case .rateLimited(.minute): "rate_limited_minute"
        case .rateLimited(.hour): "rate_limited_hour"
        case .rateLimited(.day): "rate_limited_day"
        case .rateLimited(.week): "rate_limited_week"
        case .rateLimited(.month): "rate_limited_month"
        case .quota: "quota"
        case .overloaded: "overloaded"
        case .unavailable: "unavailable"
        case .credential: "credential"
        case .denied: "denied"
        case .modelGone: "model_gone"
        case .unknownRoute: "unknown_route"
        case .contextLength: "context_length"
        case .unsupportedParameter: "unsupported_parameter"
        case .unaffordable: "unaffordable"
        case .garbled: "garbled"
        case .contentRefused: "content_refused"
        case .request: "request"
        case .malformed: "malformed"
        case .empty: "empty"
        case .errorInAnswer: "error_in_answer"
        case .local: "local"
        }
    }

    /// Whether another deployment may be tried: not for the client's own mistakes, which would be made again. Something that is not found may be found
    /// elsewhere.
    public var allowsNext: Bool {
        switch self {
        case .request(let status): status == 404
        case .contentRefused: false
        case .unreachable, .noAnswer, .timeout, .rateLimited, .quota, .overloaded, .unavailable, .credential, .denied, .modelGone, .unknownRoute,
            .contextLength, .unsupportedParameter, .unaffordable, .garbled, .malformed, .empty, .errorInAnswer, .local:
            true
        }
    }

    /// Whether it is a limit of the provider's, which asking again before its time would only waste a call on.
    public var isLimit: Bool {
        switch self {
        case .rateLimited, .quota: true
        case .unreachable, .noAnswer, .timeout, .overloaded, .unavailable, .credential, .denied, .modelGone, .unknownRoute, .contextLength,
            .unsupportedParameter, .unaffordable, .garbled, .contentRefused, .request, .malformed, .empty, .errorInAnswer, .local:
            false
        }
    }

    /// Whether it is a limit on requests or tokens, which comes back by waiting.
    var isRateLimit: Bool {
        if case .rateLimited = self { true } else { false }
    }

    /// Whether it may have passed a moment later, so that the same deployment may be asked once more when no other is left.
    public var mayPass: Bool {
        switch self {
        case .unreachable, .timeout(.connect), .overloaded, .unavailable, .garbled: true
        case .noAnswer, .timeout, .rateLimited, .quota, .credential, .denied, .modelGone, .unknownRoute, .contextLength, .unsupportedParameter,
            .unaffordable, .contentRefused, .request, .malformed, .empty, .errorInAnswer, .local:
            false
        }
    }

    /// Whether it is one of the waiting times.
    public var isTimeout: Bool {
        if case .timeout = self { true } else { false }
    }

    /// Whether, as an answer's status or the lack of a connection, it shows that the provider has done nothing for the request.
    public var nothingWasDone: Bool {
        switch self {
        case .unreachable, .timeout(.connect), .rateLimited, .quota, .overloaded, .credential, .denied, .modelGone, .unknownRoute, .contextLength,
            .unsupportedParameter, .unaffordable, .garbled, .contentRefused, .request, .local:
            true
        case .unavailable(let status): FailureClass.refuses(status)
        case .noAnswer, .timeout, .malformed, .empty, .errorInAnswer: false
        }
    }

    /// Whether a status refuses a request instead of telling that it failed, or that nobody knows (RFC 9110 §15.5 and §15.6).
    private static func refuses(_ status: Int) -> Bool {
        switch status {
        // Nobody waits any more: what was begun by then is not known.
        case 408, 460, 499: false
        case 501, 505: true
        default: status < 500
        }
    }

    /// Whether a request that may be repeated can be asked of the same deployment again, though it is not certain that nothing was done: it has answered
    /// with an error of its own.
    var isServerError: Bool {
        if case .unavailable = self { true } else { false }
    }

    /// The class of this name, as what is kept over a restart has it; `nil` when there is none. The status of an answer is not kept.
    init?(named name: String) {
        guard let known = FailureClass.examples.first(where: { "\($0.name)" == name }) else { return nil }
        self = known
    }

    /// One of each name.
    static let examples: [FailureClass] = [
        .unreachable, .noAnswer, .timeout(.connect), .timeout(.firstByte), .timeout(.idle), .timeout(.total), .rateLimited(.unknown),
        .rateLimited(.minute), .rateLimited(.hour), .rateLimited(.day), .rateLimited(.week), .rateLimited(.month), .quota, .overloaded(status: 0),
        .unavailable(status: 0),
        .credential(status: 0), .denied(status: 0), .modelGone, .unknownRoute, .contextLength, .unsupportedParameter, .unaffordable, .garbled,
        .contentRefused, .request(status: 0), .malformed, .empty, .errorInAnswer, .local,
    ]

    /// The class of a failure on the wire.
    init(_ failure: UpstreamFailure) {
        switch failure.kind {
        case .resolve, .connect, .tls, .proxy: self = .unreachable
        case .connectTimeout: self = .timeout(.connect)
        case .closedBeforeAnswer: self = .noAnswer
        case .firstByteTimeout: self = .timeout(.firstByte)
        case .idleTimeout: self = .timeout(.idle)
        case .totalTimeout: self = .timeout(.total)
        case .truncated, .malformed: self = .malformed
        case .local: self = .local
        }
    }
}
