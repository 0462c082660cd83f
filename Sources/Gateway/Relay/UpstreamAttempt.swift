internal import EventLoop
internal import HTTPServer
internal import Wire

/// One request to one deployment: sends it, decides by the head what kind of answer comes, and waits for its end.
final class UpstreamAttempt: UpstreamConsumer, UpstreamBody, HTTPExchangeObserver, TurnTaker {
    /// What is done with the answer's body.
    private enum Mode {
        case undecided
        /// A stream was asked for; what it is the first bytes will show, and until then they are held.
        case sniffing(isLabelled: Bool)
        /// An error status: the body is kept for its message.
        case error(status: Int)
        /// A whole answer, held until it has been looked at.
        case whole
        /// The same of what may be sound or a picture under a strange name, and is passed on as it is when it is neither JSON nor words.
        case perhapsWhole
        /// Events, passed on as they come.
        case events(StreamRelay)
        /// Bytes that are not looked at, such as sound.
        case bytes
    }

    /// Bytes of an error's body that are kept; behind them the error is judged by what is there.
    private static let maximumErrorBytes = 64 * 1024
    /// How long an error's body may take: errors are short, and another provider waits.
    private static let errorBodyTime: Duration = .seconds(1)
    /// There is no room for an answer that has come, nor would there be for another provider's.
    private static let noRoom = FailureVerdict(.local, scope: .request, nothingWasDone: false)
    /// Bytes of an answer that are held; a longer one is passed on from there, unseen.
    private static let maximumHeldBytes = 32 * 1024 * 1024
    /// Bytes of what was held that are passed on at once, and how often in one turn.
    private static let pieceSize = 64 * 1024
    private static let piecesPerTurn = 4

    let context: RequestContext
    private let exchange: HTTPExchange
    private let envelope: RequestEnvelope
    private var edit: BodyEdit
    let deployment: Deployment
    /// The right to this attempt.
    var permit: AttemptPermit
    private let ledger: HealthLedger
    private let inspections: AnswerLane
    let bounds: UpstreamBounds
    /// Whether the time to the first content is a share of the time the client waits, and less than what the deployment should have.
    let isShareOfPatience: Bool
    /// What the answer said.
    private(set) var findings = AttemptFindings()
    /// Whether the provider may have got the request, or a part of it: not while there is no connection.
    private(set) var wasSent = false
    /// An answer that is kept in case no other candidate has a better one.
    private(set) var kept: KeptAnswer?
    /// Why the request ends here, for the gateway's own sake, so that no other candidate is asked; `nil` for every other end.
    private(set) var refusal: GatewayError?
    private let endpoint: Endpoint
    private let writer: AnswerWriter
    private var mode = Mode.undecided
    private var held = ByteBuffer()
    /// How much of `held` is passed on, of an answer that turned out to be too long to be held.
    private var passedBytes = 0
    /// How the answer ended, while what was held of it is passed on.
    private var laterEnd: UpstreamEnd?
    /// What `held` takes of the budget of all that is held.
    private var takenBytes = 0
    /// How long a whole answer is that is being looked at beside the loop; `held` is empty meanwhile.
    private var inspectedBytes: Int?
    /// Whose they are, once they are many.
    private var share: ClientShare?
    /// Bytes up to which it is no matter whose they are.
    private static let mostUncounted = 16 * 1024
    private var limits = LimitFields()
    /// Takes secrets out of an answer that goes on as it comes.
    private var passing: PassingRedactor
    private var contentType = ByteBuffer()
    /// Whether that says that it is a stream of events.
    private var isLabelledEvents = false
    /// Whether the request asks for what the client has not asked for: the counts of a stream.
    private var addsUsage: Bool
    /// Whether the provider refused that, so that it is asked once more without.
    private var isRepeated = false
    private var transfer: (any UpstreamTransfer)?
    private var waiter: UnsafeContinuation<AttemptResult, Never>?
    private var result: AttemptResult?
    private var errorTimer: LoopTimer?
    private let startedAt: LoopInstant

    init(
        _ context: RequestContext, exchange: HTTPExchange, envelope: RequestEnvelope, deployment: Deployment, endpoint: Endpoint,
        writer: AnswerWriter,
        permit: AttemptPermit, ledger: HealthLedger, inspections: AnswerLane, bounds: UpstreamBounds, isShareOfPatience: Bool
    ) {
        self.inspections = inspections
        self.permit = permit
        passing = PassingRedactor(deployment.provider.redactor)
        self.ledger = ledger
        self.bounds = bounds
        self.isShareOfPatience = isShareOfPatience
        self.context = context
        self.exchange = exchange
        self.envelope = envelope
        self.deployment = deployment
        self.endpoint = endpoint
        self.writer = writer
        let quirks = deployment.provider.configuration.quirks
        let requestsUsage =
            envelope.stream && !envelope.asksForUsage && (endpoint == .chatCompletions || endpoint == .completions)
            && !quirks.contains(.noStreamOptions) && !deployment.learned.refusesStreamOptions(at: exchange.loop.now)
        addsUsage = requestsUsage
        edit = BodyEdit(of: exchange.body, envelope, requestUsage: requestsUsage, keepRouting: quirks.contains(.openRouter))
        startedAt = exchange.loop.readClock()
    }

    /// Sends the request and waits until the attempt has an end.
    func run(on transport: any UpstreamTransport) async -> AttemptResult {
        var result = await ask(transport)
        if isRepeated, case .failed = result {
            beginAgain()
            result = await ask(transport)
        }
        if case .events(let relay) = mode {
            findings = relay.findings
            relay.release()
        }
        return result
    }

    /// Sends the request and waits for the end of what comes.
    private func ask(_ transport: any UpstreamTransport) async -> AttemptResult {
        guard !exchange.hasLostClient else { return .clientGone }
        exchange.observer = self
        var request = UpstreamRequest(endpoint: deployment.upstream(for: endpoint), body: self, timeouts: deployment.provider.timeouts)
        request.bounds = bounds
        request.mayBeRepeated = endpoint.isRepeatable
        transfer = transport.start(request, delivering: self)
        let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<AttemptResult, Never>) in
            if let result = self.result { continuation.resume(returning: result) } else { waiter = continuation }
        }
        exchange.observer = nil
        transfer = nil
        return result
    }

    /// Makes ready to ask the same deployment once more, without what the gateway added.
    private func beginAgain() {
        if case .events(let relay) = mode { relay.release() }
        (mode, result, findings, limits) = (.undecided, nil, AttemptFindings(), LimitFields())
        held.removeAll()
        contentType.removeAll()
        addsUsage = false
        let (exchange, quirks) = (exchange, deployment.provider.configuration.quirks)
        edit = BodyEdit(of: exchange.body, envelope, keepRouting: quirks.contains(.openRouter))
    }

    /// Whether a refusal is about what the gateway added, so that the client never sent what is complained of.
    private func takesBack(_ status: Int, _ body: RawSpan) -> Bool {
        guard addsUsage, !isRepeated, !context.hasCommitted, status == 400 || status == 422 || status == 415 || status >= 500 else { return false }
        guard UpstreamErrorBody.names(anyOf: UpstreamAttempt.additions, in: body) else { return false }
        isRepeated = true
        return true
    }

    /// The same of an error inside a stream.
    private func takesBack(_ body: UpstreamErrorBody) -> Bool {
        guard addsUsage, !isRepeated, !context.hasCommitted else { return false }
        for text in [body.message, body.param, body.code] {
            let bytes = Array((text ?? "").utf8)
            if takesBack(400, bytes.span.bytes) { return true }
        }
        return false
    }

    /// How providers name what the gateway adds.
    private static let additions: [StaticString] = ["stream_options", "include_usage", "streamoptions", "stream options"]

    /// The status of an answer that was an error; `nil` for any other end.
    var errorStatus: Int? { if case .error(let status) = mode { status } else { nil } }

    // MARK: What it used

    /// The tokens that the attempt used: by its provider's word, else by what came of it. What was never sent used nothing.
    ///
    /// - Parameter isWhole: Whether the answer comes whole, so that all of it may have been made before a byte of it came.
    func used(isWhole: Bool) -> (Usage?, UsageSource) {
        guard wasSent else { return (nil, .none) }
        if let known = reported { return (known, .upstream) }
        let (estimate, bounds) = (estimated(isWhole: isWhole), usageBounds)
        guard let usage = findings.usage else { return (estimate, .estimated) }
        let isLate = findings.eventsSinceUsage > 0 || goesOn || usage.outputTokens < bounds.leastOutput
        return (bounds.bounded(usage.completed(by: estimate, isLate: isLate)), .estimated)
    }

    /// The tokens by the provider's word, where that says all there is to say, both counts of an answer that has content, and says nothing that can't be.
    var reported: Usage? {
        guard var usage = findings.usage, !goesOn else { return nil }
        let bounds = usageBounds
        guard endpoint.generatesTokens else { return usage.isNothing || !bounds.allows(usage) ? nil : usage }
        usage.complete()
        guard usage.inputTokens > 0 || !findings.hasContent else { return nil }
        // What was told at the beginning of a stream does not know its end.
        guard usage.outputTokens > 0 && findings.eventsSinceUsage == 0 || !findings.hasContent else { return nil }
        return bounds.allows(usage) ? usage : nil
    }

    /// Whether the provider makes the answer, whatever became of this request: nobody has told yet how long it gets.
    private var goesOn: Bool {
        guard endpoint == .responses else { return false }
        return findings.isUnderWay || envelope.isBackground && (findings.usage?.outputTokens ?? 0) == 0
    }

    private var usageBounds: UsageBounds {
        var bounds = UsageBounds()
        bounds.requestBytes = context.bytesIn
        bounds.images = context.images
        bounds.readsMore =
            endpoint == .responses || !envelope.parts.isSubset(of: .image) || envelope.hasHostedTools || envelope.hasExtensions
            || envelope.namesKeptText || !endpoint.generatesTokens && envelope.hasInputObjects
        (bounds.isPredicted, bounds.makesMedia) = (envelope.hasPrediction, envelope.asksForMedia)
        (bounds.contextLength, bounds.modelLimit) = (deployment.model.contextLength, deployment.model.maximumOutputTokens)
        (bounds.outputLimit, bounds.answers) = (envelope.outputLimit(of: endpoint), envelope.answerCount(of: endpoint))
        bounds.generatesTokens = endpoint.generatesTokens
        bounds.answerBytes = max(findings.answerBytes, findings.streamBytes)
        (bounds.contentSize, bounds.events) = (findings.contentSize, findings.contentEvents)
        return bounds
    }

    private func estimated(isWhole: Bool) -> Usage {
        let tokens = deployment.learned.tokens(for: context.key.tag)
        if goesOn { return reserved }
        guard endpoint.generatesTokens else { return usedByPiece }
        let limit = envelope.outputLimit(of: endpoint)
        let (bytes, media, context) = (context.promptBytes, context.mediaTokens, deployment.model.contextLength)
        if findings.answerBytes > 0 {
            var usage = tokens.used(
                bytes: bytes, media: media, answerBytes: findings.otherSize > 0 ? 0 : findings.answerBytes, contentSize: findings.contentSize,
                outputLimit: limit, contextLength: context)
            usage.outputTokens = usage.outputTokens.addingCount(findings.otherTokens)
            if findings.isBrokenOff {
                if findings.hasMedia { usage.outputTokens = 0 }
                // The rest may have been made, too.
                usage.outputTokens = max(usage.outputTokens, expected.outputTokens)
            }
            usage.totalTokens = usage.inputTokens + usage.outputTokens
            return usage
        }
        if isWhole { return expected }
        return usedByStream
    }

    private var expected: Usage {
        deployment.learned.tokens(for: context.key.tag).expected(
            bytes: context.promptBytes, media: context.mediaTokens, outputLimit: envelope.outputLimit(of: endpoint),
            contextLength: deployment.model.contextLength)
    }

    /// The prompt, and the tokens of a picture or of speech where those are what is paid for.
    private var usedByPiece: Usage {
        var usage = expected
        let images = findings.pieces > 0 ? min(findings.pieces, context.madeImages) : context.madeImages
        usage.outputTokens = deployment.madeTokens(by: endpoint, images: images, promptTokens: usage.inputTokens)
        usage.totalTokens = usage.inputTokens.addingCount(usage.outputTokens)
        return usage
    }

    /// The prompt, and as much as the answer can have that is made in the background: of it nothing passes by here.
    private var reserved: Usage {
        let (tokens, model) = (deployment.learned.tokens(for: context.key.tag), deployment.model)
        let limit =
            envelope.outputLimit(of: endpoint) ?? tokens.longestAnswer(modelLimit: model.maximumOutputTokens, contextLength: model.contextLength)
        return tokens.atMost(bytes: context.promptBytes, media: context.mediaTokens, outputLimit: limit, contextLength: model.contextLength)
    }

    /// The prompt, and what was streamed of the answer.
    private var usedByStream: Usage {
        var usage = deployment.used(by: findings, for: context.key.tag, promptBytes: context.promptBytes, media: context.mediaTokens)
        // How much of sound and pictures was made nobody sees: no less than what was reckoned with before.
        guard findings.hasMedia else { return usage }
        usage.outputTokens = max(usage.outputTokens, expected.outputTokens)
        usage.totalTokens = usage.inputTokens.addingCount(usage.outputTokens)
        return usage
    }

    /// What a failed attempt used, for the books: nothing where its provider has certainly done nothing for it, or says itself that it has failed.
    ///
    /// - Parameter isWhole: Whether the answer comes whole, so that all of it may have been made before a byte of it came.
    func lost(by verdict: FailureVerdict, isWhole: Bool) -> LostAttempt? {
        // What is paid for by the piece is not there where its provider says so, and is not paid for.
        if verdict.nothingWasMade, endpoint.isPaidByPiece { return nil }
        let mayBeMade = wasSent && verdict.mayBeCharged
        let madeImages = mayBeMade ? context.madeImages : 0
        func lost(_ usage: Usage, _ source: UsageSource) -> LostAttempt? {
            guard usage.totalTokens > 0 else { return nil }
            return LostAttempt(deployment: deployment, usage: usage, source: source, images: context.images, madeImages: madeImages)
        }
        if let usage = findings.usage, usage.totalTokens > 0 {
            let bounds = usageBounds
            return bounds.allows(usage) ? lost(usage, .upstream) : lost(bounds.bounded(usage), .estimated)
        }
        guard mayBeMade, case (let usage?, let source) = used(isWhole: isWhole) else { return nil }
        return lost(usage, source)
    }

    /// The tokens that a failed attempt took of its provider's allowance: what was reported, else the prompt and what was streamed; nothing where an error
    /// came in place of an answer.
    func tokensTaken(by verdict: FailureVerdict) -> Int {
        if let usage = findings.usage { return usageBounds.bounded(usage).totalTokens }
        return wasSent && verdict.mayBeCharged ? usedByStream.totalTokens : 0
    }

    /// Whether an end for want of the first content says only how long the client waits.
    func isPatience(at now: LoopInstant) -> Bool { isShareOfPatience || now >= bounds.contentBy }

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
        wasSent = true
        ledger.reached(&permit, isSuccess: status / 100 == 2, at: exchange.loop.now)
        guard status / 100 == 2 else {
            mode = .error(status: status)
            limits = LimitFields(fields, now: exchange.loop.millisecondsSinceEpoch)
            ledger.note(
                limits.quota, for: deployment, of: permit.client, isRefusal: true, isOther: status != 429 && status != 503, at: exchange.loop.now)
            errorTimer = try? LoopTimer(on: exchange.loop) { [unowned self] _ in judgeError() }
            errorTimer?.arm(after: UpstreamAttempt.errorBodyTime)
            return
        }
        limits = LimitFields(fields, now: exchange.loop.millisecondsSinceEpoch)
        ledger.note(limits.quota, for: deployment, of: permit.client, isRefusal: false, at: exchange.loop.now)
        var isEvents = false
        var isJSON = false
        var isPage = false
        var isText = false
        if let type = fields.value(of: "content-type") {
            isEvents = type.hasPrefixIgnoringCase("text/event-stream")
            isJSON = type.hasPrefixIgnoringCase("application/json") || type.hasPrefixIgnoringCase("application/problem+json")
            isText = type.hasPrefixIgnoringCase("text/")
            isPage = type.hasPrefixIgnoringCase("text/html")
            // It goes to the client as it is; a provider can quote a key anywhere.
            let isPlain = isEvents || isJSON && type.byteCount == "application/json".utf8.count
            if isPlain || !deployment.provider.redactor.finds(in: type) { contentType.append(type) }
        }
        if contentType.isEmpty { contentType.append(endpoint.answersInJSON ? "application/json" : "application/octet-stream") }
        if isRepeated { deployment.learned.refusedStreamOptionsAt = exchange.loop.now }
        if context.isStream, isEvents || endpoint.answersInJSON {
            mode = .sniffing(isLabelled: isEvents)
        } else if isJSON || isPage || endpoint.answersInJSON || context.isStream {
            // Also a stream's request that was answered with something else: the reason may be in it. No sound or picture is a page.
            mode = .whole
        } else if isText, !isEvents {
            mode = .perhapsWhole
        } else {
            isLabelledEvents = isEvents
            mode = .bytes
        }
    }

    func receive(_ chunk: RawSpan) -> Demand {
        switch mode {
        case .undecided:
            return .more
        case .sniffing(let isLabelled):
            return sniff(chunk, isLabelled)
        case .error:
            let room = UpstreamAttempt.maximumErrorBytes - held.count
            hold(chunk.extracting(first: min(room, chunk.byteCount)))
            if held.count >= UpstreamAttempt.maximumErrorBytes { judgeError() }
            return .more
        case .whole, .perhapsWhole:
            hold(chunk)
            guard held.count > UpstreamAttempt.maximumHeldBytes else { return .more }
            if !context.isStream { return commitHeld() }
            transfer?.cancel()
            settle(.failed(failure(.malformed, "a stream was asked for, and something else came without an end")))
            return .more
        case .events(let relay):
            return relayed(chunk, by: relay)
        case .bytes where isPassingHeld:
            hold(chunk)
            return .pause
        case .bytes:
            if !context.hasCommitted { return takeFirst(chunk) }
            return passing.pass(chunk) { exchange.write($0) } == .saturated ? .pause : .more
        }
    }

    /// Takes the first bytes of sound or a picture, which may be an error after all.
    private func takeFirst(_ chunk: RawSpan) -> Demand {
        let text = chunk.withoutSpace
        if text.byteOrZero(at: 0) == UInt8(ascii: "{"), text.extracting(droppingFirst: 1).withoutSpace.byteOrZero(at: 0) == UInt8(ascii: "\"") {
            mode = .perhapsWhole
            hold(chunk)
            return .more
        }
        guard let error = errorAtOnce(in: chunk) else { return commit(first: chunk) }
        transfer?.cancel()
        hold(chunk)
        if result == nil { errorEnded(in: error) }
        return .more
    }

    /// Where the error is, when the first event of a stream of sound is one.
    private func errorAtOnce(in chunk: RawSpan) -> Range<Int>? {
        guard isLabelledEvents else { return nil }
        var parser = ServerSentEventParser()
        var offset = 0
        while case .event(let event) = parser.next(in: chunk, at: &offset) {
            guard event.kind == .data, case .chunk(let place) = event.place else { continue }
            let data = parser.data(of: event, in: chunk)
            guard event.isError || StreamEvent(inspecting: data, dialect: .chat).hasError else { return nil }
            guard let start = chunk.extracting(place).firstRange(of: "data:", from: 0) else { return place }
            return place.lowerBound + start.upperBound..<place.upperBound
        }
        return nil
    }

    /// Decides by the first bytes of an answer to a request for a stream what it is.
    private func sniff(_ chunk: RawSpan, _ isLabelled: Bool) -> Demand {
        guard held.isEmpty else {
            hold(chunk)
            return decide(isLabelled, StreamStart(held.bytes))
        }
        let start = StreamStart(chunk)
        guard start == .events || start == .other && isLabelled else {
            hold(chunk)
            return decide(isLabelled, start)
        }
        return relayed(chunk, by: beginEvents())
    }

    private func decide(_ isLabelled: Bool, _ start: StreamStart) -> Demand {
        switch start {
        case .unknown:
            return .more
        case .other where !isLabelled, .whole:
            mode = .whole
            return .more
        case .events, .other:
            let relay = beginEvents()
            var first = ByteBuffer()
            swap(&first, &held)
            releaseBudget()
            return relayed(first.bytes, by: relay)
        }
    }

    private func beginEvents() -> StreamRelay {
        let relay = StreamRelay(
            exchange, context: context, envelope: envelope, dialect: dialect, writer: writer, circumstances: circumstances, limits: limits,
            redactor: deployment.provider.redactor, startedAt: startedAt)
        mode = .events(relay)
        return relay
    }

    private func relayed(_ chunk: RawSpan, by relay: StreamRelay) -> Demand {
        let demand = relay.receive(chunk)
        if context.firstContentAt != nil { contentArrived() }
        if let end = relay.result { relayEnded(end) }
        return demand
    }

    func receiveEnd(_ end: UpstreamEnd) {
        noteSending()
        transfer = nil
        // What is too short to be told is no stream.
        if case .sniffing(let isLabelled) = mode { if isLabelled, held.isEmpty { _ = beginEvents() } else { mode = .whole } }
        switch mode {
        case .events(let relay):
            relay.streamEnded(end)
            if let result = relay.result { relayEnded(result) }
        case .undecided, .sniffing, .error, .whole, .perhapsWhole, .bytes:
            if case .failed(let failure) = end { return wireFailed(failure) }
            if isPassingHeld { return laterEnd = end }
            answerEnded(end)
        }
    }

    private func noteSending() {
        if let transfer, transfer.hasBegunSending { wasSent = true }
    }

    /// Keeps a piece of the answer, if there is room for it in the budget of all that is held.
    private func hold(_ bytes: RawSpan) {
        guard result == nil else { return }
        if share == nil, takenBytes + bytes.byteCount > UpstreamAttempt.mostUncounted {
            share = exchange.share
            exchange.loop.held.charge(takenBytes, to: share)
        }
        guard exchange.loop.held.take(bytes.byteCount, for: share) else {
            transfer?.cancel()
            transfer = nil
            return endForWantOfRoom(for: bytes.byteCount)
        }
        takenBytes += bytes.byteCount
        held.append(bytes)
    }

    /// Ends the request, since nobody's answer to it can be held; or the answer, where a part of it is out.
    private func endForWantOfRoom(for count: Int) {
        let isClients = exchange.loop.held.hasRoom(for: count)
        let failure = failure(
            UpstreamAttempt.noRoom, isClients ? "too many bytes are held for this client" : "too many bytes are held for all requests together")
        guard !context.hasCommitted else {
            settle(.broken(failure))
            return exchange.abort()
        }
        refusal = isClients ? .clientHoldsTooMuch : .tooMuchHeld
        settle(.failed(failure))
    }

    /// Gives back what was taken of the budget.
    private func releaseBudget() {
        guard takenBytes > 0 else { return }
        exchange.loop.held.give(takenBytes, of: share)
        takenBytes = 0
        share = nil
    }

    /// The error's body has had its time, or is long enough.
    private func judgeError() {
        guard case .error(let status) = mode, result == nil else { return }
        transfer?.cancel()
        transfer = nil
        refused(status)
    }

    private func wireFailed(_ failure: UpstreamFailure) {
        // The status of a refusal says more than the connection's end behind it.
        if case .error(let status) = mode { return refused(status) }
        let attempt = self.failure(FailureClassifier.classify(failure), failure.description)
        noteBreak()
        if context.hasCommitted {
            // Settled first: the end of the connection, which is told at once, is not the client's leaving.
            settle(.broken(attempt))
            exchange.abort()
        } else {
            settle(.failed(attempt))
        }
    }

    /// A whole answer broke off, or nobody waits for the rest of it: what has come of it says how much was made.
    private func noteBreak() {
        guard case .whole = mode else { return }
        if let inspectedBytes {
            // All of it has come.
            findings.answerBytes = inspectedBytes
        } else if held.count > 0 {
            (findings.answerBytes, findings.isBrokenOff) = (held.count, true)
            for mark in UpstreamAttempt.pictureMarks where held.bytes.firstRange(of: mark) != nil { findings.hasMedia = true }
        }
    }

    /// What stands in answers with pictures in base64, whose length says nothing of their tokens.
    private static let pictureMarks: [StaticString] = [";base64,", "\"b64_json\"", "\"image_generation_call\""]

    private func answerEnded(_ end: UpstreamEnd) {
        switch mode {
        case .undecided, .sniffing, .events: settle(.failed(failure(.malformed, "an answer without a head")))
        case .error(let status): refused(status)
        case .whole, .perhapsWhole: context.hasCommitted ? finishBytes() : inspectHeld()
        case .bytes: context.hasCommitted ? finishBytes() : settle(.failed(failure(.empty, "an empty answer")))
        }
    }

    private func refused(_ status: Int) {
        if takesBack(status, heldBytes) { return settle(.failed(failure(.unsupportedParameter, "stream_options were refused"))) }
        let body = UpstreamErrorBody(telling: held.bytes)
        let exchange = exchange
        // Where it failed at its work it may say what that has used. What a refusal counts is somebody's allowance.
        if status >= 500, status != 503, status != 529 { findings.usage = AnswerInspection(inspecting: held.bytes, kind: .other).usage }
        let verdict = FailureClassifier.classify(
            status: status, limits: limits, body: held.bytes, request: exchange.body, circumstances, now: exchange.loop.millisecondsSinceEpoch)
        settle(.failed(failure(verdict, "status \(status)", upstream: body)))
    }

    // MARK: Whole answers

    /// What is to be known of a whole answer.
    private struct Inspected: Sendable {
        let answer: AnswerInspection
        /// How long it was.
        let count: Int
        /// By what a later request may go on from it.
        let ids: AnswerIDs
        /// Whether it is no JSON but words, as they come from a provider that has failed, and no page.
        private(set) var isStatement = false
        /// Where the error is that it begins with, of one that should have been a stream.
        private(set) var errorAhead: Range<Int>?

        /// Looks at an answer, takes the secrets out of one that is to be passed on, and makes a stream of it where one was asked for.
        ///
        /// - Parameters:
        ///   - stream: The API whose stream was asked for, and whether with counts; `nil` where a whole answer was.
        ///   - most: How long the stream may become.
        init(
            _ held: HeldAnswer, _ kind: AnswerInspection.Kind, _ redactor: Redactor, stream: (dialect: StreamEvent.Dialect, withUsage: Bool)?,
            atMost most: Int
        ) {
            let answer = AnswerInspection(inspecting: held.span, kind: kind)
            self.answer = answer
            count = held.span.byteCount
            ids = AnswerIDs(
                response: answer.responseID.map { held.span.extracting($0).text },
                conversation: answer.conversationID.map { held.span.extracting($0).text })
            if !answer.isValid {
                isStatement = Inspected.isStatement(held.span)
                if stream != nil { errorAhead = AnswerInspection.errorAhead(in: held.span, kind: kind) }
            }
            guard !answer.hasError, answer.failedReason == nil, answer.garbledReason == nil, !isStatement, errorAhead == nil else { return }
            held.redact(by: redactor)
            guard let stream, answer.isValid, answer.isComplete else { return }
            held.becomeStream(stream.dialect, withUsage: stream.withUsage, counts: answer.usage, atMost: most)
        }

        private static func isStatement(_ bytes: RawSpan) -> Bool {
            let text = bytes.withoutSpace
            return text.byteCount > 0 && text.byteCount <= UpstreamAttempt.maximumErrorBytes
                && StreamEvent(inspecting: text, dialect: .chat).isText && text[byte: 0] != UInt8(ascii: "<")
        }
    }

    /// An answer on its way to the thread that looks at it.
    private final class HeldAnswer: @unchecked Sendable {  // handed over, changed, and handed back: nobody has it at the same time as another
        var bytes = ByteBuffer()
        /// Whether `bytes` are the events of a stream that was made of it.
        private(set) var isStream = false
        /// What of the budget of all that is held is taken for it.
        var takenBytes = 0
        var span: RawSpan {
            @_lifetime(borrow self) get { _overrideLifetime(bytes.bytes, borrowing: self) }
        }

        func redact(by redactor: Redactor) {
            guard let redacted = redactor.redacted(span) else { return }
            bytes.deallocate()
            bytes.append(redacted.span.bytes)
        }

        func becomeStream(_ dialect: StreamEvent.Dialect, withUsage: Bool, counts: Usage?, atMost most: Int) {
            var events = ByteBuffer(capacity: min(span.byteCount + 4096, most))
            if dialect == .responses {
                guard let streamed = StreamedResponse(reading: span), streamed.write(span, atMost: most, into: &events) else { return }
            } else {
                guard let streamed = StreamedAnswer(reading: span, dialect: dialect),
                    streamed.write(span, withUsage: withUsage, counts: counts, atMost: most, into: &events)
                else { return }
            }
            isStream = true
            swap(&bytes, &events)
        }
    }

    /// How long the events may be that are made of a whole answer, beside some names: in those of `/v1/responses` a text stands five times.
    private static func mostEvents(of count: Int, _ dialect: StreamEvent.Dialect) -> Int {
        (dialect == .responses ? 6 * count : count + count / 4) + 64 * 1024
    }

    /// Looks at a whole answer: at a long one beside the loop, as at a request's body, one after the other.
    private func inspectHeld() {
        let (kind, redactor) = (inspectionKind, deployment.provider.redactor)
        let stream = context.isStream ? (dialect, envelope.asksForUsage) : nil
        let most = stream == nil ? 0 : UpstreamAttempt.mostEvents(of: held.count, dialect)
        let answer = HeldAnswer()
        swap(&answer.bytes, &held)
        // It is held until it was looked at, whatever comes meanwhile.
        swap(&answer.takenBytes, &takenBytes)
        guard answer.bytes.count > RequestReading.mostOnLoop else {
            return judgeHeld(Inspected(answer, kind, redactor, stream: stream, atMost: most), answer)
        }
        inspectedBytes = answer.bytes.count
        exchange.loop.task(self) { attempt in
            let (loop, lane) = (attempt.exchange.loop, attempt.inspections)
            await lane.begin(for: attempt.context.key.tag)
            // The client may have left meanwhile, or the gateway have to end.
            guard attempt.result == nil, attempt.takeRoom(most, for: answer) else {
                lane.end()
                return attempt.giveBack(answer)
            }
            let inspected = await LoopWork.run(on: loop) { Inspected(answer, kind, redactor, stream: stream, atMost: most) }
            lane.end()
            if attempt.result == nil { attempt.judgeHeld(inspected, answer) } else { attempt.giveBack(answer) }
        }
    }

    /// Takes what a stream may need that is made of an answer.
    private func takeRoom(_ count: Int, for answer: HeldAnswer) -> Bool {
        guard count > 0 else { return true }
        guard exchange.loop.held.take(count, for: share) else {
            endForWantOfRoom(for: count)
            return false
        }
        answer.takenBytes += count
        return true
    }

    private func giveBack(_ answer: HeldAnswer) {
        exchange.loop.held.give(answer.takenBytes, of: share)
        answer.takenBytes = 0
    }

    private func judgeHeld(_ inspected: Inspected, _ held: HeldAnswer) {
        inspectedBytes = nil
        swap(&self.held, &held.bytes)
        swap(&takenBytes, &held.takenBytes)
        let answer = inspected.answer
        findings.usage = answer.usage
        findings.answerBytes = inspected.count
        findings.contentSize = answer.contentSize
        findings.otherSize = answer.otherSize
        findings.isAnswer = answer.isComplete && !answer.isBlank
        findings.isUnderWay = answer.isUnderWay
        findings.pieces = answer.elementCount
        if answer.hasError || inspected.isStatement { return errorEnded(in: answer.innerError ?? 0..<self.held.count, takesBack: true) }
        if let error = inspected.errorAhead { return errorEnded(in: error) }
        if let range = answer.garbledReason {
            let reason = self.held.bytes.extracting(range).text
            return settle(.failed(failure(.garbledAnswer, "a choice ended in \(reason)", upstream: .ended(by: reason))))
        }
        if let range = answer.failedReason {
            // Half an answer that calls itself whole.
            let reason = self.held.bytes.extracting(range).text
            let verdict = FailureClassifier.classify(unusable: .errorInAnswer)
            return settle(.failed(failure(verdict, "a choice ended in \(reason)", upstream: .ended(by: reason))))
        }
        findings.ids = inspected.ids
        if context.isStream { return keepAsStream(held.isStream, isBlank: answer.isBlank) }
        guard answer.isValid else {
            if case .perhapsWhole = mode, inspected.count > 0 {
                noteContent()
                respondHeld()
                return settle(.answered)
            }
            var verdict = FailureClassifier.classify(unusable: .malformed)
            // A page in place of a picture is a word that there is none.
            verdict.nothingWasMade = self.held.bytes.withoutSpace.byteOrZero(at: 0) == UInt8(ascii: "<")
            return settle(.failed(failure(verdict, "the answer is not JSON")))
        }
        guard answer.isComplete else { return settle(.failed(failure(.empty, "the answer has no content"))) }
        if answer.isBlank {
            kept = KeptAnswer(
                &self.held, taken: takenBytes, contentType: contentType.bytes, isBlank: true, of: self, context, share, on: exchange.loop)
            takenBytes = 0
            return settle(.failed(failure(UpstreamAttempt.blank, "the answer has not a word")))
        }
        noteContent()
        respondHeld()
        settle(.answered)
    }

    /// An error came in place of an answer. As of one with a status no more is read of it than the front.
    ///
    /// - Parameter takesBack: Whether it may be about what the gateway added.
    private func errorEnded(in range: Range<Int>, takesBack mayTakeBack: Bool = false) {
        let front = heldBytes.extracting(first: min(held.count, UpstreamAttempt.maximumErrorBytes))
        if mayTakeBack, takesBack(400, front) {
            return settle(.failed(failure(.unsupportedParameter, "stream_options were refused")))
        }
        let statement = heldBytes.extracting(range.lowerBound..<min(range.upperBound, range.lowerBound + UpstreamAttempt.maximumErrorBytes))
        let exchange = exchange
        let verdict = FailureClassifier.classify(
            errorInAnswer: statement, limits: limits, request: exchange.body, circumstances, now: exchange.loop.millisecondsSinceEpoch)
        settle(.failed(failure(verdict, "an error inside a success", upstream: UpstreamErrorBody(telling: statement))))
    }

    /// Answers with what is held. What of it the client does not take at once is counted where it waits.
    private func respondHeld() {
        releaseBudget()
        var body = ByteBuffer()
        swap(&body, &held)
        exchange.respond(status: 200, adopting: &body) { fields in
            fields.add("content-type", contentType.bytes)
            writer.addFields(to: &fields, context, committedAt: exchange.loop.readClock())
        }
    }

    /// What an answer means that is whole and says nothing: the next candidate may have more to say, and nothing is wrong with this one.
    private static let blank = FailureVerdict(.empty, scope: .request, cause: .request)
    /// What a whole answer means where a stream was asked for.
    private static let notStreamed = FailureVerdict(.malformed, scope: .request, cause: .request)

    /// What is held, for as long as nothing is added.
    private var heldBytes: RawSpan {
        @_lifetime(borrow self) get { _overrideLifetime(held.bytes, borrowing: self) }
    }

    /// Keeps a whole answer to a request for a stream, as a stream, for the case that no other candidate can stream.
    private func keepAsStream(_ isStream: Bool, isBlank: Bool) {
        let failed = AttemptResult.failed(failure(UpstreamAttempt.notStreamed, "a stream was asked for, and no stream came"))
        guard isStream else { return settle(.failed(failure(.malformed, "a stream was asked for, and no stream came"))) }
        releaseBudget()
        let share = held.count > UpstreamAttempt.mostUncounted ? exchange.share : nil
        let count = held.count
        guard exchange.loop.held.take(count, for: share) else { return endForWantOfRoom(for: count) }
        kept = KeptAnswer(
            &held, taken: count, contentType: RawSpan(), isBlank: isBlank, isRewritten: true, of: self, context, share, on: exchange.loop)
        settle(failed)
    }

    /// Passes on an answer that is too long to be held: its first piece now, the others as its client takes them, some in each turn.
    private func commitHeld() -> Demand {
        mode = .bytes
        let first = min(held.count, UpstreamAttempt.pieceSize)
        passedBytes = first
        if commit(first: heldBytes.extracting(first: first)) == .more { exchange.loop.queueTurn(for: self) }
        return .pause
    }

    /// Whether bytes of an answer that was too long to be held are still to be passed on.
    private var isPassingHeld: Bool { passedBytes > 0 }

    /// Goes on passing on what was held.
    func takeTurn() {
        guard result == nil, isPassingHeld else { return }
        var pieces = UpstreamAttempt.piecesPerTurn
        while passedBytes < held.count {
            guard pieces > 0 else { return exchange.loop.queueTurn(for: self) }
            pieces -= 1
            let piece = heldBytes.extracting(passedBytes..<min(passedBytes + UpstreamAttempt.pieceSize, held.count))
            passedBytes += piece.byteCount
            if passing.pass(piece, to: { exchange.write($0) }) == .saturated { return }
        }
        passedBytes = 0
        held.deallocate()
        releaseBudget()
        if let laterEnd { answerEnded(laterEnd) } else { transfer?.resume() }
    }

    private func commit(first: RawSpan) -> Demand {
        noteContent()
        // What may be the beginning of a secret goes with the next piece.
        let outcome = passing.pass(first) { begin($0) } ?? begin(RawSpan())
        exchange.releaseBody()
        return outcome == .ready ? .more : .pause
    }

    private func begin(_ first: RawSpan) -> WriteOutcome {
        let type = _overrideLifetime(contentType.bytes, borrowing: self)
        return exchange.startStream(status: 200, contentType: type, first: first) { fields in
            writer.addFields(to: &fields, context, committedAt: exchange.loop.readClock())
        }
    }

    private func finishBytes() {
        passing.pass(RawSpan(), isLast: true) { exchange.finish(with: $0) } ?? exchange.finish()
        settle(.answered)
    }

    private func noteContent() {
        let now = exchange.loop.readClock()
        context.hasCommitted = true
        context.firstContentAt = now
        context.upstreamMicroseconds += now.microseconds(since: startedAt)
        context.deployment = deployment
        contentArrived()
    }

    // MARK: Streams

    private func relayEnded(_ end: StreamRelay.Result) {
        switch end {
        case .done:
            // The client has its end; the provider's last bytes may still come, so that the connection can be kept.
            transfer?.detach()
            settle(.answered)
        case .blank:
            transfer?.detach()
            guard kept == nil, case .events(let relay) = mode else { return }
            findings = relay.findings
            var bytes = ByteBuffer()
            let taken = relay.takeHeld(into: &bytes)
            kept = KeptAnswer(&bytes, taken: taken, contentType: RawSpan(), isBlank: true, of: self, context, nil, on: exchange.loop)
            settle(.failed(failure(UpstreamAttempt.blank, "the stream has not a word")))
        case .failed(let verdict, let detail, let body):
            transfer?.cancel()
            if let body, takesBack(body) { return settle(.failed(failure(.unsupportedParameter, "stream_options were refused"))) }
            let attempt = failure(verdict, detail, upstream: body)
            settle(context.hasCommitted ? .broken(attempt) : .failed(attempt))
        }
    }

    /// The first content is there: the provider lets the request in, and from now on only its silence is timed.
    private func contentArrived() {
        guard !permit.isAdmitted else { return }
        ledger.admitted(&permit, at: exchange.loop.now)
        transfer?.contentArrived()
    }

    // MARK: The client

    func exchangeDidDrain() {
        if isPassingHeld { takeTurn() } else { transfer?.resume() }
    }

    func exchangeDidLoseClient() {
        // A stream that breaks within an event ends with its connection, which is not the client's leaving.
        if case .events(let relay) = mode, let end = relay.result { return relayEnded(end) }
        transfer?.cancel()
        noteBreak()
        settle(.clientGone)
    }

    func exchangeMustEnd() {
        transfer?.cancel()
        noteBreak()
        settle(.cut)
        // Where nothing but comments is out the client is told in an event.
        if case .events(let relay) = mode { relay.cut(.shuttingDown) } else if context.hasCommitted { exchange.abort() }
    }

    // MARK: The end

    private func settle(_ result: AttemptResult) {
        guard self.result == nil else { return }
        self.result = result
        noteSending()
        errorTimer?.close()
        errorTimer = nil
        releaseBudget()
        if context.firstContentAt == nil { context.upstreamMicroseconds += exchange.loop.readClock().microseconds(since: startedAt) }
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume(returning: result)
    }

    private func failure(_ kind: FailureClass, _ detail: String, upstream: UpstreamErrorBody? = nil) -> AttemptFailure {
        failure(FailureClassifier.classify(unusable: kind), detail, upstream: upstream)
    }

    private func failure(_ verdict: FailureVerdict, _ detail: String, upstream: UpstreamErrorBody? = nil) -> AttemptFailure {
        let redactor = deployment.provider.redactor
        return AttemptFailure(
            provider: deployment.provider.name, model: deployment.model.id, verdict: verdict, detail: redactor.redacted(detail),
            upstream: upstream.map(redactor.redacted))
    }

    private var circumstances: FailureClassifier.Circumstances {
        FailureClassifier.Circumstances(
            isLocal: deployment.provider.isLocal, isCommonEndpoint: endpoint == .chatCompletions, model: deployment.model.id,
            longestWait: ledger.longestPause)
    }

    private var dialect: StreamEvent.Dialect { endpoint.dialect }

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
    /// Which API's events its streams consist of.
    var dialect: StreamEvent.Dialect {
        switch self {
        case .completions: .completions
        case .responses: .responses
        case .chatCompletions, .embeddings, .moderations, .rerank, .imageGenerations, .speech: .chat
        }
    }

    /// Whether its answers are tokens, and not only its requests.
    var generatesTokens: Bool {
        switch self {
        case .chatCompletions, .completions, .responses: true
        case .embeddings, .rerank, .moderations, .imageGenerations, .speech: false
        }
    }

    /// Whether a success is always a JSON value.
    var answersInJSON: Bool {
        switch self {
        case .chatCompletions, .completions, .embeddings, .responses, .moderations, .rerank: true
        case .imageGenerations, .speech: false
        }
    }
}
