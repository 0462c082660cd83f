internal import Wire

/// An error answer's body in the form of one of the servers that a gateway meets.
struct MockErrorBody {
    let shape: MockErrorShape
    let status: Int
    /// Overrides the message that goes with the status.
    let message: String?
    /// Overrides the code that goes with the status.
    let code: String?
    let hints: [MockRetryHint]
    /// The window of the limit that was reached, if the status is 429; `nil` for the default of the form.
    var window: MockLimitWindow?
    /// The current time in milliseconds since the Unix epoch.
    let epoch: Int

    /// The status of the head.
    var headStatus: Int { shape == .inSuccess ? 200 : status }

    var contentType: StaticString? {
        switch shape {
        case .openAI, .google, .googleObject, .openRouter, .vLLM, .mistral, .cerebras, .cohere, .azure, .anthropic, .ollama, .fastAPI, .inSuccess:
            "application/json"
        case .nvidia: "application/problem+json"
        case .html: "text/html"
        case .text: "text/plain; charset=utf-8"
        case .empty: nil
        }
    }

    func append(to body: inout ByteBuffer) {
        switch shape {
        case .openAI, .inSuccess:
            body.append("{\"error\":")
            appendObject(to: &body)
            body.append("}")
        case .google:
            body.append("[")
            appendGoogle(to: &body)
            body.append("]")
        case .googleObject: appendGoogle(to: &body)
        case .openRouter: appendOpenRouter(to: &body)
        case .vLLM, .mistral:
            body.append("{\"object\":\"error\",\"message\":")
            body.append(jsonString: text)
            body.append(",\"type\":\"")
            body.append(shape == .mistral && status == 429 ? "rate_limited" : type)
            body.append("\",\"param\":null,\"code\":")
            if shape == .vLLM {
                body.append(decimal: status)
            } else if let code {
                body.append(jsonString: code)
            } else {
                body.append(status == 429 ? "\"1300\"" : "null")
            }
            body.append("}")
        case .cerebras: appendObject(to: &body)
        case .cohere: append("message", to: &body)
        case .ollama: append("error", to: &body)
        case .fastAPI: append("detail", to: &body)
        case .nvidia:
            body.append("{\"status\":")
            body.append(decimal: status)
            body.append(",\"title\":")
            body.append(jsonString: status == 429 ? "Too Many Requests" : status == 404 ? "Not Found" : "Error")
            // A 429 from NVIDIA has no more than its title.
            if status != 429 || message != nil || window != nil {
                body.append(",\"detail\":")
                body.append(jsonString: text)
            }
            body.append("}")
        case .azure:
            body.append("{\"error\":{\"code\":\"")
            if let code { body.append(utf8: code) } else { body.append(decimal: status) }
            body.append("\",\"message\":")
            body.append(jsonString: text)
            body.append("}}")
        case .anthropic:
            body.append("{\"type\":\"error\",\"error\":{\"type\":\"")
            body.append(status == 429 ? "rate_limit_error" : status == 529 ? "overloaded_error" : type)
            body.append("\",\"message\":")
            body.append(jsonString: text)
            body.append("}}")
        case .html:
            body.append("<html>\r\n<head><title>")
            body.append(decimal: status)
            body.append("</title></head>\r\n<body>\r\n<center><h1>")
            body.append(decimal: status)
            body.append("</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
        case .text:
            body.append(utf8: text)
            body.append("\n")
        case .empty: break
        }
    }

    /// Appends the object under `error`.
    func appendObject(to body: inout ByteBuffer) {
        body.append("{\"message\":")
        body.append(jsonString: text)
        body.append(",\"type\":\"")
        body.append(type)
        body.append("\",\"param\":null,\"code\":")
        if let code {
            body.append(jsonString: code)
        } else {
            body.append(standardCode)
        }
        body.append("}")
    }

    /// Appends an object whose one member is the message.
    private func append(_ name: StaticString, to body: inout ByteBuffer) {
        body.append("{\"")
        body.append(name)
        body.append("\":")
        body.append(jsonString: text)
        body.append("}")
    }

    private func appendGoogle(to body: inout ByteBuffer) {
        body.append("{\"error\":{\"code\":")
        body.append(decimal: status)
        body.append(",\"message\":")
        body.append(jsonString: text)
        body.append(",\"status\":\"")
        body.append(googleStatus)
        body.append("\"")
        if status == 429 {
            body.append(
                """
                ,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/\
                generate_content_free_tier_requests","quotaId":"GenerateRequestsPer
                """)
            body.append(window == .minute ? "Minute" : window == .month ? "Month" : "Day")
            body.append("PerProjectPerModel-FreeTier\",\"quotaValue\":\"20\"}]}")
            for hint in hints where hint.dialect == .google {
                body.append(",{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"")
                body.append(seconds: hint.milliseconds)
                body.append("s\"}")
            }
            body.append("]")
        }
        body.append("}}")
    }

    private func appendOpenRouter(to body: inout ByteBuffer) {
        body.append("{\"error\":{\"message\":")
        body.append(jsonString: text)
        body.append(",\"code\":")
        body.append(decimal: status)
        if let hint = hints.first(where: { $0.dialect == .openRouter }) {
            body.append(",\"metadata\":{\"headers\":{\"X-RateLimit-Limit\":\"20\",\"X-RateLimit-Remaining\":\"0\",\"X-RateLimit-Reset\":\"")
            body.append(decimal: epoch + hint.milliseconds)
            body.append("\"},\"provider_name\":null")
            if window != .minute { body.append(",\"limit_source\":\"openrouter_free_tier_daily\"") }
            body.append("}")
        }
        body.append("},\"user_id\":\"user_mock\"}")
    }

    private var text: String {
        var text = message ?? limitMessage ?? standardMessage
        if let hint = hints.first(where: { $0.dialect == .prose }) {
            var wait = ByteBuffer()
            wait.append(goDuration: hint.milliseconds)
            text += " Please try again in \(wait.bytes.text)."
        }
        return text
    }

    /// What a 429 says about its window, in the words of the form's owner.
    private var limitMessage: String? {
        guard status == 429, let window else { return nil }
        switch shape {
        case .openRouter: return "Rate limit exceeded: free-models-per-\(window == .minute ? "min" : "\(window)")."
        case .cerebras: return "Requests per \(window) limit exceeded - too many requests sent."
        case .cohere: return "You are using a Trial key, which is limited to \(window == .minute ? 20 : 1000) API calls / \(window)."
        case .google, .googleObject: return "You exceeded your current quota, please check your plan and billing details."
        case .anthropic: return "This request would exceed the rate limit for your organization of 50 requests per \(window)."
        case .openAI, .vLLM, .mistral, .nvidia, .azure, .ollama, .fastAPI, .html, .text, .empty, .inSuccess:
            let unit = window == .minute ? "RPM" : window == .day ? "RPD" : "requests"
            return "Rate limit reached for model `mock` on requests per \(window) (\(unit)): Limit 20, Used 20, Requested 1."
        }
    }

    private var standardMessage: String {
        switch status {
        case 400: "Invalid request."
        case 401: "Incorrect API key provided."
        case 402: "Insufficient credits."
        case 403: "You are not allowed to use this model."
        case 404: "The model does not exist or you do not have access to it."
        case 408: "The request timed out."
        case 413: "Request too large."
        case 422: "The request could not be processed."
        case 429: "Rate limit reached for requests."
        case 503, 529: "The server is overloaded."
        default: status < 500 ? "The request failed." : "The server had an error while processing your request."
        }
    }

    private var type: StaticString {
        switch status {
        case 401: "authentication_error"
        case 402: "insufficient_quota"
        case 403: "permission_error"
        case 429: "requests"
        default: status < 500 ? "invalid_request_error" : "server_error"
        }
    }

    private var standardCode: StaticString {
        switch status {
        case 401: "\"invalid_api_key\""
        case 402: "\"insufficient_quota\""
        case 404: "\"model_not_found\""
        case 429: "\"rate_limit_exceeded\""
        case 503, 529: "\"overloaded\""
        default: "null"
        }
    }

    private var googleStatus: StaticString {
        switch status {
        case 400, 422: "INVALID_ARGUMENT"
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "NOT_FOUND"
        case 429: "RESOURCE_EXHAUSTED"
        case 503: "UNAVAILABLE"
        case 504: "DEADLINE_EXCEEDED"
        default: status < 500 ? "FAILED_PRECONDITION" : "INTERNAL"
        }
    }
}
