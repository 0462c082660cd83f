internal import EventLoop
internal import HTTPServer
internal import Wire

/// How one attempt ended for the request.
enum AttemptResult {
    /// The client has a whole answer.
    case answered
    /// The client has nothing yet; another deployment may be tried.
    case failed(AttemptFailure)
    /// The client has the beginning of an answer that broke; nothing more may be tried.
    case broken(AttemptFailure)
    /// The client has left.
    case clientGone
}

/// One request to one deployment: sends it, decides by the head what kind of answer comes, and waits for its end.
final class UpstreamAttempt: UpstreamConsumer, UpstreamBody, HTTPExchangeObserver {
    /// What is done with the answer's body.
    private enum Mode {
        case undecided
        /// An error status: the body is kept for its message.
        case error(status: Int, hint: RetryHint)
        /// A whole answer, held until it has been looked at.
        case whole
        /// Events, passed on as they come.
        case events(StreamRelay)
        /// Bytes that are not looked at, such as sound.
        case bytes
    }

    /// Bytes of an error's body that are kept.
    private static let maximumErrorBytes = 64 * 1024
    /// Bytes of an answer that are held; a longer one is passed on from there, unseen.
    private static let maximumHeldBytes = 32 * 1024 * 1024

    private let context: RequestContext
    private let exchange: HTTPExchange
    private let envelope: RequestEnvelope
    private let edit: BodyEdit
    private let deployment: Deployment
    private let endpoint: Endpoint
    private let writer: AnswerWriter
    private var mode = Mode.undecided
    private var held = ByteBuffer()
    private var contentType = ByteBuffer()
    private var transfer: (any UpstreamTransfer)?
    private var waiter: UnsafeContinuation<AttemptResult, Never>?
    private var result: AttemptResult?
    private let startedAt: LoopInstant

    init(
        _ context: RequestContext, exchange: HTTPExchange, envelope: RequestEnvelope, deployment: Deployment, endpoint: Endpoint, writer: AnswerWriter
    ) {
        self.context = context
        self.exchange = exchange
        self.envelope = envelope
        self.deployment = deployment
        self.endpoint = endpoint
        self.writer = writer
        let quirks = deployment.provider.configuration.quirks
        let requestsUsage =
            envelope.stream && !envelope.asksForUsage && (endpoint == .chatCompletions || endpoint == .completions)
            && !quirks.contains(.noStreamOptions)
        edit = BodyEdit(of: exchange.body, envelope, requestUsage: requestsUsage, keepRouting: quirks.contains(.openRouter))
        startedAt = exchange.loop.readClock()
    }

    /// Sends the request and waits until the attempt has an end.
    func run(on transport: any UpstreamTransport) async -> AttemptResult {
        guard !exchange.hasLostClient else { return .clientGone }
        exchange.observer = self
        let request = UpstreamRequest(endpoint: deployment.upstream(for: endpoint), body: self, timeouts: deployment.provider.timeouts)
        transfer = transport.start(request, delivering: self)
        let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<AttemptResult, Never>) in
            if let result = self.result { continuation.resume(returning: result) } else { waiter = continuation }
        }
        exchange.observer = nil
        transfer = nil
        return result
    }

    // MARK: UpstreamBody

    var bodyByteCount: Int {
        let deployment = deployment
        return edit.length(model: deployment.modelName)
    }

    func writeBody(into buffer: inout ByteBuffer) {
        let (exchange, deployment) = (exchange, deployment)
        edit.write(exchange.body, model: deployment.modelName, into: &buffer)
    }

    // MARK: UpstreamConsumer

    func receiveHead(status: Int, fields: borrowing HTTPFields) {
        guard status / 100 == 2 else {
            let pause = RetryAfter.parse(fields)
            mode = .error(status: status, hint: RetryHint(wait: pause, source: pause == nil ? .none : .retryAfter))
            return
        }
        var isEvents = false
        var isJSON = false
        if let type = fields.value(of: "content-type") {
            isEvents = type.hasPrefixIgnoringCase("text/event-stream")
            isJSON = type.hasPrefixIgnoringCase("application/json")
            contentType.append(type)
        }
        if contentType.isEmpty { contentType.append(endpoint.answersInJSON ? "application/json" : "application/octet-stream") }
        if context.isStream, isEvents {
            mode = .events(StreamRelay(exchange, context: context, envelope: envelope, dialect: dialect, writer: writer, startedAt: startedAt))
        } else if isJSON || endpoint.answersInJSON || context.isStream {
            // Also a stream's request that was answered with something else: the reason may be in it.
            mode = .whole
        } else {
            mode = .bytes
        }
    }

    func receive(_ chunk: RawSpan) -> Demand {
        switch mode {
        case .undecided:
            return .more
        case .error:
            let room = UpstreamAttempt.maximumErrorBytes - held.count
            held.append(chunk.extracting(first: min(room, chunk.byteCount)))
            return .more
        case .whole:
            held.append(chunk)
            if held.count > UpstreamAttempt.maximumHeldBytes, !context.isStream { return commitHeld() }
            return .more
        case .events(let relay):
            let demand = relay.receive(chunk)
            if let end = relay.result { relayEnded(end) }
            return demand
        case .bytes:
            if !exchange.hasBegun { return commit(first: chunk) }
            return exchange.write(chunk) == .ready ? .more : .pause
        }
    }

    func receiveEnd(_ end: UpstreamEnd) {
        transfer = nil
        switch mode {
        case .events(let relay):
            relay.streamEnded(end)
            if let result = relay.result { relayEnded(result) }
        case .undecided, .error, .whole, .bytes:
            if case .failed(let failure) = end { return wireFailed(failure) }
            answerEnded(end)
        }
    }

    private func wireFailed(_ failure: UpstreamFailure) {
        // The status of a refusal says more than the connection's end behind it.
        if case .error(let status, let hint) = mode { return refused(status, hint) }
        let attempt = self.failure(FailureVerdict(failure), failure.description)
        if exchange.hasBegun {
            exchange.abort()
            settle(.broken(attempt))
        } else {
            settle(.failed(attempt))
        }
    }

    private func answerEnded(_ end: UpstreamEnd) {
        switch mode {
        case .undecided, .events: settle(.failed(failure(.malformed, "an answer without a head")))
        case .error(let status, let hint): refused(status, hint)
        case .whole: exchange.hasBegun ? finishBytes() : inspectHeld(end)
        case .bytes: exchange.hasBegun ? finishBytes() : settle(.failed(failure(.empty, "an empty answer")))
        }
    }

    private func refused(_ status: Int, _ hint: RetryHint) {
        let body = UpstreamErrorBody(parsing: held.bytes)
        settle(.failed(failure(FailureVerdict(status: status, hint: hint), "status \(status)", upstream: body)))
    }

    // MARK: Whole answers

    private func inspectHeld(_ end: UpstreamEnd) {
        let answer = AnswerInspection(inspecting: held.bytes, kind: inspectionKind)
        if answer.hasError {
            return settle(.failed(failure(.errorInAnswer, "an error inside a success", upstream: UpstreamErrorBody(parsing: held.bytes))))
        }
        if context.isStream { return settle(.failed(failure(.malformed, "a stream was asked for, and no stream came"))) }
        guard answer.isValid else { return settle(.failed(failure(.malformed, "the answer is not JSON"))) }
        guard answer.isComplete else { return settle(.failed(failure(.empty, "the answer has no content"))) }
        context.usage = answer.usage
        noteContent()
        exchange.respond(status: 200, contentType: nil, body: held.bytes) { fields in
            fields.add("content-type", contentType.bytes)
            writer.addFields(to: &fields, context, committedAt: exchange.loop.readClock())
        }
        settle(.answered)
    }

    /// Passes on an answer that is too long to be held.
    private func commitHeld() -> Demand {
        mode = .bytes
        let demand = commit(first: held.bytes)
        held.deallocate()
        return demand
    }

    private func commit(first: RawSpan) -> Demand {
        noteContent()
        let outcome = exchange.startStream(status: 200, contentType: contentType.bytes, first: first) { fields in
            writer.addFields(to: &fields, context, committedAt: exchange.loop.readClock())
        }
        exchange.releaseBody()
        return outcome == .ready ? .more : .pause
    }

    private func finishBytes() {
        exchange.finish()
        settle(.answered)
    }

    private func noteContent() {
        let now = exchange.loop.readClock()
        context.firstContentAt = now
        context.upstreamMicroseconds += now.microseconds(since: startedAt)
        context.deployment = deployment
    }

    // MARK: Streams

    private func relayEnded(_ end: StreamRelay.Result) {
        switch end {
        case .done:
            // The client has its end; the provider's last bytes may still come, so that the connection can be kept.
            transfer?.detach()
            settle(.answered)
        case .failed(let kind, let detail, let body):
            transfer?.cancel()
            let attempt = failure(kind, detail, upstream: body)
            settle(exchange.hasBegun ? .broken(attempt) : .failed(attempt))
        }
    }

    // MARK: The client

    func exchangeDidDrain() {
        transfer?.resume()
    }

    func exchangeDidLoseClient() {
        transfer?.cancel()
        settle(.clientGone)
    }

    // MARK: The end

    private func settle(_ result: AttemptResult) {
        guard self.result == nil else { return }
        self.result = result
        if context.firstContentAt == nil { context.upstreamMicroseconds += exchange.loop.readClock().microseconds(since: startedAt) }
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume(returning: result)
    }

    private func failure(_ kind: FailureClass, _ detail: String, upstream: UpstreamErrorBody? = nil) -> AttemptFailure {
        failure(FailureVerdict(kind, scope: kind.widestScope), detail, upstream: upstream)
    }

    private func failure(_ verdict: FailureVerdict, _ detail: String, upstream: UpstreamErrorBody? = nil) -> AttemptFailure {
        var upstream = upstream
        for key in deployment.provider.configuration.keys { key.value.reveal { upstream?.redact($0) } }
        return AttemptFailure(provider: deployment.provider.name, model: deployment.model.id, verdict: verdict, detail: detail, upstream: upstream)
    }

    private var dialect: StreamEvent.Dialect {
        switch endpoint {
        case .completions: .completions
        case .responses: .responses
        case .chatCompletions, .embeddings, .moderations, .rerank, .imageGenerations, .speech: .chat
        }
    }

    private var inspectionKind: AnswerInspection.Kind {
        switch endpoint {
        case .chatCompletions: .chat
        case .completions: .completions
        case .embeddings: .embeddings
        case .responses: .responses
        case .moderations, .rerank, .imageGenerations, .speech: .other
        }
    }
}

extension Endpoint {
    /// Whether a success is always a JSON value.
    var answersInJSON: Bool {
        switch self {
        case .chatCompletions, .completions, .embeddings, .responses, .moderations, .rerank: true
        case .imageGenerations, .speech: false
        }
    }
}
