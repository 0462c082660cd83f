/// Every route the gateway serves.
enum APIOperations {
    static let all: [APIOperation] = modelRequests + modelLists + health + operation + administration

    private static let providerErrors = [400, 401, 403, 404, 408, 413, 415, 422, 429, 502, 503, 504]

    private static let modelRequests: [APIOperation] = [
        APIOperation(
            method: "post", path: "/v1/chat/completions", hasShortPath: true, tag: "Models", summary: "Complete a chat, streamed or not",
            details: """
                `model` is `priority-auto` or a preset (`best`, `fast`, `cheap`, `code`), a provider's own id, `provider/id`, the name of a model \
                whatever each provider calls it, a comma-separated list that is tried in order, or part of an id. Everything else in the body reaches \
                the provider as it was sent.
                """, access: .client, parameters: [waitHeader], body: "ChatRequest",
            success: APIOperation.Success(
                summary: "The provider's answer, byte for byte; a stream of events with `stream: true`",
                contents: [("application/json", "ChatCompletion"), ("text/event-stream", "EventStream")]), errors: providerErrors),
        forwarded("/v1/completions", "Complete a text, streamed or not", "TextRequest", stream: true),
        forwarded("/v1/responses", "Make a response, streamed or not", "ResponseRequest", stream: true),
        forwarded("/v1/embeddings", "Make embeddings; never of another model than the one asked for", "InputRequest"),
        forwarded("/v1/moderations", "Classify texts", "InputRequest"),
        forwarded("/v1/rerank", "Order documents by a query", "RerankRequest"),
        forwarded("/v1/images/generations", "Make images", "PromptRequest"),
        APIOperation(
            method: "post", path: "/v1/audio/speech", hasShortPath: true, tag: "Models", summary: "Speak a text", access: .client,
            parameters: [waitHeader], body: "SpeechRequest",
            success: APIOperation.Success(summary: "The sound, in the format that was asked for", contents: [("application/octet-stream", "Bytes")]),
            errors: providerErrors),
        APIOperation(
            method: "post", path: "/v1/route/explain", hasShortPath: true, tag: "Models", summary: "Explain where a chat request would go, and why",
            details: """
                The body is that of a chat request; nothing of it is sent to a provider. Every candidate comes with every term of its score (the \
                products add up to the score), and everybody else with the reason why it can't take the request; what the key may not use is only \
                counted. A request that is answered with the same `x-best-config` as the explanation's `snapshot` was decided by the same configuration and \
                boards; what was measured in between may have changed the scores. An explanation counts as a request of the key's limits.
                """, access: .client, body: "ChatRequest",
            success: APIOperation.Success(summary: "The decision and what it rests on", contents: [("application/json", "RouteExplanation")]),
            errors: [400, 401, 403, 404, 408, 413, 415, 429, 503]),
    ]

    private static func forwarded(_ path: String, _ summary: String, _ body: String, stream: Bool = false) -> APIOperation {
        APIOperation(
            method: "post", path: path, hasShortPath: true, tag: "Models", summary: summary, access: .client, parameters: [waitHeader], body: body,
            success: APIOperation.Success(
                summary: "The provider's answer, byte for byte",
                contents: [("application/json", "ProviderAnswer")] + (stream ? [("text/event-stream", "EventStream")] : [])),
            errors: providerErrors)
    }

    private static let waitHeader = APIOperation.Parameter(
        name: "x-best-wait", place: "header", isRequired: false,
        summary: "How long to wait for capacity when every provider rests: seconds, or a duration like `500ms`, `20s`, `1m30s`")

    private static let modelLists: [APIOperation] = [
        APIOperation(
            method: "get", path: "/v1/models", hasShortPath: true, tag: "Models", summary: "List the models that can be asked for", access: .client,
            success: APIOperation.Success(
                summary: "Every model that the key may ask for once, the virtual ones first", contents: [("application/json", "ModelList")]),
            errors: [401]),
        APIOperation(
            method: "get", path: "/v1/models/{id}", hasShortPath: true, tag: "Models", summary: "One model", access: .client,
            parameters: [
                APIOperation.Parameter(name: "id", place: "path", isRequired: true, summary: "The model's id; a slash in it may be written as `%2F`")
            ],
            success: APIOperation.Success(summary: "The model", contents: [("application/json", "Model")]), errors: [401, 404, 429]),
    ]

    private static let health: [APIOperation] =
        ["/ok", "/health", "/livez"].map { path in
            APIOperation(
                method: "get", path: path, tag: "Health", summary: "Whether the process lives; asks no other host", access: .anybody,
                success: APIOperation.Success(summary: "It does", contents: [("application/json", "Liveness")]))
        } + [
            APIOperation(
                method: "get", path: "/readyz", tag: "Health", summary: "Whether requests can be served", access: .anybody,
                success: APIOperation.Success(summary: "They can", contents: [("application/json", "Readiness")]), errors: [])
        ]

    private static let operation: [APIOperation] = [
        APIOperation(
            method: "get", path: "/stats", tag: "Operation", summary: "What each provider has done since the start",
            details: """
                The original project's field names; latencies in seconds, `failure_rate` in per cent. A key sees the models it may ask for, and this \
                counts as one of its requests; the admin key, which is heard here too, sees everything.
                """, access: .client,
            success: APIOperation.Success(summary: "One entry for each model, provider and key", contents: [("application/json", "Stats")]),
            errors: [401, 429, 503]),
        APIOperation(
            method: "get", path: "/metrics", tag: "Operation", summary: "Metrics for Prometheus",
            details: "The admin key may also come as `Authorization: Bearer`, which is what Prometheus can send.", access: .admin,
            success: APIOperation.Success(summary: "The text format", contents: [("text/plain", "Text")]), errors: [401, 404, 503]),
        APIOperation(
            method: "get", path: "/openapi.json", tag: "Operation", summary: "This description", access: .anybody,
            success: APIOperation.Success(summary: "OpenAPI 3.1", contents: [("application/json", "OpenAPI")])),
        APIOperation(
            method: "get", path: "/docs", tag: "Operation", summary: "This description for people", access: .anybody,
            success: APIOperation.Success(summary: "One page without external parts", contents: [("text/html", "Text")])),
    ]

    private static let keyID = APIOperation.Parameter(name: "id", place: "path", isRequired: true, summary: "The key's id, as the list has it")

    private static func query(_ name: String, _ summary: String) -> APIOperation.Parameter {
        APIOperation.Parameter(name: name, place: "query", isRequired: false, summary: summary)
    }

    private static let administration: [APIOperation] = [
        APIOperation(
            method: "post", path: "/admin/keys", tag: "Administration", summary: "Make a client key", details: "The key itself is told this once.",
            access: .admin, body: "KeyRequest",
            success: APIOperation.Success(
                status: 201, summary: "The key, with `plaintext_key`", contents: [("application/json", "CreatedKey")]), errors: adminErrors + [413]),
        APIOperation(
            method: "get", path: "/admin/keys", tag: "Administration", summary: "List the keys that are in use", access: .admin,
            parameters: [query("include_revoked", "`true` lists revoked and expired keys too")],
            success: APIOperation.Success(summary: "Every key, without secrets", contents: [("application/json", "KeyList")]), errors: adminErrors),
        APIOperation(
            method: "get", path: "/admin/keys/{id}", tag: "Administration", summary: "One key", access: .admin, parameters: [keyID],
            success: APIOperation.Success(summary: "The key, without its secret", contents: [("application/json", "Key")]), errors: adminErrors),
        APIOperation(
            method: "patch", path: "/admin/keys/{id}", tag: "Administration", summary: "Change a key's name, limits, weight, models, expiry or tags",
            access: .admin, parameters: [keyID], body: "KeyRequest",
            success: APIOperation.Success(summary: "The key as it is now", contents: [("application/json", "Key")]), errors: adminErrors + [413]),
        APIOperation(
            method: "delete", path: "/admin/keys/{id}", tag: "Administration", summary: "Revoke a key; counts from the next request on",
            access: .admin,
            parameters: [keyID, query("end_streams", "`true` also ends its open streams at their next chunk")],
            success: APIOperation.Success(summary: "The key as it is now", contents: [("application/json", "Key")]), errors: adminErrors),
        APIOperation(
            method: "post", path: "/admin/keys/{id}/rotate", tag: "Administration",
            summary: "Give a key another secret; the old one opens nothing any more",
            access: .admin, parameters: [keyID],
            success: APIOperation.Success(summary: "The key, with `plaintext_key`", contents: [("application/json", "CreatedKey")]),
            errors: adminErrors),
        APIOperation(
            method: "get", path: "/admin/usage", tag: "Administration", summary: "What was used",
            access: .admin,
            parameters: [
                query("from", "The first moment that counts: a day, a time of RFC 3339, or seconds since 1970"),
                query("to", "The first that does not"),
                query("group_by", "A list of `key`, `model`, `provider`, `day`"), query("key", "Only this key's"), query("format", "`json` or `csv`"),
            ],
            success: APIOperation.Success(summary: "The sums of each group", contents: [("application/json", "UsageReport"), ("text/csv", "Text")]),
            errors: adminErrors),
        APIOperation(
            method: "get", path: "/admin/rests", tag: "Administration", summary: "What is left alone, since when, why and until when",
            details: """
                Providers, accounts, keys, models, and models with one key, for everybody or for the one client that met the trouble. What is left from \
                an earlier run is listed too, also when it is not configured now. By provider, what is everybody's first; at most 1,000.
                """, access: .admin,
            success: APIOperation.Success(summary: "Every rest that is not over", contents: [("application/json", "RestList")]), errors: adminErrors),
        APIOperation(
            method: "post", path: "/admin/rests/clear", tag: "Administration", summary: "End rests: all, or those that fit",
            details: """
                Requests that wait go on at once. What was learnt of limits stays. Without a body, or with an empty object, every rest ends; a name that \
                nothing has is a 404.
                """, access: .admin, body: "RestFilter", isBodyOptional: true,
            success: APIOperation.Success(summary: "What was ended", contents: [("application/json", "ClearedRests")]),
            errors: adminErrors + [413]),
        APIOperation(
            method: "post", path: "/admin/reload", tag: "Administration", summary: "Read the configuration again",
            details: "A bad configuration changes nothing; the answer then names its problems.", access: .admin,
            success: APIOperation.Success(summary: "It is in use", contents: [("application/json", "Reload")]), errors: adminErrors + [409]),
    ]

    private static let adminErrors = [400, 401, 404, 429, 503]
}
