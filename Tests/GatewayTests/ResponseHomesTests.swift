import GatewayTesting
import Testing

@testable import Gateway

@Suite struct ResponseHomesTests {
    private let account = ProviderAccount(value: 7)
    private let client = ClientTag(VirtualKey.ID("client"))
    private var home: ResponseHomes.Home { ResponseHomes.Home(provider: "a", account: account, client: client) }

    @Test func `an answer is found again, an unknown one is not`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        #expect(homes.home(of: "resp_1", for: client) == home && homes.home(of: "resp_2", for: client) == nil)
    }

    @Test func `the oldest are forgotten first, and no more are kept than there is room for`() {
        var homes = ResponseHomes()
        for number in 0..<ResponseHomes.most + 3 { homes.note("resp_\(number)", at: home) }
        #expect(homes.count == ResponseHomes.most)
        #expect(homes.home(of: "resp_2", for: client) == nil && homes.home(of: "resp_3", for: client) == home)
        #expect(homes.home(of: "resp_\(ResponseHomes.most + 2)", for: client) == home)
    }

    @Test func `one client's many answers make none of another's be forgotten`() {
        var homes = ResponseHomes()
        func home(_ client: Int) -> ResponseHomes.Home {
            ResponseHomes.Home(provider: "a", account: account, client: ClientTag(VirtualKey.ID("client \(client)")))
        }
        for number in 0..<100 { homes.note("small-\(number)", at: home(1 + number % 20)) }
        for number in 0..<3 * ResponseHomes.most { homes.note("large-\(number)", at: home(0)) }
        #expect(homes.count == ResponseHomes.most)
        #expect((0..<100).allSatisfy { homes.isKnown("small-\($0)") })
        #expect(homes.isKnown("large-\(3 * ResponseHomes.most - 1)") && !homes.isKnown("large-\(2 * ResponseHomes.most)"))
        // Two that have many share what there is, and each keeps its newest.
        for number in 0..<ResponseHomes.most { homes.note("other-\(number)", at: home(50)) }
        let kept = (0..<ResponseHomes.most).count { homes.isKnown("other-\($0)") }
        #expect(homes.count == ResponseHomes.most && abs(kept - (ResponseHomes.most - 100) / 2) <= 1)
        #expect((0..<100).allSatisfy { homes.isKnown("small-\($0)") } && homes.isKnown("other-\(ResponseHomes.most - 1)"))
    }

    @Test func `an id that another provider gives, too, stays with the one that gave it first`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        homes.note("resp_1", at: ResponseHomes.Home(provider: "b", account: account, client: client))
        #expect(homes.home(of: "resp_1", for: client) == home && homes.count == 1)
    }

    @Test func `each client has its own answer of an id that several were given`() {
        var homes = ResponseHomes()
        let other = ClientTag(VirtualKey.ID("other"))
        let otherHome = ResponseHomes.Home(provider: "c", account: account, client: other)
        homes.note("resp_1", at: otherHome)
        homes.note("resp_1", at: home)
        #expect(homes.home(of: "resp_1", for: client) == home && homes.home(of: "resp_1", for: other) == otherHome && homes.count == 2)
        #expect(homes.isKnown("resp_1") && homes.home(of: "resp_1", for: ClientTag(VirtualKey.ID("third"))) == nil)
        #expect(homes.home(of: "resp_1", .conversation, for: client) == nil && !homes.isKnown("resp_1", .conversation))
    }

    @Test func `what is kept is read again, whose it is and in its order, and nothing else is`() {
        var homes = ResponseHomes()
        let others = [ClientTag.everybody, ClientTag(VirtualKey.ID("other"))]
        for number in 0..<200 { homes.note("resp \(number)", number % 2 == 0 ? .response : .conversation, at: home) }
        for client in others { homes.note("resp 0", at: ResponseHomes.Home(provider: "b", account: account, client: client)) }
        homes.note("resp\n1\t2", at: home)
        var next = ResponseHomes()
        let isRead = next.restore(homes.text())
        #expect(isRead && next.count == 202)
        #expect(next.home(of: "resp 0", for: client) == home && next.home(of: "resp 1", .conversation, for: client) == home)
        #expect(others.allSatisfy { next.home(of: "resp 0", for: $0)?.provider == "b" })
        for number in 0..<ResponseHomes.most - 102 { next.note("new \(number)", at: home) }
        #expect(!next.isKnown("resp 99", .conversation) && next.isKnown("resp 100") && next.count == ResponseHomes.most)
        var none = ResponseHomes()
        for text in ["", "x", "responses 2\na\tb\tc\trx\n"] {
            let isRead = none.restore(Array(text.utf8))
            #expect(!isRead)
        }
        let isKnown = none.restore(Array("responses 1\n\nx\ng\t1\ta\trx\n1\t1\ta\tqx\n1\t1\ta\n".utf8))
        #expect(isKnown && none.count == 0)
    }

    @Test func `noting an answer twice takes one place, and an id beyond all measure none`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        homes.note("resp_1", at: ResponseHomes.Home(provider: "b", account: account, client: client))
        homes.note(String(repeating: "x", count: 257), at: home)
        homes.note("", at: home)
        #expect(homes.count == 1 && homes.home(of: "resp_1", for: client)?.provider == "a")
    }

    @Test func `nobody goes on from another client's answer, also where there is no choice of providers`() throws {
        var homes = ResponseHomes()
        let deployments = [try deployment("a", "m")]
        homes.note("resp_1", at: ResponseHomes.Home(provider: "a", account: deployments[0].account, client: client))
        var own = Candidates(deployments: deployments)
        try own.keep("resp_1", of: client, in: homes)
        #expect(own.deployments.count == 1)
        for pool in [deployments, deployments + [try deployment("b", "m")]] {
            var others = Candidates(deployments: pool)
            #expect(throws: GatewayError.self) { try others.keep("resp_1", of: ClientTag(VirtualKey.ID("other")), in: homes) }
        }
    }

    @Test func `an answer is found at its key's new place after a reload`() throws {
        func source(_ keys: [String], _ known: ModelSource? = nil) throws -> ModelSource {
            var configuration = ProviderConfiguration(name: "p", baseURL: try HTTPURL(parsing: "https://p/v1"))
            configuration.models = [ModelConfiguration(id: "m")]
            configuration.keys = keys.map { APIKeyReference(variable: $0, value: Secret("secret-\($0)")) }
            let provider = Provider(configuration, defaults: UpstreamTimeouts())
            guard let known else { return ModelSource(provider) }
            _ = known.adopt(provider)
            return known
        }
        let before = try source(["K1", "K2"])
        var homes = ResponseHomes()
        homes.note("resp_1", at: ResponseHomes.Home(provider: "p", account: before.deployments()[1].account, client: client))
        let after = try source(["K0", "K2", "K1"], before).deployments()
        var candidates = Candidates(deployments: after)
        try candidates.keep("resp_1", of: client, in: homes)
        #expect(candidates.deployments.map(\.keyIndex) == [1])
    }

    // MARK: In requests

    private func answer(_ id: String, _ more: String = "") -> UpstreamScript {
        .status(
            200,
            #"{"id":"\#(id)","object":"response","status":"completed","output":[{"type":"message"}]\#(more),"usage":{"input_tokens":3,"output_tokens":2}}"#
        )
    }

    /// Two providers of one model, of which `b` is asked by its name, and keeps conversations.
    private var providers: [ScriptedProvider] {
        ["a", "b"].map { name in
            .answering(name) { [self] call in
                let conversation = name == "b" && call.text.contains("conv_1") ? #","conversation":{"id":"conv_1"}"# : ""
                return answer(call.text.contains("same") ? "resp_same" : "resp_\(name)", conversation)
            }
        }
    }

    private func ask(_ client: SimulatedClient, model: String = "m", input: String = "hi", _ members: String = "") -> Int {
        client.request("POST", "/v1/responses", body: "{\"model\":\"\(model)\",\"input\":\"\(input)\"\(members)}")
        return client.answer?.status ?? 0
    }

    @Test func `a client goes on from its answer after a restart, and nobody else does`() throws {
        let before = GatewaySimulation(providers, hasStore: true)
        #expect(ask(before.client(before.addKey("ann")), model: "b/m") == 200)
        before.advance(by: .seconds(1))
        let kept = try #require(before.store?.checkpoints["responses"])
        #expect(before.end().isEmpty)
        let after = GatewaySimulation(providers, hasStore: true, checkpoints: ["responses": kept])
        let (ann, bob) = (after.client(after.addKey("ann")), after.client(after.addKey("bob")))
        #expect(ask(ann, #","previous_response_id":"resp_b""#) == 200 && after.asked == ["b"])
        #expect(ask(bob, #","previous_response_id":"resp_b""#) == 404 && after.asked == ["b"])
        #expect(after.end().isEmpty)
    }

    @Test func `an end of the gateway at once keeps what was made last`() throws {
        let before = GatewaySimulation(providers, hasStore: true)
        #expect(ask(before.client(before.addKey("ann"))) == 200)
        #expect(before.end().isEmpty)
        let kept = try #require(before.store?.checkpoints["responses"])
        #expect(String(decoding: kept, as: UTF8.self).contains("resp_a"))
    }

    @Test func `an id that another client was given first keeps nobody from its own`() throws {
        try withGateway(providers) { simulation in
            let (ann, bob) = (simulation.client(simulation.addKey("ann")), simulation.client(simulation.addKey("bob")))
            #expect(ask(ann, model: "a/m", input: "same") == 200 && ask(bob, model: "b/m", input: "same") == 200)
            let other = #","previous_response_id":"resp_same""#
            #expect(ask(bob, other) == 200 && ask(ann, other) == 200)
            #expect(simulation.asked == ["a", "b", "b", "a"])
        }
    }

    @Test(arguments: [#","conversation":"conv_1""#, #","conversation":{"id":"conv_1"}"#])
    func `a conversation is gone on with where it is kept, and by nobody but who was seen in it`(members: String) throws {
        try withGateway(providers) { simulation in
            let (ann, bob) = (simulation.client(simulation.addKey("ann")), simulation.client(simulation.addKey("bob")))
            #expect(ask(bob, model: "b/m", members) == 200)
            #expect(ask(bob, #","conversation":"conv_1""#) == 200 && ask(ann, model: "b/m", members) == 404 && simulation.asked == ["b", "b"])
            #expect(ask(ann, members) == 200 && simulation.asked == ["b", "b", "a"])
            #expect(ask(ann, #","conversation":null"#) == 200 && ask(ann, #","conversation":"conv_2""#) == 200)
        }
    }

    @Test func `a conversation of which its provider says nothing is nobody's`() throws {
        try withGateway(providers) { simulation in
            let (ann, bob) = (simulation.client(simulation.addKey("ann")), simulation.client(simulation.addKey("bob")))
            let members = #","conversation":"conv_2""#
            #expect(ask(ann, members) == 200 && ask(ann, model: "b/m", members) == 200 && ask(bob, model: "b/m", members) == 200)
            #expect(simulation.asked == ["a", "b", "b"])
        }
    }

    @Test func `a stream's conversation is where the stream came from`() throws {
        let response = #"{"id":"resp_1","conversation":{"id":"conv_1"}}"#
        let events = [
            "data: {\"type\":\"response.created\",\"response\":\(response)}\n\n",
            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
            "data: {\"type\":\"response.completed\",\"response\":\(response)}\n\n",
        ]
        try withGateway(.script("a", .status(500, "{}")), .script("b", .events(events))) { simulation in
            let (ann, bob) = (simulation.client(simulation.addKey("ann")), simulation.client(simulation.addKey("bob")))
            let body = #"{"model":"b/m","input":"hi","conversation":"conv_1","stream":true}"#
            ann.request("POST", "/v1/responses", body: body)
            #expect(ann.answer?.isWhole == true)
            bob.request("POST", "/v1/responses", body: body)
            #expect(bob.answer?.status == 404 && simulation.asked == ["b"])
        }
    }

    @Test func `what an account keeps is found by its new key, and not by another key of the pool`() throws {
        func deployments(_ keys: [String]) throws -> [Deployment] {
            var configuration = ProviderConfiguration(name: "p", baseURL: try HTTPURL(parsing: "https://p/v1"))
            configuration.models = [ModelConfiguration(id: "m")]
            configuration.keys = keys.map { APIKeyReference(variable: $0, value: Secret("secret-\($0)")) }
            return ModelSource(Provider(configuration, defaults: UpstreamTimeouts())).deployments()
        }
        var homes = ResponseHomes()
        let first = try deployments(["K1"])[0].account
        homes.note("resp_1", at: ResponseHomes.Home(provider: "p", account: first, client: client))
        homes.note("conv_1", .conversation, at: ResponseHomes.Home(provider: "p", account: first, client: client))
        for (keys, kept) in [(["K1"], [0]), (["K2", "K1"], [1]), (["K2"], [0]), (["K2", "K3"], [0, 1])] {
            var (answers, conversations) = (Candidates(deployments: try deployments(keys)), Candidates(deployments: try deployments(keys)))
            try answers.keep("resp_1", of: client, in: homes)
            try conversations.keep(conversation: "conv_1", of: client, in: homes)
            #expect(answers.deployments.map(\.keyIndex) == kept && conversations.deployments.map(\.keyIndex) == kept, "\(keys)")
        }
        // From then on it is there.
        let second = try deployments(["K2"])[0].account
        homes.note("conv_1", .conversation, at: ResponseHomes.Home(provider: "p", account: second, client: client))
        #expect(homes.home(of: "conv_1", .conversation, for: client)?.account == second && homes.count == 2)
    }
}
