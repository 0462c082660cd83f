import Configuration
import Gateway
import Testing

@Suite struct ProvidersFileTests {
    @Test func `the original project's file is accepted as it is`() throws {
        let yaml = """
            providers:
              - api_key_env_var: "COHERE_API_KEY"
                base_url: "https://api.cohere.ai/compatibility/v1"
                model_url: "https://api.cohere.com/v1"
                base_priority: 1

              - api_key_env_var: "GROQ_API_KEY"
                base_url: "https://api.groq.com/openai/v1"
                base_priority: 1

            #  - api_key_env_var: "SCW_SECRET_KEY"
            #    base_url: "https://api.scaleway.ai/28003754-a2fc-4696-8ee7-2c2b1747bc54/v1"
            #    base_priority: 1

              - api_key_env_var: "GEMINI_API_KEY"
                base_url: "https://generativelanguage.googleapis.com/v1beta/openai"
                base_priority: 1
            """
        let loaded = try loadProviders(yaml, ["COHERE_API_KEY": "c", "GROQ_API_KEY": "g", "GEMINI_API_KEY": ""])
        #expect(loaded.problems.isEmpty)
        let configuration = try #require(loaded.configuration)
        #expect(configuration.providers.map(\.name) == ["api.cohere.ai", "api.groq.com"])
        #expect(configuration.providers.map { $0.keys.map { $0.value.reveal { $0 } } } == [["c"], ["g"]])
        #expect(configuration.providers[0].modelURL?.text == "https://api.cohere.com/v1")
        #expect(configuration.providers[1].modelURL == nil && configuration.providers[1].models == nil)
        #expect(configuration.skipped == [SkippedProvider(name: "generativelanguage.googleapis.com", variable: "GEMINI_API_KEY")])
        #expect(
            loaded.warnings.map(\.description) == [
                "config/meta-providers.yaml:15: providers[2].api_key_env_var: provider generativelanguage.googleapis.com is skipped, it has no key; set GEMINI_API_KEY"
            ])
    }

    @Test func `every key of a provider is read`() throws {
        let yaml = """
            providers:
              - name: full
                api_key_env_var: [KEY_ONE, KEY_TWO]
                base_url: https://full.example:8443/api/v1/
                model_url: https://full.example/catalog
                base_priority: 1.5
                tier: free
                include: ["^4", ':free$']
                exclude: embed
                limits:
                  requests_per_minute: 20
                  requests_per_day: 1_000
                  tokens_per_minute: 60_000
                  tokens_per_day: 1e6
                  concurrency: 4
                  scope: account
                timeouts: {connect: 2, first_byte: 90s, idle: 1m30s, total: 300.5}
                headers:
                  X-Title: BEST
                  anthropic-version: "2023-06-01"
                  X-Number: 12
                proxy: http://proxy.example:3128
                ca_file: ca.pem
                quirks: [no_stream_options, openrouter]
                models:
                  - plain/model:free
                  - id: "4.1"
                    priority: -2.5
                    kind: chat
                    context_length: 131072
                    max_output_tokens: 8192
                    input_modalities: [text, image]
                    output_modalities: text
                    supports_tools: true
                    supports_json: true
                    supports_schemas: false
                    prompt_price: 0.15
                    completion_price: 0
                    aliases: [four, quatre]
            """
        let fixture = try ConfigurationFixture(["config/meta-providers.yaml": yaml, "config/ca.pem": "-----BEGIN CERTIFICATE-----\n"])
        let loaded = fixture.load(["KEY_ONE": "1", "KEY_TWO": "2"])
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(
            loaded.warnings.map(\.description) == [
                "config/meta-providers.yaml:7: providers[0].tier: the prices of \"4.1\" count for nothing, as this provider is free; "
                    + "delete the prices, or `tier: free`"
            ])
        let provider = try #require(loaded.configuration?.providers.first)
        #expect(provider.name == "full" && provider.basePriority == 1.5 && provider.tier == .free)
        #expect(provider.keys.map(\.variable) == ["KEY_ONE", "KEY_TWO"])
        #expect(provider.baseURL.text == "https://full.example:8443/api/v1" && provider.modelURL?.path == "/catalog")
        #expect(provider.include == ["^4", ":free$"] && provider.exclude == ["embed"])
        var limits = ProviderLimits()
        (limits.requestsPerMinute, limits.requestsPerDay, limits.tokensPerMinute) = (20, 1000, 60_000)
        (limits.tokensPerDay, limits.concurrency, limits.scope) = (1_000_000, 4, .account)
        #expect(provider.limits == limits)
        #expect(provider.timeouts.connect == .seconds(2) && provider.timeouts.firstByte == .seconds(90))
        #expect(provider.timeouts.idle == .seconds(90) && provider.timeouts.total == .milliseconds(300_500))
        #expect(provider.headers.map(\.name) == ["X-Title", "anthropic-version", "X-Number"])
        #expect(provider.headers.map { $0.value.reveal { $0 } } == ["BEST", "2023-06-01", "12"])
        #expect(provider.proxy?.authority == "proxy.example:3128" && provider.caFile == fixture.path + "/config/ca.pem")
        #expect(provider.quirks == [.noStreamOptions, .openRouter])
        var model = ModelConfiguration(id: "4.1")
        (model.priority, model.kind, model.contextLength, model.maximumOutputTokens) = (-2.5, .chat, 131_072, 8192)
        (model.inputModalities, model.outputModalities, model.supportsTools) = ([.text, .image], [.text], true)
        (model.supportsJSON, model.supportsSchemas) = (true, false)
        (model.promptPrice, model.completionPrice, model.aliases) = (0.15, 0, ["four", "quatre"])
        #expect(provider.models == [ModelConfiguration(id: "plain/model:free"), model])
        #expect(UpstreamTimeouts().overridden(by: provider.timeouts).total == .milliseconds(300_500))
    }

    @Test func `only base_url must be given`() throws {
        let found = try provider("providers: [{base_url: 'http://127.0.0.1:11434/v1'}]")
        #expect(found?.name == "127.0.0.1" && found?.keys.isEmpty == true && found?.basePriority == 1 && found?.tier == nil)
        #expect(found?.limits == ProviderLimits() && found?.timeouts == ProviderTimeouts() && found?.quirks == [])
    }

    @Test(arguments: ["", "# nothing\n", "---\n", "~", "providers:\n", "providers: []\n", "providers:\n#  - base_url: http://x\n"])
    func `a file without providers is right`(yaml: String) throws {
        let loaded = try loadProviders(yaml)
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(loaded.configuration?.providers.isEmpty == true)
    }

    @Test func `a null value is as good as no key`() throws {
        #expect(
            try provider("providers:\n  - base_url: http://a.example\n    name:\n    api_key_env_var: ~\n    models: null\n")?.name == "a.example")
    }

    @Test func `providers without a name that share a host get a number`() throws {
        let yaml = """
            providers:
              - base_url: http://127.0.0.1:1/v1
              - base_url: http://127.0.0.1:2/v1
              - {name: 127.0.0.1-3, base_url: http://127.0.0.1:3/v1}
              - base_url: http://127.0.0.1:4/v1
              - {base_url: "http://127.0.0.1:4/v1", name: other}
            """
        #expect(
            try loadProviders(yaml).configuration?.providers.map(\.name) == ["127.0.0.1", "127.0.0.1-2", "127.0.0.1-3", "127.0.0.1-4", "other"])
    }

    @Test func `a pool goes on with the keys it has, with a warning`() throws {
        let yaml = "providers:\n  - {api_key_env_var: [A_KEY, B_KEY, C_KEY], base_url: https://a.example}"
        let some = try loadProviders(yaml, ["B_KEY": "b"])
        #expect(some.configuration?.providers.first?.keys.map(\.variable) == ["B_KEY"])
        #expect(some.configuration?.skipped.isEmpty == true)
        #expect(some.warnings.map(\.found) == ["provider a.example goes on without 2 of its 3 keys"])
        #expect(some.warnings.map(\.expected) == ["set A_KEY, C_KEY"])
        let none = try loadProviders(yaml)
        #expect(none.configuration?.skipped.map(\.variable) == ["A_KEY", "B_KEY", "C_KEY"])
        #expect(none.warnings.count == 1)
    }

    @Test func `anchors, aliases and merge keys work`() throws {
        let yaml = """
            providers:
              - &base
                base_url: https://a.example
                api_key_env_var: &key A_KEY
                timeouts: &times {connect: 1, idle: 9}
              - <<: *base
                name: second
                timeouts: {<<: *times, idle: 3}
              - {base_url: https://c.example, api_key_env_var: *key, timeouts: *times, exclude: 'a*'}
            """
        let loaded = try loadProviders(yaml, ["A_KEY": "k"])
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        let providers = try #require(loaded.configuration?.providers)
        #expect(providers.map(\.baseURL.host) == ["a.example", "a.example", "c.example"])
        #expect(providers.map(\.timeouts.idle) == [.seconds(9), .seconds(3), .seconds(9)])
        #expect(providers.map(\.timeouts.connect) == [.seconds(1), .seconds(1), .seconds(1)])
        #expect(providers[2].exclude == ["a*"])
    }
}
