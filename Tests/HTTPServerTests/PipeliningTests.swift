import EventLoop
import Glibc
import HTTPServer
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct PipeliningTests {
    /// Which side produces the answers.
    enum Answerer: CaseIterable {
        case responder, screening
    }

    /// Answers every request with this many bytes, and counts the requests.
    private static func answer(_ served: ScriptedServer, by answerer: Answerer, with body: [UInt8], _ count: Shared<Int>) {
        served.script.onScreen = { exchange in
            guard answerer == .screening else { return .proceed(maximumBodyBytes: 1000) }
            count.update { $0 += 1 }
            exchange.respond(status: 401, body: body.span.bytes)
            return .answered
        }
        served.script.onRespond = { exchange in
            count.update { $0 += 1 }
            exchange.respond(status: 200, body: body.span.bytes)
        }
    }

    @Test(arguments: Answerer.allCases)
    func `no further request is read while a client does not read its answers, and none is lost`(answerer: Answerer) async throws {
        try await withServer { served in
            let (size, requests) = (40_000, 1000)
            let count = Shared(0)
            PipeliningTests.answer(served, by: answerer, with: BytePattern.bytes(from: 0, count: size), count)
            let peer = try await served.connect(receiveBuffer: 4096)
            let sending = inBackground { for number in 0..<requests { try peer.send(get("/\(number)")) } }
            var last = -1
            while last != count.value || last == 0 {
                last = count.value
                try await pause(.milliseconds(30), on: served.loop)
            }
            // What the kernel takes for a connection, 4 MiB by default, and the mark of the queue.
            #expect(last < requests / 2)
            try await offLoop {
                for _ in 0..<requests {
                    let answer = try peer.receiveMessage()
                    #expect(answer.body.count == size && BytePattern.matches(answer.body))
                }
            }
            try await sending.value
            #expect(count.value == requests)
        }
    }

    @Test(arguments: Answerer.allCases)
    func `after some answers to a client that sent many requests at once, other clients come first`(answerer: Answerer) async throws {
        try await withServer { served in
            let order = Shared<[String]>([])
            // The loop is blocked in the first request until the other client's has come.
            let (hasBegun, canContinue) = (LoopTesting.Gate(), LoopTesting.Gate())
            let note = { (exchange: HTTPExchange) in
                let path = exchange.path.text
                order.update { $0.append(path) }
                guard path == "/0" else { return }
                hasBegun.open()
                canContinue.pass()
            }
            served.script.onScreen = { exchange in
                guard answerer == .screening else { return .proceed(maximumBodyBytes: 1000) }
                note(exchange)
                exchange.answer(status: 401, "no")
                return .answered
            }
            served.script.onRespond = { exchange in
                note(exchange)
                exchange.answer("yes")
            }
            let other = try await served.connect()
            try await served.client { peer in
                try peer.send((0..<500).map { get("/\($0)") }.joined())
                hasBegun.pass()
                try other.send(get("/other"))
                canContinue.open()
                for _ in 0..<500 { _ = try peer.receiveMessage() }
                _ = try other.receiveMessage()
            }
            let place = try #require(order.value.firstIndex(of: "/other"))
            #expect(place <= 17)
            #expect(order.value.filter { $0 != "/other" } == (0..<500).map { "/\($0)" })
        }
    }

    @Test func `requests of all kinds sent at once are answered in order, however they are cut`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                let path = exchange.path.text
                if path.hasSuffix("7") { try? await pause(.milliseconds(1), on: exchange.loop) }
                exchange.answer("\(path) \(exchange.body.byteCount)")
            }
            served.script.onScreen = { exchange in
                guard exchange.path.text.hasSuffix("3") else { return .proceed(maximumBodyBytes: 100_000) }
                exchange.answer(status: 401, exchange.path.text)
                return .answered
            }
            let numbers = 0..<300
            let requests = numbers.map { number in
                switch number % 4 {
                case 0: get("/\(number)")
                case 1: post("/\(number)", String(repeating: "x", count: number * 10))
                case 2: "\r\n" + get("/\(number)")
                default: "POST /\(number) HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"
                }
            }
            let bytes = Array(requests.joined().utf8)
            for piece in [bytes.count, 1009, 65_536] {
                try await served.client { peer in
                    let sending = {
                        var rest = bytes[...]; while !rest.isEmpty { try peer.send(Array(rest.prefix(piece))); rest = rest.dropFirst(piece) }
                    }
                    try sending()
                    for number in numbers {
                        let answer = try peer.receiveMessage()
                        let size = number % 4 == 1 ? number * 10 : number % 4 == 3 ? 5 : 0
                        let isRefused = "\(number)".hasSuffix("3")
                        #expect(answer.text == (isRefused ? "/\(number)" : "/\(number) \(size)"))
                    }
                }
            }
        }
    }

    @Test func `a client that leaves while its requests wait leaves nothing behind`() async throws {
        try await withServer { served in
            let count = Shared(0)
            PipeliningTests.answer(served, by: .responder, with: BytePattern.bytes(from: 0, count: 100_000), count)
            let peer = try await served.connect(receiveBuffer: 4096)
            peer.setTimeout(.milliseconds(50))
            try await offLoop { for number in 0..<2000 { if (try? peer.send(get("/\(number)"))) == nil { return } } }
            try await offLoop { peer.reset() }
            try await eventually(on: served.loop, "no connection") { served.server.openConnections == 0 }
        }
    }

    @Test func `a drain answers waiting requests as the last ones`() async throws {
        try await withServer { served in
            let count = Shared(0)
            PipeliningTests.answer(served, by: .responder, with: BytePattern.bytes(from: 0, count: 1_000_000), count)
            let peer = try await served.connect(receiveBuffer: 4096)
            try await offLoop { try peer.send((0..<50).map { get("/\($0)") }.joined()) }
            var last = -1
            while last != count.value || last == 0 {
                last = count.value
                try await pause(.milliseconds(30), on: served.loop)
            }
            let drained = Gate()
            served.loop.task((served.server, drained)) { server, drained in
                await server.drain(deadline: .seconds(10))
                drained.open()
            }
            let answers = try await offLoop {
                var answers: [PeerMessage] = []
                while answers.last?["connection"] != "close" { answers.append(try peer.receiveMessage()) }
                #expect(try peer.receiveAll().isEmpty)
                peer.close()
                return answers
            }
            #expect(answers.count == last + 1)
            #expect(answers.allSatisfy { $0.body.count == 1_000_000 })
            try await eventually(on: served.loop, "the end of the drain") { drained.isOpen }
        }
    }

    @Test func `a client that asks for many things at once does not make others wait for all of them`() async throws {
        try await withServer { served in
            let clients = (ClientShare(), ClientShare())
            served.script.onScreen = { exchange in
                exchange.clientIsKnown(as: exchange.path.equals("/b") ? clients.1 : clients.0)
                return .proceed(maximumBodyBytes: 0)
            }
            served.script.onRespond = { exchange in
                while !exchange.loop.turnIsLong {}
                exchange.answer("x")
            }
            // From the loop's own thread: it sees all of them in one turn.
            let peers = try (0..<100).map { _ in try Peer(port: served.port) }
            try await eventually(on: served.loop, "all connections") { served.server.openConnections == 100 }
            for (number, peer) in peers.enumerated() { try peer.send(get(number == 99 ? "/b" : "/a")) }
            try await eventually(on: served.loop, "all answers") { served.script.requests.count == 100 }
            let place = try #require(served.script.requests.firstIndex(of: "/b"))
            #expect(place < 30)
            for peer in peers { peer.close() }
        }
    }
}
