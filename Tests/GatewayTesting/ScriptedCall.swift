public import EventLoop
public import Gateway
internal import Wire

extension ScriptedTransport {
    /// One call of a provider: what was asked, and what comes.
    public final class Call: UpstreamTransfer {
        /// What was asked for.
        public let request: UpstreamRequest
        /// The place among all calls, from 0.
        public let number: Int
        /// The body that was sent.
        public let body: [UInt8]
        /// When it began.
        public let startedAt: LoopInstant
        /// Whether the gateway has ended it.
        public private(set) var isCancelled = false
        /// Whether the gateway wants nothing more of it, and lets it end by itself.
        public private(set) var isDetached = false
        /// Whether the gateway has asked for a pause.
        public private(set) var isPaused = false
        /// Whether it is over.
        public private(set) var hasEnded = false
        /// How it ended for the gateway, if it heard so.
        public private(set) var end: UpstreamEnd?
        /// Whether anything of the request was sent: there was a connection.
        public private(set) var hasBegunSending = false
        /// How often the gateway wanted nothing more in the same turn.
        public private(set) var rests = 0
        /// Bytes of the body that the gateway took.
        public private(set) var takenBytes = 0

        /// How long, and for how many bytes, a call that nobody wants any more may go on, as in the product.
        private static let detachTimeout: Duration = .seconds(1)
        private static let detachBytes = 64 * 1024

        private unowned let transport: ScriptedTransport
        private var consumer: (any UpstreamConsumer)?
        private var timer: LoopTimer?
        private var steps: [UpstreamScript.Step] = []
        private var next = 0
        private var isConnected = false
        private var connectIsCutShort = false
        private var hasHead = false
        private var hasContent = false
        private var phaseBegan: LoopInstant
        private var detachedBytes = 0
        /// Whether the next step comes by itself, in a callback that is on its way.
        private var isScheduled = false
        private var isDelivering = false

        init(_ request: UpstreamRequest, number: Int, transport: ScriptedTransport, consumer: any UpstreamConsumer) {
            self.request = request
            self.number = number
            self.transport = transport
            self.consumer = consumer
            startedAt = transport.loop.now
            phaseBegan = startedAt
            var buffer = ByteBuffer()
            request.body?.writeBody(into: &buffer)
            let announced = request.body?.bodyByteCount ?? 0
            precondition(buffer.count == announced, "a body of \(announced) bytes was announced, and \(buffer.count) were written")
            body = buffer.withUnsafeBytes { Array($0) }
        }

        // MARK: What was asked

        /// The provider's host.
        public var host: String { request.endpoint.origin.host }
        /// The path and query.
        public var target: String { request.endpoint.target }
        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
        /// The model that is asked for; empty without a body that names one.
        public var model: String {
            let body = body
            let bytes = body.span.bytes
            guard let envelope = try? RequestEnvelope(scanning: bytes) else { return "" }
            return envelope.modelName(in: bytes)
        }
        /// Whether a stream is asked for.
        public var asksForStream: Bool {
            let body = body
            let bytes = body.span.bytes
            guard let envelope = try? RequestEnvelope(scanning: bytes) else { return false }
            return envelope.stream
        }
        /// The client's request behind it.
        public var context: RequestContext? { request.context }
        /// The value of a header field that the call is sent with.
        public func field(_ name: String) -> String? {
            request.endpoint.fieldLines.first { $0.lowercased().hasPrefix(name + ": ") }.map { String($0.dropFirst(name.utf8.count + 2)) }
        }

        // MARK: What comes

        /// Adds to what comes: at once, or behind what is still to come.
        public func play(_ script: UpstreamScript) {
            guard !hasEnded else { return }
            steps += script.steps
            guard !isScheduled, isConnected, !isDelivering else { return }
            isScheduled = true
            transport.loop.step { [weak self] in
                self?.isScheduled = false
                self?.goOn()
            }
        }

        /// Answers with a whole body.
        public func answer(_ status: Int, _ body: String, fields: [(name: String, value: String)] = []) {
            play(.status(status, body, fields: fields))
        }

        /// Sends the head of a stream.
        public func beginStream(fields: [(name: String, value: String)] = []) {
            play(UpstreamScript([.head(status: 200, fields: [("content-type", "text/event-stream")] + fields)]))
        }

        /// Sends a piece of the body.
        public func send(_ text: String) { play(UpstreamScript([.read([Array(text.utf8)])])) }

        /// Ends the answer.
        public func finish(_ end: UpstreamEnd = .complete) { play(UpstreamScript([.end(end)])) }

        /// Fails.
        public func fail(_ kind: UpstreamFailure.Kind) { play(.failure(kind)) }

        // MARK: UpstreamTransfer

        /// Goes on after a pause.
        public func resume() {
            guard isPaused else { return }
            isPaused = false
            phaseBegan = transport.loop.now
            if !isDetached { armTimer() }
            goOnSoon()
        }

        /// Ends the call.
        public func cancel() {
            guard !hasEnded else { return }
            isCancelled = true
            close()
        }

        /// Times only silence and the end from now on.
        public func contentArrived() {
            guard !hasContent, !hasEnded else { return }
            hasContent = true
            phaseBegan = transport.loop.now
            armTimer()
        }

        /// Lets the call end by itself.
        public func detach() {
            guard !hasEnded else { return }
            guard isConnected else { return cancel() }
            isDetached = true
            consumer = nil
            timer?.arm(after: Call.detachTimeout)
            if isPaused { resume() }
        }

        // MARK: The course

        func begin(_ script: UpstreamScript) {
            steps = script.steps + steps
            timer = try? LoopTimer(on: transport.loop) { [unowned self] _ in timeOut() }
            if case .connect(let delay) = steps.first, delay > .zero {
                timer?.arm(after: connectTimeout)
                next = 1
                transport.loop.schedule(after: delay) { [weak self] in self?.connected() }
                return
            }
            connected()
        }

        private func connected() {
            guard !hasEnded else { return }
            isConnected = true
            hasBegunSending = !steps.contains { if case .end(let end) = $0 { end.isOfConnecting } else { false } }
            phaseBegan = transport.loop.now
            armTimer()
            goOnSoon()
        }

        private func goOnSoon() {
            guard !isScheduled, isConnected, !isDelivering, !hasEnded, next < steps.count else { return }
            isScheduled = true
            transport.loop.schedule { [weak self] in
                self?.isScheduled = false
                self?.goOn()
            }
        }

        /// Delivers what one callback brings: a head, one read, and the end if it stands behind it.
        private func goOn() {
            guard !isDelivering else { return }
            isDelivering = true
            var hasRead = false
            loop: while !hasEnded, next < steps.count {
                switch steps[next] {
                case .connect: next += 1
                case .wait(let delay):
                    next += 1
                    guard delay > .zero else { continue }
                    isScheduled = true
                    transport.loop.schedule(after: delay) { [weak self] in
                        self?.isScheduled = false
                        self?.goOn()
                    }
                    break loop
                case .head(let status, let fields):
                    if hasRead || isPaused { break loop }
                    next += 1
                    deliverHead(status, fields)
                case .read(let pieces):
                    if hasRead || isPaused { break loop }
                    next += 1
                    hasRead = true
                    for piece in pieces where !hasEnded && !piece.isEmpty { deliver(piece) }
                case .end(let end):
                    if isPaused { break loop }
                    next += 1
                    close(end)
                }
            }
            isDelivering = false
            if !isPaused { goOnSoon() }
        }

        private func deliverHead(_ status: Int, _ fields: [(name: String, value: String)]) {
            // An answer has one head, however many scripts it is made of.
            guard let consumer, !hasHead else { return }
            hasHead = true
            var list = HTTPFields()
            for field in fields {
                let (name, value) = (Array(field.name.utf8), Array(field.value.utf8))
                list.append(name: name.span.bytes, value: value.span.bytes)
            }
            consumer.receiveHead(status: status, fields: list)
        }

        private func deliver(_ piece: [UInt8]) {
            takenBytes += piece.count
            if isDetached {
                detachedBytes += piece.count
                if detachedBytes > Call.detachBytes { close() }
                return
            }
            if piece.span.bytes.withoutSpace.byteCount > 0 {
                if hasContent {
                    phaseBegan = transport.loop.now
                } else if request.bounds?.waitsForWord != true {
                    contentArrived()
                }
            }
            switch consumer?.receive(piece.span.bytes) ?? .more {
            case .more: break
            case .pause: isPaused = true
            case .rest: rests += 1
            }
        }

        private func close(_ end: UpstreamEnd? = nil) {
            guard !hasEnded else { return }
            hasEnded = true
            if end?.isOfConnecting == true { hasBegunSending = false }
            transport.live -= 1
            timer?.close()
            timer = nil
            steps = []
            next = 0
            let consumer = self.consumer
            self.consumer = nil
            guard let end, let consumer else { return }
            self.end = end
            consumer.receiveEnd(end)
        }

        // MARK: Time

        private func timeOut() {
            guard !hasEnded else { return }
            if isDetached { return close() }
            guard isConnected else {
                return close(.failed(UpstreamFailure(.connectTimeout, "no connection in time", isOwnBound: connectIsCutShort)))
            }
            let now = transport.loop.now
            if now >= totalEnd {
                let isOwnBound = hasContent || request.bounds.map { $0.endBy < startedAt.advanced(by: request.timeouts.total) } ?? false
                let time = now.elapsed(since: startedAt)
                return close(.failed(UpstreamFailure(.totalTimeout, "the answer was not whole after \(time)", isOwnBound: isOwnBound)))
            }
            if !isPaused, now >= phaseEnd {
                let time = now.elapsed(since: phaseBegan)
                return close(
                    .failed(
                        hasContent
                            ? UpstreamFailure(.idleTimeout, "the answer stopped for \(time)")
                            : UpstreamFailure(
                                .firstByteTimeout, "no answer within \(time)",
                                isOwnBound: phaseEnd < phaseBegan.advanced(by: request.timeouts.firstByte))))
            }
            armTimer()
        }

        private var connectTimeout: Duration {
            let timeout = min(request.timeouts.connect, request.timeouts.total)
            guard let bounds = request.bounds else { return timeout }
            let left = max(min(bounds.contentBy, bounds.endBy).elapsed(since: transport.loop.now), .milliseconds(1))
            connectIsCutShort = left < timeout
            return min(timeout, left)
        }

        private var phaseEnd: LoopInstant {
            if hasContent { return phaseBegan.advanced(by: request.timeouts.idle) }
            guard let bounds = request.bounds else { return phaseBegan.advanced(by: request.timeouts.firstByte) }
            return min(phaseBegan.advanced(by: bounds.firstContent), bounds.contentBy)
        }

        private var totalEnd: LoopInstant {
            let end = startedAt.advanced(by: request.timeouts.total)
            guard let bounds = request.bounds else { return end }
            return min(end, bounds.endBy)
        }

        private func armTimer() {
            timer?.arm(at: isPaused ? totalEnd : min(phaseEnd, totalEnd))
        }
    }
}

extension UpstreamEnd {
    /// Whether there was no connection that a request could have been sent on.
    fileprivate var isOfConnecting: Bool {
        guard case .failed(let failure) = self else { return false }
        return switch failure.kind {
        case .resolve, .connect, .tls, .proxy, .connectTimeout, .local: true
        case .firstByteTimeout, .idleTimeout, .totalTimeout, .closedBeforeAnswer, .truncated, .malformed: false
        }
    }
}
