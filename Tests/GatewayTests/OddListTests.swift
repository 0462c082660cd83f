import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// A provider that is asked for its list and then answers every request.
private func listing(_ name: String = "a", after delay: Duration = .zero, status: Int = 200, _ list: @escaping (String) -> String) -> ScriptedProvider
{
    ScriptedProvider.answering(name, models: nil) { call in
        if call.target.contains("/models") { return .status(status, list(call.target)).after(delay) }
        return .reply(to: call, "from \(name)")
    }
}

extension SimulatedClient {
    /// Asks for the list of models; the ids in it, less the gateway's own names.
    func models() -> [String] {
        request("GET", "/v1/models")
        return answer?.values(of: "id").filter { !["priority-auto", "best", "fast", "cheap", "code"].contains($0) } ?? []
    }
}

@Suite struct OddListTests {
    @Test(arguments: [
        #"{"object":"list","data":[{"id":"Meta Llama 3.1 8B Instruct"},{"id":"Go reasoning"},{"id":"plain"}]}"#,
        #"{"object":"list","data":[{"id":"通义千问-max"},{"id":"модель 7б"},{"id":"نموذج"},{"id":"café-latte"}]}"#,
        #"{"data":[{"id":"a,b"},{"id":"with/slash and blank"},{"id":"(odd) [name] {x}"},{"id":"50% off & more?"}]}"#,
        #"{"models":{"vendor/one":{"context_length":8192},"two words":{}}}"#, #"{"result":{"models":[{"name":"Größe 8"}]},"success":true}"#,
        #"["only","ids here"]"#,
    ])
    func `every model of a list is listed and served, whatever is in its name`(list: String) throws {
        try withGateway(listing { _ in list }) { simulation in
            let client = simulation.client()
            let models = client.models()
            #expect(!models.isEmpty)
            for model in models {
                client.chat(model: model)
                #expect(client.answer?.status == 200 && client.answer?.content == "from a", "\(model)")
                #expect(simulation.call?.model == model)
                let path = model.utf8.map { String($0, radix: 16) }.map { $0.utf8.count == 1 ? "%0\($0)" : "%\($0)" }.joined()
                client.request("GET", "/v1/models/\(path)")
                #expect(client.answer?.status == 200 && client.answer?.values(of: "id") == [model], "\(model)")
            }
        }
    }

    @Test func `a model with blanks in its name streams, and the fields of its answer can be read`() throws {
        try withGateway(listing { _ in #"{"data":[{"id":"Größe mit Blank"}]}"# }) { simulation in
            let client = simulation.client()
            client.chat(model: "Größe mit Blank", stream: true)
            #expect(client.answer?.events.last == "[DONE]" && client.problem == nil)
            #expect(client.answer?["x-best-model"]?.utf8.allSatisfy { $0 > 0x1F && $0 < 0x7F } == true)
        }
    }

    @Test(arguments: [
        #"{"data":[{"id":"ok"},{"id":"bad","description":"half \ud83d of a smile"},{"id":"fine"}]}"#,
        #"{"data":[{"id":"ok"},{"id":"bad","name":"\udc00"},{"id":"fine"}]}"#,
        #"{"data":[{"id":"ok"},{"id":"bad","price":NaN},{"id":"fine"}]}"#,
        "{\"data\":[{\"id\":\"ok\"},{\"id\":\"bad\",\"description\":\"a\u{1}b\nc\"},{\"id\":\"fine\"}]}",
        "\u{FEFF}{\"data\":[{\"id\":\"ok\"},{\"id\":\"bad\"},{\"id\":\"fine\"}]}",
    ])
    func `what is wrong in one entry's text costs no model`(list: String) throws {
        try withGateway(listing { _ in list }) { simulation in
            #expect(Set(simulation.client().models()) == ["ok", "bad", "fine"])
        }
    }

    /// Lists of three models on three pages: what the pages say, and what the next one is asked for with.
    @Test(
        arguments: [
            ("has_more, last_id", ["after_id=a", "after_id=b"], [#""has_more":true,"last_id":"a""#, #""has_more":true,"last_id":"b""#]),
            ("has_more, last_id, by OpenAI's name", ["after=a", "after=b"], [#""has_more":true,"last_id":"a""#, #""has_more":true,"last_id":"b""#]),
            ("has_more alone", ["after=a", "after=b"], [#""has_more":true"#, #""has_more":true"#]),
            ("nextPageToken", ["pageToken=t1", "pageToken=t2"], [#""nextPageToken":"t1""#, #""nextPageToken":"t2""#]),
            ("next as an address", ["page=2", "page=3"], [#""next":"https://x.test/v1/models?page=2""#, #""next":"/models?page=3""#]),
            ("next as a token", ["cursor=t1", "cursor=t2"], [#""next":"t1""#, #""next":"t2""#]),
            ("numbers of pages", ["page=2", "page=3"], [#""page":1,"total_pages":3"#, #""page":2,"total_pages":3"#]),
            ("in meta", ["cursor=t1", "cursor=t2"], [#""meta":{"next_cursor":"t1"}"#, #""meta":{"next_cursor":"t2"}"#]),
        ] as [(String, [String], [String])])
    func `a list in pages is whole, however they are named`(way: String, queries: [String], marks: [String]) throws {
        let pages = listing { target in
            let query = target.split(separator: "?").dropFirst().first.map(String.init) ?? ""
            let page = queries.firstIndex(of: query).map { $0 + 1 } ?? 0
            let mark = page < marks.count ? ",\(marks[page])" : ""
            return "{\"data\":[{\"id\":\"\(["a", "b", "c"][page])\"}]\(mark)}"
        }
        try withGateway(pages) { simulation in
            #expect(Set(simulation.client().models()) == ["a", "b", "c"], "\(way)")
            #expect(simulation.calls.count <= 8)
        }
    }

    @Test(arguments: [
        #""next":"/models?page=1""#, #""has_more":true"#, #""next_page_token":"same""#, #""page":1,"total_pages":99999"#,
    ])
    func `pages without an end have one`(mark: String) throws {
        try withGateway(listing { _ in "{\"data\":[{\"id\":\"a\"}],\(mark)}" }) { simulation in
            #expect(simulation.client().models() == ["a"] && simulation.calls.count <= 6, "\(simulation.calls.count)")
        }
        var page = 0
        let endless = listing { _ in
            page += 1
            return "{\"data\":[{\"id\":\"m\(page)\"}],\"next_page_token\":\"t\(page)\"}"
        }
        try withGateway(endless) { simulation in #expect(simulation.client().models().count <= 101) }
    }

    @Test func `what a page says of the next never leads to another host`() throws {
        let list = #"{"data":[{"id":"a"}],"next":"https://evil.test/steal?key=1"}"#
        try withGateway(listing { _ in list }) { simulation in
            #expect(simulation.client().models() == ["a"])
            #expect(simulation.calls.allSatisfy { $0.host == "a.test" && $0.target.hasPrefix("/v1/models") })
        }
    }
}

@Suite struct EarlyRequestTests {
    @Test(arguments: ["late", "priority-auto", "a/late", "nobody,late"])
    func `what is asked for before the list is there waits for it`(model: String) throws {
        try withGateway(listing(after: .seconds(1)) { _ in #"{"data":[{"id":"late"}]}"# }) { simulation in
            let client = simulation.client()
            client.chat(model: model)
            #expect(client.answers.isEmpty)
            simulation.advance(by: .milliseconds(999))
            #expect(client.answers.isEmpty)
            simulation.advance(by: .milliseconds(2))
            #expect(client.answer?.status == 200 && client.answer?.content == "from a")
        }
    }

    @Test func `a list that is there is not kept waiting for another provider's`() throws {
        let quick = listing("quick", after: .milliseconds(200)) { _ in #"{"data":[{"id":"m"}]}"# }
        try withGateway(quick, listing("slow", after: .seconds(20)) { _ in #"{"data":[{"id":"n"}]}"# }) { simulation in
            let (first, second) = (simulation.client(), simulation.client())
            first.chat(model: "m")
            second.chat(model: "n")
            simulation.advance(by: .milliseconds(250))
            #expect(first.answer?.status == 200 && second.answers.isEmpty)
            simulation.advance(by: .seconds(3))
            #expect(second.answer?.status == 503 && second.answer?.errorCode == "overloaded" && second.answer?["retry-after"] != nil)
            simulation.advance(by: .seconds(20))
            second.chat(model: "n")
            #expect(second.answer?.status == 200)
        }
    }

    @Test func `a part of a name does not take what is another's whole name that comes a moment later`() throws {
        let first = listing("first") { _ in #"{"data":[{"id":"gpt-4o-mini"}]}"# }
        try withGateway(first, listing("second", after: .seconds(1)) { _ in #"{"data":[{"id":"gpt-4o"}]}"# }) { simulation in
            let client = simulation.client()
            client.chat(model: "gpt-4o")
            simulation.advance(by: .seconds(1))
            #expect(client.answer?.content == "from second")
        }
    }

    @Test func `a provider that gives no list is not told as a model that does not exist, for a while`() throws {
        try withGateway(listing(status: 500) { _ in "" }) { simulation in
            let client = simulation.client()
            client.chat(model: "m")
            #expect(client.answer?.status == 503)
            let wait = try #require(client.answer?["retry-after"].flatMap { Int($0) })
            #expect((1...60).contains(wait))
            client.chat(model: "priority-auto")
            #expect(client.answer?.status == 503 && client.answer?["retry-after"] != nil)
            // After some calls in vain it is as good as not there.
            simulation.advance(by: .seconds(300))
            let later = simulation.client()
            later.chat(model: "m")
            #expect(later.answer?.status == 404 && later.answer?.errorCode == "model_not_found")
        }
    }

    @Test func `a model that nobody has is a 404 at once when every list is there`() throws {
        try withGateway(listing { _ in #"{"data":[{"id":"m"}]}"# }) { simulation in
            let client = simulation.client()
            client.chat(model: "nonesuch")
            #expect(client.answer?.status == 404 && simulation.elapsed == .zero)
        }
    }

    @Test func `the list of models and one of its entries wait, too`() throws {
        try withGateway(listing(after: .seconds(1)) { _ in #"{"data":[{"id":"late"}]}"# }) { simulation in
            let (first, second) = (simulation.client(), simulation.client())
            first.request("GET", "/v1/models")
            second.request("GET", "/v1/models/late")
            simulation.advance(by: .seconds(1))
            #expect(first.answer?.values(of: "id").contains("late") == true && second.answer?.status == 200)
        }
    }

    @Test func `an explanation waits as the request would that it explains`() throws {
        func explain(_ simulation: GatewaySimulation, _ model: String) -> SimulatedClient {
            let client = simulation.client()
            client.request("POST", "/v1/route/explain", body: SimulatedClient.chatBody(model: model))
            return client
        }
        let known = ScriptedProvider.answering("b", models: ["known"]) { .reply(to: $0, "from b") }
        try withGateway([listing(after: .seconds(1)) { _ in #"{"data":[{"id":"late"}]}"# }, known], configure: { _ in }) { simulation in
            #expect(explain(simulation, "known").answer?.status == 200, "what is known needs no list")
            let (late, none) = (explain(simulation, "late"), explain(simulation, "nonesuch"))
            #expect(late.answers.isEmpty && none.answers.isEmpty)
            simulation.advance(by: .seconds(1))
            #expect(late.answer?.status == 200 && late.answer?.text.contains("late") == true)
            #expect(none.answer?.status == 404 && none.answer?.errorCode == "model_not_found")
        }
        try withGateway(listing(status: 500) { _ in "" }) { simulation in
            let answer = explain(simulation, "late").answer
            #expect(answer?.status == 503 && answer?["retry-after"] != nil)
        }
        try withGateway(listing(after: .seconds(100)) { _ in "" }, configure: { $0.discovery.patience = .seconds(60) }) { simulation in
            let (client, other) = (explain(simulation, "late"), explain(simulation, "late"))
            other.leave()
            simulation.drain(within: .seconds(3))
            simulation.advance(by: .seconds(4))
            #expect(client.answer?.status == 503 && client.answer?.errorMessage?.contains("shutting down") == true)
        }
    }

    @Test func `many who wait are told of a list some in each turn, and all of them`() throws {
        var turns: [UInt64: Int] = [:]
        var loop: EventLoop?
        let provider = ScriptedProvider.answering(models: nil) { call in
            if call.target.contains("/models") { return .status(200, #"{"data":[{"id":"late"}]}"#).after(.seconds(1)) }
            turns[loop?.turnNumber ?? 0, default: 0] += 1
            return .reply(to: call, "hi")
        }
        try withGateway(provider) { simulation in
            loop = simulation.loop
            let clients = (0..<200).map { _ in simulation.client() }
            for client in clients { client.chat(model: "late") }
            simulation.advance(by: .seconds(1))
            #expect(clients.allSatisfy { $0.answer?.status == 200 } && simulation.elapsed == .seconds(1))
            #expect(turns.values.max() == 32 && turns.count == 7)
        }
    }

    @Test func `one key takes no place from another among those who wait for a list`() throws {
        try withGateway(listing(after: .seconds(1)) { _ in #"{"data":[{"id":"late"}]}"# }) { simulation in
            let (greedy, other) = (simulation.addKey("greedy"), simulation.addKey("other"))
            func ask(_ key: String) -> SimulatedClient {
                let client = simulation.client(key)
                client.chat(model: "late")
                return client
            }
            let first = (0..<1024).map { _ in ask(greedy) }
            #expect(first.allSatisfy { $0.answers.isEmpty })
            #expect(ask(greedy).answer?.status == 503)
            let late = (0..<3).map { _ in ask(other) }
            #expect(late.allSatisfy { $0.answers.isEmpty })
            #expect(first.count { !$0.answers.isEmpty } == 3 && first.suffix(3).allSatisfy { $0.answer?.status == 503 })
            // Who leaves gives the place back at once.
            first[0].leave()
            #expect(ask(greedy).answers.isEmpty)
            simulation.advance(by: .seconds(1))
            #expect(late.allSatisfy { $0.answer?.status == 200 } && first[1].answer?.status == 200)
        }
    }

    @Test func `a name that is waited for in vain counts as a request of its key`() throws {
        try withGateway(listing(status: 500) { _ in "" }) { simulation in
            let client = simulation.client(simulation.addKey("k") { $0.requestsPerMinute = 2 })
            for _ in 0..<3 { client.chat(model: "m") }
            #expect(client.answers.map(\.status) == [503, 503, 429])
        }
    }

    @Test func `who waits for a list is told when the gateway ends`() throws {
        try withGateway(listing(after: .seconds(100)) { _ in "" }, configure: { $0.discovery.patience = .seconds(60) }) { simulation in
            let (chat, list) = (simulation.client(), simulation.client())
            chat.chat(model: "late")
            list.request("GET", "/v1/models")
            simulation.drain(within: .seconds(3))
            simulation.advance(by: .seconds(4))
            #expect(chat.answer?.status == 503 && chat.answer?.errorMessage?.contains("shutting down") == true)
            #expect(list.answer?.status == 200)
        }
    }

    @Test func `what is decided while more lists are waited for takes no turn of the weights`() throws {
        func weighted(_ name: String) -> ScriptedProvider {
            ScriptedProvider(name, { $0.models = [ModelConfiguration(id: "alpha-\(name)")] }) { .reply(to: $0, "from \(name)") }
        }
        var providers = [weighted("a"), weighted("b")]
        for index in providers.indices { providers[index].configuration.models?[0].weight = 1 }
        providers += (1...3).map { number in listing("late\(number)", after: .milliseconds(number * 500)) { _ in #"{"data":[{"id":"x\#(number)"}]}"# }
        }
        try withGateway(providers, configure: { _ in }) { simulation in
            let client = simulation.client()
            client.chat(model: "alpha")
            simulation.advance(by: .milliseconds(1400))
            #expect(client.answers.isEmpty)
            simulation.advance(by: .milliseconds(200))
            for _ in 0..<3 { client.chat(model: "alpha") }
            #expect(client.answers.compactMap(\.content) == ["from a", "from b", "from a", "from b"])
        }
    }

    @Test func `who waits and leaves holds nothing, and nobody waits without patience`() throws {
        try withGateway(listing(after: .seconds(1)) { _ in #"{"data":[{"id":"late"}]}"# }) { simulation in
            let client = simulation.client()
            client.chat(model: "late")
            #expect(simulation.gateway.holdings.contains("1 requests that wait for lists of models"))
            client.leave()
            #expect(simulation.gateway.holdings.isEmpty)
            simulation.advance(by: .seconds(2))
            #expect(simulation.asked.count == 1)
        }
        try withGateway(listing(after: .seconds(1)) { _ in #"{"data":[{"id":"late"}]}"# }, configure: { $0.discovery.patience = .zero }) {
            simulation in
            let client = simulation.client()
            client.chat(model: "late")
            #expect(client.answer?.status == 503 && client.answer?["retry-after"] == "1")
        }
    }

    @Test func `a provider that a reload brings is waited for as at the start`() throws {
        let late = listing("late", after: .seconds(1)) { _ in #"{"data":[{"id":"n"}]}"# }
        try withGateway(.script("a", .completion("from a"))) { simulation in
            simulation.adopt([late])
            simulation.reload { $0.providers.append(late.configuration) }
            let client = simulation.client()
            client.chat(model: "n")
            #expect(client.answers.isEmpty)
            simulation.advance(by: .seconds(1))
            #expect(client.answer?.status == 200 && client.answer?.content == "from late")
        }
    }
}
