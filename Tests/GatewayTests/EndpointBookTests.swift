import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

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

    @Test func `of one provider one call is made, however many models and keys it has`() throws {
        let provider = ScriptedProvider.answering("a", models: ["m1", "m2", "m3"], keys: ["k1", "k2"]) { call in
            call.target == "/v1/chat/completions" ? .reply(to: call, "hi") : .status(404, #"{"detail":"Not Found"}"#)
        }
        try withGateway(provider) { simulation in
            let client = simulation.client()
            client.respond(model: "m1,m2,m3")
            #expect(client.answer?.status == 404 && client.answer?.errorCode == "model_not_found" && simulation.asked == ["a"])
            #expect(client.answer?.errorMessage?.contains("/v1/responses") == true)
            client.respond(model: "m2", stream: true)
            #expect(client.answer?.status == 404 && simulation.asked == ["a"])
            client.request("POST", "/v1/embeddings", body: #"{"model":"m1","input":"x"}"#)
            #expect(client.answer?.status == 404 && simulation.asked == ["a", "a"])
            client.request("POST", "/v1/embeddings", body: #"{"model":"m1","input":"x"}"#)
            #expect(client.answer?.status == 404 && simulation.asked == ["a", "a"])
        }
    }

    @Test func `what one client causes is no other's trouble, until another meets it too`() throws {
        try withGateway(chatOnly("a", .status(404, #"{"detail":"Not Found"}"#))) { simulation in
            let clients = ["ann", "bob", "cid"].map { simulation.client(simulation.addKey($0)) }
            clients[0].respond()
            clients[0].respond()
            #expect(simulation.asked.count == 1)
            #expect(simulation.gateway.missingEndpoints.map(\.isForEverybody) == [false])
            clients[1].respond()
            #expect(simulation.asked.count == 2 && simulation.gateway.missingEndpoints.map(\.isForEverybody) == [true])
            clients[2].respond()
            #expect(simulation.asked.count == 2 && clients[2].answer?.status == 404)
            #expect(simulation.observer.notices.contains { $0.contains("a does not serve /responses") })
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
            try withGateway(chatOnly("a", .status(404, #"{"detail":"Not Found"}"#))) { simulation in
                let client = simulation.client()
                client.respond()
                client.respond()
                #expect(simulation.asked.count == 1 && simulation.gateway.missingEndpoints.count == 1)
                try body(simulation)
                simulation.client().respond()
                #expect(simulation.asked.count == 2)
            }
        }
        try missing { $0.advance(by: .seconds(24 * 3600 + 1)) }
        try missing { simulation in _ = try simulation.gateway.clearRests(RestFilter()) }
        try missing { simulation in
            var filter = RestFilter()
            filter.provider = "a"
            _ = try simulation.gateway.clearRests(filter)
        }
        try missing { $0.reload { _ in } }
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
}
