import EventLoop
import Gateway
import GatewayTesting
import Testing

/// A client that leaves, in every phase of its request: its call is ended in the same turn, and all is given back.
@Suite struct ClientLeavingTests {
    /// Where the request stands when the client leaves.
    enum Phase: CaseIterable, Sendable {
        case head, body, waiting, connecting, firstByte, held, comments, middle, unread, pause, error
    }

    @Test(arguments: Phase.allCases, [false, true])
    func `a client may leave at any time`(phase: Phase, resets: Bool) throws {
        let provider = ScriptedProvider("a", keys: []) {
            if phase == .waiting { $0.limits.concurrency = 1 }
        } answer: { call in
            switch phase {
            case .connecting: .chunks("x").connecting(for: .seconds(1))
            case .pause: .status(500)
            case .unread: .events(Array(repeating: ChatText.chunk(String(repeating: "x", count: 1000)), count: 200))
            default: .silence
            }
        }
        try withGateway(provider) { simulation in
            let key = simulation.addKey("key") { $0.concurrency = 5 }
            let client = simulation.client(key, room: 1000)
            let text = client.text("POST", "/v1/chat/completions", body: SimulatedClient.chatBody(stream: true))
            if phase == .waiting {
                let other = simulation.client(key)
                other.chat(stream: true)
            }
            if phase == .unread { client.reads = false }
            client.send(phase == .head ? String(text.prefix(40)) : phase == .body ? String(text.dropLast(5)) : text)
            let call = simulation.call
            switch phase {
            case .held:
                call?.beginStream()
                call?.send("data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n")
            case .comments: simulation.advance(by: .seconds(16))
            case .middle:
                call?.beginStream()
                call?.send(ChatText.chunk("x"))
            case .error: call?.play(UpstreamScript([.head(status: 429, fields: []), .read([[0x7B]])]))
            case .head, .body, .waiting, .connecting, .firstByte, .unread, .pause: break
            }
            #expect(simulation.gateway.statistics.inFlight == (phase == .head || phase == .body ? 0 : phase == .waiting ? 2 : 1))
            if resets { client.reset() } else { client.leave() }
            // Whoever does not read hears of a reset with the next byte, and a FIN alone leaves what is on its way.
            if phase == .unread { client.reads = true }
            simulation.advance(by: .milliseconds(200))
            #expect(simulation.gateway.statistics.inFlight == (phase == .waiting ? 1 : 0))
            let expected = phase == .head || phase == .body ? 0 : 1
            #expect(simulation.observer.completed.map(\.outcome) == Array(repeating: .clientGone, count: expected))
            if phase != .pause, phase != .waiting { #expect(call?.isCancelled ?? true) }
            #expect(simulation.limits.open.values.reduce(0, +) == (phase == .waiting ? 1 : 0))
        }
    }

    @Test func `a request that follows on the same connection is not lost with an answer that was broken off`() throws {
        try withGateway(.script(.chunks("one"), .chunks("two"))) { simulation in
            let client = simulation.client()
            let both = (0..<2).map { _ in client.text("POST", "/v1/chat/completions", body: SimulatedClient.chatBody(stream: true)) }
            client.send(both.joined(), every: 50)
            #expect(client.answers.map(\.content) == ["one", "two"])
        }
    }

    @Test func `who has left is not asked for again`() throws {
        try withGateway(.script("a", UpstreamScript.status(500).after(.seconds(1))), .script("b", .chunks("from b"))) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            client.leave()
            simulation.advance(by: .seconds(5))
            #expect(simulation.asked == ["a"])
        }
    }
}
