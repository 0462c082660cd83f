internal import Gateway

/// The shapes of bodies, as JSON Schema (2020-12, which OpenAPI 3.1 uses).
enum APISchemas {
    static let all: [(String, JSONTree)] = requests + answers + explanation + operation + administration

    private static let modelMember: (String, JSONTree) = (
        "model",
        ["type": "string", "description": "A model's name, `priority-auto`, a preset, or a comma-separated list", "examples": ["priority-auto"]]
    )

    /// A request whose further members reach the provider as they are.
    private static func request(_ required: [JSONTree], _ members: [(String, JSONTree)]) -> JSONTree {
        [
            "type": "object", "required": .array(["model"] + required), "properties": .object([modelMember] + members), "additionalProperties": true,
        ]
    }

    private static let stream: (String, JSONTree) = (
        "stream", ["type": "boolean", "default": false, "description": "Whether the answer comes as server-sent events"]
    )
    private static let fallbacks: [(String, JSONTree)] = [
        ("models", ["type": "array", "items": ["type": "string"], "description": "OpenRouter's: further models, tried in order; not forwarded"]),
        (
            "provider",
            [
                "type": "object", "description": "OpenRouter's: which providers may answer; not forwarded",
                "properties": [
                    "order": ["type": "array", "items": ["type": "string"]], "only": ["type": "array", "items": ["type": "string"]],
                    "ignore": ["type": "array", "items": ["type": "string"]], "allow_fallbacks": ["type": "boolean"],
                ], "additionalProperties": true,
            ]
        ),
    ]

    private static let requests: [(String, JSONTree)] = [
        (
            "ChatRequest",
            request(
                ["messages"],
                [
                    ("messages", ["type": "array", "items": ["type": "object", "additionalProperties": true], "minItems": 1]), stream,
                    ("stream_options", ["type": "object", "properties": ["include_usage": ["type": "boolean"]], "additionalProperties": true]),
                    ("max_completion_tokens", ["type": "integer", "minimum": 1]),
                    ("tools", ["type": "array", "items": ["type": "object", "additionalProperties": true]]),
                ] + fallbacks)
        ),
        ("TextRequest", request(["prompt"], [("prompt", ["description": "A text, a list of texts, or tokens"]), stream] + fallbacks)),
        (
            "ResponseRequest",
            request([], [("input", ["description": "A text or a list of items"]), stream, ("previous_response_id", ["type": "string"])])
        ),
        ("InputRequest", request(["input"], [("input", ["description": "A text, a list of texts, or tokens"])])),
        (
            "RerankRequest",
            request(
                ["query", "documents"], [("query", ["type": "string"]), ("documents", ["type": "array", "items": ["type": ["string", "object"]]])])
        ),
        ("PromptRequest", request(["prompt"], [("prompt", ["type": "string"])])),
        ("SpeechRequest", request(["input", "voice"], [("input", ["type": "string"]), ("voice", ["type": ["string", "object"]])])),
    ]

    private static let answers: [(String, JSONTree)] = [
        (
            "ChatCompletion",
            [
                "type": "object", "required": ["id", "object", "choices"],
                "properties": [
                    "id": ["type": "string"], "object": ["type": "string"], "created": ["type": "integer"],
                    "model": ["type": "string", "description": "What the provider says it used"],
                    "choices": ["type": "array", "items": ["type": "object", "additionalProperties": true]],
                    "usage": ["type": ["object", "null"], "additionalProperties": true],
                ], "additionalProperties": true,
            ]
        ),
        ("ProviderAnswer", ["type": "object", "description": "Whatever the provider answers", "additionalProperties": true]),
        (
            "EventStream",
            [
                "type": "string",
                "description":
                    "Server-sent events, `data: {json}`, ended by `data: [DONE]`. An event with a member `error` is the last one of an answer that broke.",
            ]
        ),
        ("Bytes", ["type": "string", "contentMediaType": "application/octet-stream"]),
        ("Text", ["type": "string"]),
        (
            "Model",
            [
                "type": "object", "required": ["id", "object", "created", "owned_by"],
                "properties": [
                    "id": ["type": "string"], "object": ["type": "string", "const": "model"], "created": ["type": "integer"],
                    "owned_by": ["type": "string", "description": "The provider's name; `proxy-system` for virtual models and aliases"],
                    "context_length": ["type": "integer", "minimum": 1],
                    "architecture": [
                        "type": "object", "description": "What it takes and makes, as OpenRouter tells it", "additionalProperties": true,
                    ],
                    "pricing": [
                        "type": "object", "description": "US dollars for a token, as text",
                        "properties": ["prompt": ["type": "string"], "completion": ["type": "string"]], "additionalProperties": true,
                    ],
                    "top_provider": [
                        "type": "object",
                        "properties": [
                            "context_length": ["type": ["integer", "null"]], "max_completion_tokens": ["type": ["integer", "null"]],
                        ], "additionalProperties": true,
                    ],
                    "supported_parameters": ["type": "array", "items": ["type": "string"], "description": "What is known; more may be taken"],
                ], "additionalProperties": true,
            ]
        ),
        (
            "ModelList",
            [
                "type": "object", "required": ["object", "data"],
                "properties": [
                    "object": ["type": "string", "const": "list"], "data": ["type": "array", "items": ["$ref": "#/components/schemas/Model"]],
                ],
                "additionalProperties": true,
            ]
        ),
        (
            "Error",
            [
                "type": "object", "required": ["error"],
                "properties": [
                    "error": [
                        "type": "object", "required": ["message", "type", "param", "code"],
                        "properties": [
                            "message": ["type": "string", "description": "What was wrong and what would be right"],
                            "type": [
                                "type": "string",
                                "enum": ["invalid_request_error", "permission_error", "requests", "tokens", "insufficient_quota", "server_error"],
                            ],
                            "param": ["type": ["string", "null"], "description": "The member of the request that is at fault"],
                            "code": ["type": ["string", "null"], "description": "What clients branch on, like `model_not_found`"],
                            "best": ["type": "object", "description": "The attempts, and when to try again", "additionalProperties": true],
                        ],
                    ]
                ],
            ]
        ),
    ]

    private static let operation: [(String, JSONTree)] = [
        ("Liveness", ["type": "object", "required": ["status"], "properties": ["status": ["type": "string", "const": "ok"]]]),
        (
            "Readiness",
            [
                "type": "object", "required": ["status", "models"],
                "properties": ["status": ["type": "string"], "models": ["type": "integer", "minimum": 0]], "additionalProperties": true,
            ]
        ),
        (
            "Stats",
            [
                "type": "object", "required": ["stats"],
                "properties": [
                    "stats": [
                        "type": "object", "required": ["providers", "total_providers", "available_providers", "timestamp", "overall"],
                        "properties": [
                            "providers": ["type": "array", "items": ["$ref": "#/components/schemas/DeploymentStats"]],
                            "missing_endpoints": [
                                "type": "array",
                                "description": "Endpoints that providers have answered not to have, so that they are not asked for them",
                                "items": ["$ref": "#/components/schemas/MissingEndpoint"],
                            ],
                            "total_providers": ["type": "integer"], "available_providers": ["type": "integer"],
                            "timestamp": ["type": "number", "description": "Seconds since 1970 (UTC)"],
                            "overall": ["$ref": "#/components/schemas/CallStats"],
                        ],
                    ]
                ],
            ]
        ),
        (
            "MissingEndpoint",
            [
                "type": "object", "required": ["provider", "endpoint", "status", "for", "since", "until"],
                "properties": [
                    "provider": ["type": "string"], "endpoint": ["type": "string"], "status": ["type": "integer"],
                    "for": ["type": "string", "description": "`everybody`, or `those who met it`: some clients, or some models"],
                    "since": ["type": "string", "format": "date-time"], "until": ["type": "string", "format": "date-time"],
                ],
            ]
        ),
        ("CallStats", ["type": "object", "required": .array(callMembers.map { .string($0.0) }), "properties": .object(callMembers)]),
        (
            "DeploymentStats",
            [
                "type": "object", "required": .array((deploymentMembers + callMembers).map { .string($0.0) }),
                "properties": .object(deploymentMembers + callMembers),
            ]
        ),
        ("OpenAPI", ["type": "object", "required": ["openapi", "info", "paths"], "additionalProperties": true]),
    ]

    private static let deploymentMembers: [(String, JSONTree)] = [
        ("priority", ["type": "number"]), ("provider", ["type": "string"]), ("base_url", ["type": "string"]), ("model_name", ["type": "string"]),
        ("key", ["type": "integer", "description": "The key's place in the provider's pool, from 0"]),
        ("base_cooldown_remaining", ["type": "number", "description": "Seconds"]),
        ("model_cooldown_remaining", ["type": "number", "description": "Seconds"]), ("base_failures", ["type": "integer"]),
        ("model_failures", ["type": "integer"]), ("is_available", ["type": "boolean"]),
        ("rest_scope", ["type": ["string", "null"], "description": "What rests for everybody; null if nothing does"]),
        ("rest_reason", ["type": ["string", "null"], "description": "The class of the failure"]),
        ("rest_evidence", ["type": ["string", "null"]]), ("rest_confirmed_by", ["type": ["string", "null"]]), ("rest_since", time),
        ("rest_until", time),
    ]

    private static let callMembers: [(String, JSONTree)] =
        [
            ("successful_calls", ["type": "integer"]), ("failed_calls", ["type": "integer"]),
            ("failure_rate", ["type": "number", "description": "Per cent"]),
            ("input_tokens", ["type": "integer"]), ("generated_tokens", ["type": "integer"]), ("cost_usd", ["type": "number"]),
        ]
        + ["min_latency", "max_latency", "mean_latency", "p50_latency", "p90_latency", "p99_latency", "p50_first_token", "p90_first_token"].map {
            ($0, ["type": ["number", "null"], "description": "Seconds"])
        }

    private static let limitMembers: [(String, JSONTree)] =
        ["requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day", "concurrency"].map {
            ($0, ["type": ["integer", "null"], "minimum": 1])
        } + [
            ("budget", ["type": ["number", "null"], "description": "US dollars for a period, where prices are known"]),
            (
                "budget_period",
                ["type": ["string", "null"], "description": "`day`, `week`, `month` or `total`, by the UTC calendar; `month` if not said"]
            ),
        ]

    private static let time: JSONTree = ["type": ["string", "null"], "format": "date-time"]

    private static let weight: JSONTree = [
        "type": "integer", "minimum": 1, "maximum": 1000,
        "description": "Its share where capacity is scarce: a key of weight 3 gets three times as much as one of weight 1",
    ]

    private static let keyMembers: [(String, JSONTree)] = [
        ("id", ["type": "string"]), ("name", ["type": "string"]),
        ("prefix", ["type": "string", "description": "The part of the key that may be shown"]),
        ("created_at", ["type": "string", "format": "date-time"]), ("expires_at", time), ("revoked_at", time), ("last_used", time),
        ("models", ["type": "array", "items": ["type": "string"], "description": "Patterns in which `*` stands for any text; empty is every model"]),
        ("limits", ["$ref": "#/components/schemas/KeyLimits"]), ("weight", weight), ("tags", ["type": "array", "items": ["type": "string"]]),
    ]

    private static let administration: [(String, JSONTree)] = [
        ("KeyLimits", ["type": "object", "properties": .object(limitMembers)]),
        (
            "KeyRequest",
            [
                "type": "object", "description": "`name` is needed for a new key; limits may stand in `limits` or beside it",
                "properties": .object(
                    [
                        ("name", ["type": "string", "minLength": 1, "maxLength": 200]),
                        ("expires_at", ["type": ["string", "integer", "null"], "description": "RFC 3339, or seconds since 1970"]),
                        ("models", ["type": ["array", "null"], "items": ["type": "string"]]),
                        ("weight", ["type": ["integer", "null"], "minimum": 1, "maximum": 1000, "description": "1 if not said"]),
                        ("tags", ["type": ["array", "null"], "items": ["type": "string"]]),
                        ("limits", ["type": ["object", "null"], "properties": .object(limitMembers)]),
                    ] + limitMembers), "additionalProperties": false,
            ]
        ),
        ("Key", ["type": "object", "required": .array(keyMembers.map { .string($0.0) }), "properties": .object(keyMembers)]),
        (
            "CreatedKey",
            [
                "type": "object", "required": .array((keyMembers.map(\.0) + ["plaintext_key"]).map { .string($0) }),
                "properties": .object(keyMembers + [("plaintext_key", ["type": "string", "description": "The key; it is not told again"])]),
            ]
        ),
        (
            "KeyList",
            ["type": "object", "required": ["data"], "properties": ["data": ["type": "array", "items": ["$ref": "#/components/schemas/Key"]]]]
        ),
        (
            "UsageReport",
            [
                "type": "object", "required": ["data", "from", "to"],
                "properties": [
                    "data": ["type": "array", "items": ["$ref": "#/components/schemas/UsageRow"]], "from": time, "to": time,
                ],
            ]
        ),
        (
            "UsageRow",
            [
                "type": "object", "required": ["requests", "failed_requests", "input_tokens", "output_tokens", "total_tokens", "cost", "last_used"],
                "properties": .object(usageMembers),
            ]
        ),
        ("Rest", ["type": "object", "required": .array(restMembers.map { .string($0.0) }), "properties": .object(restMembers)]),
        (
            "RestList",
            [
                "type": "object", "required": ["total", "data"],
                "properties": [
                    "total": ["type": "integer", "minimum": 0], "data": ["type": "array", "items": ["$ref": "#/components/schemas/Rest"]],
                ],
            ]
        ),
        (
            "RestFilter",
            [
                "type": "object", "description": "Each is optional, and null stands for all",
                "properties": [
                    "provider": ["type": ["string", "null"], "description": "A provider's name"],
                    "model": ["type": ["string", "null"], "description": "A model's id at its provider"],
                    "key": ["type": ["string", "null"], "description": "The variable of a provider's key"],
                ], "additionalProperties": false,
            ]
        ),
        (
            "ClearedRests",
            [
                "type": "object", "required": ["cleared", "data"],
                "properties": [
                    "cleared": ["type": "integer", "minimum": 0], "data": ["type": "array", "items": ["$ref": "#/components/schemas/Rest"]],
                    "endpoints": [
                        "type": "array", "description": "What providers were taken not to have and are asked for again",
                        "items": [
                            "type": "object", "required": ["provider", "endpoint"],
                            "properties": ["provider": ["type": "string"], "endpoint": ["type": "string"]],
                        ],
                    ],
                ],
            ]
        ),
        (
            "Reload",
            [
                "type": "object", "required": ["status", "changes", "notes"],
                "properties": [
                    "status": ["type": "string", "const": "reloaded"],
                    "changes": ["type": "string", "description": "Which providers came and went."],
                    "notes": [
                        "type": "array", "items": ["type": "string"],
                        "description": "What has changed and takes effect after a restart only, and what else is worth knowing.",
                    ],
                ],
            ]
        ),
    ]

    private static let restScopes: [JSONTree] = RestReport.Scope.allCases.map { .string($0.rawValue) }

    private static let restMembers: [(String, JSONTree)] = [
        ("scope", ["type": "string", "enum": .array(restScopes), "description": "`deployment` is a model with one key"]),
        ("provider", ["type": "string"]), ("model", ["type": ["string", "null"], "description": "The provider's id"]),
        ("key", ["type": ["string", "null"], "description": "The variable of the provider's key, never the key"]),
        ("for", ["type": "string", "description": "`everybody`, the name of the client key that alone is concerned, or `another client`"]),
        ("client_key", ["type": ["string", "null"], "description": "The id of that client key"]),
        ("reason", ["type": "string", "description": "The class of the failure, like `credential` or `rate_limited_day`"]),
        (
            "cause",
            ["type": "string", "enum": ["failure", "unreachable", "limit", "credential", "gone", "money", "denied"]]
        ),
        (
            "evidence",
            [
                "type": "string",
                "enum": [
                    "stated by the provider", "by status or code", "by its message only", "no connection", "several failures", "from an earlier run",
                ],
            ]
        ),
        ("confirmed_by", ["type": "string", "enum": ["nothing", "another request", "another client"]]),
        ("since", ["type": "string", "format": "date-time"]), ("until", ["type": "string", "format": "date-time"]),
        ("seconds_left", ["type": "integer", "minimum": 1]),
        ("is_word", ["type": "boolean", "description": "Whether the end is the provider's own word; otherwise a guess"]),
        ("rung", ["type": "integer", "minimum": 0, "description": "Failures in a row, less the successes since"]),
    ]

    private static let usageCounts = [
        "requests", "failed_requests", "estimated_requests", "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "reasoning_tokens",
        "unpriced_requests",
    ]

    private static let usageMembers: [(String, JSONTree)] =
        ["key_id", "name", "provider", "model"].map { ($0, ["type": "string"]) } + [("day", ["type": ["string", "null"], "format": "date"])]
        + usageCounts.map { ($0, ["type": "integer"]) } + [
            ("cost", ["type": "number", "description": "US dollars"]),
            ("cost_configured", ["type": "number", "description": "The part of it by prices of the configuration"]),
            ("cost_provider", ["type": "number", "description": "The part of it by prices of providers' lists"]),
            ("cost_catalogue", ["type": "number", "description": "The part of it by prices of public catalogues"]), ("last_used", time),
        ]
}
