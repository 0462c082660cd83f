internal import Gateway

/// The description of the API in OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0): every route, every status it answers with, every shape.
enum APIDescription {
    /// The whole document.
    static var document: JSONTree {
        var paths: [(String, [(String, JSONTree)])] = []
        for operation in APIOperations.all {
            for path in operation.paths {
                let entry = (operation.method, describe(operation, at: path))
                if let index = paths.firstIndex(where: { $0.0 == path }) { paths[index].1.append(entry) } else { paths.append((path, [entry])) }
            }
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "BEST", "version": .string(BuildInformation.version),
                "summary": "One OpenAI-compatible endpoint in front of many LLM providers",
                "description": .string(introduction),
            ],
            "servers": [["url": "/", "description": "This gateway"]],
            "tags": .array(tags.map { ["name": .string($0.name), "description": .string($0.summary)] }),
            "paths": .object(paths.map { ($0.0, .object($0.1)) }),
            "components": [
                "schemas": .object(APISchemas.all), "responses": .object(errors.map { ("Error\($0.status)", describe($0)) }),
                "headers": [
                    "RequestID": ["schema": ["type": "string"], "description": "The request's id, also in the log; the client's own if it sent one"]
                ],
                "securitySchemes": [
                    "clientKey": [
                        "type": "http", "scheme": "bearer",
                        "description": "A gateway key. Without any key configured the gateway is open to its own machine.",
                    ],
                    "adminKey": ["type": "apiKey", "in": "header", "name": "X-Admin-API-Key", "description": "The value of LLMGW_ADMIN_API_KEY"],
                ],
            ],
        ]
    }

    /// What a reader should know before the routes.
    static let introduction = """
        Each request goes to the best deployment that can serve it now; when one fails before its answer has begun, the next one answers. \
        Every answer carries `x-request-id`; answers of providers also `x-best-provider`, `x-best-model`, `x-best-attempts`, `x-best-trail`, \
        `x-best-overhead-ms` and `x-best-upstream-ms`. Every error has the same shape. Every path under `/v1` is also served without it.
        """

    /// The groups of routes.
    static let tags: [(name: String, summary: String)] = [
        ("Models", "Requests that go to a provider, and what can be asked for"),
        ("Health", "For supervisors and load tools"),
        ("Operation", "What the gateway does, and what it serves"),
        ("Administration", "Keys, usage and rests, behind the admin key"),
    ]

    /// Every status of an error, with when it comes.
    static let errors: [(status: Int, summary: String)] = [
        (400, "The request is not well formed, or every candidate rejects it"), (401, "No key, or one that is not known here"),
        (403, "The key may not do this, or the origin is not allowed"), (404, "No such model or endpoint"),
        (405, "The path is served for other methods; see `allow`"), (408, "The request did not arrive in time"),
        (409, "The change does not fit what is there"), (413, "The body is too large"), (414, "The request's target is too long"),
        (415, "A content coding or type that is not accepted"), (422, "The provider rejects a value in the request"),
        (429, "A limit is used up; `retry-after` and `retry-after-ms` say when to try again, where it is known"),
        (431, "The header fields are too large"), (500, "A fault of the gateway"), (502, "Every attempt failed at the providers"),
        (503, "The gateway is saturated, shutting down, or not ready"), (504, "No provider answered in time"),
    ]

    /// The errors of one operation: its own and those of every route.
    static func errors(of operation: APIOperation) -> [(status: Int, summary: String)] {
        let common = [400, 403, 405, 408, 414, 431, 500, 503]
        return errors.filter { operation.errors.contains($0.status) || common.contains($0.status) }
    }

    private static func describe(_ operation: APIOperation, at path: String) -> JSONTree {
        var members: [(String, JSONTree)] = [
            ("operationId", .string(identifier(operation.method, path))), ("tags", [.string(operation.tag)]), ("summary", .string(operation.summary)),
        ]
        if !operation.details.isEmpty { members.append(("description", .string(operation.details))) }
        switch operation.access {
        case .anybody: members.append(("security", []))
        case .client: members.append(("security", [["clientKey": []]]))
        case .admin: members.append(("security", [["adminKey": []]]))
        }
        if !operation.parameters.isEmpty { members.append(("parameters", .array(operation.parameters.map(describe)))) }
        if let body = operation.body {
            members.append(
                (
                    "requestBody",
                    [
                        "required": .bool(!operation.isBodyOptional),
                        "content": ["application/json": ["schema": ["$ref": "#/components/schemas/\(body)"]]],
                    ]
                ))
        }
        let contents = operation.success.contents.map { content -> (String, JSONTree) in
            (content.type, ["schema": ["$ref": "#/components/schemas/\(content.schema)"]])
        }
        var success: JSONTree = [
            "description": .string(operation.success.summary), "headers": ["x-request-id": ["$ref": "#/components/headers/RequestID"]],
        ]
        if !contents.isEmpty { success = success.adding([("content", .object(contents))]) }
        var responses: [(String, JSONTree)] = [(String(operation.success.status), success)]
        for error in errors(of: operation) { responses.append((String(error.status), ["$ref": "#/components/responses/Error\(error.status)"])) }
        members.append(("responses", .object(responses)))
        return .object(members)
    }

    private static func describe(_ parameter: APIOperation.Parameter) -> JSONTree {
        [
            "name": .string(parameter.name), "in": .string(parameter.place), "required": .bool(parameter.isRequired),
            "description": .string(parameter.summary), "schema": ["type": "string"],
        ]
    }

    private static func describe(_ error: (status: Int, summary: String)) -> JSONTree {
        var headers: [(String, JSONTree)] = [("x-request-id", ["$ref": "#/components/headers/RequestID"])]
        func add(_ name: String, _ summary: String) { headers.append((name, ["schema": ["type": "string"], "description": .string(summary)])) }
        switch error.status {
        case 401: add("www-authenticate", "`Bearer`")
        case 405: add("allow", "The methods that are served")
        case 429, 503:
            add("retry-after", "Whole seconds until another try makes sense, where it is known")
            add("retry-after-ms", "The same in milliseconds")
            add("x-should-retry", "`false` where another try would be wasted")
        default: break
        }
        return [
            "description": .string(error.summary), "headers": .object(headers),
            "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
        ]
    }

    /// `post /v1/chat/completions` becomes `post_v1_chat_completions`.
    private static func identifier(_ method: String, _ path: String) -> String {
        method + path.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }
}
