internal import EventLoop
internal import HTTP1
internal import Wire

/// One user of a load run: a connection, opened when first needed and again after it was closed, and the
/// request in flight on it.
final class LoadConnection: TCPConnectionDelegate {
    /// The request in flight.
    struct Request {
        /// Its number among the prepared ones.
        var index = 0
        /// When it was meant to be sent, in nanoseconds of the monotonic clock.
        var intended: UInt64 = 0
        /// When it was sent.
        var sent: UInt64 = 0
        /// Whether it counts.
        var isCounted = false
    }

    private unowned let client: LoadClient
    private var socket: TCPConnection?
    private var isOpen = false
    private let parser = HTTP1ResponseParser()
    private var reader: AnswerReader
    private(set) var request: Request?

    init(_ client: LoadClient, endpoint: LoadEndpoint) {
        self.client = client
        reader = AnswerReader(endpoint: endpoint)
    }

    /// Sends a request, on a new connection if there is none.
    func send(_ request: Request) {
        self.request = request
        let asksForStream = client.requests.streams(request.index)
        reader.begin(asksForStream: asksForStream)
        parser.begin(expectsNoBody: false)
        if isOpen { return write() }
        do throws(UVError) {
            let socket = try TCPConnection(connectingTo: client.target.address, on: client.loop)
            socket.delegate = self
            self.socket = socket
        } catch {
            // Reported in a later turn, like every other end.
            client.loop.task(self) { $0.end(.connect, sample: error.reason) }
        }
    }

    /// Gives up on the request.
    func timeOut() {
        guard request != nil else { return }
        disconnect()
        end(.timeout, sample: "no whole answer in time")
    }

    /// Closes the connection; the request in flight is forgotten.
    func close() {
        request = nil
        disconnect()
    }

    // MARK: TCPConnectionDelegate

    func connectionDidOpen() {
        isOpen = true
        socket?.startReading()
        write()
    }

    func connectionDidRead(_ bytes: RawSpan) {
        guard let request else { return disconnect() }
        let now = client.loop.now.nanoseconds
        let parser = parser
        var offset = 0
        while true {
            let event: HTTP1Event
            do throws(HTTP1Error) {
                event = try parser.next(in: bytes, at: &offset)
            } catch {
                disconnect()
                return end(.malformed, sample: error.reason)
            }
            switch event {
            case .needsMoreBytes: return
            case .head:
                var isEventStream = false
                if let type = parser.value(of: "content-type") { isEventStream = type.hasPrefixIgnoringCase("text/event-stream") }
                reader.readHead(status: Int(parser.status), isEventStream: isEventStream)
            case .body(let range):
                reader.read(bytes.extracting(range), at: now, into: &client.measurement, isCounted: request.isCounted)
            case .end:
                // Anything after an answer was not asked for.
                if !parser.keepAlive || offset < bytes.byteCount { disconnect() }
                return finish(at: now)
            }
        }
    }

    func connectionDidReachEnd() {
        let now = client.loop.now.nanoseconds
        let isWhole = request != nil && ((try? parser.finish()) ?? false)
        disconnect()
        guard request != nil else { return }
        if isWhole { finish(at: now) } else { end(.broken, sample: "the connection was closed before the answer was whole") }
    }

    func connectionDidDrain() {}

    func connectionDidClose(_ reason: CloseReason) {
        let error = socket?.connectError
        socket = nil
        isOpen = false
        guard request != nil else { return }
        if let error {
            end(.connect, sample: error.reason)
        } else {
            end(.broken, sample: "the connection was reset before the answer was whole")
        }
    }

    // MARK: The request's life

    private func write() {
        guard let request, let socket else { return }
        self.request?.sent = client.loop.readClock().nanoseconds
        // The kernel takes it, or the connection's queue does; a broken connection is reported by its close.
        client.requests.withBytes(of: request.index) { _ = socket.write($0) }
    }

    /// Drops the socket without any further report.
    private func disconnect() {
        guard let socket else { return }
        self.socket = nil
        isOpen = false
        socket.delegate = nil
        socket.close()
    }

    private func finish(at now: UInt64) {
        guard let request else { return }
        if let failure = reader.finish() { return end(failure, sample: reader.sample) }
        self.request = nil
        client.answered(
            self, request,
            LoadClient.Answer(
                ended: now, firstContent: reader.firstContentAt, lastContent: reader.lastContentAt, contentEvents: reader.contentEvents,
                tokens: reader.usage?.outputTokens))
    }

    private func end(_ failure: LoadFailure, sample: String) {
        guard let request else { return }
        self.request = nil
        client.failed(self, request, failure, sample: sample)
    }
}
