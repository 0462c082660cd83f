import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// What the simulation itself promises to those who test with it.
@Suite struct SimulationTests {
    @Test func `the examples of its documentation hold`() throws {
        try withGateway(.script("a", .status(503), .chunks("Hel", "lo")), .script("b", .chunks("from b"))) { simulation in
            let client = simulation.client()
            client.chat("hi", stream: true)
            #expect(client.answer?.content == "from b" && simulation.asked == ["a", "b"])
            simulation.advance(by: .seconds(2))
            client.chat("hi", stream: true)
            #expect(client.answer?.events.last == "[DONE]")
        }
        try withGateway(ScriptedProvider("a")) { simulation in
            let key = simulation.addKey("small", models: ["m"]) { $0.requestsPerMinute = 2 }
            let client = simulation.client(key)
            client.chat(stream: true)
            let call = try #require(simulation.call)
            call.beginStream()
            call.send(ChatText.chunk("Hel"))
            client.leave()
            #expect(call.isCancelled)
        }
    }

    @Test func `a whole answer and a stream go through the gateway as they would on the wire`() throws {
        try withGateway(.script(.completion("Hello"), .chunks("Hel", "lo"))) { simulation in
            let client = simulation.client()
            client.chat("hi")
            #expect(client.answer?.status == 200 && client.answer?.content == "Hello" && client.answer?.isWhole == true)
            client.chat("hi", stream: true)
            #expect(client.answers.count == 2 && client.answer?.content == "Hello" && client.answer?.events.last == "[DONE]")
            #expect(simulation.calls.map(\.model) == ["m", "m"] && simulation.calls.map(\.asksForStream) == [false, true])
            #expect(simulation.call?.field("authorization") == "Bearer sk-provider")
            #expect(simulation.observer.completed.map(\.outcome) == [.answered, .answered])
            #expect(simulation.elapsed == .zero)
        }
    }

    @Test func `a test answers by hand, in pieces and in time`() throws {
        try withGateway(ScriptedProvider()) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            let call = try #require(simulation.call)
            #expect(client.answers.isEmpty && call.text.contains(#""content":"hi""#))
            call.beginStream()
            #expect(client.answers.isEmpty)
            call.send(ChatText.chunk("Hel"))
            #expect(client.answer?.content == "Hel" && client.answer?.isWhole == false)
            simulation.advance(by: .seconds(3))
            call.send(ChatText.chunk("lo") + ChatText.finish() + ChatText.done)
            #expect(client.answer?.content == "Hello" && client.answer?.isWhole == true && call.isDetached)
            #expect(simulation.observer.completed.first?.endedAt.elapsed(since: GatewaySimulation.start) == .seconds(3))
        }
    }

    @Test func `a simulation is the same each time, to the byte`() throws {
        func run(_ seed: UInt64) throws -> [String] {
            var received: [String] = []
            let script = UpstreamScript.chunks("a", "b").pausing(for: .milliseconds(7)).after(.seconds(20))
            try withGateway(.script("a", .status(503), script), .script("b", .status(500), script), seed: seed) { simulation in
                let client = simulation.client(simulation.addKey("key") { $0.requestsPerMinute = 5 })
                for _ in 0..<3 {
                    client.chat(stream: true)
                    simulation.advance(by: .seconds(30))
                }
                received = [client.received] + simulation.observer.notices
            }
            return received
        }
        let runs = [try run(1), try run(1), try run(2)]
        #expect(runs[0] == runs[1] && runs[0] != runs[2])
    }

    @Test func `a day passes in no time, on both clocks`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client(simulation.addKey("key") { $0.requestsPerDay = 1 })
            client.chat()
            client.chat()
            #expect(client.answers.map(\.status) == [200, 429])
            simulation.advance(by: .seconds(86_400 + 301))
            let other = simulation.client(client.token)
            other.chat()
            #expect(other.answer?.status == 200)
            #expect(other.answer?["date"] == "Sat, 16 Jan 2027 12:05:01 GMT")
        }
    }

    @Test func `a call ends by the bounds that the product's own transport keeps`() throws {
        func failure(
            _ script: UpstreamScript, stream: Bool = true, _ adjust: @escaping (inout UpstreamTimeouts) -> Void = { _ in }
        ) throws -> (UpstreamFailure.Kind?, Duration) {
            var found: (UpstreamFailure.Kind?, Duration) = (nil, .zero)
            try withGateway(.script(script)) { configuration in
                configuration.timeouts.firstByte = .seconds(10)
                configuration.timeouts.idle = .seconds(20)
                configuration.timeouts.total = .seconds(100)
                configuration.failure.wait = .zero
                configuration.failure.attempts = 1
                adjust(&configuration.timeouts)
            } _: { simulation in
                let client = simulation.client()
                client.chat(stream: stream)
                while simulation.observer.count == 0, simulation.elapsed < .seconds(1000) { simulation.advance(by: .milliseconds(500)) }
                if case .failed(let failure)? = simulation.calls.first?.end { found = (failure.kind, simulation.elapsed) }
            }
            return found
        }
        #expect(try failure(.completion("x").connecting(for: .seconds(6))) == (.connectTimeout, .seconds(5)))
        #expect(try failure(.silence) == (.firstByteTimeout, .seconds(10)))
        // Comments are no content, where a stream was asked for.
        let comments = UpstreamScript.events(Array(repeating: ": wait\n\n", count: 30)).pausing(for: .seconds(1))
        #expect(try failure(comments) == (.firstByteTimeout, .seconds(10)))
        let start = UpstreamScript([.head(status: 200, fields: [("content-type", "text/event-stream")]), .read([Array(ChatText.chunk("x").utf8)])])
        #expect(try failure(start.after(.seconds(3))) == (.idleTimeout, .seconds(23)))
        let words = UpstreamScript.events(Array(repeating: ChatText.chunk("x"), count: 200)).pausing(for: .seconds(1))
        #expect(try failure(words) == (.totalTimeout, .seconds(100)))
        #expect(try failure(.silence) { $0.total = .seconds(4) } == (.totalTimeout, .seconds(4)))
    }

    @Test func `a client that does not read stops its provider, and is given all of it when it reads again`() throws {
        let word = String(repeating: "x", count: 1000)
        let events = Array(repeating: ChatText.chunk(word), count: 400) + [ChatText.finish(), ChatText.done]
        try withGateway(.script(.events(events))) { simulation in
            let client = simulation.client(room: 64 * 1024)
            client.reads = false
            client.chat(stream: true)
            let call = try #require(simulation.call)
            #expect(call.isPaused && call.takenBytes < 200 * 1024 && client.received.isEmpty)
            simulation.advance(by: .seconds(30))
            #expect(call.isPaused)
            client.reads = true
            #expect(client.answer?.isWhole == true && client.answer?.content.count == 400 * 1000)
        }
    }

    @Test func `a client that leaves has its call ended, and what it held is given back`() throws {
        for leaves in [{ (client: SimulatedClient) in client.leave() }, { $0.reset() }] {
            try withGateway(ScriptedProvider()) { simulation in
                let key = simulation.addKey("key") { $0.concurrency = 1 }
                let client = simulation.client(key)
                client.chat(stream: true)
                leaves(client)
                #expect(simulation.call?.isCancelled == true && simulation.limits.open.isEmpty)
                #expect(simulation.observer.completed.map(\.outcome) == [.clientGone])
            }
        }
    }

    @Test func `what is not given back is found`() throws {
        let simulation = GatewaySimulation([ScriptedProvider()])
        let client = simulation.client()
        client.chat()
        // A transport that loses a call: nobody will ever hear of it.
        _ = simulation.transport.start(try #require(simulation.call).request, delivering: Deaf())
        #expect(simulation.end() == ["1 calls have no end", "handles are open: timer 1"])
    }

    private final class Deaf: UpstreamConsumer {
        func receiveHead(status: Int, fields: borrowing HTTPFields) {}
        func receive(_ chunk: RawSpan) -> Demand { .more }
        func receiveEnd(_ end: UpstreamEnd) {}
    }
}
