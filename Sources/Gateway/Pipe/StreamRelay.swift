internal import EventLoop
internal import HTTPServer
internal import Wire

/// Passes a stream's events on as they come, and watches them: for the first content, the commit point, for the usage, for errors, and for
/// the end.
final class StreamRelay {
    /// How the stream ended.
    enum Result {
        /// The client has a whole answer.
        case done
        /// It failed; whether the client has a part of it is the exchange's knowledge.
        case failed(FailureClass, String, UpstreamErrorBody?)
    }

    /// Events and bytes held back before the commit point; beyond them the stream is committed without content.
    private static let maximumHeldEvents = 64
    private static let maximumHeldBytes = 256 * 1024

    /// Set once, when the stream has ended one way or the other.
    private(set) var result: Result?

    private let exchange: HTTPExchange
    private let context: RequestContext
    private let writer: AnswerWriter
    private let dialect: StreamEvent.Dialect
    private let choiceCount: Int
    private let stripsUsage: Bool
    private let startedAt: LoopInstant
    private var parser = ServerSentEventParser()
    private var held = ByteBuffer()
    private var heldEvents = 0
    private var progress = StreamProgress()
    private var template = StreamEventTemplate()
    private var isSaturated = false

    init(
        _ exchange: HTTPExchange, context: RequestContext, envelope: RequestEnvelope, dialect: StreamEvent.Dialect, writer: AnswerWriter,
        startedAt: LoopInstant
    ) {
        self.exchange = exchange
        self.context = context
        self.writer = writer
        self.dialect = dialect
        self.startedAt = startedAt
        choiceCount = envelope.choiceCount
        stripsUsage = !envelope.asksForUsage
    }

    /// Takes a piece of the stream; the events in it that are whole leave in one write.
    func receive(_ chunk: RawSpan) -> Demand {
        guard result == nil else { return .more }
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
        case .failed(let failure): fail(FailureClass(failure), failure.description)
        case .complete, .closed:
            if endsInDone { return finishDone() }
            if parser.isInsideEvent, !progress.isComplete(choices: choiceCount, dialect: dialect) {
                fail(.malformed, "the stream ended within an event")
            } else if progress.isComplete(choices: choiceCount, dialect: dialect) {
                commit()
                exchange.finish()
                result = .done
            } else if exchange.hasBegun {
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
        guard progress.hasContent || progress.hasFinished || exchange.hasBegun else { return fail(.empty, "the stream ended without content") }
        commit()
        exchange.finish(with: StaticString("data: [DONE]\n\n").span)
        result = .done
    }

    private func take(_ event: ServerSentEvent, _ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        guard event.kind == .data else { return keep(event, chunk, end, &run) }
        if exchange.hasBegun, template.facts(of: parser.data(of: event, in: chunk)) != nil { return keep(event, chunk, end, &run) }
        let facts = StreamEvent(inspecting: parser.data(of: event, in: chunk), dialect: dialect)
        template.learn(parser.data(of: event, in: chunk), facts)
        if facts.isDone { return finish(event, chunk, run) }
        guard facts.isValid else {
            if exchange.hasBegun { pass(chunk.extracting(run)) }
            return fail(.malformed, "an event of the stream is not JSON")
        }
        if let error = facts.errorRange {
            if exchange.hasBegun { pass(chunk.extracting(run)) }
            return fail(.errorInAnswer, "an error event", UpstreamErrorBody(parsing: parser.data(of: event, in: chunk).extracting(error)))
        }
        progress.note(facts)
        if let usage = facts.usage { context.usage = usage }
        if facts.isUsageOnly, stripsUsage {
            pass(chunk.extracting(run))
            run = end..<end
            return
        }
        keep(event, chunk, end, &run)
    }

    /// Adds an event to what goes on, or to what is held before the commit point.
    private func keep(_ event: ServerSentEvent, _ chunk: RawSpan, _ end: Int, _ run: inout Range<Int>) {
        if exchange.hasBegun || progress.hasContent, case .chunk(let range) = event.place, run.isEmpty || run.upperBound == range.lowerBound {
            run = (run.isEmpty ? range.lowerBound : run.lowerBound)..<range.upperBound
            return
        }
        pass(chunk.extracting(run))
        run = end..<end
        if exchange.hasBegun || progress.hasContent { return passRaw(event.place, chunk) }
        held.append(parser.raw(of: event.place, in: chunk))
        heldEvents += 1
        if heldEvents >= StreamRelay.maximumHeldEvents || held.count >= StreamRelay.maximumHeldBytes { commit() }
    }

    /// `[DONE]`: the last bytes and the end of the answer leave in one write, without waiting for the provider to close.
    private func finish(_ event: ServerSentEvent, _ chunk: RawSpan, _ run: Range<Int>) {
        guard progress.hasContent || progress.hasFinished || exchange.hasBegun else {
            return fail(.empty, "the stream ended without content")
        }
        commit()
        if case .chunk(let range) = event.place, exchange.hasBegun {
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
        guard !exchange.hasBegun else { return }
        let now = exchange.loop.readClock()
        context.firstContentAt = now
        context.upstreamMicroseconds += now.microseconds(since: startedAt)
        let type = StaticString("text/event-stream; charset=utf-8").span
        let outcome = exchange.startStream(status: 200, contentType: type, first: held.bytes) { fields in
            fields.add("cache-control", "no-cache")
            fields.add("x-accel-buffering", "no")
            writer.addFields(to: &fields, context, committedAt: now)
        }
        if outcome == .saturated { isSaturated = true }
        held.deallocate()
        // Nothing is sent a second time any more.
        exchange.releaseBody()
    }

    /// Passes on the bytes of an event, wherever they lie.
    private func passRaw(_ place: ServerSentEvent.Place, _ chunk: RawSpan) {
        pass(_overrideLifetime(parser.raw(of: place, in: chunk), borrowing: self))
    }

    private func pass(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        guard exchange.hasBegun else {
            // The first content: it leaves together with the head and what was held.
            held.append(bytes)
            return commit()
        }
        isSaturated = exchange.write(bytes) == .saturated
    }

    private func fail(_ kind: FailureClass, _ detail: String, _ body: UpstreamErrorBody? = nil) {
        result = .failed(kind, detail, body)
        guard exchange.hasBegun else { return }
        if parser.isInsideEvent, parser.pending.byteCount == 0 {
            // A part of an event is out: only a broken coding tells the client so.
            exchange.abort()
        } else {
            writer.finishWithError(exchange, context, kind, body, dialect: dialect)
        }
    }
}
