import Configuration
import Foundation
import Gateway
import Testing

/// Each kind of problem: it names file, line and key, and the nearest valid key or what would be right.
@Suite struct ProviderProblemTests {
    /// The problem of a provider with `line` as its third line.
    private func problem(_ line: String) throws -> [String] {
        try problems(of: "providers:\n  - base_url: https://a.example\n    \(line)\n")
            .map { $0.replacingOccurrences(of: "config/meta-providers.yaml:", with: "") }
    }

    @Test(arguments: [
        ("base_ur: x", "3: providers[0].base_ur: unknown key; did you mean \"base_url\"?"),
        ("apiKeyEnvVar: X", "3: providers[0].apiKeyEnvVar: unknown key; did you mean \"api_key_env_var\"?"),
        (
            "temperature: 1",
            "3: providers[0].temperature: unknown key; valid are name, api_key_env_var, base_url, model_url, base_priority, tier, models, endpoints, include, exclude, limits, timeouts, headers, proxy, ca_file, quirks"
        ),
        ("base_url: https://b.example", "3: providers[0].base_url: duplicate key; it was given on line 2 already; keep one"),
        ("name: 12", "3: providers[0].name: found a number; expected a name; put it in quotation marks if it is meant"),
        ("name: true", "3: providers[0].name: found true or false; expected a name; put it in quotation marks if it is meant"),
        ("name: ''", "3: providers[0].name: found empty text; expected a name"),
        (
            "name: a/b",
            "3: providers[0].name: a name with other characters than letters, digits, . _ - and :; leave them out; the name is part of provider/model"
        ),
        ("name: [a]", "3: providers[0].name: found a list; expected a name"),
        (
            "api_key_env_var: MY-KEY",
            "3: providers[0].api_key_env_var: not the name of a variable; expected the name of an environment variable; the key itself belongs in the environment or in .env"
        ),
        ("api_key_env_var: []", "3: providers[0].api_key_env_var: found a list of 0; leave the key out instead"),
        ("api_key_env_var: {a: b}", "3: providers[0].api_key_env_var: found a mapping; expected text or a list"),
        ("api_key_env_var: [A, A]", "3: providers[0].api_key_env_var[1]: the same variable twice; name each variable once"),
        (
            "model_url: a.example/v1",
            "3: providers[0].model_url: the URL does not begin with http:// or https://; expected http:// or https://, a host, and if need be a port and a path"
        ),
        ("base_priority: high", "3: providers[0].base_priority: found \"high\"; expected a number in 0...1000"),
        ("base_priority: '1'", "3: providers[0].base_priority: found \"1\" in quotation marks; expected a number in 0...1000"),
        ("base_priority: -0.5", "3: providers[0].base_priority: found -0.5; expected a number in 0...1000"),
        ("base_priority: .inf", "3: providers[0].base_priority: found inf; expected a number in 0...1000"),
        ("base_priority: .nan", "3: providers[0].base_priority: found \".nan\"; expected a number in 0...1000"),
        ("tier: fre", "3: providers[0].tier: found \"fre\"; did you mean \"free\"?"),
        ("tier: gold", "3: providers[0].tier: found \"gold\"; expected one of free, paid"),
        ("models: gpt", "3: providers[0].models: found \"gpt\"; expected a list"),
        (
            "models: [gpt, 4.1]",
            "3: providers[0].models[1]: found a number; expected the id of a model; put it in quotation marks if it is meant"
        ),
        ("models: [{priority: 1}]", "3: providers[0].models[0].id: this key is missing; it must be given"),
        ("models: [{id: a, contextlength: 1}]", "3: providers[0].models[0].contextlength: unknown key; did you mean \"context_length\"?"),
        ("models: [{id: a, context_length: 0}]", "3: providers[0].models[0].context_length: found 0; expected a whole number in 1...1000000000"),
        ("models: [{id: a, context_length: 1.5}]", "3: providers[0].models[0].context_length: found 1.5; expected a whole number in 1...1000000000"),
        (
            "models: [{id: a, context_length: 8k}]",
            "3: providers[0].models[0].context_length: found \"8k\"; expected a whole number in 1...1000000000"
        ),
        ("models: [{id: a, supports_tools: yes}]", "3: providers[0].models[0].supports_tools: found \"yes\"; expected true or false"),
        ("models: [{id: a, kind: chta}]", "3: providers[0].models[0].kind: found \"chta\"; did you mean \"chat\"?"),
        ("models: [{id: a, prompt_price: -1}]", "3: providers[0].models[0].prompt_price: found -1; expected a number in 0...1000000"),
        (
            "models: [{id: a, input_modalities: [txt]}]",
            "3: providers[0].models[0].input_modalities[0]: found \"txt\"; did you mean \"text\"?"
        ),
        (
            "models: [{id: a, aliases: [\"b,c\"]}]",
            "3: providers[0].models[0].aliases[0]: a name with a comma or a space; leave them out; clients separate names with commas"
        ),
        (
            "models: [a, {id: b, aliases: [a]}]",
            "3: providers[0].models[1]: this model has an id or alias that the one on line 3 has too; give different models different names"
        ),
        (
            "include: '('",
            "3: providers[0].include: not a valid regular expression; expected a pattern to find in the ids of models; \\ escapes special characters"
        ),
        ("exclude: [a, 1]", "3: providers[0].exclude[1]: found a number; expected a regular expression; put it in quotation marks if it is meant"),
        (
            "limits: {rpm: 1}",
            "3: providers[0].limits.rpm: unknown key; valid are requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day, concurrency, scope"
        ),
        ("limits: {requests_per_min: 1}", "3: providers[0].limits.requests_per_min: unknown key; did you mean \"requests_per_minute\"?"),
        ("limits: {concurrency: 0}", "3: providers[0].limits.concurrency: found 0; expected a whole number in 1...1000000"),
        ("limits: {scope: keys}", "3: providers[0].limits.scope: found \"keys\"; did you mean \"key\"?"),
        (
            "limits: 5",
            "3: providers[0].limits: found a number; expected a mapping of requests_per_minute, requests_per_day, tokens_per_minute, tokens_per_day, concurrency, scope"
        ),
        (
            "timeouts: {idle: 5 x}",
            "3: providers[0].timeouts.idle: found \"5 x\"; expected a time of 0.001 s to 86400 s: a number of seconds, or text like 500ms, 5s, 1m30s"
        ),
        (
            "timeouts: {idle: 0}",
            "3: providers[0].timeouts.idle: found 0 s; expected a time of 0.001 s to 86400 s: a number of seconds, or text like 500ms, 5s, 1m30s"
        ),
        ("timeouts: {firstbyte: 1}", "3: providers[0].timeouts.firstbyte: unknown key; did you mean \"first_byte\"?"),
        ("headers: [a]", "3: providers[0].headers: found a list; expected a mapping"),
        ("headers: {'a b': c}", "3: providers[0].headers.(hidden): not the name of a header; expected letters, digits and - (RFC 9110 §5.6.2)"),
        ("headers: {Host: c}", "3: providers[0].headers.Host: this header is refused; the host comes from base_url"),
        ("headers: {content-length: 1}", "3: providers[0].headers.content-length: this header is refused; the gateway frames messages itself"),
        (
            "headers: {Authorization: Bearer x}",
            "3: providers[0].headers.Authorization: this header is refused; give the variable of the key with api_key_env_var"
        ),
        ("headers: {X-A: 1, x-a: 2}", "3: providers[0].headers.x-a: the same header as on line 3; keep one; names do not differ by case"),
        (
            "headers: {X-A: \"a\\nb\"}",
            "3: providers[0].headers.X-A: found a line end or another control character; expected text of visible ASCII characters, without white space at its ends on one line"
        ),
        (
            "headers: {X-A: ' a'}",
            "3: providers[0].headers.X-A: a value that cannot be sent in a header; expected text of visible ASCII characters, without white space at its ends"
        ),
        ("proxy: http://p.example/x", "3: providers[0].proxy: a proxy with a path; expected http://host:port"),
        ("ca_file: none.pem", "3: providers[0].ca_file: no such file; give the path of a readable PEM file, from the directory of this file on"),
        ("quirks: [openroute]", "3: providers[0].quirks[0]: found \"openroute\"; did you mean \"openrouter\"?"),
        ("quirks: no_streaming", "3: providers[0].quirks: found \"no_streaming\"; did you mean \"no_stream_options\"?"),
    ])
    func `a problem of a provider is one line that helps`(line: String, expected: String) throws {
        #expect(try problem(line) == [expected])
    }

    @Test(arguments: [
        ("[]", "1: found a list; expected a mapping of providers"), ("text", "1: found text; expected a mapping of providers"),
        ("provider: []", "1: provider: unknown key; did you mean \"providers\"?"),
        ("providers: {}", "1: providers: found a mapping; expected a list"),
        (
            "providers: [text]",
            "1: providers[0]: found text; expected a mapping of name, api_key_env_var, base_url, model_url, base_priority, tier, models, endpoints, include, exclude, limits, timeouts, headers, proxy, ca_file, quirks"
        ),
        ("providers:\n  - name: a", "2: providers[0].base_url: this key is missing; it must be given"),
        (
            "providers:\n  - {name: a, base_url: http://a}\n  - {name: b, base_url: http://a}\n  - {name: A, base_url: http://a}",
            "4: providers[2].name: duplicate provider name \"A\"; the provider on line 2 has it already; choose another"
        ),
        (
            "providers:\n  - {api_key_env_var: K, base_url: http://a}\n  - {api_key_env_var: [K], base_url: http://a/}",
            "3: providers[1]: duplicate provider: the same base_url and api_key_env_var as on line 2; delete one, or give it a name if it is meant"
        ),
    ])
    func `a problem of the file as a whole is one line that helps`(yaml: String, expected: String) throws {
        #expect(try problems(of: yaml, ["K": "k"]).first == "config/meta-providers.yaml:\(expected)")
    }

    @Test func `everything that is wrong shows at once, in the order of the lines`() throws {
        let yaml = """
            providers:
              - base_ur: https://a.example
                tier: fre
              - base_url: https://b.example
                base_url: https://user:hunter2@c.example
                limits:
                  concurrency: many
                  concurency: 1
                models:
                  - id: a
                    id: b
                    supports_tools: 1
              - base_url: https://d.example
                headers: {host: x}
            """
        let found = try loadProviders(yaml, ["PORT": "x"]).problems
        #expect(
            found.map { "\($0.line ?? 0) \($0.keyPath)" } == [
                "0 PORT", "2 providers[0].base_ur", "2 providers[0].base_url", "3 providers[0].tier", "5 providers[1].base_url",
                "5 providers[1].base_url",
                "7 providers[1].limits.concurrency", "8 providers[1].limits.concurency", "11 providers[1].models[0].id",
                "12 providers[1].models[0].supports_tools", "14 providers[2].headers.host",
            ])
        #expect(!found.description.contains("hunter2"))
        #expect(found.dropFirst().allSatisfy { $0.file == "config/meta-providers.yaml" && $0.column != nil })
    }

    @Test func `a provider that would be skipped is checked all the same`() throws {
        #expect(try problems(of: "providers:\n  - {api_key_env_var: UNSET_KEY, base_url: http://a, tier: x}").count == 1)
    }

    @Test(arguments: ["[", "[z-a]", "a{3,1}", "(?<a>x)(?<a>y)", #"\p{Nope}"#, "(?R)", "*", #"\"#, "(?", "[[:x:]]", #"\u{110000}"#, "(?<=a)b", #"\1"#])
    func `a strange pattern is accepted or told, never more`(pattern: String) throws {
        let found = try problem("include: '\(pattern)'")
        #expect(found.allSatisfy { $0.contains("not a valid regular expression") })
    }
}
