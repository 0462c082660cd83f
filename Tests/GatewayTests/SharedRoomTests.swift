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
