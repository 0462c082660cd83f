internal import EventLoop
internal import Gateway
internal import Wire

/// One call of a running gateway's operator's endpoints.
final class AdminCall: UpstreamConsumer {
    /// What came back.
    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    /// How long an answer may take in all; connecting has the usual bound.
    static let patience: Duration = .seconds(30)

    private var continuation: UnsafeContinuation<Void, Never>?
    private var transfer: (any UpstreamTransfer)?
    private var status = 0
    private var body: [UInt8] = []
    private var failure: UpstreamFailure?

    private init() {}

    /// Makes the call.
    ///
    /// - Parameters:
    ///   - body: The JSON that is sent; `nil` for a request without a body.
    ///   - key: The admin key; `nil` for an endpoint that needs none.
    ///   - patience: How long the answer may take in all.
    static func send(
        _ method: HTTPMethod, _ path: String, body: String? = nil, to target: AdminTarget, key: Secret?, patience: Duration = patience,
        on transport: any UpstreamTransport
    ) async throws(UpstreamFailure) -> Answer {
        var fields = [
            ("accept-encoding", "identity"), ("accept", "application/json"), ("user-agent", "best/\(BuildInformation.version)"),
        ]
        if let key { fields.append(("x-admin-api-key", key.reveal { $0 })) }
        if body != nil { fields.append(("content-type", "application/json")) }
        let endpoint = UpstreamEndpoint(origin: target.origin, method: method, target: target.target(path), fields: fields)
        var timeouts = UpstreamTimeouts()
        timeouts.total = patience
        let request = UpstreamRequest(endpoint: endpoint, body: body.map(Body.init), timeouts: timeouts, isCold: true)
        let call = AdminCall()
        await withUnsafeContinuation { continuation in
            call.continuation = continuation
            call.transfer = transport.start(request, delivering: call)
        }
        if let failure = call.failure { throw failure }
        return Answer(status: call.status, body: call.body)
    }

    func receiveHead(status: Int, fields: borrowing HTTPFields) { self.status = status }

    func receive(_ chunk: RawSpan) -> Demand {
        body += (0..<chunk.byteCount).map { chunk[byte: $0] }
        return .more
    }

    func receiveEnd(_ end: UpstreamEnd) {
        if case .failed(let failure) = end { self.failure = failure }
        transfer = nil
        continuation?.resume()
        continuation = nil
    }

    /// A text as the body of a request.
    private final class Body: UpstreamBody {
        private let text: String
        var bodyByteCount: Int { text.utf8.count }

        init(_ text: String) { self.text = text }

        func writeBody(into buffer: inout ByteBuffer) { buffer.append(utf8: text) }
    }
}
