internal import EventLoop
package import Gateway
package import Wire

/// One file fetched over HTTP by a cold call, with bounds on its size and time.
package final class FileFetch: UpstreamConsumer {
    private let maximumBytes: Int
    private var transfer: (any UpstreamTransfer)?
    private var continuation: UnsafeContinuation<Void, Never>?
    private var status = 0
    private var body: [UInt8] = []
    private var failure: String?

    private init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Fetches a file.
    ///
    /// - Returns: Its bytes, or in one line why there are none.
    package static func fetch(
        _ url: HTTPURL, on transport: any UpstreamTransport, timeout: Duration, maximumBytes: Int, started: (FileFetch) -> Void
    ) async -> Result<[UInt8], FetchProblem> {
        let origin = UpstreamOrigin(
            isSecure: url.scheme == .https, host: url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host, port: Int(url.port))
        let endpoint = UpstreamEndpoint(
            origin: origin, method: .get, target: url.path.isEmpty ? "/" : url.path,
            fields: [("accept-encoding", "identity"), ("accept", "*/*"), ("user-agent", "best/\(BuildInformation.version)")])
        var timeouts = UpstreamTimeouts()
        timeouts.total = timeout
        let fetch = FileFetch(maximumBytes: maximumBytes)
        started(fetch)
        await withUnsafeContinuation { continuation in
            fetch.continuation = continuation
            fetch.transfer = transport.start(UpstreamRequest(endpoint: endpoint, body: nil, timeouts: timeouts, isCold: true), delivering: fetch)
        }
        if let failure = fetch.failure { return .failure(FetchProblem(description: failure)) }
        guard fetch.status == 200 else {
            return .failure(FetchProblem(description: "status \(fetch.status)", isMissing: fetch.status == 404 || fetch.status == 410))
        }
        return .success(fetch.body)
    }

    /// Ends the fetch, as failed.
    package func cancel() {
        transfer?.cancel()
        finish("given up")
    }

    package func receiveHead(status: Int, fields: borrowing HTTPFields) {
        self.status = status
    }

    package func receive(_ chunk: RawSpan) -> Demand {
        guard failure == nil else { return .more }
        guard body.count + chunk.byteCount <= maximumBytes else {
            transfer?.cancel()
            finish("larger than \(maximumBytes) bytes")
            return .more
        }
        chunk.withUnsafeBytes { body.append(contentsOf: $0) }
        return .more
    }

    package func receiveEnd(_ end: UpstreamEnd) {
        if case .failed(let failure) = end { return finish(failure.description) }
        finish(nil)
    }

    private func finish(_ failure: String?) {
        guard let continuation else { return }
        self.continuation = nil
        self.failure = failure
        transfer = nil
        continuation.resume()
    }
}
