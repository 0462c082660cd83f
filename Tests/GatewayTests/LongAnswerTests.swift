import EventLoop
import GatewayTesting
import LoopTesting
import Testing
import Wire

@testable import Gateway

@Suite struct LongAnswerTests {
    private static func lane(_ name: String) -> LongAnswers.Lane { .client(ClientTag(VirtualKey.ID(name))) }

    @Test func `one client's many explanations do not keep another's waiting`() async throws {
        try await withLoop { loop in
            let (turns, answers) = (TurnQueue(on: loop), LongAnswers())
            let ended = Shared<[String]>([])
            func make(_ client: String) {
                loop.task((turns, answers)) { turns, answers in
                    let lane = LongAnswerTests.lane(client)
                    await answers.begin(in: lane)
                    for _ in 0..<5 { await turns.nextTurn() }
                    answers.end(in: lane)
                    ended.update { $0.append(client) }
                }
            }
            for _ in 0..<100 { make("many") }
            for number in 0..<20 { make("few-\(number)") }
            try await eventually(on: loop, "all answers") { ended.value.count == 120 }
            let last = try #require(ended.value.lastIndex { $0 != "many" })
            #expect(ended.value[...last].count { $0 == "many" } <= 4, "each of the others waits for a few of them at most")
            turns.close()
        }
    }

    @Test func `what requests to providers wait for goes before answers that are made here`() async throws {
        try await withLoop { loop in
            let turns = TurnQueue(on: loop)
            let (pieces, piecesBefore) = (Shared(0), Shared<Int?>(nil))
            for _ in 0..<50 {
                loop.task(turns) { turns in
                    for _ in 0..<4 {
                        await turns.nextTurn()
                        pieces.update { $0 += 1 }
                    }
                }
            }
            loop.task(turns) { turns in
                for _ in 0..<10 { await turns.nextTurn(for: .requests) }
                piecesBefore.update { $0 = pieces.value }
            }
            try await eventually(on: loop, "everybody has gone on") { pieces.value == 200 && piecesBefore.value != nil }
            #expect(piecesBefore.value ?? .max <= 10)
            turns.close()
        }
    }

    @Test func `long answers are written beside the loop, one piece at a time, in turns`() async throws {
        let (now, order, onLoop) = (Shared(0), Shared<[Int]>([]), Shared(0))
        try await withLoop { loop in
            let lane = AnswerLane(on: loop)
            for number in 0..<5 {
                loop.task(lane) { lane in
                    for _ in 0..<6 {
                        await lane.run {
                            now.update { $0 += 1 }
                            if now.value != 1 || loop.isCurrent { onLoop.update { $0 += 1 } }
                            order.update { $0.append(number) }
                            now.update { $0 -= 1 }
                        }
                    }
                }
            }
            try await eventually(on: loop, "all pieces") { order.value.count == 30 }
        }
        #expect(onLoop.value == 0, "alone, and on another thread")
        #expect(order.value == (0..<30).map { $0 % 5 })
    }

    @Test func `one client's many long pieces of work do not keep another's waiting`() async throws {
        let order = Shared<[String]>([])
        try await withLoop { loop in
            let lane = AnswerLane(on: loop)
            for number in 0..<33 {
                let name = number < 30 ? "many" : "few-\(number)"
                loop.task(lane) { lane in await lane.run(for: ClientTag(VirtualKey.ID(name))) { order.update { $0.append(name) } } }
            }
            try await eventually(on: loop, "all") { order.value.count == 33 }
        }
        #expect(order.value.prefix(5).count { $0 != "many" } == 3, "\(order.value.prefix(8))")
    }

    @Test func `few answers are made at a time, one of each client, and every one in the end`() async throws {
        let (now, most, done) = (Shared<[Int]>([]), Shared(0), Shared(0))
        try await withLoop { loop in
            let (answers, turns) = (LongAnswers(), TurnQueue(on: loop))
            for number in 0..<90 {
                loop.task((answers, turns)) { answers, turns in
                    let lane = LongAnswerTests.lane("\(number % 30)")
                    await answers.begin(in: lane)
                    now.update { $0.append(number % 30) }
                    #expect(Set(now.value).count == now.value.count)
                    most.update { $0 = max($0, now.value.count) }
                    for _ in 0...(number % 3) { await turns.nextTurn() }
                    now.update { $0.removeAll { $0 == number % 30 } }
                    answers.end(in: lane)
                    done.update { $0 += 1 }
                }
            }
            try await eventually(on: loop, "all answers") { done.value == 90 }
            turns.close()
        }
        #expect(most.value == LongAnswers.most)
    }

    @Test func `an explanation that would hold more than there is room for is refused, and gives everything back`() throws {
        let models = (0..<300).map { "model-\($0)" }
        try withGateway(ScriptedProvider(models: models)) { simulation in
            let client = simulation.client()
            let body = SimulatedClient.chatBody(model: "best")
            let before = simulation.loop.held.used
            func explain() {
                client.request("POST", "/v1/route/explain", body: body)
                // Pieces take turns of the loop.
                simulation.advance(by: .milliseconds(20))
            }
            explain()
            let whole = try #require(client.answer)
            #expect(whole.status == 200 && whole.body.count > 100_000 && simulation.loop.held.used == before)
            for room in [1_000, 20_000, 60_000, 100_000] {
                simulation.loop.held.most = before + room
                explain()
                #expect(client.answer?.status == 503 && client.answer?.text.contains("overloaded") == true, "\(room)")
                #expect(simulation.loop.held.used == before)
            }
            simulation.loop.held.most = 1 << 30
            explain()
            #expect(client.answer?.status == 200)
        }
    }
}

/// Lists the models it may tell of, one in each piece.
private final class NamePages: GatewayPages {
    final class Names: PageText {
        let reports: DeploymentReports
        var place = 0

        init(_ reports: DeploymentReports) { self.reports = reports }

        func advance(into buffer: inout ByteBuffer) -> Bool {
            guard place < reports.count else { return true }
            buffer.append(utf8: "\(reports[place].model) ")
            place += 1
            return place == reports.count
        }
    }

    var begun = 0

    func begin(_ page: Page, of gateway: Gateway, _ reports: DeploymentReports) -> any PageText {
        begun += 1
        return Names(reports)
    }
}

@Suite struct PageAccessTests {
    private func run(_ body: (GatewaySimulation, NamePages) throws -> Void) throws {
        let pages = NamePages()
        try withGateway(ScriptedProvider("a", models: ["small", "gold"]), ScriptedProvider("b", models: ["small"])) { configuration in
            configuration.server.adminKey = Secret("adm1n")
        } _: { simulation in
            simulation.gateway.pages = pages
            try body(simulation, pages)
        }
    }

    @Test func `statistics show a key the models it may ask for, and the operator all of them`() throws {
        try run { simulation, _ in
            func stats(_ token: String?, _ fields: [(name: String, value: String)] = []) -> (status: Int?, text: String?) {
                let client = simulation.client(token)
                client.request("GET", "/stats", fields: fields)
                // Pieces take turns of the loop.
                simulation.advance(by: .milliseconds(20))
                return (client.answer?.status, client.answer?.text)
            }
            let (small, all) = (simulation.addKey("small", models: ["small"]), simulation.addKey("all"))
            #expect(stats(small).text == "small small ")
            #expect(stats(simulation.addKey("gold", models: ["a/*"])).text == "small gold ")
            #expect(stats(simulation.addKey("none", models: ["none"])) == (200, ""))
            #expect(stats(all).text == "small gold small ")
            #expect(stats(nil, [("x-admin-api-key", "adm1n")]).text == "small gold small ")
            #expect(stats("adm1n").text == "small gold small ")
            #expect(stats(nil).status == 401 && stats(nil, [("x-admin-api-key", "wrong")]).status == 401 && stats("wrong").status == 401)
            #expect(stats(small, [("x-admin-api-key", "adm1n")]).text == "small gold small ")
            #expect(stats(small, [("x-admin-api-key", "wrong")]).status == 401)
            let client = simulation.client("adm1n")
            client.chat(model: "small")
            #expect(client.answer?.status == 401, "the admin key opens nothing else")
        }
    }

    @Test func `statistics count as a request of the key, and none of the operator's`() throws {
        try run { simulation, _ in
            let client = simulation.client(simulation.addKey("two", models: ["small"]) { $0.requestsPerMinute = 2 })
            for status in [200, 200, 429] {
                client.request("GET", "/stats")
                simulation.advance(by: .milliseconds(20))
                #expect(client.answer?.status == status)
            }
            let operatorsOwn = simulation.client("adm1n")
            for _ in 0..<5 {
                operatorsOwn.request("GET", "/stats")
                operatorsOwn.request("GET", "/metrics")
                simulation.advance(by: .milliseconds(20))
                #expect(operatorsOwn.answer?.status == 200)
            }
        }
    }

    @Test func `a page is written once for all who asked before it was begun`() throws {
        try run { simulation, pages in
            let clients = (0..<40).map { _ in simulation.client("adm1n") }
            for client in clients { client.request("GET", "/metrics") }
            simulation.advance(by: .milliseconds(100))
            #expect(clients.allSatisfy { $0.answer?.text == "small gold small " })
            #expect(pages.begun == 2, "the first one's, and one for all who came meanwhile")
        }
    }
}

private func text(_ buffer: borrowing ByteBuffer) -> String { String(decoding: buffer.bytes.array, as: UTF8.self) }

@Suite struct SharedPageTests {
    @Test func `who comes while a page is written gets the next one, with all others who did`() async throws {
        try await withLoop { loop in
            let (page, turns) = (SharedPage(), TurnQueue(on: loop))
            let (begun, got, mayEnd) = (Shared(0), Shared<[Int]>([]), Shared(false))
            func ask() {
                loop.task((page, turns)) { page, turns in
                    var result = await page.next()
                    if result == nil {
                        begun.update { $0 += 1 }
                        let number = begun.value
                        while !mayEnd.value { await turns.nextTurn() }
                        var bytes = ByteBuffer()
                        bytes.append(decimal: number)
                        let made: Result<PageBody, GatewayError> =
                            number == 3 ? .failure(.tooMuchHeld) : .success(PageBody(bytes, HeldShare(of: HeldBytes())))
                        page.finish(made)
                        result = made
                    }
                    let number = (try? result?.get()).flatMap { Int(text($0.bytes)) } ?? -1
                    got.update { $0.append(number) }
                }
            }
            ask()
            try await eventually(on: loop, "the first is begun") { begun.value == 1 }
            for _ in 0..<10 { ask() }
            try await pause(.milliseconds(2), on: loop)
            mayEnd.update { $0 = true }
            try await eventually(on: loop, "all have the page") { got.value.count == 11 }
            #expect(begun.value == 2 && got.value.sorted() == [1] + Array(repeating: 2, count: 10), "\(begun.value) \(got.value)")
            ask()
            try await eventually(on: loop, "a failure is told") { got.value.last == -1 }
            ask()
            try await eventually(on: loop, "and is forgotten") { got.value.last == 4 }
            turns.close()
        }
    }
}

@Suite struct LargeBodyTests {
    /// Longer than what is read on the loop.
    private static let prompt = String(repeating: #"\u00e9\n"#, count: 40_000)

    @Test func `a large body goes the same way as a small one, and its mistakes are told as those of a small one`() throws {
        try withGateway(.script("a", models: ["m", "n"], .completion("Hello"))) { simulation in
            let client = simulation.client()
            client.chat(Self.prompt, model: "none,n", members: #""user":"u","models":["m"],"provider":{"only":["a"]}"#)
            #expect(client.answer?.status == 200 && client.answer?.content == "Hello" && simulation.call?.model == "n")
            #expect(simulation.call?.text.contains(Self.prompt) == true && simulation.call?.text.contains("models") == false)
            for (model, members, status) in [
                ("m", #""stream":1"#, 400), ("none", "", 404), ("m", #""models":"m""#, 400), ("m", #""model":"n""#, 400),
                ("m", "\"previous_response_id\":\"\(String(repeating: "x", count: 600))\"", 400),
            ] {
                client.chat(Self.prompt, model: model, members: members)
                #expect(client.answer?.status == status, "\(members)")
            }
            client.request("POST", "/v1/chat/completions", body: "{\"model\":\"m\",\"messages\":[\"\(Self.prompt)")
            #expect(client.answer?.status == 400 && simulation.calls.count == 1)
            client.request("POST", "/v1/route/explain", body: SimulatedClient.chatBody(Self.prompt))
            #expect(client.answer?.status == 200)
        }
    }

    @Test func `a large body is one conversation with the small one that it goes on from`() throws {
        try withGateway(.script("a", .completion("Hello")), .script("b", .completion("Hello"))) { simulation in
            let client = simulation.client()
            func ask(_ further: String) {
                let messages = #"[{"role":"user","content":"hi"}\#(further)]"#
                client.request("POST", "/v1/chat/completions", body: "{\"model\":\"m\",\"messages\":\(messages)}")
            }
            ask("")
            ask(#",{"role":"assistant","content":"Hello"},{"role":"user","content":"\#(Self.prompt)"}"#)
            let conversations = simulation.observer.completed.compactMap(\.conversation)
            #expect(client.answers.map(\.status) == [200, 200] && conversations.count == 2)
            #expect(conversations.last?.earlier == conversations.first?.number && conversations.first?.earlier == nil)
        }
    }

    @Test func `a large answer is looked at as a small one is, and a secret in it reaches nobody`() throws {
        let secret = "sk-provider-of-a"
        let filler = String(repeating: "x", count: 400_000)
        func answers(_ texts: [String]) -> ScriptedProvider {
            var provider = ScriptedProvider.script("a", texts.map { .completion($0) })
            provider.configuration.keys = [APIKeyReference(variable: "A_KEY", value: Secret(secret))]
            return provider
        }
        try withGateway([answers(["the key is \(secret)!", "\(filler) \(secret)!", "none"])]) { simulation in
            let client = simulation.client()
            for expected in ["the key is [redacted]!", "\(filler) [redacted]!", "none"] {
                client.chat()
                #expect(client.answer?.status == 200 && client.answer?.content == expected && client.answer?.isWhole == true)
            }
        }
    }
}
