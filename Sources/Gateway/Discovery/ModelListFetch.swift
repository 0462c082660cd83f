internal import EventLoop
internal import Wire

/// One provider's list of models, asked for page by page.
final class ModelListFetch: UpstreamConsumer {
    /// What the calls brought.
    enum Outcome {
        case list(ModelList)
        /// The reason in words, and whether the provider rejects the key, so that another key may do better.
        case failed(String, isCredential: Bool)
    }

    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let request: (_ query: String?) -> UpstreamRequest
    private let done: (ModelListFetch, Outcome) -> Void
    private var transfer: (any UpstreamTransfer)?
    private var status = 0
    private var body = ByteBuffer()
    private var list = ModelList()
    private var pages = 0
    private var byteCount = 0
    private var query: String?
    private var isDone = false

    /// Prepares to ask.
    ///
    /// - Parameter request: Makes the call for the page that a query names; the first has none.
    init(
        on loop: EventLoop, transport: any UpstreamTransport, request: @escaping (_ query: String?) -> UpstreamRequest,
        done: @escaping (ModelListFetch, Outcome) -> Void
    ) {
        self.loop = loop
        self.transport = transport
        self.request = request
        self.done = done
    }

    func start() {
        pages += 1
        status = 0
        body = ByteBuffer()
        transfer = transport.start(request(query), delivering: self)
    }

    func cancel() {
        isDone = true
        transfer?.cancel()
        transfer = nil
    }

    func receiveHead(status: Int, fields: borrowing HTTPFields) {
        self.status = status
    }

    func receive(_ chunk: RawSpan) -> Demand {
        guard !isDone else { return .more }
        byteCount += chunk.byteCount
        guard byteCount <= DiscoveryLimits.maximumBytes else {
            transfer?.cancel()
            transfer = nil
            finish(.failed("the list is larger than \(DiscoveryLimits.maximumBytes) bytes", isCredential: false))
            return .more
        }
        body.append(chunk)
        return .more
    }

    func receiveEnd(_ end: UpstreamEnd) {
        transfer = nil
        guard !isDone else { return }
        if case .failed(let failure) = end { return finish(.failed(failure.description, isCredential: false)) }
        guard status == 200 else { return finish(.failed("status \(status)", isCredential: (401...403).contains(status))) }
        var whole = ByteBuffer()
        swap(&whole, &body)
        let bytes = whole.bytes.withUnsafeBytes { Array($0) }
        // A list may be megabytes, and the loop has better things to do.
        loop.task(self) { fetch in
            let read = await LoopWork.run(on: fetch.loop) { bytes.withBytes { ModelListReader.read($0) } }
            fetch.pageRead(read)
        }
    }

    private func pageRead(_ page: ModelListPage?) {
        guard !isDone else { return }
        guard let page else { return finish(.failed("not a list of models", isCredential: false)) }
        list.append(page)
        // The same token again would lead round in a circle.
        guard let next = page.next, next != query, pages < DiscoveryLimits.maximumPages, list.models.count < DiscoveryLimits.maximumModels else {
            return finish(.list(list))
        }
        query = next
        start()
    }

    private func finish(_ outcome: Outcome) {
        guard !isDone else { return }
        isDone = true
        done(self, outcome)
    }
}
