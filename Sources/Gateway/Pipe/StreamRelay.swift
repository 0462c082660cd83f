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
    }

    /// Events and bytes held back before the commit point; beyond them the stream is committed without content.
    private static let maximumHeldEvents = 64
    private static let maximumHeldBytes = 256 * 1024
    /// Bytes around the content of an event, where it is not known better.
    private static let usualFrame = 200
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
    private var parser = ServerSentEventParser()
    private var held = ByteBuffer()
    /// What `held` takes of the budget of all that is held.
    private var takenBytes = 0
    private var heldEvents = 0
    private var heldComments = 0
    private var progress = StreamProgress()
    private var template = StreamEventTemplate()
    private var isSaturated = false

    init(
        _ exchange: HTTPExchange, context: RequestContext, envelope: RequestEnvelope, dialect: StreamEvent.Dialect, writer: AnswerWriter,
        circumstances: FailureClassifier.Circumstances, startedAt: LoopInstant
    ) {
        self.circumstances = circumstances
        self.exchange = exchange
        self.context = context
        self.writer = writer
        self.dialect = dialect
        self.startedAt = startedAt
        choiceCount = envelope.choiceCount
        stripsUsage = !envelope.asksForUsage
    }

    /// Gives back what it still holds: nobody asks it any more.
    func release() {
        exchange.loop.held.give(takenBytes)
        takenBytes = 0
    }

    /// Takes a piece of the stream; the events in it that are whole leave in one write.
    func receive(_ chunk: RawSpan) -> Demand {
        guard result == nil else { return .more }
        if context.isCutOff, exchange.hasBegun {
            fail(.local, "the key was revoked, and its streams with it")
            return .more
        }
        var offset = 0
        // The part of the chunk that goes on as it is: events that follow each other without a gap.
        var run = 0..<0
        while result == nil {
            switch parser.next(in: chunk, at: &offset) {
            case .needsMoreBytes:
                pass(chunk.extracting(run))
                return isSaturated ? .pause : .more
            case .oversized(let place):
                pass(chunk.extracting(run))
                run = offset..<offset
                commit()
                passRaw(place, chunk)
                context.isBetweenEvents = !parser.isInsideEvent
            case .event(let event):
                take(event, chunk, offset, &run)
            }
        }
        return isSaturated ? .pause : .more
    }

    /// The provider has ended the answer.
    func streamEnded(_ end: UpstreamEnd) {
        guard result == nil else { return }
        switch end {
        case .failed(let failure): fail(FailureClassifier.classify(failure), failure.description)
        case .complete, .closed:
            if endsInDone { return finishDone() }
            let isComplete = progress.isComplete(choices: choiceCount, dialect: dialect, isFramed: end.isFramed)
            if parser.isInsideEvent, !isComplete {
                fail(.malformed, "the stream ended within an event")
            } else if isComplete {
                commit()
                if context.isKeptAlive { writer.writeLateFields(exchange, context) }
                exchange.finish()
                result = .done
            } else if context.hasCommitted {
                fail(.malformed, "the stream ended without a finish_reason or [DONE]")
            } else {
                fail(.empty, "the stream ended without content")
            }
        }
    }

    /// Whether the stream stopped in its `[DONE]`, without the empty line behind it.
    private var endsInDone: Bool {
        parser.isPending("data: [DONE]") || parser.isPending("data:[DONE]")
    }

    private func finishDone() {
        guard progress.hasContent || progress.hasFinished || context.hasCommitted else { return fail(.empty, "the stream ended without content") }
        commit()
        if context.isKeptAlive { writer.writeLateFields(exchange, context) }
        exchange.finish(with: StaticString("data: [DONE]\n\n").span)
        result = .done
    }

    private func take(_ event: ServerSentEvent, _ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        guard event.kind == .data else { return keep(event, chunk, end, &run) }
        if context.hasCommitted, template.facts(of: parser.data(of: event, in: chunk)) != nil {
            findings.contentEvents &+= 1
            findings.contentBytes &+= parser.data(of: event, in: chunk).byteCount - template.byteCount
            return keep(event, chunk, end, &run)
        }
        let facts = StreamEvent(inspecting: parser.data(of: event, in: chunk), dialect: dialect)
        template.learn(parser.data(of: event, in: chunk), facts)
        if facts.isDone { return finish(event, chunk, run) }
        guard facts.isValid else {
            if context.hasCommitted { pass(chunk.extracting(run)) }
            return fail(.malformed, "an event of the stream is not JSON")
        }
        if let error = facts.errorRange {
            if context.hasCommitted { pass(chunk.extracting(run)) }
            let exchange = exchange
            let verdict = FailureClassifier.classify(
                errorInAnswer: parser.data(of: event, in: chunk).extracting(error), limits: LimitFields(),
                request: context.hasCommitted ? nil : exchange.body, circumstances, now: exchange.loop.millisecondsSinceEpoch)
            return fail(verdict, "an error event", UpstreamErrorBody(parsing: parser.data(of: event, in: chunk).extracting(error)))
        }
        if facts.finishReasonIsError {
            if context.hasCommitted { pass(chunk.extracting(run)) }
            return fail(.errorInAnswer, "a choice ended in an error")
        }
        progress.note(facts)
        if facts.carriesContent {
            findings.contentEvents &+= 1
            findings.contentBytes &+= max(1, parser.data(of: event, in: chunk).byteCount - max(template.byteCount, StreamRelay.usualFrame))
        }
        if let usage = facts.usage { findings.usage = usage }
        if let id = facts.responseID { findings.responseID = parser.data(of: event, in: chunk).extracting(id).text }
        if facts.isUsageOnly, stripsUsage {
            pass(chunk.extracting(run))
            run = end..<end
            return
        }
        keep(event, chunk, end, &run)
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
        guard progress.hasContent || progress.hasFinished || context.hasCommitted else {
            return fail(.empty, "the stream ended without content")
        }
        guard dialect != .responses || progress.isComplete(choices: choiceCount, dialect: dialect, isFramed: true) else {
            if context.hasCommitted { pass(chunk.extracting(run)) }
            return fail(.malformed, "the stream ended without response.completed")
        }
        commit()
        if context.isKeptAlive {
            pass(chunk.extracting(run))
            writer.writeLateFields(exchange, context)
            exchange.finish(with: parser.raw(of: event.place, in: chunk))
        } else if case .chunk(let range) = event.place, context.hasCommitted {
            let last = run.isEmpty || run.upperBound != range.lowerBound ? range : run.lowerBound..<range.upperBound
            if last.lowerBound == range.lowerBound { pass(chunk.extracting(run)) }
            exchange.finish(with: chunk.extracting(last))
        } else {
            pass(chunk.extracting(run))
            exchange.finish(with: parser.raw(of: event.place, in: chunk))
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
        let bytes = _overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self)
        // Little enough, with the bound above, not to be refused.
        takenBytes += bytes.byteCount
        exchange.loop.held.add(bytes.byteCount)
        held.append(bytes)
    }

    /// Passes on the bytes of an event, wherever they lie.
    private func passRaw(_ place: ServerSentEvent.Place, _ chunk: RawSpan) {
        pass(_overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self))
    }

    private func pass(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        guard context.hasCommitted else {
            // The first content: it leaves together with the head and what was held.
            held.append(bytes)
            return commit()
        }
        isSaturated = exchange.write(bytes) == .saturated
    }

    private func fail(_ kind: FailureClass, _ detail: String) {
        fail(FailureClassifier.classify(unusable: kind), detail, nil)
    }

    private func fail(_ verdict: FailureVerdict, _ detail: String, _ body: UpstreamErrorBody? = nil) {
        let redacted = body.map { context.deployment?.provider.redactor.redacted($0) ?? $0 }
        result = .failed(verdict, detail, redacted)
        endVisibly(.midStream(verdict.kind, redacted))
    }

    /// Ends the stream though the provider has not; the client is told why.
    func cut(_ error: GatewayError) {
        guard result == nil else { return }
        result = .failed(FailureVerdict(.local, scope: .request), error.message, nil)
        endVisibly(error)
    }

    private func endVisibly(_ error: GatewayError) {
        guard context.hasCommitted else { return }
        if parser.isInsideEvent, parser.pending.byteCount == 0 {
            // A part of an event is out: only a broken coding tells the client so.
            exchange.abort()
        } else {
            writer.finish(exchange, context, with: error, dialect: dialect)
        }
    }
}
