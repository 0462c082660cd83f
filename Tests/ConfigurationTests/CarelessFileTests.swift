import Gateway
import Testing

@testable import Configuration

/// What people write without thinking, and what is meant by it.
@Suite struct CarelessFileTests {
    @Test(arguments: [
        ("http://127.0.0.1:9100/v1/chat/completions", "http://127.0.0.1:9100/v1"), ("https://a.example/v1/models", "https://a.example/v1"),
        ("https://a.example/v1/models/", "https://a.example/v1"), ("https://a.example/openai/v1/chat/completions/", "https://a.example/openai/v1"),
        ("https://a.example/v1/embeddings", "https://a.example/v1"), ("https://a.example/v1/completions", "https://a.example/v1"),
        ("https://a.example/v1/responses", "https://a.example/v1"), ("https://a.example/v1/messages", "https://a.example/v1"),
        ("https://a.example/v1/images/generations", "https://a.example/v1"), ("https://a.example/v1/audio/speech", "https://a.example/v1"),
        ("https://a.example/v1/v1", "https://a.example/v1"), ("https://a.example/v1/v1/chat/completions", "https://a.example/v1"),
        ("https://a.example//v1", "https://a.example/v1"), ("https://a.example/v1//chat/completions", "https://a.example/v1"),
        ("https://a.example/V1/Chat/Completions", "https://a.example/V1"), ("https://a.example/chat/completions", "https://a.example"),
        ("https://a.example/v1/chat", "https://a.example/v1"), ("http://[::1]:8080/v1/models", "http://[::1]:8080/v1"),
        ("https://a.example/v1beta/openai/models", "https://a.example/v1beta/openai"),
        ("https://a.example/v2alpha1/models", "https://a.example/v2alpha1"),
        ("https://a.example/images/generations", "https://a.example"), ("https://a.example/v1/models/models", "https://a.example/v1"),
    ])
    func `a base address that is a request's is put right, and said`(written: String, used: String) throws {
        let loaded = try loadProviders("providers:\n  - name: odd\n    base_url: \(written)\n    models: [odd-m]\n")
        #expect(loaded.configuration?.providers.first?.baseURL.text == used && loaded.problems.isEmpty)
        let warning = try #require(loaded.warnings.first?.description)
        #expect(warning.contains(":3: providers[0].base_url: ") && warning.contains(used), "\(warning)")
    }

    @Test(arguments: [
        "https://a.example/v1", "https://a.example/v1/", "https://a.example", "https://a.example/inference", "https://a.example/api/v1/openai",
        "https://a.example/chat", "https://a.example/v1beta/openai", "https://a.example/v1/accounts/x/ai", "https://a.example/models/v2",
        "https://a.services.ai.azure.com/models", "https://a.example/responses", "https://a.example/embeddings/", "https://a.example/team/rerank",
        "https://a.example/vision/models", "https://a.example/v/models", "https://a.example/v1x/models", "https://a.example/v1/chat/v1beta",
    ])
    func `one that is a base stays as it is, and nothing is said`(written: String) throws {
        let loaded = try loadProviders("providers:\n  - base_url: \(written)\n    models: [m]\n")
        #expect(loaded.warnings.isEmpty && loaded.problems.isEmpty)
        let used = written.hasSuffix("/") ? String(written.dropLast()) : written
        #expect(loaded.configuration?.providers.first?.baseURL.text == used)
    }

    @Test func `the address of a model list is put right, too, and what is no address is refused`() throws {
        let loaded = try loadProviders("providers:\n  - {base_url: http://a.example/v1, model_url: http://b.example/v1/models}\n")
        #expect(loaded.configuration?.providers.first?.modelURL?.text == "http://b.example/v1" && loaded.warnings.count == 1)
        for wrong in ["http://a.example/v1/models?key=x", "a.example/v1/chat/completions", "http://u:p@a.example/v1/chat/completions"] {
            #expect(try problems(of: "providers:\n  - base_url: '\(wrong)'\n").count == 1, "\(wrong)")
        }
    }

    // MARK: Marks

    @Test(arguments: ["meta-providers.yaml", "best.yaml", "model-adjustments.yaml", ".env", "key"])
    func `a byte order mark in front of a file is passed over`(file: String) throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let texts = [
            "config/meta-providers.yaml": "providers:\n  - {api_key_env_var: K, base_url: http://a.example, models: [m]}\n",
            "config/best.yaml": "server: {port: 9999}\n",
            "config/model-adjustments.yaml": "adjustments: {a: {priority: 1, regex: m}}\n", ".env": "K=from-dot-env\n", "key": "from-file\n",
        ]
        let fixture = try ConfigurationFixture()
        for (name, text) in texts { try fixture.write((name.hasSuffix(file) ? mark : []) + Array(text.utf8), to: name) }
        let loaded = fixture.load(file == "key" ? ["K_FILE": "key"] : [:])
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let configuration = try #require(loaded.configuration)
        #expect(configuration.server.port == 9999 && configuration.adjustments.count == 1)
        #expect(configuration.providers.first?.keys.first?.value.reveal { $0 } == (file == "key" ? "from-file" : "from-dot-env"))
    }

    // MARK: Keys

    @Test(arguments: [
        "\"sk-quoted\"", "'sk-quoted'", " \"sk-quoted\" ", "sk-quoted\n", "Bearer sk-quoted", "\"Bearer sk-quoted\"", "bearer  sk-quoted",
        "\"sk-quoted\"\r\n",
        "' sk-quoted '",
    ])
    func `what was copied with a key is no part of it`(value: String) throws {
        let file = "providers:\n  - {api_key_env_var: K, base_url: http://a.example, models: [m]}\n"
        #expect(try provider(file, ["K": value])?.keys.first?.value.reveal { $0 } == "sk-quoted")
        let fixture = try ConfigurationFixture(["config/meta-providers.yaml": file, "secret": value])
        #expect(fixture.load(["K_FILE": "secret"]).configuration?.providers.first?.keys.first?.value.reveal { $0 } == "sk-quoted")
        let loaded = fixture.load(["K": "x", "LLMGW_ADMIN_API_KEY": value, "ALLOWED_BEARER_TOKENS": "\"one\",'two',three"])
        #expect(loaded.configuration?.server.adminKey?.reveal { $0 } == "sk-quoted")
        #expect(loaded.configuration?.server.bearerTokens.map { $0.reveal { $0 } } == ["one", "two", "three"])
    }

    @Test func `other variables may be quoted as well, and quotation marks that are no pair stay`() throws {
        let fixture = try ConfigurationFixture(["config/meta-providers.yaml": "providers: []\n"])
        let loaded = fixture.load(["HOST": "\"127.0.0.2\"", "PORT": "'8123'"])
        let server = loaded.configuration?.server
        #expect(server?.host == "127.0.0.2" && server?.port == 8123)
        let notices = loaded.warnings.filter { $0.file == "environment" }
        #expect(notices.map(\.keyPath).sorted() == ["HOST", "PORT"] && notices.allSatisfy { $0.found.contains("quotation marks") })
        let file = "providers:\n  - {api_key_env_var: K, base_url: http://a.example, models: [m]}\n"
        #expect(try provider(file, ["K": "\"odd"])?.keys.first?.value.reveal { $0 } == "\"odd")
        #expect(try provider(file, ["K": "''"]) == nil)
    }

    @Test(arguments: ["other.yaml", "config/other.yaml", "./config/other.yaml"])
    func `another file may be named by its path or by its name in the directory`(name: String) throws {
        let fixture = try ConfigurationFixture(["config/other.yaml": "providers:\n  - {name: other, base_url: http://a.example, models: [m]}\n"])
        #expect(fixture.load(["META_PROVIDERS_CONFIG_FILENAME": name]).configuration?.providers.map(\.name) == ["other"])
        let missing = fixture.load(["META_PROVIDERS_CONFIG_FILENAME": "nowhere.yaml"]).problems.first
        #expect(missing?.file == "nowhere.yaml" && missing?.found == "no such file")
    }

    // MARK: Messages

    @Test(arguments: [
        ("failure: {wait: banana}", "found \"banana\""), ("failure: {wait: 5sec}", "found \"5sec\""),
        ("server: {maximum_body_bytes: 32MB}", "found \"32MB\""),
        ("metrics: {public: yes}", "found \"yes\""), ("metrics: {public: 'true'}", "found \"true\" in quotation marks"),
        ("server: {host: somewhere}", "found \"somewhere\""), ("admin: {listen: 'here: there'}", "found \"here: there\""),
        ("server: {port: 'x/y'}", "found \"x/y\""), ("failure: {wait: sk-1234567890abcdef}", "found text"),
        ("server: {port: gsk_abc}", "found text"), ("failure: {wait: [1]}", "found a list"),
        ("failure: {wait: 'https://user:password@host'}", "found text"),
    ])
    func `what was found is shown, unless it may be a secret`(line: String, found: String) throws {
        let fixture = try ConfigurationFixture(["config/best.yaml": line, "config/meta-providers.yaml": "providers: []\n"])
        let problem = try #require(fixture.load().problems.first)
        #expect(problem.found == found, "\(problem)")
    }

    // MARK: Patterns

    @Test(arguments: ["free", "FREE", "Alpha-free$"])
    func `include and exclude find ids whatever their case`(pattern: String) throws {
        let file = "providers:\n  - {base_url: http://a.example, models: [Alpha-Free, beta], include: '\(pattern)'}\n"
        #expect(try provider(file)?.models?.map(\.id) == ["Alpha-Free"])
        #expect(try provider(file.replacing("include", with: "exclude"))?.models?.map(\.id) == ["beta"])
    }
}

@Suite struct SharingFileTests {
    private let keys = ["A": "ka", "B": "kb", "C": "kc"]

    @Test(
        arguments: [
            ("A", [nil]), ("[A, B]", [nil, nil]), ("[{name: A, weight: 3}, B]", [3, nil]),
            ("[{name: A, weight: 3}, {name: B, weight: 0}, C]", [3, 0, nil]),
            ("[{name: A, weight: 2}]", [2]), ("[{name: A}]", [nil]),
        ] as [(String, [Int?])])
    func `the keys of a pool may have weights`(list: String, weights: [Int?]) throws {
        let file = "providers:\n  - {api_key_env_var: \(list), base_url: http://a.example, models: [m]}\n"
        #expect(try provider(file, keys)?.keys.map(\.weight) == weights)
    }

    @Test(arguments: [
        ("[{name: A, weight: 1001}]", "found 1001; expected a whole number in 0...1000"), ("[{name: A, weight: much}]", "found \"much\""),
        ("[{weight: 1}]", "this key is missing"), ("[{name: A, wieght: 1}]", "did you mean \"weight\"?"),
        ("[{name: A}, A]", "the same variable twice"),
        ("[{name: A, weight: 0}, {name: B, weight: 0}]", "every key has weight 0"), ("[{name: my-key}]", "not the name of a variable"),
    ])
    func `what is wrong with them is said`(list: String, problem: String) throws {
        let lines = try problems(of: "providers:\n  - {api_key_env_var: \(list), base_url: http://a.example, models: [m]}\n", keys)
        #expect(lines.count == 1 && lines.first?.contains(problem) == true, "\(lines)")
    }

    @Test func `a model may have a weight, and a provider its endpoints`() throws {
        let file =
            "providers:\n  - base_url: http://a.example\n    models: [{id: m, weight: 3}, n]\n    endpoints: [chat/completions, /v1/embeddings, audio.speech]\n"
        let found = try provider(file)
        #expect(found?.models?.map(\.weight) == [3, nil] && found?.endpoints == [.chatCompletions, .embeddings, .speech])
        #expect(try provider("providers:\n  - {base_url: http://a.example, models: [m]}\n")?.endpoints == nil)
        for (wrong, text) in [
            ("[chat/completion]", "did you mean \"chat/completions\"?"), ("[]", "leave the key out"), ("[transcriptions]", "expected one of"),
        ] {
            let lines = try problems(of: "providers:\n  - {base_url: http://a.example, models: [m], endpoints: \(wrong)}\n")
            #expect(lines.count == 1 && lines.first?.contains(text) == true, "\(lines)")
        }
    }

    // MARK: Aliases

    private func aliases(_ text: String) throws -> [ModelAlias]? {
        try ConfigurationFixture(["config/best.yaml": text, "config/meta-providers.yaml": "providers: []\n"]).load().configuration?.aliases
    }

    @Test func `aliases are read in the order of the file`() throws {
        let text = """
            aliases:
              house: fast
              claude-*haiku*: [llama-3.3-70b, best]
              'gpt-4o*': groq/llama, other
              *x: y
            """
        #expect(
            try aliases(text.replacing("  *x: y", with: "  '*x': y")) == [
                ModelAlias("house", targets: ["fast"]), ModelAlias("claude-*haiku*", targets: ["llama-3.3-70b", "best"]),
                ModelAlias("gpt-4o*", targets: ["groq/llama", "other"]), ModelAlias("*x", targets: ["y"]),
            ])
        #expect(try aliases("aliases: {}") == [] && aliases("aliases:") == [] && aliases("aliases: {same: [same, other]}")?.count == 1)
    }

    @Test(arguments: [
        ("aliases: {best: m}", "one of the gateway's own names"), ("aliases: {Priority-Auto: m}", "one of the gateway's own names"),
        ("aliases: {a: m, A: n}", "the same name as on line 1"), ("aliases: {'a,b': m}", "can't be an alias"),
        ("aliases: {'*': m}", "fits every name"),
        ("aliases: {a: []}", "leave the key out"), ("aliases: {a: 5}", "found a number"), ("aliases: {a: 'm*'}", "without *"),
        ("aliases: [a]", "found a list"),
        ("aliases: {a: b, b: c}", "which is an alias itself"),
        ("scoring: {profiles: {own: {quick: {speed: 2}}}}\naliases: {quick: m}", "is a profile"),
        ("aliases: {a: {b: c}}", "found a mapping"), ("alias: {a: b}", "did you mean \"aliases\"?"),
    ])
    func `what is wrong with an alias is said`(text: String, problem: String) throws {
        let fixture = try ConfigurationFixture(["config/best.yaml": text, "config/meta-providers.yaml": "providers: []\n"])
        let problems = fixture.load().problems.map(\.description)
        #expect(problems.count == 1 && problems.first?.contains(problem) == true, "\(problems)")
    }

    @Test func `the manual's spelling of aliases reads as the same`() throws {
        var configuration = GatewayConfiguration()
        configuration.aliases = [ModelAlias("claude-*haiku*", targets: ["fast"]), ModelAlias("house", targets: ["a/b c", "best"])]
        #expect(try aliases(ConfigurationManual.text(of: configuration)) == configuration.aliases)
    }
}
