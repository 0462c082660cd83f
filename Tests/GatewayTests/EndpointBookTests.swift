import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// A provider that has chat completions, and answers everything else as it is told.
private func chatOnly(_ name: String, models: [String] = ["m"], _ missing: UpstreamScript) -> ScriptedProvider {
    ScriptedProvider.answering(name, models: models) { call in call.target == "/v1/chat/completions" ? .reply(to: call, "from \(name)") : missing }
}

/// A provider that has everything.
private func whole(_ name: String) -> ScriptedProvider {
    ScriptedProvider.answering(name) { call in
        call.target.hasSuffix("/responses")
            ? .status(200, #"{"id":"resp_1","object":"response","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}"#)
            : .reply(to: call, "from \(name)")
    }
}

extension SimulatedClient {
    fileprivate func respond(model: String = "m", input: String = "hi", stream: Bool = false) {
        request("POST", "/v1/responses", body: "{\"model\":\"\(model)\",\"input\":\"\(input)\"\(stream ? ",\"stream\":true" : "")}")
    }
}

@Suite struct EndpointBookTests {
    /// How servers say that they do not have a path.
    static let answers: [UpstreamScript] = [
        .status(404, #"{"detail":"Not Found"}"#), .status(404), .status(405, #"{"detail":"Method Not Allowed"}"#),
        .status(501, #"{"error":{"code":501,"message":"This server does not support responses","type":"not_supported_error"}}"#),
        .status(404, "<html><head><title>404 Not Found</title></head></html>", type: "text/html"),
        .status(404, "404 page not found", type: "text/plain"),
    ]

    @Test(arguments: 0..<answers.count)
    func `the second request makes no dead call`(answer: Int) throws {
        try withGateway(chatOnly("a", EndpointBookTests.answers[answer]), whole("b")) { simulation in
            let client = simulation.client()
            client.respond()
            #expect(client.answer?.status == 200)
            let before = simulation.asked
            #expect(Set(before) == ["a", "b"] || before == ["b"])
            for _ in 0..<3 { client.respond() }
            #expect(client.answer?.status == 200 && simulation.asked.dropFirst(before.count).allSatisfy { $0 == "b" }, "\(simulation.asked)")
            // It is the endpoint that is missing, and not the model.
            client.chat(model: "a/m")
            #expect(client.answer?.status == 200 && client.answer?.content == "from a")
        }
    }

    /// A provider of several models and keys that has chat completions alone.
    private let chatOnlyPool = ScriptedProvider.answering("a", models: ["m1", "m2", "m3"], keys: ["k1", "k2"]) { call in
        call.target == "/v1/chat/completions" ? .reply(to: call, "hi") : .status(404, #"{"detail":"Not Found"}"#)
    }

    @Test func `of one provider two calls are made, however many models and keys it has`() throws {
        try withGateway(chatOnlyPool) { simulation in
            let client = simulation.client()
            client.respond(model: "m1,m2,m3")
            #expect(client.answer?.status == 404 && client.answer?.errorCode == "model_not_found" && simulation.asked.count == 2)
            #expect(client.answer?.errorMessage?.contains("/v1/responses") == true)
            client.respond(model: "m3", stream: true)
            #expect(client.answer?.status == 404 && simulation.asked.count == 2)
            client.request("POST", "/v1/embeddings", body: #"{"model":"m1","input":"x"}"#)
            #expect(client.answer?.status == 404 && simulation.asked.count == 3)
            client.request("POST", "/v1/embeddings", body: #"{"model":"m1","input":"x"}"#)
            #expect(client.answer?.status == 404 && simulation.asked.count == 3)
        }
    }

    @Test func `what one client causes is no other's trouble, until another meets it too with another model`() throws {
        try withGateway(chatOnlyPool) { simulation in
            let clients = ["ann", "bob", "cid"].map { simulation.client(simulation.addKey($0)) }
            for model in ["m1", "m1", "m2", "m3", "m3"] { clients[0].respond(model: model) }
            #expect(simulation.asked.count == 2)
            #expect(simulation.gateway.missingEndpoints.map(\.isForEverybody) == [false])
            #expect(!simulation.observer.notices.contains { $0.contains("does not serve") })
            clients[1].respond(model: "m3")
            #expect(simulation.asked.count == 3 && simulation.gateway.missingEndpoints.map(\.isForEverybody) == [true])
            for model in ["m1", "m2", "m3"] { clients[2].respond(model: model) }
            #expect(simulation.asked.count == 3 && clients[2].answer?.status == 404)
            #expect(simulation.observer.notices.contains { $0.contains("a does not serve /responses") })
        }
    }

    @Test func `one model that is out of order keeps nobody from the others, and is asked again soon`() throws {
        var isBroken = true
        let provider = ScriptedProvider.answering("a", models: ["m1", "m2"]) { call in
            call.model == "m1" && isBroken
                ? .status(404, #"{"detail":"Not Found"}"#)
                : .status(200, #"{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}"#)
        }
        // Whether the other model has been served before or not.
        for isServed in [false, true] {
            isBroken = true
            try withGateway(provider) { simulation in
                let clients = ["ann", "bob", "cid"].map { simulation.client(simulation.addKey($0)) }
                if isServed { clients[0].respond(model: "m2") }
                let before = simulation.asked.count
                clients[0].respond(model: "m1")
                clients[1].respond(model: "m1", input: "hello")
                clients[2].respond(model: "m1", input: "good day")
                #expect(clients.allSatisfy { $0.answer?.status == 404 } && simulation.asked.count == before + 2)
                if isServed { clients[2].respond(model: "m2") }
                isBroken = false
                simulation.advance(by: EndpointBook.shortLifetime + .seconds(1))
                for name in ["ann", "bob", "cid"] {
                    let client = simulation.client(simulation.addKey("\(name) again"))
                    client.respond(model: "m1")
                    #expect(client.answer?.status == 200)
                }
            }
            isBroken = true
            try withGateway(provider) { simulation in
                let client = simulation.client()
                if isServed { client.respond(model: "m2") }
                for number in 0..<3 { client.respond(model: "m1", input: "\(number)") }
                client.respond(model: "m2")
                #expect(client.answers.suffix(4).map(\.status) == [404, 404, 404, 200], "nobody needs a key")
                #expect(simulation.calls.count { $0.model == "m1" } == 1)
            }
        }
    }

    @Test func `one odd request for several models closes an endpoint for a short time only`() throws {
        try withGateway(chatOnlyPool) { simulation in
            let client = simulation.client()
            client.respond(model: "m1,m2", input: "odd")
            #expect(simulation.asked.count == 2 && simulation.gateway.missingEndpoints.map(\.isForEverybody) == [false])
            client.respond(model: "m3", input: "odd")
            #expect(simulation.asked.count == 2)
            simulation.advance(by: EndpointBook.shortLifetime + .seconds(1))
            simulation.client().respond(model: "m3")
            #expect(simulation.asked.count == 3 && simulation.gateway.missingEndpoints.map(\.isForEverybody) == [true])
        }
    }

    @Test func `that an endpoint was served is known after a reload, as long as the provider is at its address`() throws {
        let provider = ScriptedProvider.answering("a") { call in
            call.text.contains("odd")
                ? .status(404, "<html>blocked</html>", type: "text/html")
                : .status(200, #"{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}"#)
        }
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.respond()
            simulation.reload { $0.failure.attempts += 1 }
            client.respond(input: "odd")
            #expect(simulation.gateway.missingEndpoints.isEmpty)
            var moved = ProviderConfiguration(name: "a", baseURL: try HTTPURL(parsing: "https://moved.test/v1"))
            moved.models = [ModelConfiguration(id: "m")]
            simulation.adopt([ScriptedProvider(configuration: moved, answer: { _ in .status(404, "", type: "text/html") })])
            simulation.reload { $0.providers = [moved] }
            client.respond(input: "odd")
            #expect(simulation.gateway.missingEndpoints.count == 1)
        }
    }

    @Test func `who waits for a provider does not ask it for what it has just said not to have`() throws {
        let provider = ScriptedProvider("a", keys: []) {
            $0.limits.concurrency = 1
        } answer: { _ in
            .silence
        }
        try withGateway(provider) { simulation in
            let (first, second, third) = (simulation.client(), simulation.client(), simulation.client())
            first.respond()
            second.request("POST", "/v1/responses", fields: [("x-best-wait", "60")], body: #"{"model":"m","input":"hello"}"#)
            third.chat(fields: [("x-best-wait", "60")])
            #expect(simulation.gateway.waitingRequests == 2)
            simulation.call?.play(.status(404, #"{"detail":"Not Found"}"#))
            #expect(first.answer?.status == 404 && second.answer?.status == 404 && second.answer?.errorCode == "model_not_found")
            #expect(second.answer?.errorMessage?.contains("/v1/responses") == true)
            // Who waits for the same provider with another request goes on.
            #expect(simulation.calls.map(\.target) == ["/v1/responses", "/v1/chat/completions"])
            simulation.call?.play(.completion("x"))
            #expect(third.answer?.status == 200)
        }
    }

    @Test func `a provider that has served the endpoint has it, whatever it says to an odd request`() throws {
        let provider = ScriptedProvider.answering("a") { call in
            call.text.contains("odd")
                ? .status(404, "<html>blocked</html>", type: "text/html")
                : .status(200, #"{"id":"r","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}]}"#)
        }
        try withGateway(provider) { simulation in
            let (ann, bob) = (simulation.client(simulation.addKey("ann")), simulation.client(simulation.addKey("bob")))
            bob.respond()
            for _ in 0..<3 { ann.respond(input: "odd") }
            #expect(simulation.gateway.missingEndpoints.isEmpty)
            bob.respond()
            ann.respond()
            #expect(bob.answer?.status == 200 && ann.answer?.status == 200)
        }
    }

    @Test(arguments: [
        #"{"error":{"message":"The model `m` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#,
        #"{"error":{"message":"Previous response with id 'x' not found.","type":"invalid_request_error","param":"previous_response_id"}}"#,
    ])
    func `a 404 of a model or of something else that a request names is none of the endpoint`(body: String) throws {
        try withGateway(chatOnly("a", .status(404, body))) { simulation in
            let client = simulation.client()
            client.respond()
            #expect(simulation.gateway.missingEndpoints.isEmpty && client.answer?.status != 200)
        }
    }

    @Test func `it is forgotten after a day, by clearing rests, and by a reload`() throws {
        func missing(_ body: (GatewaySimulation) throws -> Void) throws {
            try withGateway(chatOnlyPool) { simulation in
                let client = simulation.client()
                for model in ["m1", "m2", "m3"] { client.respond(model: model) }
                #expect(simulation.asked.count == 2 && simulation.gateway.missingEndpoints.map(\.isForEverybody) == [true])
                simulation.advance(by: .seconds(23 * 3600))
                simulation.client().respond(model: "m3")
                #expect(simulation.asked.count == 2)
                try body(simulation)
                simulation.client().respond(model: "m3")
                #expect(simulation.asked.count == 3)
            }
        }
        try missing { $0.advance(by: .seconds(3600 + 1)) }
        try missing { simulation in _ = try simulation.gateway.clearRests(RestFilter()) }
        try missing { simulation in
            var filter = RestFilter()
            filter.provider = "a"
            _ = try simulation.gateway.clearRests(filter)
        }
        try missing { $0.reload { _ in } }
    }

    @Test func `what is missing for one model is asked for again when the rests of that model are cleared`() throws {
        try withGateway(chatOnlyPool) { simulation in
            let client = simulation.client()
            func clear(_ model: String) throws {
                var filter = RestFilter()
                (filter.provider, filter.model) = ("a", model)
                _ = try simulation.gateway.clearRests(filter)
            }
            client.respond(model: "m1")
            try clear("m2")
            client.respond(model: "m1")
            #expect(simulation.asked.count == 1)
            try clear("m1")
            client.respond(model: "m1", input: "hello")
            #expect(simulation.asked.count == 2 && simulation.gateway.missingEndpoints.map(\.isForEverybody) == [false])
        }
    }

    @Test func `what is asked for again when rests are cleared is told`() throws {
        try withGateway(chatOnly("a", .status(404, #"{"detail":"Not Found"}"#)), chatOnly("b", .status(405, #"{"detail":"Method Not Allowed"}"#))) {
            simulation in
            simulation.client().respond()
            let missing = simulation.gateway.missingEndpoints
            #expect(missing.map(\.provider) == ["a", "b"] && simulation.gateway.askedAgain(of: missing).isEmpty)
            var filter = RestFilter()
            filter.provider = "b"
            let ended = try simulation.gateway.clearRests(filter)
            #expect(ended.isEmpty && simulation.gateway.askedAgain(of: missing).map(\.provider) == ["b"])
            #expect(simulation.observer.notices.contains { $0.contains("asked again") && $0.contains("b /v1/responses") && !$0.contains("a /v1") })
        }
    }

    @Test func `endpoints of the configuration spare even the first call`() throws {
        let provider = ScriptedProvider("a", { $0.endpoints = [.chatCompletions, .embeddings] }, answer: { .reply(to: $0, "hi") })
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.respond()
            #expect(client.answer?.status == 404 && client.answer?.errorMessage?.contains("/v1/responses") == true && simulation.asked.isEmpty)
            client.chat()
            #expect(client.answer?.status == 200)
        }
        try withGateway(provider, whole("b")) { simulation in
            let client = simulation.client()
            client.respond()
            #expect(client.answer?.status == 200 && simulation.asked == ["b"])
        }
    }

    @Test func `a model whose name is one letter is not taken for what is missing`() throws {
        try withGateway(chatOnly("a", models: ["n"], .status(404, #"{"detail":"Not Found"}"#))) { simulation in
            let client = simulation.client()
            client.respond(model: "n")
            #expect(client.answer?.status == 404 && simulation.gateway.missingEndpoints.map(\.endpoint) == [.responses])
            client.chat(model: "n")
            #expect(client.answer?.status == 200)
        }
    }

    @Test func `chat is never forgotten`() throws {
        try withGateway(.script("a", .status(404, #"{"detail":"Not Found"}"#))) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(simulation.gateway.missingEndpoints.isEmpty)
        }
    }

    // MARK: Over a restart

    /// What is kept by a run in which two clients have met it with two models.
    private func kept(clearing: Bool = false) throws -> [UInt8] {
        let before = GatewaySimulation([chatOnlyPool], hasStore: true)
        for (name, model) in [("ann", "m1"), ("bob", "m2")] { before.client(before.addKey(name)).respond(model: model) }
        #expect(before.asked.count == 2 && before.gateway.missingEndpoints.map(\.isForEverybody) == [true])
        if clearing { _ = try before.gateway.clearRests(RestFilter()) }
        before.advance(by: .seconds(6))
        #expect(before.end().isEmpty)
        return try #require(before.store?.checkpoints["health"])
    }

    private func next(_ kept: [UInt8], _ provider: ScriptedProvider, after pause: Duration, _ body: (GatewaySimulation) throws -> Void) throws {
        let snapshot = try #require(withBytes(String(decoding: kept, as: UTF8.self)) { HealthSnapshot(parsing: $0) })
        try withGateway(provider) { simulation in
            simulation.advance(by: pause)
            simulation.gateway.router.endpoints.restore(
                snapshot.endpoints, for: [provider.configuration], at: simulation.loop.now, epoch: simulation.loop.millisecondsSinceEpoch)
            try body(simulation)
        }
    }

    @Test func `what everybody knows is known after a restart, for the rest of its day`() throws {
        try next(kept(), chatOnlyPool, after: .seconds(3600)) { simulation in
            let client = simulation.client()
            for model in ["m1", "m2", "m3"] { client.respond(model: model) }
            #expect(client.answer?.status == 404 && client.answer?.errorMessage?.contains("/v1/responses") == true && simulation.asked.isEmpty)
            let missing = try #require(simulation.gateway.missingEndpoints.first)
            #expect(missing.provider == "a" && missing.endpoint == .responses && missing.status == 404 && missing.isForEverybody)
            simulation.advance(by: EndpointBook.lifetime - .seconds(3599))
            simulation.client().respond(model: "m1")
            #expect(simulation.asked.count == 1)
        }
    }

    @Test func `of what an operator has cleared, or a provider that has moved, nothing is known after a restart`() throws {
        var configuration = ProviderConfiguration(name: "a", baseURL: try HTTPURL(parsing: "https://a.test/other/v1"))
        configuration.models = [ModelConfiguration(id: "m1")]
        let moved = ScriptedProvider(configuration: configuration) { _ in .status(404) }
        for (kept, provider) in [(try kept(clearing: true), chatOnlyPool), (try kept(), moved)] {
            try next(kept, provider, after: .seconds(10)) { simulation in
                simulation.client().respond(model: "m1")
                #expect(simulation.asked.count >= 1 && simulation.gateway.missingEndpoints.allSatisfy { !$0.isForEverybody })
            }
        }
    }

    @Test func `what one client alone has met is not kept over a restart`() throws {
        let before = GatewaySimulation([chatOnlyPool], hasStore: true)
        let client = before.client(before.addKey("ann"))
        for model in ["m1", "m2"] { client.respond(model: model) }
        before.advance(by: .seconds(6))
        #expect(before.end().isEmpty)
        let text = before.store?.checkpoints["health"].map { String(decoding: $0, as: UTF8.self) } ?? ""
        #expect(!text.contains("endpoints"))
    }

    @Test(arguments: [
        #"{"version":1,"nodes":[],"endpoints":[{"provider":"a","url":"u","endpoint":"/nowhere","until":9}]}"#,
        #"{"version":1,"nodes":[],"endpoints":[{"provider":"a","url":"u","endpoint":"/chat/completions","until":9}]}"#,
        #"{"version":1,"nodes":[],"endpoints":[{"endpoint":"/responses","until":9},null,5,[]]}"#, #"{"version":1,"nodes":[],"endpoints":null}"#,
        #"{"version":1,"nodes":[]}"#,
    ]) func `a kept endpoint that means nothing is passed over`(text: String) throws {
        #expect(try #require(withBytes(text) { HealthSnapshot(parsing: $0) }).isEmpty)
    }
}
