import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// Whole answers of many megabytes: looked at, and passed on, without a turn of the loop to themselves.
@Suite struct VeryLongAnswerTests {
    /// More than is held of an answer.
    private static let megabytes = 34

    /// An answer that never ends as far as it is looked at, in reads of a megabyte.
    private static func script(_ end: UpstreamEnd) -> UpstreamScript {
        var steps: [UpstreamScript.Step] = [.head(status: 200, fields: [("content-type", "application/json")])]
        for number in 0..<megabytes { steps.append(.read([[UInt8](repeating: UInt8(ascii: "a") + UInt8(number % 26), count: 1_000_000)])) }
        return UpstreamScript(steps + [.end(end)])
    }

    @Test func `an answer that is too long to be held goes on as its client takes it`() throws {
        try withGateway(.script(VeryLongAnswerTests.script(.complete))) { simulation in
            let client = simulation.client()
            client.stream.room = 100_000
            client.stream.clientReads = false
            client.chat()
            let loop = simulation.loop
            #expect(client.stream.unreceivedBytes == 100_000 && loop.held.used >= 33_000_000, "what the client does not take is held where it is")
            #expect(client.stream.queuedBytes <= TCPConnection.highWaterMark + 65 * 1024)
            #expect(simulation.calls[0].isPaused)
            client.stream.room = .max
            client.stream.clientReads = true
            simulation.advance(by: .seconds(1))
            #expect(client.answer?.isWhole == true && client.answer?.status == 200 && client.answer?.body.count == 34_000_000)
            #expect(loop.held.used == 0 && simulation.observer.completed.last?.outcome == .answered)
            for number in 0..<VeryLongAnswerTests.megabytes {
                #expect(client.answer?.body[number * 1_000_000 + 500_000] == UInt8(ascii: "a") + UInt8(number % 26))
            }
        }
    }

    @Test func `where there is no room for more of it, it breaks off, and nobody else is asked`() throws {
        let pieces = (0..<40).map { _ in [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000) }
        let script = UpstreamScript([.head(status: 200, fields: [("content-type", "application/json")]), .read(pieces), .end(.complete)])
        try withGateway(.script("a", script), .script("b", .completion("from b"))) { simulation in
            simulation.loop.held.most = 69_000_000
            let client = simulation.client()
            client.stream.room = 100_000
            client.stream.clientReads = false
            client.chat()
            client.stream.clientReads = true
            simulation.advance(by: .seconds(1))
            #expect(client.answer?.isWhole != true && simulation.asked == ["a"])
            #expect(simulation.observer.completed.map(\.outcome) == [.broken] && simulation.loop.held.used == 0)
        }
    }

    @Test func `a client that leaves while its answer waits to be looked at is booked all of it`() throws {
        try withGateway(ScriptedProvider("a"), hasStore: true) { simulation in
            let lane = simulation.gateway.attempts.inspections
            simulation.loop.step { simulation.loop.task(lane) { await $0.begin(for: .everybody) } }
            let client = simulation.client(simulation.addKey("key"))
            client.chat()
            simulation.call?.play(.completion(String(repeating: "word ", count: 200_000), tokens: nil))
            #expect(client.answer == nil && simulation.loop.held.used > 1_000_000)
            client.leave()
            simulation.loop.step { lane.end() }
            let usage = try #require(simulation.observer.completed.last?.usage)
            #expect(usage.outputTokens > 50_000 && simulation.observer.completed.last?.usageSource == .estimated)
            #expect(simulation.loop.held.used == 0)
        }
    }

    @Test func `a client that leaves in the middle of it, and a provider that breaks off, leave nothing behind`() throws {
        for breaks in [false, true] {
            let end: UpstreamEnd = breaks ? .failed(UpstreamFailure(.truncated, "as the script says")) : .complete
            try withGateway(.script(VeryLongAnswerTests.script(end))) { simulation in
                let client = simulation.client()
                client.stream.room = 100_000
                client.stream.clientReads = false
                client.chat()
                if breaks {
                    client.stream.room = .max
                    client.stream.clientReads = true
                    simulation.advance(by: .seconds(1))
                    #expect(client.answer?.isWhole == false)
                } else {
                    client.leave()
                }
                simulation.advance(by: .seconds(1))
                #expect(simulation.loop.held.used == 0 && simulation.gateway.statistics.inFlight == 0)
            }
        }
    }
}
