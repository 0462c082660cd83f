internal import EventLoop
internal import HTTPServer
internal import Wire

/// Passes a stream's events on as they come, and watches them: for the first content, the commit point, for the usage, for errors, and for
/// the end.
///
/// Before the commit point events are held, so that another deployment can be tried unseen; the head may be out by then, with comments.
final class StreamRelay {
    /// How the stream ended.
    enum Result {
        /// The client has a whole answer.
        case done
        /// It failed; whether the client has a part of it is the exchange's knowledge.
        case failed(FailureVerdict, String, UpstreamErrorBody?)
        /// It is whole and says nothing; the client has nothing of it.
        case blank
    }

    /// Events and bytes held back before the commit point; beyond them the stream is committed without content.
    private static let maximumHeldEvents = 64
    private static let maximumHeldBytes = 256 * 1024
    /// How much content counts for tokens in one event: what is larger is a picture or sound.
    private static let mostContent = 16 * 1024
    /// Events in one turn of the loop behind which the others come first: some hundred take half a millisecond, and no provider that means well sends as many.
    static let eventsPerTurn = 512
    /// Comments before the commit point that are kept; further ones are dropped.
    private static let maximumHeldComments = 16

    /// Set once, when the stream has ended one way or the other.
    private(set) var result: Result?
    /// What the stream has said so far beside its content.
    private(set) var findings = AttemptFindings()

    private let exchange: HTTPExchange
    private let context: RequestContext
    private let writer: AnswerWriter
    private let dialect: StreamEvent.Dialect
    private let choiceCount: Int
    private let stripsUsage: Bool
    private let startedAt: LoopInstant
    private let circumstances: FailureClassifier.Circumstances
    private let limits: LimitFields
    private let redactor: Redactor
    private var parser = ServerSentEventParser()
    private var held = ByteBuffer()
    /// What `held` takes of the budget of all that is held.
    private var takenBytes = 0
    private var heldEvents = 0
    private var heldComments = 0
    private var progress = StreamProgress()
    private var template = StreamEventTemplate()
    private var isSaturated = false
    /// The events of the turn that was the last in which any came.
    private var eventsOfTurn = (turn: UInt64.max, count: 0)
    /// The event that is being passed on in pieces.
    private var large: LargeEvent?
    /// Takes secrets out of its pieces.
    private var pieces: PassingRedactor
    /// What a server said in no field before the first content. It may be of no matter; where nothing more comes it is all there is.
    private var words: [UInt8] = []
    /// Bytes of such words that are kept.
    private static let mostWords = 4096

    init(
        _ exchange: HTTPExchange, context: RequestContext, envelope: RequestEnvelope, dialect: StreamEvent.Dialect, writer: AnswerWriter,
        circumstances: FailureClassifier.Circumstances, limits: LimitFields, redactor: Redactor, startedAt: LoopInstant
    ) {
        self.limits = limits
        self.redactor = redactor
        pieces = PassingRedactor(redactor)
        self.circumstances = circumstances
        self.exchange = exchange
        self.context = context
        self.writer = writer
        self.dialect = dialect
        self.startedAt = startedAt
        choiceCount = envelope.choiceCount
        stripsUsage = !envelope.asksForUsage
    }

    /// Hands over what is held of a stream that said nothing, and its place in the budget.
    func takeHeld(into buffer: inout ByteBuffer) -> Int {
        defer { takenBytes = 0 }
        swap(&buffer, &held)
        return takenBytes
    }

    /// Gives back what it still holds: nobody asks it any more.
    func release() {
        exchange.loop.held.give(takenBytes)
        takenBytes = 0
    }

    /// Takes a piece of the stream; the events in it that are whole leave in one write.
    func receive(_ chunk: RawSpan) -> Demand {
        guard result == nil else { return .more }
        findings.streamBytes &+= chunk.byteCount
        if context.isCutOff, exchange.hasBegun {
            fail(StreamRelay.endedHere, "the key was revoked, and its streams with it")
            return .more
        }
        if let meter = context.meter, context.hasCommitted, let error = meter.meter(context, findings) {
            cut(error)
            return .more
        }
        var offset = 0
        // The part of the chunk that goes on as it is: events that follow each other without a gap.
        var run = 0..<0
        while result == nil {
            switch parser.next(in: chunk, at: &offset) {
            case .needsMoreBytes:
                pass(chunk.extracting(run))
                return demand
            case .oversized(let place):
                pass(chunk.extracting(run))
                run = offset..<offset
                takePiece(place, chunk)
            case .event(let event):
                countEvent()
                take(event, chunk, offset, &run)
            }
        }
        return demand
    }

    private var demand: Demand {
        if isSaturated { return .pause }
        return eventsOfTurn.count >= StreamRelay.eventsPerTurn && eventsOfTurn.turn == exchange.loop.turnNumber ? .rest : .more
    }

    private func countEvent() {
        let turn = exchange.loop.turnNumber
        if eventsOfTurn.turn != turn { eventsOfTurn = (turn, 0) }
        eventsOfTurn.count += 1
    }

    /// The provider has ended the answer.
    func streamEnded(_ end: UpstreamEnd) {
        guard result == nil else { return }
        switch end {
        case .failed(let failure): fail(FailureClassifier.classify(failure), failure.description)
        case .complete, .closed:
            if endsInDone { return finishDone() }
            if mayEndEvent(end) {
                _ = receive(StaticString("\n\n").span)
                guard result == nil else { return }
            }
            let isComplete = progress.isComplete(choices: choiceCount, dialect: dialect, isFramed: end.isFramed)
            if parser.isInsideEvent, !isComplete || large != nil {
                fail(.malformed, "the stream ended within an event")
            } else if isComplete {
                guard !isBlank else { return result = .blank }
                commit()
                if context.isKeptAlive { writer.writeLateFields(exchange, context) }
                exchange.finish()
                result = .done
            } else if context.hasCommitted {
                fail(.malformed, "the stream ended without a finish_reason or [DONE]")
            } else {
                failWithoutContent()
            }
        }
    }

    /// Ends a stream of which nothing came: by what its server said instead, if it said anything.
    private func failWithoutContent() {
        let words = words
        guard !words.isEmpty else { return fail(.empty, "the stream ended without content") }
        fail(statement: words.span.bytes, "words in no field, and no content")
    }

    /// Whether the stream stopped in an event of which only the empty line behind it may be missing: its data shows whether it is whole.
    private func mayEndEvent(_ end: UpstreamEnd) -> Bool {
        guard parser.isInsideEvent else { return false }
        if let isClosed = large?.isClosed { return isClosed && end.isFramed }
        let pending = _overrideLifetime(parser.pending, borrowing: self).withoutSpace
        guard pending.byteCount > 0 else { return false }
        // Half an event behind a whole answer is nobody's loss.
        return pending[byte: pending.byteCount - 1] == UInt8(ascii: "}")
            || !progress.isComplete(choices: choiceCount, dialect: dialect, isFramed: end.isFramed)
    }

    /// Whether the stream stopped in its `[DONE]`, without the empty line behind it.
    private var endsInDone: Bool {
        parser.isPending("data: [DONE]") || parser.isPending("data:[DONE]")
    }

    private func finishDone() {
        guard progress.hasContent || progress.hasFinished || context.hasCommitted else { return failWithoutContent() }
        guard !isBlank else {
            hold(StaticString("data: [DONE]\n\n").span)
            return result = .blank
        }
        commit()
        if context.isKeptAlive { writer.writeLateFields(exchange, context) }
        exchange.finish(with: StaticString("data: [DONE]\n\n").span)
        result = .done
    }

    /// Passes on a piece of an event that is too large to be held.
    private func takePiece(_ place: ServerSentEvent.Place, _ chunk: RawSpan) {
        if large == nil, LargeEvent.isError(beginning: parser.raw(of: place, in: chunk)) {
            return fail(statement: _overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self), "an error event")
        }
        var event = large.take() ?? LargeEvent()
        event.take(parser.raw(of: place, in: chunk))
        commit()
        pieces.pass(_overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self), isLast: !parser.isInsideEvent) { passOn($0) }
        context.isBetweenEvents = !parser.isInsideEvent
        guard !parser.isInsideEvent else { return large = consume event }
        progress.note(event)
        findings.contentEvents &+= 1
        findings.contentSize &+= StreamRelay.mostContent
        if let usage = event.usage {
            findings.usage.take(usage)
            findings.eventsAtUsage = findings.contentEvents
        }
    }

    /// Whether the stream was an answer without a word, of which the client has nothing yet.
    private var isBlank: Bool { !context.hasCommitted && dialect != .responses && progress.isBlank }

    private func take(_ event: ServerSentEvent, _ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        guard event.kind == .data, !event.isError, !event.hasWords || mayOverlook(event, chunk) else { return takeOther(event, chunk, end, &run) }
        if progress.hasContent, let size = template.contentSize(of: parser.data(of: event, in: chunk)) {
            findings.contentEvents &+= 1
            findings.contentSize &+= min(size, StreamRelay.mostContent)
            return keep(event, chunk, end, &run)
        }
        let facts = StreamEvent(inspecting: parser.data(of: event, in: chunk), dialect: dialect)
        template.learn(parser.data(of: event, in: chunk), facts)
        if facts.isDone { return finish(event, chunk, run) }
        guard facts.isValid else {
            // The standard dispatches no event without data, but clients stumble over it.
            if facts.isKeepAlive { return drop(chunk, end, &run) }
            pass(chunk.extracting(run))
            guard facts.isText else { return fail(.malformed, "an event of the stream is not JSON") }
            return fail(statement: data(of: event, in: chunk), "an event of the stream is an error in words")
        }
        if facts.hasError {
            pass(chunk.extracting(run))
            // Beside `error` stand its code or its status.
            let data = data(of: event, in: chunk)
            let range = facts.errorIsInside ? facts.errorRange ?? 0..<data.byteCount : 0..<data.byteCount
            return fail(statement: data.extracting(range), "an error event")
        }
        if let reason = facts.failedReason {
            pass(chunk.extracting(run))
            return failEnded(by: data(of: event, in: chunk).extracting(reason).text)
        }
        if let reason = facts.garbledReason, !facts.carriesContent, !progress.hasContent, !context.hasCommitted {
            return failGarbled(data(of: event, in: chunk).extracting(reason).text)
        }
        let isOnlyUsage = progress.isOnlyUsage(facts)
        progress.note(facts)
        findings.take(facts, atMost: StreamRelay.mostContent)
        if let id = facts.responseID { findings.ids.response = parser.data(of: event, in: chunk).extracting(id).text }
        if let id = facts.conversationID { findings.ids.conversation = parser.data(of: event, in: chunk).extracting(id).text }
        if isOnlyUsage, stripsUsage { return drop(chunk, end, &run) }
        keep(event, chunk, end, &run)
    }

    /// Whether words that stand bare beside data are of no matter: not where they are an error in JSON, nor where the data would end the answer.
    private func mayOverlook(_ event: ServerSentEvent, _ chunk: RawSpan) -> Bool {
        let bare = _overrideLifetime(parser.bareText(of: event, in: chunk), borrowing: self)
        let words = StreamEvent(inspecting: bare, dialect: dialect)
        guard !words.hasError else { return false }
        if words.isKeepAlive || hasEnded { return true }
        let facts = StreamEvent(inspecting: data(of: event, in: chunk), dialect: dialect)
        if facts.carriesContent { return true }
        return facts.isValid && facts.finishedChoices == 0 && !progress.hasContent && !context.hasCommitted
    }

    /// Whether each choice that has begun has its end.
    private var hasEnded: Bool { progress.isComplete(choices: choiceCount, dialect: dialect, isFramed: true) }

    /// An event without data, one that is named an error, or one with words beside its data.
    private func takeOther(_ event: ServerSentEvent, _ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        if event.kind == .comment { return keep(event, chunk, end, &run) }
        let bare = _overrideLifetime(parser.bareText(of: event, in: chunk), borrowing: self)
        let words = bare.byteCount > 0 || event.kind != .data ? bare : data(of: event, in: chunk)
        guard event.isError || words.byteCount > 0 else { return drop(chunk, end, &run) }
        if !event.isError {
            // JSON that stands bare is an error or is lost to every client; what is none of an answer's is no loss.
            let facts = StreamEvent(inspecting: words, dialect: dialect)
            guard facts.hasError || facts.choices != nil || !facts.isValid, !facts.isKeepAlive else { return drop(chunk, end, &run) }
            if facts.isText {
                // Behind the end of an answer nobody misses anything, and before its beginning there may yet be one.
                if hasEnded { return drop(chunk, end, &run) }
                if !progress.hasContent, !context.hasCommitted, event.kind != .data {
                    let room = max(0, StreamRelay.mostWords - self.words.count)
                    self.words += words.extracting(first: min(room, words.byteCount)).array + [0x0A]
                    return drop(chunk, end, &run)
                }
            }
            pass(chunk.extracting(run))
            guard facts.hasError || facts.isText else { return fail(.malformed, "an event of the stream has JSON in no field") }
            return fail(statement: words, "an error in no field")
        }
        pass(chunk.extracting(run))
        fail(statement: words, "an error event")
    }

    /// The data of an event, for as long as the parser is not called.
    @_lifetime(borrow self)
    private func data(of event: ServerSentEvent, in chunk: RawSpan) -> RawSpan {
        _overrideLifetime(parser.data(of: event, in: chunk), borrowing: self)
    }

    /// Leaves an event out of what the client gets.
    private func drop(_ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        pass(chunk.extracting(run))
        run = end..<end
    }

    /// Ends the stream by what the provider says about its failure, as if that were an answer with its status.
    private func fail(statement: RawSpan, _ detail: String) {
        let exchange = exchange
        let verdict = FailureClassifier.classify(
            errorInAnswer: statement, limits: limits, request: context.hasCommitted ? nil : exchange.body, circumstances,
            now: exchange.loop.millisecondsSinceEpoch)
        fail(verdict, detail, UpstreamErrorBody(telling: statement))
    }

    /// Adds an event to what goes on, or to what is held before the commit point.
    private func keep(_ event: ServerSentEvent, _ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        if context.hasCommitted || progress.hasContent, case .chunk(let range) = event.place, run.isEmpty || run.upperBound == range.lowerBound {
            run = (run.isEmpty ? range.lowerBound : run.lowerBound)..<range.upperBound
            return
        }
        pass(chunk.extracting(run))
        run = end..<end
        if context.hasCommitted || progress.hasContent { return passRaw(event.place, chunk) }
        if event.kind != .data {
            // Comments are no part of the answer: a provider that sends nothing else neither commits the stream nor fills the memory.
            heldComments += 1
            guard heldComments <= StreamRelay.maximumHeldComments else { return }
            return hold(event.place, chunk)
        }
        hold(event.place, chunk)
        heldEvents += 1
        if heldEvents >= StreamRelay.maximumHeldEvents || held.count >= StreamRelay.maximumHeldBytes { commit() }
    }

    /// `[DONE]`: the last bytes and the end of the answer leave in one write, without waiting for the provider to close.
    private func finish(_ event: ServerSentEvent, _ chunk: RawSpan, _ run: Range<Int>) {
        guard progress.hasContent || progress.hasFinished || context.hasCommitted else { return failWithoutContent() }
        guard !isBlank else {
            hold(event.place, chunk)
            return result = .blank
        }
        guard dialect != .responses || progress.isComplete(choices: choiceCount, dialect: dialect, isFramed: true) else {
            pass(chunk.extracting(run))
            return fail(.malformed, "the stream ended without response.completed")
        }
        commit()
        if context.isKeptAlive {
            pass(chunk.extracting(run))
            writer.writeLateFields(exchange, context)
            finish(with: _overrideLifetime(parser.raw(of: event.place, in: chunk), borrowing: self))
        } else if case .chunk(let range) = event.place, context.hasCommitted {
            let last = run.isEmpty || run.upperBound != range.lowerBound ? range : run.lowerBound..<range.upperBound
            if last.lowerBound == range.lowerBound { pass(chunk.extracting(run)) }
            finish(with: chunk.extracting(last))
        } else {
            pass(chunk.extracting(run))
            finish(with: _overrideLifetime(parser.raw(of: event.place, in: chunk), borrowing: self))
        }
        result = .done
    }

    /// The commit point: from here on no other deployment may be tried. What was held goes out with the head.
    private func commit() {
        guard !context.hasCommitted else { return }
        context.hasCommitted = true
        context.isBetweenEvents = true
        let now = exchange.loop.readClock()
        context.firstContentAt = now
        context.upstreamMicroseconds += now.microseconds(since: startedAt)
        // Behind comments the head is out already.
        let outcome =
            exchange.hasBegun ? exchange.write(held.bytes) : writer.beginStream(exchange, context, first: held.bytes, committedAt: now)
        if outcome == .saturated { isSaturated = true }
        held.deallocate()
        release()
        // Nothing is sent a second time any more.
        exchange.releaseBody()
    }

    /// Keeps the bytes of an event until the commit point, wherever they lie.
    private func hold(_ place: ServerSentEvent.Place, _ chunk: RawSpan) {
        hold(_overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self))
    }

    private func hold(_ bytes: RawSpan) {
        if let clean = redactor.redacted(bytes) { clean.withBytes { keep($0) } } else { keep(bytes) }
    }

    private func keep(_ bytes: RawSpan) {
        // Little enough, with the bound above, not to be refused.
        takenBytes += bytes.byteCount
        exchange.loop.held.add(bytes.byteCount)
        held.append(bytes)
    }

    /// Passes on the bytes of an event, wherever they lie.
    private func passRaw(_ place: ServerSentEvent.Place, _ chunk: RawSpan) {
        pass(_overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self))
    }

    /// Passes on whole events, without secrets of the provider's: nearly always as they are.
    private func pass(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        if let clean = redactor.redacted(bytes) { clean.withBytes { passOn($0) } } else { passOn(bytes) }
    }

    private func finish(with bytes: RawSpan) {
        if let clean = redactor.redacted(bytes) { clean.withBytes { exchange.finish(with: $0) } } else { exchange.finish(with: bytes) }
    }

    private func passOn(_ bytes: RawSpan) {
        guard context.hasCommitted else {
            // The first content: it leaves together with the head and what was held.
            held.append(bytes)
            return commit()
        }
        isSaturated = exchange.write(bytes) == .saturated
    }

    /// Ends the stream where a choice ended because the provider broke off.
    private func failEnded(by reason: String) {
        fail(FailureClassifier.classify(unusable: .errorInAnswer), "a choice ended in \(reason)", .ended(by: reason))
    }

    /// Ends the stream where the model's output could not be read, and there is nothing else.
    private func failGarbled(_ reason: String) {
        fail(.garbledAnswer, "a choice ended in \(reason)", .ended(by: reason))
    }

    private func fail(_ kind: FailureClass, _ detail: String) {
        fail(FailureClassifier.classify(unusable: kind), detail, nil)
    }

    private func fail(_ verdict: FailureVerdict, _ detail: String, _ body: UpstreamErrorBody? = nil) {
        let redacted = body.map { context.deployment?.provider.redactor.redacted($0) ?? $0 }
        result = .failed(verdict, detail, redacted)
        endVisibly(.midStream(verdict.kind, redacted))
    }

    /// The gateway itself ends an answer that its provider has begun.
    private static let endedHere = FailureVerdict(.local, scope: .request, nothingWasDone: false)

    /// Ends the stream though the provider has not; the client is told why.
    func cut(_ error: GatewayError) {
        guard result == nil else { return }
        result = .failed(StreamRelay.endedHere, error.message, nil)
        endVisibly(error)
    }

    private func endVisibly(_ error: GatewayError) {
        guard context.hasCommitted else { return }
        if large != nil {
            // A part of an event is out: only a broken coding tells the client so.
            exchange.abort()
        } else {
            writer.finish(exchange, context, with: error, dialect: dialect)
        }
    }
}
