internal import Wire

/// One call for a provider's list of models.
final class ModelListFetch: UpstreamConsumer {
    /// What the call brought.
    enum Outcome {
        case models([ModelConfiguration])
        case failed(String)
    }

    private let request: UpstreamRequest
    private let done: (ModelListFetch, Outcome) -> Void
    private var transfer: (any UpstreamTransfer)?
    private var status = 0
    private var body = ByteBuffer()

    init(_ request: UpstreamRequest, done: @escaping (ModelListFetch, Outcome) -> Void) {
        self.request = request
        self.done = done
    }

    func start(on transport: any UpstreamTransport) {
        transfer = transport.start(request, delivering: self)
    }

    func cancel() {
        transfer?.cancel()
        transfer = nil
    }

    func receiveHead(status: Int, fields: borrowing HTTPFields) {
        self.status = status
    }

    func receive(_ chunk: RawSpan) -> Demand {
        body.append(chunk)
        return .more
    }

    func receiveEnd(_ end: UpstreamEnd) {
        transfer = nil
        if case .failed(let failure) = end { return done(self, .failed(failure.description)) }
        guard status == 200 else { return done(self, .failed("status \(status)")) }
        guard let models = ModelListReader.read(body.bytes) else { return done(self, .failed("not a list of models")) }
        done(self, .models(models))
    }
}
