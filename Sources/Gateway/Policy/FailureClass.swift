public import Wire

/// What a failed attempt says about the request, the key, the model and the provider.
public enum FailureClass: Equatable, Sendable {
    /// No connection: the name, TCP, TLS or the proxy.
    case unreachable
    /// The connection ended before a byte of an answer; what the provider did with the request is not known.
    case noAnswer
    /// No answer in time.
    case timeout
    /// 429; the pause the provider asked for, where it said one.
    case rateLimited(retryAfter: Duration?)
    /// 5xx, 408, 409 and other answers that another provider may not give.
    case unavailable(status: Int)
    /// 401, 402, 403: the provider rejects our credential.
    case credential(status: Int)
    /// 404: the provider does not have the model.
    case modelGone
    /// 400, 413, 422: the client's own mistake.
    case request(status: Int)
    /// An answer that breaks the protocol or is not whole.
    case malformed
    /// A well-formed answer without content.
    case empty
    /// An error object inside a success.
    case errorInAnswer
    /// This machine could not open a connection; no provider is to blame.
    case local

    /// The class in a word, for `x-best-trail`, logs and metric labels.
    public var name: StaticString {
        switch self {
        case .unreachable: "unreachable"
        case .noAnswer: "no_answer"
        case .timeout: "timeout"
        case .rateLimited: "rate_limited"
        case .unavailable: "unavailable"
        case .credential: "credential"
        case .modelGone: "model_gone"
        case .request: "request"
        case .malformed: "malformed"
        case .empty: "empty"
        case .errorInAnswer: "error_in_answer"
        case .local: "local"
        }
    }

    /// Whether another deployment may be tried: not for the client's own mistakes, which would be made again.
    public var allowsNext: Bool {
        if case .request = self { false } else { true }
    }

    /// Whether the provider said, or the lack of a connection shows, that it has done nothing for the request.
    public var nothingWasDone: Bool {
        switch self {
        case .unreachable, .rateLimited, .unavailable, .credential, .modelGone, .request, .local: true
        case .noAnswer, .timeout, .malformed, .empty, .errorInAnswer: false
        }
    }

    /// Whether the deployment is left alone for a while.
    public var coolsDown: Bool {
        switch self {
        case .request, .local: false
        case .unreachable, .noAnswer, .timeout, .rateLimited, .unavailable, .credential, .modelGone, .malformed, .empty, .errorInAnswer: true
        }
    }

    /// The class of an answer's status; `nil` for success.
    init?(status: Int, retryAfter: Duration?) {
        switch status {
        case 200..<300: return nil
        case 400, 413, 422: self = .request(status: status)
        case 401, 402, 403: self = .credential(status: status)
        case 404: self = .modelGone
        case 429: self = .rateLimited(retryAfter: retryAfter)
        default: self = .unavailable(status: status)
        }
    }

    /// The class of a failure on the wire.
    init(_ failure: UpstreamFailure) {
        switch failure.kind {
        case .resolve, .connect, .tls, .proxy, .connectTimeout: self = .unreachable
        case .closedBeforeAnswer: self = .noAnswer
        case .firstByteTimeout, .idleTimeout, .totalTimeout: self = .timeout
        case .truncated, .malformed: self = .malformed
        case .local: self = .local
        }
    }
}

/// A failed attempt, kept until the request has an answer.
public struct AttemptFailure: Sendable {
    /// The provider.
    public let provider: String
    /// The provider's id of the model.
    public let model: String
    /// What it means.
    public let failure: FailureClass
    /// For the log: lower case, no secret.
    public let detail: String
    /// What the provider's error body says, for the client where the mistake is the client's own.
    public let upstream: UpstreamErrorBody?
}
