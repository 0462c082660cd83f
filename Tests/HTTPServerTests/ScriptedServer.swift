import EventLoop
import Foundation
import HTTPServer
import LoopTesting
import Testing
import Wire

/// A responder that does what the test asks for, and records the requests.
final class Script: HTTPResponder {
    /// Screens the head.
    var onScreen: (HTTPExchange) -> Screening = { _ in .proceed(maximumBodyBytes: 1024 * 1024) }
    /// Answers; by default with the path, a space and the body.
    var onRespond: (HTTPExchange) async -> Void = { exchange in
        exchange.answer("\(exchange.path.text) \(exchange.body.text)")
    }
    /// The client an answer belongs to; by default the network.
    var onShare: (HTTPExchange) -> ClientShare? = { _ in nil }
    /// The paths that were requested.
    var requests: [String] = []
    /// What the server refused.
    var refusals: [HTTPRefusal] = []

    func screen(_ exchange: HTTPExchange) -> Screening { onScreen(exchange) }

    func share(of exchange: HTTPExchange) -> ClientShare? { onShare(exchange) }

    func respond(to exchange: HTTPExchange) async {
        requests.append(exchange.path.text)
        await onRespond(exchange)
    }

    func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange) {
        refusals.append(refusal)
        exchange.answer(status: refusal.status, refusal.reason)
    }
}

extension HTTPExchange {
    /// Answers with text.
    func answer(status: Int = 200, _ text: String) {
        let bytes = Array(text.utf8)
        respond(status: status, contentType: "text/plain", body: bytes.span.bytes)
    }

    /// Begins a streamed answer.
    @discardableResult
    func begin(_ text: String = "") -> WriteOutcome {
        let bytes = Array(text.utf8)
        return startStream(status: 200, contentType: StaticString("text/event-stream").span, first: bytes.span.bytes)
    }

    /// Sends a piece of a streamed answer.
    @discardableResult
    func send(_ text: String) -> WriteOutcome { send(Array(text.utf8)) }

    /// Sends a piece of a streamed answer.
    @discardableResult
    func send(_ bytes: [UInt8]) -> WriteOutcome { write(bytes.span.bytes) }
}

/// Records the calls to an exchange's observer.
final class Watcher: HTTPExchangeObserver {
    var drains = 0
    var losses = 0
    var onDrain: () -> Void = {}
    var onLoss: () -> Void = {}

    func exchangeDidDrain() {
        drains += 1
        onDrain()
    }

    func exchangeDidLoseClient() {
        losses += 1
        onLoss()
    }
}

/// Lets a responder wait for its test, or the reverse; on the loop.
final class Gate {
    private var continuation: UnsafeContinuation<Void, Never>?
    private(set) var isOpen = false

    func wait() async {
        guard !isOpen else { return }
        await withUnsafeContinuation { continuation = $0 }
    }

    func open() {
        isOpen = true
        continuation?.resume()
        continuation = nil
    }
}

/// A running server with its script.
final class ScriptedServer {
    let loop: EventLoop
    let script = Script()
    let server: HTTPServer
    let port: UInt16

    init(_ loop: EventLoop, _ limits: ServerLimits) throws {
        self.loop = loop
        server = try HTTPServer(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)!, limits: limits, responder: script)
        port = server.address!.port
    }

    /// Runs a client's blocking calls on a thread of their own.
    func client<Result: Sendable>(
        receiveBuffer: Int32? = nil, _ work: @escaping @Sendable (Peer) throws -> Result
    ) async throws -> Result {
        let port = port
        return try await offLoop {
            let peer = try Peer(port: port, receiveBuffer: receiveBuffer)
            return try work(peer)
        }
    }

    /// Connects a client that stays connected.
    func connect(receiveBuffer: Int32? = nil) async throws -> Peer { try await client(receiveBuffer: receiveBuffer) { $0 } }
}

/// Runs a server for a test; at its end no connection, body or handle may be left.
func withServer(
    limits: @escaping @Sendable (inout ServerLimits) -> Void = { _ in }, _ body: @escaping @Sendable (ScriptedServer) async throws -> Void
) async throws {
    try await withLoop { loop in
        var bounds = ServerLimits()
        limits(&bounds)
        let scripted = try ScriptedServer(loop, bounds)
        do {
            try await body(scripted)
        } catch {
            scripted.server.closeAll()
            throw error
        }
        scripted.server.closeAll()
        try await eventually(on: loop, "no connection") { scripted.server.openConnections == 0 }
        try await eventually(on: loop, "nothing held, but \(loop.held.used) bytes are") { loop.held.used == 0 }
    }
}

/// A request without a body.
func get(_ path: String, _ fields: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n" }

/// A request with a body.
func post(_ path: String, _ body: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
