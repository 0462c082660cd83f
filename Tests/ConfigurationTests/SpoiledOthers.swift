extension SpoiledConfiguration {
    private static let right = "providers:\n  - {name: a, base_url: https://a.example, api_key_env_var: A_KEY}\n"

    /// Faults of `best.yaml` and `model-adjustments.yaml`.
    static let otherFiles: [SpoiledConfiguration] = [
        .file("an unknown section", "config/best.yaml", "servr: {port: 1}\n", ":1: servr", "unknown key", "did you mean \"server\"?"),
        .file("an option without its section", "config/best.yaml", "port: 1\n", ":1: port", "did you mean server.port?"),
        .file("an option in another section", "config/best.yaml", "timeouts:\n  port: 1\n", ":2: timeouts.port", "did you mean server.port?"),
        .file("a section that is a list", "config/best.yaml", "server: [port]\n", ":1: server", "found a list", "expected a mapping"),
        .file(
            "a data directory that is a file, in the file", "config/best.yaml", "server:\n  data_directory: config/best.yaml\n",
            ":2: server.data_directory", "it is a file", "a directory"),
        .file("a section twice", "config/best.yaml", "server: {port: 1}\nserver: {port: 2}\n", ":2: server", "duplicate key"),
        .file("a port that is none", "config/best.yaml", "server:\n  port: 65536\n", ":2: server.port", "found 65536"),
        .file("a host by name", "config/best.yaml", "server: {host: gateway.example}\n", ":1: server.host", "expected an IP address or localhost"),
        .file("a time with an unknown unit", "config/best.yaml", "server: {drain_timeout: 5sec}\n", ":1: server.drain_timeout", "1m30s"),
        .file("a size with an unknown unit", "config/best.yaml", "server: {maximum_body_bytes: 1MB}\n", ":1: server.maximum_body_bytes", "32MiB"),
        .file("an admin address without a port", "config/best.yaml", "admin: {listen: 127.0.0.1}\n", ":1: admin.listen", "with a port"),
        .file(
            "an admin address by name", "config/best.yaml", "admin: {listen: 'admin.example:9'}\n", ":1: admin.listen", "an IP address or localhost"),
        .file("a socket without a path", "config/best.yaml", "admin:\n  listen: 'unix:'\n", ":2: admin.listen", "unix: with a path"),
        .file(
            "the clients' address for admins", "config/best.yaml", "server: {port: 9}\nadmin: {listen: 'localhost:9'}\n", ":2: admin.listen",
            "port 9 is the clients'"),
        .file("a decimal mode", "config/best.yaml", "admin: {socket_mode: 660}\n", ":1: admin.socket_mode", "an octal number"),
        .file("a mode that is too large", "config/best.yaml", "admin: {socket_mode: 01777}\n", ":1: admin.socket_mode", "0 to 0777"),
        .file("YAML 1.1's truth", "config/best.yaml", "logging: {requests: yes}\n", ":1: logging.requests", "expected true or false"),
        .file("an unknown form", "config/best.yaml", "logging: {format: xml}\n", ":1: logging.format", "found \"xml\"", "text, json"),
        .file(
            "waiting longer than in all", "config/best.yaml", "timeouts:\n  total: 1m\n  idle: 2m\n", ":3: timeouts.idle",
            "2m is longer than total (1m)"),
        .file(
            "less memory than one request", "config/best.yaml", "server: {maximum_held_bytes: 1MiB}\n",
            ":1: server.maximum_held_bytes", "less than twice maximum_body_bytes (32MiB)"),
        .file(
            "a misspelt top of adjustments", "config/model-adjustments.yaml", "adjustment: {}\nadjustments: {}\n", ":1: adjustment", "\"adjustments\""
        ),
        .file(
            "an adjustment without priority", "config/model-adjustments.yaml", "adjustments:\n  a: {regex: x}\n", ":2: adjustments.a.priority",
            "missing"),
        .file(
            "an adjustment with an invalid pattern", "config/model-adjustments.yaml", "adjustments:\n  a: {priority: 1, regex: ['[']}\n",
            ":2: adjustments.a.regex[0]", "not a valid regular expression"),
    ]

    /// Faults of `.env`, of variables and of the files that hold keys.
    static let variables: [SpoiledConfiguration] = [
        .file(".env without =", ".env", "A_KEY\n", ":1", "a key without ="),
        .file(".env with an open quotation", ".env", "# x\nA_KEY='hunter2\n", ":2", "not closed"),
        .file(".env with a bad name", ".env", "A-KEY=hunter2\n", ":1", "not KEY=VALUE"),
        .file(".env with a bad port", ".env", "\nPORT=http\n", ":2: PORT", "not a number", "0...65535"),
        .environment("a port out of range", ["PORT": "65536"], "environment: PORT", "found 65536"),
        .environment("a host that is a URL", ["HOST": "http://0.0.0.0"], "environment: HOST", "not an IP address"),
        .environment("a weight that is none", ["MODEL_PARAM_SCORE_SCALAR": "lots"], "environment: MODEL_PARAM_SCORE_SCALAR", "not a number"),
        .environment("an empty admin key", ["LLMGW_ADMIN_API_KEY": ""], "environment: LLMGW_ADMIN_API_KEY", "set but empty"),
        .environment("an admin key with a space", ["LLMGW_ADMIN_API_KEY": "hunter2 x"], "environment: LLMGW_ADMIN_API_KEY", "cannot be sent"),
        .environment(
            "a client that is the admin", ["LLMGW_ADMIN_API_KEY": "hunter2", "ALLOWED_BEARER_TOKENS": "x,hunter2"],
            "environment: LLMGW_ADMIN_API_KEY",
            "one of ALLOWED_BEARER_TOKENS"),
        .environment("a token with a space", ["ALLOWED_BEARER_TOKENS": "a,b hunter2"], "environment: ALLOWED_BEARER_TOKENS", "token 2"),
        .environment(
            "a list of providers that is not there", ["META_PROVIDERS_CONFIG_FILENAME": "other.yaml"], "other.yaml", "no such file",
            "META_PROVIDERS_CONFIG_FILENAME"),
        .environment(
            "adjustments that are not there", ["MODEL_ADJUSTMENTS_FILENAME": "other.yaml"], "other.yaml", "no such file",
            "MODEL_ADJUSTMENTS_FILENAME"),
        .environment(
            "a key's file that is not there", ["A_KEY_FILE": "none"], files: ["config/meta-providers.yaml": right], "environment: A_KEY_FILE",
            "no such file"),
        .environment(
            "a key's file that is a directory", ["A_KEY_FILE": "config"], files: ["config/meta-providers.yaml": right],
            "environment: A_KEY_FILE", "directory"),
        .environment(
            "a key's file of two lines", ["A_KEY_FILE": "key"], files: ["config/meta-providers.yaml": right, "key": "hunter2\nhunter3\n"],
            "key: A_KEY",
            "cannot be sent in a header"),
        .environment(
            "a key's file that is too large", ["A_KEY_FILE": "key"],
            files: ["config/meta-providers.yaml": right, "key": String(repeating: "hunter2", count: 10_000)], "environment: A_KEY_FILE", "64 KiB"),
        .environment(
            "a key in another alphabet", ["A_KEY": "hunter2é"], files: ["config/meta-providers.yaml": right], "environment: A_KEY",
            "cannot be sent in a header"),
        .environment(
            "a data directory that is a file", ["STATE_DIRECTORY": "notes"], files: ["notes": "x"], "environment: STATE_DIRECTORY", "it is a file"),
        .several(
            "a fault in every file",
            [
                "config/meta-providers.yaml":
                    "providers:\n  - base_url: 7\n    tier: fre\n  - {base_url: https://a.example, modles: [m]}\n  - name: b\n",
                "config/best.yaml": "server:\n  prot: 1\n  port: no\nlogging: 5\n",
                "config/model-adjustments.yaml": "adjustments:\n  a: {priority: x, regex: '('}\n",
                ".env": "=\nHOST=nowhere\n",
            ], ["PORT": "x", "LLMGW_ADMIN_API_KEY": ""],
            [
                (".env:1", ["not KEY=VALUE"]), (".env:2: HOST", ["not an IP address"]), ("environment: PORT", ["not a number"]),
                ("environment: LLMGW_ADMIN_API_KEY", ["empty"]), ("config/best.yaml:2: server.prot", ["\"port\""]),
                ("config/best.yaml:3: server.port", ["found \"no\""]), ("config/best.yaml:4: logging", ["found a number"]),
                ("config/model-adjustments.yaml:2: adjustments.a.priority", ["found \"x\""]),
                ("config/model-adjustments.yaml:2: adjustments.a.regex", ["regular expression"]),
                ("config/meta-providers.yaml:2: providers[0].base_url", ["found a number"]),
                ("config/meta-providers.yaml:3: providers[0].tier", ["\"free\""]),
                ("config/meta-providers.yaml:4: providers[1].modles", ["\"models\""]),
                ("config/meta-providers.yaml:5: providers[2].base_url", ["missing"]),
            ]),
        .several(
            "two files that are no text", ["config/meta-providers.yaml": "providers:\n\u{7}\n", "config/best.yaml": "a: [\u{1}]\n"],
            [:], [("config/best.yaml:1", ["control character"]), ("config/meta-providers.yaml:2", ["control character"])]),
    ]
}
