import EventLoop
import Gateway
import GatewayTesting
import Testing

/// Comments that keep the connections of silent streams alive.
@Suite struct KeepAliveTests {
    private static let comment = "keep-alive"

    @Test func `a slow start is covered by comments, and what was not known yet is told in the last one`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.advance(by: .seconds(14))
            #expect(client.received.isEmpty)
            simulation.advance(by: .seconds(2))
            #expect(client.answer?.status == 200 && client.answer?.comments == [KeepAliveTests.comment] && client.answer?["x-best-provider"] == nil)
            simulation.advance(by: .seconds(15))
            #expect(client.answer?.comments.count == 2)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x") + ChatText.finish() + ChatText.done)
            #expect(client.answer?.content == "x" && client.answer?.isWhole == true && client.answer?.events.last == "[DONE]")
            #expect(client.answer?.comments.contains("x-best-provider: a") == true && client.answer?.comments.contains("x-best-attempts: 1") == true)
        }
    }

    @Test func `behind comments a failure still moves on unseen`() throws {
        for failure in [UpstreamScript.status(500), .failure(.truncated), .events([ChatText.chunk(""), ChatText.done])] {
            try withGateway(.script("a", failure.after(.seconds(20))), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                simulation.advance(by: .seconds(21))
                #expect(client.answer?.content == "from b" && client.answer?.isWhole == true && client.answer?.errorCode == nil)
                #expect(client.answer?.comments.contains("x-best-provider: b") == true)
                #expect(client.answer?.comments.contains { $0.hasPrefix("x-best-trail: a/m=") } == true)
            }
        }
    }

    @Test func `behind comments an error is told in the stream, since its status is out`() throws {
        try withGateway(.script("a", UpstreamScript.status(400, "{\"error\":{\"message\":\"wrong\",\"code\":\"odd\"}}").after(.seconds(20)))) {
            simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.advance(by: .seconds(21))
            let answer = try #require(client.answer)
            #expect(answer.status == 200 && answer.isWhole && answer.errorCode == "odd" && !answer.text.contains("[DONE]"))
            #expect(simulation.observer.completed.map(\.outcome) == [.broken])
        }
    }

    @Test func `a silence in the middle of an answer is covered between events`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x"))
            for count in 1...3 {
                simulation.advance(by: .seconds(16))
                #expect(client.answer?.comments.count == count)
            }
            simulation.call?.send(ChatText.finish() + ChatText.done)
            #expect(client.answer?.isWhole == true && client.answer?.content == "x")
        }
    }

    @Test func `no comment comes between the pieces of an event`() throws {
        let long = ChatText.chunk(String(repeating: "x", count: 100_000))
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(String(long.prefix(70_000)))
            simulation.advance(by: .seconds(40))
            #expect(client.answer?.comments.isEmpty == true && (client.answer?.text.utf8.count ?? 0) > 60_000)
            simulation.call?.send(String(long.dropFirst(70_000)) + ChatText.finish() + ChatText.done)
            #expect(client.answer?.content.utf8.count == 100_000)
        }
    }

    @Test func `who does not read, or asks for no stream, gets no comment`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let whole = simulation.client()
            whole.chat()
            let slow = simulation.client(room: 10)
            slow.reads = false
            slow.chat(stream: true)
            simulation.advance(by: .seconds(58))
            #expect(whole.received.isEmpty && slow.stream.queuedBytes < 600)
            slow.reads = true
            #expect(slow.answer?.comments.count == 1)
        }
        try withGateway(ScriptedProvider("a")) {
            $0.streaming.keepAliveAfter = nil
        } _: { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.advance(by: .seconds(50))
            #expect(client.received.isEmpty)
        }
    }

    @Test func `a stream that has had nothing but comments ends with an error when the gateway ends`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.advance(by: .seconds(16))
            simulation.drain(within: .seconds(3))
            simulation.advance(by: .seconds(4))
            let answer = try #require(client.answer)
            #expect(answer.isWhole && answer.errorCode == "overloaded" && answer.events.count == 1 && simulation.call?.isCancelled == true)
        }
    }

    @Test func `a stream in the middle of its answer ends with an error when the gateway ends, one that waits with a status`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let (streaming, waiting) = (simulation.client(), simulation.client())
            streaming.chat(stream: true)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x"))
            waiting.chat(stream: true)
            simulation.drain(within: .seconds(3))
            simulation.advance(by: .seconds(4))
            #expect(streaming.answer?.isWhole == true && streaming.answer?.content == "x" && streaming.answer?.errorCode == "overloaded")
            #expect(waiting.answer?.status == 503 && waiting.answer?.errorCode == "overloaded")
        }
    }
}
