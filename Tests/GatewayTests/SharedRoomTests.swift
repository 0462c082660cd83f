import EventLoop
import Gateway
import GatewayTesting
import HTTPServer
import Testing

/// Connections and memory that one client holds leave room for the others.
@Suite struct SharedRoomTests {
    @Test func `connections on which nothing is asked keep nobody out`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 5
        } _: { simulation in
            let idle = (0..<4).map { _ in simulation.client() }
            simulation.advance(by: .seconds(2))
            let newcomer = simulation.client()
            newcomer.chat()
            #expect(newcomer.answer?.status == 200)
            #expect(idle.count { $0.end != nil } == 1 && idle[0].end != nil)
        }
    }

    @Test func `where nobody else can come in, a connection may be idle for seconds only`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 5
        } _: { simulation in
            let idle = (0..<5).map { _ in simulation.client() }
            #expect(idle.allSatisfy { $0.end == nil })
            simulation.advance(by: .seconds(6))
            #expect(idle.contains { $0.end != nil } && simulation.server.openConnections < 5)
        }
    }

    @Test func `a connection whose request is being answered is not closed for another one`() throws {
        try withGateway(ScriptedProvider("a")) {
            $0.server.limits.maximumConnections = 3
        } _: { simulation in
            let busy = (0..<3).map { _ in simulation.client() }
            for client in busy { client.chat(stream: true) }
            simulation.advance(by: .seconds(10))
            for call in simulation.calls { call.play(.chunks("a", "b")) }
            #expect(busy.allSatisfy { $0.answer?.content == "ab" })
        }
    }

    @Test(arguments: [1, 8]) func `a full server looks for room at fixed times, however many come and whatever they send`(networks: Int) throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 200
        } _: { simulation in
            // A head that has begun: nobody is idle.
            for number in 0..<300 {
                simulation.client(network: ClientNetwork(SocketAddress(host: "10.0.0.\(number % networks)", port: 1)!)).send("G")
            }
            #expect(simulation.server.looksForRoom == 1)
            // Sooner where one network crowds the others out.
            simulation.advance(by: .milliseconds(990))
            #expect(simulation.server.looksForRoom <= (networks == 1 ? 20 : 1))
        }
    }

    @Test(arguments: ["", "GET /v1/models HT"])
    func `a network that crowds the others out loses strangers' connections at once, and not those of clients that are known`(
        piece: String
    ) throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 8
        } _: { simulation in
            let known = simulation.client(simulation.addKey("key"))
            known.chat()
            let strangers = (0..<6).map { _ in
                let client = simulation.client()
                client.send(piece)
                return client
            }
            simulation.advance(by: .milliseconds(60))
            for _ in 0..<4 { simulation.client().send(piece) }
            #expect(strangers.count { $0.end != nil } >= 3 && known.end == nil)
            known.chat()
            #expect(known.answers.count == 2 && known.answer?.status == 200)
        }
    }

    @Test func `heads that do not come to their end keep nobody out`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 8
        } _: { simulation in
            let holders = (0..<8).map { _ in
                let client = simulation.client()
                client.send("GET /v1/models HT")
                return client
            }
            simulation.advance(by: .milliseconds(40))
            #expect(holders.allSatisfy { $0.end == nil })
            simulation.advance(by: .milliseconds(1100))
            #expect(holders.count { $0.end != nil } >= 2 && simulation.server.openConnections < 8)
            let newcomer = simulation.client()
            newcomer.chat()
            #expect(newcomer.answer?.status == 200)
        }
    }

    @Test(arguments: [true, false])
    func `one key that holds the places with what is idle or half a request keeps nobody waiting, and takes nobody's only connection`(
        isIdle: Bool
    ) throws {
        let networks = ["10.0.0.1", "10.0.0.2"].map { ClientNetwork(SocketAddress(host: $0, port: 1)!) }
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 32
        } _: { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            let kept = simulation.client(tokenB, network: networks[1])
            kept.chat()
            simulation.advance(by: .seconds(5))
            func hold() -> SimulatedClient {
                let client = simulation.client(tokenA, network: networks[0])
                if isIdle {
                    client.request("GET", "/v1/models")
                } else {
                    client.send(
                        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \(tokenA)\r\ncontent-length: 9\r\n\r\n{")
                }
                return client
            }
            var crowd: [SimulatedClient] = []
            for _ in 0..<200 {
                crowd.append(hold())
                #expect(simulation.server.openConnections < 32, "the next one is let in at once")
            }
            #expect(crowd.count { $0.end == nil } <= 32)
            for _ in 0..<5 {
                // No time passes.
                let newcomer = simulation.client(tokenB, network: networks[0])
                newcomer.chat()
                #expect(newcomer.answer?.status == 200)
                crowd.append(hold())
            }
            simulation.advance(by: .seconds(5))
            kept.chat()
            #expect(kept.end == nil && kept.answers.count == 2 && kept.answer?.status == 200)
        }
    }

    @Test func `the only connections of others outlive a crowd that can't be closed`() throws {
        try withGateway(ScriptedProvider("a")) {
            $0.server.limits.maximumConnections = 32
        } _: { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            let kept = simulation.client(tokenB)
            kept.request("GET", "/v1/models")
            for _ in 0..<40 { simulation.client(tokenA).chat(stream: true) }
            for _ in 0..<10 {
                for _ in 0..<4 { simulation.client().send("GET / HT") }
                simulation.advance(by: .seconds(1))
            }
            #expect(kept.end == nil)
            kept.request("GET", "/v1/models")
            #expect(kept.answers.count == 2)
        }
    }

    @Test func `who has his share of the connections already is let in for one answer where places are short`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 32
        } _: { simulation in
            let token = simulation.addKey("A")
            let crowd = (0..<30).map { _ in
                let client = simulation.client(token)
                client.request("GET", "/v1/models")
                return client
            }
            #expect(crowd.prefix(28).allSatisfy { $0.end == nil && $0.answer?["connection"] != "close" })
            #expect(crowd.last?.answer?.status == 200 && crowd.last?.answer?["connection"] == "close")
        }
    }

    @Test func `a body that goes on coming keeps its place`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 1
        } _: { simulation in
            let client = simulation.client()
            let body = SimulatedClient.chatBody(String(repeating: "x", count: 20_000))
            client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: \(body.utf8.count)\r\n\r\n")
            let bytes = Array(body.utf8)
            for start in stride(from: 0, to: bytes.count, by: 1000) {
                client.send(Array(bytes[start..<min(bytes.count, start + 1000)]))
                simulation.advance(by: .milliseconds(900))
            }
            #expect(client.end == nil && client.answer?.status == 200)
        }
    }

    @Test func `who has many of the connections is refused where hardly any are left, and nobody else`() throws {
        try withGateway(ScriptedProvider("a")) {
            $0.server.limits.maximumConnections = 40
        } _: { simulation in
            let (tokenA, tokenB) = (simulation.addKey("A"), simulation.addKey("B"))
            let crowd = (0..<100).map { _ in
                let client = simulation.client(tokenA)
                client.chat(stream: true)
                return client
            }
            let refused = crowd.filter { $0.answer?.status == 503 }
            #expect(refused.count == 65 && refused.allSatisfy { $0.answer?["retry-after"] == "1" && $0.answer?["connection"] == "close" })
            let other = simulation.client(tokenB)
            other.chat()
            #expect(other.answer == nil)
            for call in simulation.calls { call.play(.reply(to: call, "x")) }
            #expect(other.answer?.status == 200)
            #expect(crowd.count { $0.answer?.status == 200 } == 35)
        }
    }

    @Test func `places are taken from who holds most, and not from who has been idle for longest`() throws {
        let networks = ["10.0.0.1", "10.0.0.2"].map { ClientNetwork(SocketAddress(host: $0, port: 1)!) }
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 6
        } _: { simulation in
            let first = simulation.client(network: networks[0])
            first.chat()
            var crowd: [SimulatedClient] = []
            for _ in 0..<20 {
                crowd.append(simulation.client(network: networks[1]))
                simulation.advance(by: .seconds(2))
            }
            #expect(first.end == nil && crowd.count { $0.end != nil } == 16 && crowd.suffix(4).allSatisfy { $0.end == nil })
            first.chat()
            #expect(first.answers.count == 2 && first.answer?.status == 200)
        }
    }

    @Test func `a client that is still to take its answer is not taken for idle`() throws {
        let text = String(repeating: "x", count: 200_000)
        try withGateway(.script(.completion(text))) {
            $0.server.limits.maximumConnections = 2
        } _: { simulation in
            let slow = simulation.client(room: 100)
            slow.reads = false
            slow.chat()
            let idle = simulation.client()
            simulation.advance(by: .seconds(2))
            #expect(slow.end == nil && idle.end != nil)
            slow.reads = true
            #expect(slow.answer?.content == text)
        }
    }

    @Test func `who takes nothing of his answers keeps his place for seconds where it keeps somebody out, and else for minutes`() throws {
        let text = String(repeating: "x", count: 200_000)
        for most in [1, 2] {
            try withGateway(.script(.completion(text))) {
                $0.server.limits.maximumConnections = most
            } _: { simulation in
                let silent = simulation.client(room: 100)
                silent.reads = false
                silent.chat()
                simulation.advance(by: .seconds(60))
                #expect(simulation.server.openConnections == (most == 1 ? 0 : 1))
            }
        }
    }

    @Test func `what is left of a refused body keeps its place for no longer than a head`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            _ = simulation.addKey("key")
            let client = simulation.client("wrong")
            client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer wrong\r\ncontent-length: 900\r\n\r\n{")
            #expect(client.answer?.status == 401)
            simulation.advance(by: .seconds(20))
            #expect(client.end != nil)
        }
    }

    @Test func `answers that are made for one client leave room for another's`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            simulation.loop.held.most = 8_000_000
            let (greedy, other) = (simulation.addKey("greedy"), simulation.addKey("other"))
            let answer = UpstreamScript.completion(String(repeating: "x", count: 1_500_000))
            func begin(_ key: String) -> SimulatedClient {
                let client = simulation.client(key)
                client.chat()
                // Whole but for its last bytes.
                simulation.calls.last?.play(answer.breaking(after: 1_500_000, with: .complete).withoutEnd)
                return client
            }
            let many = (0..<6).map { _ in begin(greedy) }
            #expect(many.count { $0.answer == nil } == 2, "as much as half of all, or a quarter for one")
            let last = begin(other)
            #expect(last.answer == nil)
            for client in many + [last] { client.leave() }
        }
    }

    /// Three quarters of a long answer, and the rest to come.
    private static let piece = UpstreamScript.completion(String(repeating: "x", count: 1_500_000)).breaking(after: 1_500_000, with: .complete)
        .withoutEnd

    @Test func `an answer for which there is no room ends its request, and nobody else is asked for it`() throws {
        try withGateway(ScriptedProvider("a"), ScriptedProvider("b")) { simulation in
            simulation.loop.held.most = 8_000_000
            let greedy = simulation.addKey("greedy")
            let many = (0..<3).map { _ in
                let client = simulation.client(greedy)
                client.chat()
                simulation.calls.last?.play(SharedRoomTests.piece)
                return client
            }
            let answer = try #require(many[2].answer)
            #expect(answer.status == 503 && answer["retry-after"] == "1" && answer.text.contains("overloaded"))
            #expect(answer.errorMessage?.contains("this client's requests and answers") == true && simulation.calls.count == 3)
            for client in many { client.leave() }
            // The same where others hold all.
            simulation.loop.held.add(7_900_000)
            let client = simulation.client(simulation.addKey("other"))
            client.chat()
            simulation.calls.last?.play(SharedRoomTests.piece)
            #expect(client.answer?.status == 503 && client.answer?["retry-after"] == "1" && simulation.calls.count == 4)
            #expect(client.answer?.errorMessage?.contains("this client") == false)
            simulation.loop.held.give(7_900_000)
        }
    }

    @Test func `an answer that is kept is sent where there is no room for another one`() throws {
        try withGateway(.script("a", .completion("")), ScriptedProvider("b")) { simulation in
            simulation.loop.held.most = 1_000_000
            let client = simulation.client()
            client.chat()
            #expect(simulation.asked == ["a", "b"])
            simulation.calls.last?.play(SharedRoomTests.piece)
            #expect(client.answer?.status == 200 && client.answer?["x-best-provider"] == "a")
        }
    }

    private static let networks = ["10.0.0.1", "10.0.0.2"].map { ClientNetwork(SocketAddress(host: $0, port: 1)!) }

    @Test func `where no key is needed, answers for one network leave room for another's`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            simulation.loop.held.most = 8_000_000
            func begin(_ network: Int) -> SimulatedClient {
                let client = simulation.client(network: SharedRoomTests.networks[network])
                client.chat()
                simulation.calls.last?.play(SharedRoomTests.piece)
                return client
            }
            let many = (0..<6).map { _ in begin(0) }
            #expect(many.count { $0.answer == nil } == 2 && many.last?.answer?.status == 503)
            let last = begin(1)
            #expect(last.answer == nil)
            for client in many + [last] { client.leave() }
        }
    }

    @Test func `where no key is needed, uploads of one network leave room for another's`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumBodyBytes = 1_000_000
        } _: { simulation in
            simulation.loop.held.most = 8_000_000
            func begin(_ network: Int) -> SimulatedClient {
                let client = simulation.client(network: SharedRoomTests.networks[network])
                client.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900000\r\n\r\n" + String(repeating: " ", count: 899_000)
                )
                return client
            }
            let uploads = (0..<9).map { _ in begin(0) }
            #expect(uploads.count { $0.answer?.status == 503 } == 5 && uploads[0].answer == nil)
            #expect((0..<2).map { _ in begin(1) }.allSatisfy { $0.answer == nil })
            for client in uploads { client.leave() }
            #expect(begin(0).answer == nil)
        }
    }

    @Test func `a connection on which empty lines come is closed for another one before those that are idle for less long`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 3
        } _: { simulation in
            let first = simulation.client()
            simulation.advance(by: .milliseconds(500))
            let second = simulation.client()
            simulation.advance(by: .seconds(1))
            first.send("\r\n")
            simulation.advance(by: .seconds(2))
            let newcomer = simulation.client()
            #expect(first.end != nil && second.end == nil)
            newcomer.chat()
            #expect(newcomer.answer?.status == 200)
        }
    }

    @Test func `empty lines keep no connection open, however slowly they come`() throws {
        for pause in [1, 6, 20] {
            try withGateway(.script(.completion("x"))) {
                $0.server.limits.idleTimeout = .seconds(30)
            } _: { simulation in
                let client = simulation.client()
                for _ in 0..<29 / pause {
                    simulation.advance(by: .seconds(pause))
                    client.send("\r\n")
                }
                simulation.advance(by: .seconds(30 - 29 / pause * pause))
                #expect(client.end != nil, "one each \(pause) s")
            }
        }
    }

    @Test func `who asks again and again is idle from his last answer on`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumConnections = 4
        } _: { simulation in
            let clients = (0..<3).map { _ in simulation.client() }
            // In another order than that of their coming, and two of them twice.
            for place in [2, 0, 1, 0, 2] {
                simulation.advance(by: .milliseconds(100))
                clients[place].chat()
            }
            simulation.advance(by: .seconds(2))
            var ended: [Int] = []
            for _ in 0..<3 {
                simulation.client().chat()
                for place in 0..<3 where clients[place].end != nil && !ended.contains(place) { ended.append(place) }
            }
            #expect(ended == [1, 0, 2])
        }
    }

    @Test func `one client's uploads leave room for another client's`() throws {
        try withGateway(.script(.completion("x"))) {
            $0.server.limits.maximumBodyBytes = 1_000_000
        } _: { simulation in
            simulation.loop.held.most = 8_000_000
            let (greedy, other) = (simulation.addKey("greedy"), simulation.addKey("other"))
            func begin(_ key: String, bytes: Int) -> SimulatedClient {
                let client = simulation.client(key)
                client.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer \(key)\r\ncontent-length: 900000\r\n\r\n"
                        + String(repeating: " ", count: bytes))
                return client
            }
            let uploads = (0..<9).map { _ in begin(greedy, bytes: 899_000) }
            #expect(uploads.count { $0.answer?.status == 503 } == 7 && uploads[0].answer == nil)
            #expect(uploads.last?.answer?.errorMessage?.contains("this client's other requests") == true)
            #expect((0..<2).map { _ in begin(other, bytes: 899_000) }.allSatisfy { $0.answer == nil })
            for client in uploads { client.leave() }
            #expect(begin(greedy, bytes: 899_000).answer == nil)
        }
    }
}
