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
    private let redactor: Redactor
    private let request: (_ query: String?) -> UpstreamRequest
    private let done: (ModelListFetch, Outcome) -> Void
    private var transfer: (any UpstreamTransfer)?
    private var status = 0
    private var body = GatheredBody()
    /// What the page takes of the budget of all that is held, until it was read.
    private var held: HeldShare
    private var list = ModelList()
    private var pages = 0
    private var byteCount = 0
    private var query: String?
    /// Every query so far, so that nothing leads round in a circle.
    private var asked: Set<String> = []
    /// Other ways to ask for the page that is asked for, when that one brings nothing new.
    private var otherQueries: ArraySlice<String> = []
    /// Whether the provider did not say how the next page is asked for.
    private var isGuess = false
    /// The query of the next page by a header field of this one.
    private var link: String?
    private var isDone = false

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - redactor: Finds the provider's secrets in names.
    ///   - request: Makes the call for the page that a query names; the first has none.
    init(
        on loop: EventLoop, transport: any UpstreamTransport, redactor: Redactor, request: @escaping (_ query: String?) -> UpstreamRequest,
        done: @escaping (ModelListFetch, Outcome) -> Void
    ) {
        self.loop = loop
        self.transport = transport
        self.redactor = redactor
        self.request = request
        self.done = done
        held = HeldShare(of: loop.held)
    }

    /// The bytes of one page, on their way to the thread that reads them.
    private final class GatheredBody: @unchecked Sendable {  // the loop fills it, then the thread reads it, and nobody changes it any more
        var bytes = ByteBuffer()
        var span: RawSpan {
            @_lifetime(borrow self) get { _overrideLifetime(bytes.bytes, borrowing: self) }
        }
    }

    func start() {
        pages += 1
        status = 0
        link = nil
        body = GatheredBody()
        transfer = transport.start(request(query), delivering: self)
    }

    func cancel() {
        isDone = true
        transfer?.cancel()
        transfer = nil
    }

    func receiveHead(status: Int, fields: borrowing HTTPFields) {
        self.status = status
        if let field = fields.value(of: "link"), field.byteCount <= DiscoveryLimits.maximumPageTokenBytes {
            link = PageMarks.next(inLink: field.text)
        }
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
        guard held.hold(body.bytes.count + chunk.byteCount) else {
            transfer?.cancel()
            transfer = nil
            finish(.failed("too much is being held in memory", isCredential: false))
            return .more
        }
        body.bytes.append(chunk)
        return .more
    }

    func receiveEnd(_ end: UpstreamEnd) {
        transfer = nil
        guard !isDone else { return }
        if case .failed(let failure) = end { return finish(.failed(failure.description, isCredential: false)) }
        guard status == 200 else {
            // A page that was asked for in a way the provider does not know; there may be another.
            if query != nil, (400..<500).contains(status), status != 401, status != 403, status != 429, goOn(with: otherQueries) { return }
            if query != nil, isGuess, (400..<500).contains(status), status != 429 { return clean() }
            return finish(.failed("status \(status)", isCredential: (401...403).contains(status)))
        }
        let page = body
        body = GatheredBody()
        // A list may be megabytes, and the loop has better things to do.
        loop.task(self) { fetch in
            let read = await LoopWork.run(on: fetch.loop) { ModelListReader.read(page.span) }
            fetch.held = HeldShare(of: fetch.loop.held)
            fetch.pageRead(read)
        }
    }

    private func pageRead(_ page: ModelListPage?) {
        guard !isDone else { return }
        guard let page else { return finish(.failed("not a list of models", isCredential: false)) }
        let isNew = list.append(page)
        if pages > 1, !isNew {
            // The same page again: the parameter was passed over.
            if !goOn(with: otherQueries) { clean() }
            return
        }
        guard list.models.count < DiscoveryLimits.maximumModels else { return clean() }
        let next = page.next.isEmpty ? link.map { [$0] } ?? [] : page.next
        isGuess = next.count > 1
        if !goOn(with: next[...]) { clean() }
    }

    /// Asks for the next page in the first of these ways that was not tried yet; whether there was one.
    private func goOn(with queries: ArraySlice<String>) -> Bool {
        guard pages < DiscoveryLimits.maximumPages, let index = queries.firstIndex(where: { !asked.contains($0) }) else { return false }
        asked.insert(queries[index])
        query = queries[index]
        otherQueries = queries[(index + 1)...]
        start()
        return true
    }

    private func clean() {
        loop.task(self) { fetch in
            let (whole, redactor) = (fetch.list, fetch.redactor)
            let list = await LoopWork.run(on: fetch.loop) {
                var list = whole
                list.clean(redactor)
                return list
            }
            fetch.finish(.list(list))
        }
    }

    private func finish(_ outcome: Outcome) {
        guard !isDone else { return }
        isDone = true
        done(self, outcome)
    }
}
