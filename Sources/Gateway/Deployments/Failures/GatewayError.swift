internal import EventLoop
internal import Wire

/// A failure as the client may be told it: the one mapping from what went wrong to status, type and code (`{"error": …}`).
public struct GatewayError: Error, Sendable, Equatable {
    /// The `type` of the error object.
    public enum ErrorType: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case permission = "permission_error"
        case requests
        case tokens
        case insufficientQuota = "insufficient_quota"
        case server = "server_error"

        var literal: StaticString {
            switch self {
            case .invalidRequest: "invalid_request_error"
            case .permission: "permission_error"
            case .requests: "requests"
            case .tokens: "tokens"
            case .insufficientQuota: "insufficient_quota"
            case .server: "server_error"
            }
        }
    }

    /// The HTTP status.
    public var status: Int
    /// The class of the failure in the field's words.
    public var type: ErrorType
    /// The code on which clients branch; `nil` is JSON's null.
    public var code: String?
    /// The member of the request that is at fault.
    public var param: String?
    /// What was wrong and what would be right: lower case, without a full stop.
    public var message: String
    /// When another try makes sense; `nil` when nothing is known.
    public var retryAfter: Duration?
    /// What `x-should-retry` says; `nil` leaves the field out.
    public var shouldRetry: Bool?
    /// The value of `allow`, for 405.
    public var allow: String?

    /// Makes an error.
    public init(
        _ status: Int, _ type: ErrorType, code: String?, param: String? = nil, _ message: String, retryAfter: Duration? = nil,
        shouldRetry: Bool? = nil, allow: String? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.message = message
        self.retryAfter = retryAfter
        self.shouldRetry = shouldRetry
        self.allow = allow
    }

    /// No bearer token came with the request.
    public static let missingKey = GatewayError(
        401, .invalidRequest, code: "invalid_api_key", "no API key was given: send it as `Authorization: Bearer KEY`")
    /// The bearer token is none of ours.
    public static let unknownKey = GatewayError(401, .invalidRequest, code: "invalid_api_key", "the API key is not known here")

    /// The process ends.
    static let shuttingDown = GatewayError(503, .server, code: "overloaded", "the gateway is shutting down", retryAfter: .seconds(1))
    /// The loop's budget for what is held is used up.
    static let tooMuchHeld = GatewayError.refusal(status: 503, reason: "too much is being held in memory; try again shortly")
    /// What one client may have held is used up, by its requests and the answers to them.
    static let clientHoldsTooMuch = GatewayError.refusal(
        status: 503, reason: "this client's requests and answers hold all the memory that one client may; try again shortly")
    /// Hardly any connection is left for others, and the client has many.
    static let tooManyConnections = GatewayError(
        503, .server, code: "overloaded", "this client has many of the connections that there may be, and hardly any are left; try again shortly",
        retryAfter: .seconds(1))
    /// The admin key did not come with the request, or another did.
    static let missingAdminKey = GatewayError(
        401, .invalidRequest, code: "invalid_api_key", "the admin key is needed here: send it as `X-Admin-API-Key`")
    /// The key was good once.
    static let revokedKey = GatewayError(401, .invalidRequest, code: "invalid_api_key", "the API key was revoked")
    static let expiredKey = GatewayError(401, .invalidRequest, code: "invalid_api_key", "the API key has expired")
    /// The store could not be read yet, so nobody knows whether the key is good.
    static let keysUnknown = GatewayError(
        503, .server, code: "overloaded", "the keys can't be read at the moment; try again shortly", retryAfter: .seconds(5))

    /// The key may not use what was asked for.
    static func modelNotAllowed(_ name: String) -> GatewayError {
        GatewayError(403, .permission, code: "model_not_allowed", param: "model", "this API key may not use the model `\(name)`")
    }

    /// A request that is not well formed.
    static func badRequest(_ message: String, param: String? = nil) -> GatewayError {
        GatewayError(400, .invalidRequest, code: nil, param: param, message)
    }

    /// A field that may stand there once and stands there more often: another reader may believe another of them.
    static func repeatedField(_ name: StaticString) -> GatewayError {
        GatewayError(400, .invalidRequest, code: nil, "there is more than one `\(name)` field; send one")
    }

    /// A path that is not served.
    static func unknownRoute(_ path: String) -> GatewayError {
        GatewayError(404, .invalidRequest, code: "unknown_url", "no such endpoint: \(path)")
    }

    /// A path that is served for other methods.
    static func wrongMethod(_ method: StaticString, allow: String) -> GatewayError {
        GatewayError(
            405, .invalidRequest, code: "unknown_url", "this address takes no \(method), but \(allow.replacing(", OPTIONS", with: " and OPTIONS"))",
            allow: allow)
    }

    /// A model that no provider has.
    static func unknownModel(_ name: String, nearest: [String]) -> GatewayError {
        let hint = nearest.isEmpty ? "see GET /v1/models" : "the nearest are \(nearest.map { "`\($0)`" }.joined(separator: ", "))"
        return GatewayError(404, .invalidRequest, code: "model_not_found", param: "model", "the model `\(name)` does not exist here; \(hint)")
    }

    /// What the server refused before it was a request.
    static func refusal(status: Int, reason: String) -> GatewayError {
        let code: String? =
            switch status {
            case 408: "request_timeout"
            case 413: "request_too_large"
            case 500: "internal_error"
            case 503: "overloaded"
            default: nil
            }
        let type: ErrorType = status >= 500 && status != 501 && status != 505 ? .server : .invalidRequest
        return GatewayError(status, type, code: code, reason, retryAfter: status == 503 ? .seconds(1) : nil)
    }
}
