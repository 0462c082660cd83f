import EventLoop
import Glibc
import HTTPServer
import Testing

@testable import Mock

/// A mock provider on a loopback port, with its loop on a thread of its own.
///
/// `stop()` ends it and checks that no handle of the loop is left open.
final class LoopbackMock: Sendable {
    private struct Parts: @unchecked Sendable {  // touched on the loop's thread only, but for `loop`, which takes jobs from any
        let loop: EventLoop
        let provider: MockProvider
        let server: HTTPServer
    }

    private final class Start: Sendable {
        let fleet: MockFleet
        let seed: UInt64
        let parts = Locked<Parts?>(nil)
        let left = Locked<Int?>(nil)

        init(fleet: MockFleet, seed: UInt64) {
            self.fleet = fleet
            self.seed = seed
        }
    }

    let port: UInt16
    private let start: Start
    private let thread: pthread_t
    private let parts: Parts

    init(fleet: MockFleet = .standard, seed: UInt64 = 1) throws {
        let start = Start(fleet: fleet, seed: seed)
        self.start = start
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                let loop = EventLoop()
                if let provider = try? MockProvider(on: loop, fleet: start.fleet, seed: start.seed),
                    let address = SocketAddress(host: "127.0.0.1", port: 0),
                    let server = try? HTTPServer(on: loop, address: address, responder: provider)
                {
                    provider.openConnections = { [unowned server] in server.openConnections }
                    let parts = Parts(loop: loop, provider: provider, server: server)
                    start.parts.withLock { $0 = parts }
                }
                loop.run()
                let left = loop.close().total
                start.left.withLock { $0 = left }
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        self.thread = thread
        while start.parts.withLock({ $0 == nil }) { sched_yield() }
        parts = try #require(start.parts.withLock { $0 })
        port = try #require(parts.server.address?.port)
    }

    /// Ends the server and the loop.
    func stop() {
        let parts = parts
        Task(executorPreference: parts.loop) {
            await parts.server.drain(deadline: .zero)
            parts.provider.close()
            parts.loop.stop()
        }
        pthread_join(thread, nil)
        #expect(start.left.withLock { $0 } == 0, "every handle of the loop is closed")
    }

    /// Runs a test against a mock, and always ends it.
    static func with(_ fleet: MockFleet = .standard, seed: UInt64 = 1, _ body: (LoopbackMock) throws -> Void) throws {
        let mock = try LoopbackMock(fleet: fleet, seed: seed)
        defer { mock.stop() }
        try body(mock)
    }

    /// Opens a connection.
    func connect(receiveBuffer: Int32? = nil) throws -> LoopbackClient {
        try #require(LoopbackClient(port: port, receiveBuffer: receiveBuffer))
    }

    /// Posts a chat request on a connection of its own.
    func chat(_ body: String, script: String = "", headers: String = "") throws -> LoopbackAnswer {
        try post("/v1/chat/completions", body, script: script, headers: headers)
    }

    /// Posts a body on a connection of its own.
    func post(_ path: String, _ body: String, script: String = "", headers: String = "") throws -> LoopbackAnswer {
        let client = try connect()
        client.send(post: path, body, script: script, headers: headers)
        return client.receive()
    }

    /// Gets a path on a connection of its own.
    func get(_ path: String, headers: String = "") throws -> LoopbackAnswer {
        let client = try connect()
        client.send("GET \(path) HTTP/1.1\r\nhost: mock\r\n\(headers)\r\n")
        return client.receive()
    }
}
