import EventLoop
import Foundation
import Gateway
import LoopTesting
import Testing
import Upstream
import Wire

/// Records one answer.
final class Receiver: UpstreamConsumer {
    var status = 0
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var pieces = 0
    var end: UpstreamEnd?
    /// Calls after the end, which must not come.
    var lateCalls = 0
    /// The demand after each piece.
    var demand: () -> Demand = { .more }
    private var waiter: UnsafeContinuation<Void, Never>?

    func receiveHead(status: Int, fields: borrowing HTTPFields) {
        if end != nil { lateCalls += 1 }
        self.status = status
        for index in 0..<fields.count { self.fields.append((fields.name(at: index).text.lowercased(), fields.value(at: index).text)) }
    }

    func receive(_ chunk: RawSpan) -> Demand {
        if end != nil { lateCalls += 1 }
        chunk.withUnsafeBytes { body += $0 }
        pieces += 1
        return demand()
    }

    func receiveEnd(_ end: UpstreamEnd) {
        if self.end != nil { lateCalls += 1 }
        self.end = end
        waiter?.resume()
        waiter = nil
    }

    /// Waits for the end.
    func finish() async {
        guard end == nil else { return }
        await withUnsafeContinuation { waiter = $0 }
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
    var text: String { String(decoding: body, as: UTF8.self) }
    var isComplete: Bool { if case .complete = end { true } else { false } }
    var isClosed: Bool { if case .closed = end { true } else { false } }
    var failure: UpstreamFailure? { if case .failed(let failure) = end { failure } else { nil } }
    var isSilent: Bool { status == 0 && pieces == 0 && end == nil }
}

/// A body of fixed bytes.
final class FixedBody: UpstreamBody {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    var bodyByteCount: Int { bytes.count }
    func writeBody(into buffer: inout ByteBuffer) {
        let bytes = bytes
        buffer.append(bytes.span.bytes)
    }
}

/// A transport on its loop.
final class Fixture {
    let loop: EventLoop
    let transport: CurlTransport
    var timeouts = UpstreamTimeouts()

    /// The origins used so far: each stands for its host's connections, so there is one for each URL.
    private var origins: [String: UpstreamOrigin] = [:]

    init(_ loop: EventLoop) throws {
        self.loop = loop
        transport = try CurlTransport(on: loop)
        timeouts.connect = .seconds(10)
        timeouts.firstByte = .seconds(10)
        timeouts.idle = .seconds(10)
        timeouts.total = .seconds(15)
    }

    /// Starts a request.
    func start(
        _ origin: UpstreamOrigin, _ target: String = "/", method: HTTPMethod = .get, body: [UInt8]? = nil, isCold: Bool = false,
        mayBeRepeated: Bool = true, fields: [(name: String, value: String)] = [], receiver: Receiver = Receiver(), maximumBodyBytes: Int? = nil
    ) -> (receiver: Receiver, transfer: any UpstreamTransfer) {
        let name = "\(origin.url) \(origin.proxy ?? "") \(origin.certificateFile ?? "")"
        let known = origins[name] ?? origin
        origins[name] = known
        let endpoint = UpstreamEndpoint(origin: known, method: body == nil ? method : .post, target: target, fields: fields)
        var request = UpstreamRequest(endpoint: endpoint, body: body.map(FixedBody.init), timeouts: timeouts, isCold: isCold)
        request.mayBeRepeated = mayBeRepeated
        if let maximumBodyBytes { request.maximumBodyBytes = maximumBodyBytes }
        let transfer = transport.start(request, delivering: receiver)
        #expect(receiver.isSilent, "the consumer is not called before start returns")
        return (receiver, transfer)
    }

    /// Makes a request and waits for its end.
    @discardableResult
    func fetch(
        _ origin: UpstreamOrigin, _ target: String = "/", method: HTTPMethod = .get, body: [UInt8]? = nil, isCold: Bool = false,
        mayBeRepeated: Bool = true, fields: [(name: String, value: String)] = []
    ) async -> Receiver {
        let (receiver, transfer) = start(origin, target, method: method, body: body, isCold: isCold, mayBeRepeated: mayBeRepeated, fields: fields)
        await receiver.finish()
        _ = transfer
        return receiver
    }
}

/// The environment's proxies must not affect tests.
private let environmentWithoutProxies: Void = {
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] { unsetenv(name) }
}()

/// Runs a transport for a test; at its end no connection and no handle may be left.
func withTransport(_ body: @escaping @Sendable (Fixture) async throws -> Void) async throws {
    _ = environmentWithoutProxies
    try await withLoop { loop in
        let fixture = try Fixture(loop)
        do {
            try await body(fixture)
        } catch {
            fixture.transport.close()
            throw error
        }
        fixture.transport.close()
        #expect(fixture.transport.openConnections == 0)
        // Closing is reported in the following turns.
        try await pause(.milliseconds(2), on: loop)
    }
}

extension PeerServer {
    /// The server as a provider's host.
    var origin: UpstreamOrigin { UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: Int(port)) }

    /// A server that answers every request of every connection with `answer`, which gets the numbers of the
    /// connection and the request, counted from 1.
    static func answering(_ answer: @escaping @Sendable (PeerMessage, Int, Int) -> String) throws -> PeerServer {
        try PeerServer { peer, connection in
            var number = 0
            while let request = try? peer.receiveMessage() {
                number += 1
                try peer.send(answer(request, connection, number))
            }
        }
    }
}

/// An answer with a length.
func ok(_ body: String, _ fields: String = "") -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)" }
