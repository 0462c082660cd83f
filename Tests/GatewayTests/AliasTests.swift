import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import struct Gateway.ModelAliases
@testable import struct Gateway.ModelPattern

private var fleet: [ScriptedProvider] {
    [
        ScriptedProvider("one", models: ["llama", "haiku-like", "gpt-4o"], answer: { .reply(to: $0, "one \($0.model)") }),
        ScriptedProvider("two", models: ["llama", "big"], answer: { .reply(to: $0, "two \($0.model)") }),
    ]
}

private func withAliases(
    _ aliases: [(String, [String])], _ providers: [ScriptedProvider] = fleet, _ body: (GatewaySimulation) throws -> Void
) throws {
    try withGateway(providers, configure: { $0.aliases = aliases.map { ModelAlias($0.0, targets: $0.1) } }, body)
}

@Suite struct AliasTests {
    @Test(arguments: [
        ("house", "big"), ("House", "big"), ("claude-3-5-haiku-20241022", "haiku-like"), ("CLAUDE-HAIKU", "haiku-like"), ("gpt-4o", "llama"),
        ("gpt-4o-mini-2024", "llama"), ("by-provider", "llama"), ("with blank", "big"), ("x-anything-y", "big"), ("one/gpt-4o", "gpt-4o"),
    ])
    func `a name stands for what the operator says`(name: String, model: String) throws {
        let aliases: [(String, [String])] = [
            ("house", ["big"]), ("claude-*haiku*", ["haiku-like"]), ("gpt-4o*", ["llama"]), ("by-provider", ["two/llama"]), ("with blank", ["big"]),
            ("x-*-y", ["big"]),
        ]
        try withAliases(aliases) { simulation in
            let client = simulation.client()
            client.chat(model: name)
            #expect(client.answer?.status == 200 && simulation.call?.model == model, "\(client.answer?.text ?? "")")
            #expect(simulation.observer.completed.last?.requestedModel == name)
        }
    }

    @Test func `a list is tried in its order, and may begin with the model of the alias's own name`() throws {
        var providers = fleet
        providers[0].answer = { _ in .status(503) }
        try withAliases([("gpt-4o", ["gpt-4o", "nobody-has-it", "big"])], providers) { simulation in
            let client = simulation.client()
            client.chat(model: "gpt-4o")
            #expect(client.answer?.content == "two big" && simulation.calls.map(\.model) == ["gpt-4o", "big"])
        }
    }

    @Test func `what a key is shown of the aliases is another thing when the key or the aliases are`() throws {
        try withAliases([("house", ["big"]), ("quick", ["fast"]), ("other", ["llama"])]) { simulation in
            let client = simulation.client(simulation.addKey("k", models: ["big"]))
            func shown() -> [String] {
                client.request("GET", "/v1/models")
                return client.answer?.values(of: "id").filter { ["house", "quick", "other"].contains($0) } ?? []
            }
            for _ in 0..<2 { #expect(shown() == ["house", "quick"]) }
            simulation.changeKey("k") { $0.models = ["llama"] }
            for _ in 0..<2 { #expect(shown() == ["quick", "other"]) }
            simulation.reload { $0.aliases = [ModelAlias("other", targets: ["big"]), ModelAlias("house", targets: ["llama"])] }
            for _ in 0..<2 { #expect(shown() == ["house"]) }
        }
    }

    @Test func `a profile may stand behind a name, alone or at the end of a list`() throws {
        try withAliases([("quick", ["fast"]), ("careful", ["nobody-has-it", "best"])]) { simulation in
            let client = simulation.client()
            for name in ["quick", "careful"] {
                client.chat(model: name)
                #expect(client.answer?.status == 200, "\(name)")
            }
            client.request("POST", "/v1/embeddings", body: #"{"model":"quick","input":"x"}"#)
            #expect(client.answer?.status == 400)
        }
    }

    @Test func `an alias may be one of several names, and what stands for nothing is a 404`() throws {
        try withAliases([("house", ["big"]), ("void", ["nobody-has-it"])]) { simulation in
            let client = simulation.client()
            client.chat(model: "nonesuch,house")
            #expect(simulation.call?.model == "big")
            client.chat(model: "llama", members: #""models":["house"]"#)
            #expect(client.answer?.status == 200)
            client.chat(model: "void")
            #expect(client.answer?.status == 404 && client.answer?.errorCode == "model_not_found")
        }
    }

    @Test func `the gateway's own names stay its own, and a list takes nobody's alias`() throws {
        let greedy = ScriptedProvider.answering("greedy", models: nil) { call in
            call.target.contains("/models") ? .status(200, #"{"data":[{"id":"house"},{"id":"House"},{"id":"other"}]}"#) : .reply(to: call, "greedy")
        }
        try withAliases([("house", ["big"]), ("f*", ["big"]), ("priority*", ["big"])], fleet + [greedy]) { simulation in
            let client = simulation.client()
            client.chat(model: "house")
            #expect(client.answer?.content == "two big")
            client.chat(model: "greedy/house")
            #expect(client.answer?.content == "greedy")
            client.chat(model: "fast")
            #expect(client.answer?.status == 200 && simulation.observer.completed.last?.requestedModel == "fast")
            let listed = client.models()
            #expect(listed.filter { $0 == "house" }.count == 1 && listed.contains("greedy/house") && !listed.contains("f*"))
        }
    }

    // MARK: Permission

    @Test func `a key that may use the name may use what it stands for, and nothing else by it`() throws {
        try withAliases([("house", ["big"]), ("gpt-4o*", ["llama", "big"]), ("quick", ["fast"])]) { simulation in
            let client = simulation.client(simulation.addKey("house only", models: ["house"]))
            func status(_ model: String, _ members: String = "") -> Int? {
                client.chat(model: model, members: members)
                return client.answer?.status
            }
            #expect(status("house") == 200 && simulation.call?.model == "big")
            #expect(status("big") == 403 && status("llama") == 403 && status("gpt-4o") == 403 && status("quick") == 403)
            // What the name frees is not freed for the other names of a request.
            #expect(status("llama,house") == 200 && simulation.call?.model == "big")
            #expect(status("house", #""models":["llama"],"provider":{"only":["one"]}"#) != 200)
            let listed = client.models()
            #expect(listed.contains("house") && !listed.contains("big") && !listed.contains("quick"))
        }
    }

    @Test func `a key that may use a model may use it by an alias, and no other that the alias stands for`() throws {
        var providers = fleet
        providers[0].answer = { _ in .status(503) }
        try withAliases([("mix", ["llama", "big"]), ("all", ["best"])], providers) { simulation in
            let client = simulation.client(simulation.addKey("big only", models: ["big"]))
            client.chat(model: "mix")
            #expect(client.answer?.status == 200 && simulation.calls.map(\.model) == ["big"])
            client.chat(model: "all")
            #expect(simulation.call?.model == "big")
            let other = simulation.client(simulation.addKey("gpt", models: ["gpt-4o"]))
            other.chat(model: "mix")
            #expect(other.answer?.status == 403)
        }
    }

    @Test func `a pattern that fits is allowed by the name that was asked for`() throws {
        try withAliases([("claude-*haiku*", ["haiku-like"])]) { simulation in
            let client = simulation.client(simulation.addKey("claude", models: ["claude-*"]))
            client.chat(model: "claude-3-haiku")
            #expect(client.answer?.status == 200)
            client.chat(model: "haiku-like")
            #expect(client.answer?.status == 403)
        }
    }

    @Test func `a provider's list adds no model to what an allowed alias stands for`() throws {
        let greedy = ScriptedProvider.answering("greedy", models: nil) { call in
            call.target.contains("/models") ? .status(200, #"{"data":[{"id":"my-family-model"}]}"#) : .reply(to: call, "greedy")
        }
        try withAliases([("house", ["family"])], [greedy]) { simulation in
            let client = simulation.client(simulation.addKey("house only", models: ["house"]))
            client.chat(model: "house")
            #expect(client.answer?.status == 403 && simulation.calls.allSatisfy { $0.target.contains("/models") })
        }
    }

    // MARK: Lists

    @Test func `plain names are listed, and every name that fits can be looked up`() throws {
        try withAliases([("house", ["big"]), ("claude-*haiku*", ["haiku-like"]), ("void", ["nobody-has-it"])]) { simulation in
            let client = simulation.client()
            let listed = client.models()
            #expect(listed.contains("house") && !listed.contains("void") && !listed.contains { $0.contains("*") })
            for name in ["house", "claude-3-haiku"] {
                client.request("GET", "/v1/models/\(name)")
                #expect(client.answer?.status == 200 && client.answer?.values(of: "id") == [name])
            }
            client.request("GET", "/v1/models/void")
            #expect(client.answer?.status == 404)
        }
    }

    @Test func `a reload changes what names stand for`() throws {
        try withAliases([("house", ["big"])]) { simulation in
            let client = simulation.client()
            simulation.reload { $0.aliases = [ModelAlias("house", targets: ["haiku-like"])] }
            client.chat(model: "house")
            #expect(simulation.call?.model == "haiku-like")
            simulation.reload { $0.aliases = [] }
            client.chat(model: "house")
            #expect(client.answer?.status == 404)
        }
    }

    // MARK: Patterns

    @Test(arguments: [
        ("a*b*c", "abc", true), ("a*b*c", "axxbxxc", true), ("a*b*c", "acb", false), ("*aab*", "aaab", true), ("*ab*ab*", "xabyab", true),
        ("*ab*ab*", "xaby", false), ("*abab*", "abacabab", true), ("a*a", "a", false), ("**x**", "yxz", true),
        ("claude-*haiku*", "claude-haiku", true),
        ("*aabaaa*", "aabaabaaab", true),
    ])
    func `a star stands for any text`(pattern: String, name: String, fits: Bool) {
        #expect(ModelPattern(pattern).matches(name) == fits)
    }

    @Test func `a pattern goes over a name once, whatever is in both`() {
        let pattern = ModelPattern("*" + String(repeating: "a", count: 100) + "b*" + String(repeating: "a", count: 100) + "c*")
        let name = Array(String(repeating: "a", count: 200_000).utf8)
        let time = ContinuousClock().measure { #expect(!name.withUnsafeBytes { pattern.matches(RawSpan(_unsafeBytes: $0)) }) }
        // Twenty million comparisons the simple way; these are some milliseconds even on a busy machine without optimisation.
        #expect(time < .seconds(2))
    }
}

@Suite struct ModelEntryListingTests {
    @Test func `entries say what is known of a model, as OpenRouter's do`() throws {
        var model = ModelConfiguration(id: "big")
        model.contextLength = 131_072
        model.maximumOutputTokens = 8192
        model.inputModalities = [.image, .text]
        model.promptPrice = 3
        model.completionPrice = 0.15
        model.supportsTools = true
        model.supportsSchemas = true
        try withGateway(ScriptedProvider("a", { $0.models = [model] })) { simulation in
            let client = simulation.client()
            client.request("GET", "/v1/models/big")
            let text = client.answer?.text ?? ""
            for member in [
                #""id":"big""#, #""object":"model""#, #""owned_by":"a""#, #""context_length":131072"#,
                #""architecture":{"modality":"text+image->text","input_modalities":["text","image"],"output_modalities":["text"]}"#,
                #""pricing":{"prompt":"0.000003","completion":"0.00000015""#,
                #""top_provider":{"context_length":131072,"max_completion_tokens":8192}"#,
                #""supported_parameters":["tools","tool_choice","response_format","structured_outputs"]"#,
            ] { #expect(text.contains(member), "\(member) is not in \(text)") }
            client.request("GET", "/v1/models")
            #expect(client.answer?.text.contains(#""max_completion_tokens":8192"#) == true)
        }
    }

    @Test func `an alias has the data of the model it stands for, where that is one`() throws {
        var model = ModelConfiguration(id: "big")
        (model.contextLength, model.promptPrice, model.completionPrice) = (131_072, 3, 6)
        var other = ModelConfiguration(id: "small")
        other.contextLength = 4096
        let aliases: [(String, [String])] = [
            ("house", ["big"]), ("by-provider", ["a/big"]), ("either", ["big", "small"]), ("quick", ["fast"]), ("any-*", ["small"]),
        ]
        try withAliases(aliases, [ScriptedProvider("a", { $0.models = [model, other] })]) { simulation in
            let client = simulation.client()
            for (name, length) in [("house", 131_072), ("by-provider", 131_072), ("either", nil), ("quick", nil), ("any-thing", 4096)]
                as [(String, Int?)]
            {
                client.request("GET", "/v1/models/\(name)")
                let text = client.answer?.text ?? ""
                #expect(
                    client.answer?.status == 200 && text.contains("\"id\":\"\(name)\"") && text.contains("\"owned_by\":\"proxy-system\""), "\(text)")
                #expect(text.contains("context_length") == (length != nil), "\(name)")
                if let length { #expect(text.contains("\"context_length\":\(length)")) }
            }
            client.request("GET", "/v1/models")
            #expect(
                client.answer?.text.contains(#"{"id":"house","object":"model","created":"#) == true
                    && client.answer?.text.contains(#""context_length":131072,"pricing":{"prompt":"0.000003","completion":"0.000006"}"#) == true)
            let key = simulation.addKey("small", models: ["small"])
            client.token = key
            client.request("GET", "/v1/models")
            #expect(client.answer?.text.contains("house") == false)
        }
    }

    @Test func `parameters that a list names are passed on, also from the kept list`() throws {
        let list = #"{"data":[{"id":"v/m","context_length":8192,"supported_parameters":["max_tokens","tools","seed","odd one\u0000"]}]}"#
        try withGateway(ScriptedProvider.answering("a", models: nil) { _ in .status(200, list) }) { simulation in
            let client = simulation.client()
            client.request("GET", "/v1/models/v/m")
            #expect(client.answer?.text.contains(#""supported_parameters":["max_tokens","tools","seed"]"#) == true)
        }
    }

    @Test func `what is not known is not made up`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.request("GET", "/v1/models/m")
            let text = client.answer?.text ?? ""
            for member in ["context_length", "pricing", "architecture", "supported_parameters", "top_provider"] { #expect(!text.contains(member)) }
        }
    }

    @Test func `a free provider's models cost nothing`() throws {
        try withGateway(ScriptedProvider("a", { $0.tier = .free })) { simulation in
            let client = simulation.client()
            client.request("GET", "/v1/models/m")
            #expect(client.answer?.text.contains(#""pricing":{"prompt":"0","completion":"0""#) == true)
        }
    }
}
