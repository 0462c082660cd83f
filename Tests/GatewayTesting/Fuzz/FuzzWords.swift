/// The texts that scenarios are made of: names, numbers, and the words by which failures are told apart, the gateway's own and the providers'.
enum FuzzWords {
    /// Names of models, as clients ask for them and as providers list them.
    static let models: [StaticString] = [
        "m", "n", "gold", "small", "priority-auto", "best", "fast", "cheap", "code", "mine", "a/m", "b/m", "c/gold", "m,n", "small,gold", "m:free",
        "M", "", " ", "m ", ",", "*", "m*", "a/*", "a/", "/m", "models/m", "text-embedding-3", "dall-e-3", "tts-1", "omni-moderation", "rerank-1",
        "gpt-4.1", "llama-3.3-70b-instruct", "go", "ol", "best,gold", "m\u{0}", "\u{0}", "m\n", "m\r\nx-a: b", "\u{202E}m", "\u{2028}", "m\u{301}",
        "\u{FEFF}m", "../m", "a//m", "gold\u{7F}", "m\\u0000", "gold,gold,gold", "a/m,b/m,c/m,d/m", "openai/gpt-4o", "best ", "Best",
    ]

    /// The first so many of them are what half of all requests ask for.
    static let usualModels = 12

    /// Words of errors and of what else may decide something.
    static let words: [StaticString] = [
        "hi", "invalid_api_key", "insufficient_quota", "model_not_found", "rate_limit_exceeded", "context_length_exceeded", "content_filter",
        "unsupported_parameter", "overloaded_error", "authentication_error", "billing_hard_limit_reached", "permission_denied: api", "unknown_url",
        "Incorrect API key provided: sk-x", "The model `m` does not exist or you do not have access to it.", "model m not found", "not found",
        "You exceeded your current quota, please check your plan and billing details.", "Your credit balance is too low", "payment required",
        "This model's maximum context length is 8192 tokens", "prompt is too long: 210000 tokens > 200000 maximum", "max_tokens must be at least 1",
        "Rate limit reached for m on tokens per min (TPM): Limit 30000, Used 28039, Requested 3906. Please try again in 3.89s",
        "on requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s", "Please retry after 86400 seconds", "limit: 0, model: m",
        "try again in 99999999999999999999s", "Your quota will reset after 161h39m41s", "limited to 1000 API calls / month", "Too many requests",
        "Invalid value: 'robot'. Supported values are: 'low', 'medium', and 'high'.", "is not supported with this model", "Request too large",
        "The engine is currently overloaded", "server busy, please try again", "model is at capacity", "Service tier capacity exceeded",
        "No endpoints found that support tool use", "No endpoints found for m", "Function 'x': Not found for account 'y'", "upstream_error",
        "pool_exhausted", "upstream_credentials_exhausted", "request_too_large", "Loading model", "requires more credits, or fewer max_tokens",
        "flagged", "usage policies", "quota exceeded", "resource_exhausted", "RESOURCE_EXHAUSTED", "QUOTA_EXHAUSTED", "API_KEY_INVALID",
        "too many tokens", "the model has been decommissioned", "can only afford 100", "openrouter_key_limit", "Access denied", "deactivated",
        "[DONE]", "data: [DONE]\\n\\n", "\\u0000", "\\ud800", "\\\"}],\\\"model\\\":\\\"gold\\\"", "error", "null", "stop", "end of life", "robot",
        "conversation", "Conversation with id 'x' not found.", "Upgrade to Dev Tier", "free-models-per-day", "reference to a deployment", "\u{1F600}",
    ]

    /// Numbers as they are written, at the ends of what can be.
    static let numbers: [StaticString] = [
        "1", "0", "-1", "2", "3", "7", "10", "60", "100", "1000", "8192", "65535", "65536", "999900", "2147483647", "2147483648", "4294967295",
        "4294967296", "1e9", "1000000000000", "9007199254740993", "9223372036854775806", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "0.5", "-0", "1.5e3", "1e18", "1e19", "1e308",
        "1e309", "-1e309", "1e-400", "99999999999999999999999999999999999999", "0.1", "12.999999999999", "1E5", "31", "2678400", "86400", "86401",
        "1800014460", "1800014460000", "0.0000001",
    ]

    /// What stands where a number or a time is expected.
    static let times: [StaticString] = [
        "1", "0", "2", "0.2", "0.001", "7.66s", "6m0s", "12ms", "1h", "24h", "161h39m41s", "1m30s", "30", "60", "61", "120", "3600", "86400",
        "172800",
        "-1", "-5s", "1e9", "1e400", "NaN", "inf", "nan", "99999999999999999999", "18446744073709551615", "9223372036854775807",
        "9223372036854775808",
        "4294967296", "0.0", ".5", "5.", ".", "", " ", "5 s", "s", "ms", "1h1h", "Sun, 17 Jan 2027 12:00:00 GMT", "Fri, 15 Jan 2027 12:00:30 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "2027-01-15T12:00:20Z", "9999-12-31T23:59:59Z",
        "0000-00-00T00:00:00Z",
        "1800014460", "1800014460000", "1e18h", "99999999h", "18446744073709551616ms", "1w", "5,5", "0x10", "\"default\";r=0;t=30", "60;w=60",
    ]

    /// Header fields of providers about limits, in every dialect.
    static let limitFields: [StaticString] = [
        "retry-after", "retry-after-ms", "x-ms-retry-after-ms", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
        "x-ratelimit-limit-requests-day", "x-ratelimit-remaining-requests-day", "x-ratelimit-reset-requests-day", "x-ratelimit-limit-tokens-minute",
        "x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute", "x-ratelimit-limit-tokens-day", "x-ratelimit-remaining-tokens-day",
        "x-ratelimit-reset-tokens-day", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "ratelimit", "ratelimit-policy",
        "ratelimit-remaining", "ratelimit-reset", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset", "anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-output-tokens-reset",
        "modelscope-ratelimit-requests-remaining", "x-ratelimit-remaining-tokens-month", "x-ratelimit-reset-requests-1h",
    ]

    /// Media types that providers give.
    static let types: [StaticString] = [
        "application/json", "text/event-stream", "text/event-stream; charset=utf-8", "text/html", "text/plain", "audio/mpeg", "Application/JSON", "",
        "application/problem+json", "image/png", "text/event-streams", "application/json\u{E9}", "x",
    ]

    /// Paths, of the endpoints and of what is none.
    static let paths: [StaticString] = [
        "/v1/chat/completions", "/v1/chat/completions", "/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/moderations",
        "/v1/rerank", "/v1/images/generations", "/v1/audio/speech", "/v1/models", "/v1/models/m", "/v1/models/%6d", "/v1/models/a%2Fm",
        "/v1/models/%", "/v1/models/%zz", "/v1/models/%00", "/v1/route/explain", "/ok", "/readyz", "/livez", "/health", "/stats", "/metrics",
        "/openapi.json", "/docs", "/admin/keys", "/admin/", "/", "*", "/v1", "/v1/", "/v1/v1/chat/completions", "/v1/chat/completions?x=1",
        "/v1/chat/completions/", "//v1/chat/completions", "/v1/models/", "/v1/models/gold", "/v1/models/priority-auto", "/v1/CHAT/completions",
    ]

    /// Methods but HEAD, after whose answer no other can be told from a body.
    static let methods: [StaticString] = ["POST", "GET", "OPTIONS", "PUT", "DELETE", "PATCH", "PRI", "post", ""]
}
