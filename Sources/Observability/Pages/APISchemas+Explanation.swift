/// The shapes of `POST /v1/route/explain`.
extension APISchemas {
    static let explanation: [(String, JSONTree)] = [
        (
            "RouteExplanation",
            [
                "type": "object", "required": ["object", "snapshot", "model", "candidates", "filtered", "not_allowed"],
                "properties": [
                    "object": ["type": "string", "const": "route.explanation"],
                    "snapshot": [
                        "type": "string",
                        "description": "What `x-best-config` says of requests that are decided by the same configuration and boards",
                    ],
                    "model": ["type": "string", "description": "The name as the request has it"],
                    "profile": [
                        "type": "object", "description": "Whose weights count", "required": ["name", "task", "prompt_size", "mode"],
                        "properties": [
                            "name": ["type": "string"], "task": ["type": "string"],
                            "prompt_size": ["type": "string", "enum": ["small", "medium", "large"]],
                            "mode": ["type": "string", "enum": ["ability", "original"]],
                        ],
                    ],
                    "matched_by": ["type": "string", "enum": ["exact", "spelling", "substring"], "description": "How the name was found"],
                    "decision": ["$ref": "#/components/schemas/RouteDecision"],
                    "error": [
                        "type": "object", "description": "What the client would be told, when nobody can take the request",
                        "additionalProperties": true,
                    ],
                    "candidates": [
                        "type": "array", "items": ["$ref": "#/components/schemas/RouteCandidate"],
                        "description": "In the order in which they are tried",
                    ],
                    "filtered": [
                        "type": "array", "items": ["$ref": "#/components/schemas/RouteFiltered"],
                        "description": "Who can't take the request; what the key may not use is not among them",
                    ],
                    "not_allowed": ["type": "integer", "minimum": 0, "description": "How many the key may not use"],
                ],
            ]
        ),
        (
            "RouteDecision",
            [
                "type": "object", "required": ["provider", "model", "reason", "score"],
                "properties": [
                    "provider": ["type": "string"], "model": ["type": "string"],
                    "reason": [
                        "type": "string", "enum": ["score", "affinity", "exploration", "weight", "request"], "description": "What puts it first",
                    ],
                    "score": ["type": "number"],
                    "best_scored": ["type": "string", "description": "`provider/model` of the best score, where that is another one"],
                    "asked_first": ["type": "string", "description": "`provider/model` of the first that can be asked now"],
                ],
            ]
        ),
        (
            "RouteCandidate",
            [
                "type": "object", "required": ["provider", "model", "score", "terms", "state", "predicted", "quality"],
                "properties": .object(
                    deploymentNames + [
                        ("score", ["type": "number", "description": "The sum of the terms' products"]),
                        ("terms", ["type": "array", "items": ["$ref": "#/components/schemas/RouteTerm"]]),
                        ("state", ["type": "string", "description": "`ready`, or what keeps it from being asked now"]),
                        ("ready_in_seconds", ["type": "number"]),
                        (
                            "predicted",
                            [
                                "type": "object", "required": ["seconds", "usd", "price_known", "success"],
                                "properties": [
                                    "seconds": ["type": "number", "description": "Until a typical answer is whole"], "usd": ["type": "number"],
                                    "price_known": ["type": "boolean"], "success": ["type": "number", "minimum": 0, "maximum": 1],
                                ],
                            ]
                        ),
                        (
                            "quality",
                            [
                                "type": "object", "required": ["mean", "sd", "evidence", "boards"],
                                "properties": [
                                    "mean": ["type": "number"], "sd": ["type": "number"], "evidence": ["type": "integer", "minimum": 0],
                                    "boards": ["type": "array", "items": ["$ref": "#/components/schemas/BoardRow"]],
                                ],
                            ]
                        ),
                    ]),
            ]
        ),
        (
            "RouteTerm",
            [
                "type": "object", "required": ["name", "unit", "raw", "normalised", "weight", "product"],
                "properties": [
                    "name": ["type": "string"], "unit": ["type": "string"], "raw": ["type": "number"], "normalised": ["type": "number"],
                    "weight": ["type": "number"], "product": ["type": "number"],
                ],
            ]
        ),
        (
            "BoardRow",
            [
                "type": "object", "required": ["board", "row", "value", "weight"],
                "properties": [
                    "board": ["type": "string"], "row": ["type": "string", "description": "The model under the board's name for it"],
                    "value": ["type": "number", "description": "The share of what can be reached, 0…1"], "weight": ["type": "number"],
                    "age_days": ["type": "number", "minimum": 0],
                ],
            ]
        ),
        (
            "RouteFiltered",
            [
                "type": "object", "required": ["provider", "model", "reason", "detail"],
                "properties": .object(
                    deploymentNames + [
                        ("reason", ["type": "string", "description": "In a word, such as `context_too_small` or `no_tools`"]),
                        ("detail", ["type": "string", "description": "The same for people"]),
                    ]),
            ]
        ),
    ]

    private static let deploymentNames: [(String, JSONTree)] = [
        ("provider", ["type": "string"]), ("model", ["type": "string", "description": "The provider's id"]),
        ("canonical", ["type": "string", "description": "The name that stands for the model everywhere"]),
        ("key", ["type": "string", "description": "The variable that holds the key, where the provider has several"]),
    ]
}
