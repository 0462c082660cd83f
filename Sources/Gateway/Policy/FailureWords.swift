internal import Wire

/// The text of an error in lower case, in which words are looked for: what providers say in place of a status or a code of their own.
///
/// What stands in members made for programs (type, code, reasons, names of limits) is the provider's. Its message is written for people, and providers quote
/// the request in it; so words of a message that also stand in the request are nobody's evidence (safety: prose decides nothing on its own).
struct FailureWords: ~Copyable, ~Escapable {
    /// Where words were found.
    enum Place: Comparable {
        /// Nowhere.
        case nowhere
        /// In the message alone, and not in the request.
        case message
        /// In a member made for programs, and not in the request.
        case member
    }

    private var members = ByteBuffer()
    private var message = ByteBuffer()
    private let request: RawSpan
    private let knowsRequest: Bool

    /// Collects type, code, reasons and limits, and beside them message and the error behind the provider, each on a line of its own.
    ///
    /// - Parameter request: The request's body; `nil` where it is not kept any more, and any word may be its.
    @_lifetime(copy request)
    init(_ body: UpstreamErrorBody, _ details: ErrorDetails, request: RawSpan?) {
        if let request {
            self.request = request
            knowsRequest = true
        } else {
            self.request = RawSpan()
            knowsRequest = false
        }
        for part in [body.type, body.code, details.reasons, details.limits] { FailureWords.append(part, to: &members) }
        for part in [body.message, details.raw] { FailureWords.append(part, to: &message) }
    }

    /// Adds a part between two line ends, so that a whole part can be looked for; runs of white space are one blank.
    private static func append(_ part: String?, to text: inout ByteBuffer) {
        guard let part, !part.isEmpty else { return }
        if text.isEmpty { text.append("\n") }
        var wasSpace = false
        for byte in part.utf8 {
            let isSpace = byte == 0x20 || byte &- 9 < 5
            if !(isSpace && wasSpace) { text.append(isSpace ? 0x20 : byte &- 0x41 < 26 ? byte | 0x20 : byte) }
            wasSpace = isSpace
        }
        text.append("\n")
    }

    /// Whether nothing was said.
    var isEmpty: Bool { members.isEmpty && message.isEmpty }

    /// Whether one of these, in lower case, is in the text, whoever put it there. Enough for what is the request's own affair.
    borrowing func mention(_ phrases: [StaticString]) -> Bool {
        for phrase in phrases where members.bytes.firstRange(of: phrase) != nil || message.bytes.firstRange(of: phrase) != nil { return true }
        return false
    }

    /// Where one of these, in lower case, stands that does not come from the request.
    borrowing func find(_ phrases: [StaticString]) -> Place {
        for phrase in phrases where members.bytes.firstRange(of: phrase) != nil && !RequestWords.hold(phrase, in: request) { return .member }
        guard knowsRequest else { return .nowhere }
        for phrase in phrases where message.bytes.firstRange(of: phrase) != nil && !RequestWords.hold(phrase, in: request) { return .message }
        return .nowhere
    }

    /// Whether the message names something, such as the model that was asked for.
    borrowing func name(_ thing: String) -> Bool {
        guard !thing.isEmpty else { return false }
        let wanted = thing.utf8.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        let (bytes, count) = (message.bytes, wanted.count)
        guard bytes.byteCount >= count else { return false }
        for start in 0...(bytes.byteCount - count) where bytes[byte: start] == wanted[0] {
            if bytes.extracting(start..<start + count).equals(wanted.span.bytes) { return true }
        }
        return false
    }

    /// Whether the provider itself says one of these.
    borrowing func say(_ phrases: [StaticString]) -> Bool { find(phrases) != .nowhere }
}

extension FailureWords {
    /// The credential is refused, beyond doubt also in an answer whose status says something else (Google: 400).
    var rejectTheCredential: Place {
        find([
            "invalid_api_key", "api_key_invalid", "api key not valid", "incorrect api key", "invalid api key", "api key expired",
            "api key has expired",
            "authentication_error", "invalid_authentication", "account_deactivated", "api key is invalid", "invalid_token", "api_key_expired",
        ])
    }

    /// The credential is spoken of; enough where the status is 403.
    var speakOfTheCredential: Place {
        find([
            "api key", "api_key", "apikey", "credential", "unauthenticated", "unauthorized", "authentication", "authorization failed",
            "token expired",
            "expired token", "invalid token", "access token", "user not found", "key is disabled", "key has been revoked", "permission_denied: api",
        ])
    }

    /// There is no money or no allowance to wait for.
    var speakOfMoney: Place {
        find([
            "insufficient_quota", "billing_hard_limit", "insufficient credit", "insufficient balance", "insufficient_balance", "insufficient_credits",
            "credit balance", "billing_error", "payment required", "payment_required", "spending limit", "spend limit", "spend_limit",
            "credit_balance", "out of credits", "openrouter_credits", "openrouter_key_limit", "requires more credits", "billing_not_active",
            "billing is not active", "arrearage", "overdue payment",
        ])
    }

    /// The content was objected to.
    var speakOfTheContent: Bool {
        mention([
            "content_filter", "content_policy", "content policy", "content management policy", "responsibleaipolicyviolation", "moderation",
            "flagged",
            "safety system", "usage policies", "usage policy", "data_inspection_failed", "prohibited_content", "prohibited content",
            "inappropriate content",
            "sensitive content",
        ])
    }

    /// The request has more than the model, or the account's tier, takes at once.
    var speakOfTheLength: Bool {
        mention([
            "context_length_exceeded", "exceed_context_size", "maximum context length", "context length is only", "context window", "context size",
            "context length exceeded", "prompt is too long", "prompt too long", "prompt_too_long", "input is too long", "input too long",
            "too many tokens", "input token count", "maximum number of tokens", "reduce the length", "reduce your message size",
            "request too large", "request_too_large", "tokens must be reduced", "max_tokens must be at least 1, got -", "exceeds the model's",
            "exceeds model's maximum", "payload too large", "entity too large", "longer than the model",
        ])
    }

    /// A parameter or a kind of input that others take is refused.
    var speakOfAParameter: Bool {
        mention([
            "unsupported_parameter", "unsupported parameter", "unsupported_value", "unsupported value", "not supported with this model",
            "is not supported", "are not supported", "does not support", "do not support", "not supported by", "isn't supported", "is unsupported",
            "extra_forbidden", "extra inputs are not permitted", "extra fields not permitted", "unknown parameter", "unknown_parameter",
            "unrecognized request argument", "unrecognized_request", "unknown name", "endpoints found that support", "requires --jinja",
            "not_supported_error", "additional properties are not allowed", "unknown field",
        ])
    }

    /// The model is not there (any more).
    var speakOfAMissingModel: Place {
        find([
            "model_not_found", "model_decommissioned", "decommissioned", "model not found", "not a valid model", "invalid_model", "invalid model",
            "model not exist", "model does not exist", "model is no longer", "model_not_available", "no endpoints found for", "unknown model",
            "model not available", "model has been deprecated", "not found for account", "deploymentnotfound",
        ])
    }

    /// Something is not there (any more), without a word of what.
    var speakOfAbsence: Place { find(["not found", "not exist", "no longer", "been removed", "end of life", "unknown"]) }

    /// There is no room now: load, and not a limit of the account's.
    var speakOfLoad: Place {
        find([
            "overloaded", "server busy", "server is busy", "maximum pending requests", "no slots available", "llm busy", "at capacity",
            "capacity exceeded", "capacity_exhausted", "capacity available", "engine is currently", "high demand", "high load", "too busy",
            "temporarily rate-limited upstream", "loading model", "queue is full", "queue_exceeded", "high traffic", "server overloaded",
        ])
    }

    /// A limit was met, said in an answer whose status may say something else.
    var speakOfALimit: Place {
        find([
            "rate_limit", "rate limit", "ratelimit", "resource_exhausted", "too many requests", "too_many_requests", "quota exceeded",
            "request limit",
        ])
    }

    /// The path is not known, rather than the model.
    var speakOfThePath: Bool {
        mention([
            "unknown_url", "unknown url", "invalid url", "unknown request url", "no route", "cannot post", "page not found", "file not found",
            "route not found", "path not found", "no such route", "unrecognized request url", "method not allowed",
        ])
    }
}
