internal import EventLoop
internal import HTTPServer
internal import Wire

/// A whole answer that is not passed on as long as another candidate may have a better one: one without a word, or one that came whole where a stream was
/// asked for.
///
/// It holds its place in the budget of all that is held until it is sent or released.
final class KeptAnswer {
    /// Whether it says nothing.
    let isBlank: Bool
    /// Whether it came whole and is sent as a stream.
    private let isRewritten: Bool
    /// Whose answer it is.
    let deployment: Deployment
    /// The score with which it was tried.
    let score: Double
    /// What it used, and by whose word.
    let usage: Usage?
    let source: UsageSource
    /// By what a later request may go on from it.
    private let ids: AnswerIDs
    /// Whether it was sent.
    private(set) var isSent = false
    private var bytes = ByteBuffer()
    private var contentType = ByteBuffer()
    private var takenBytes: Int
    private let share: ClientShare?
    private let loop: EventLoop

    /// Takes over bytes that are held, and their place in the budget.
    ///
    /// - Parameter contentType: Of an answer that is not a stream; empty for a stream.
    init(
        _ bytes: inout ByteBuffer, taken: Int, contentType: RawSpan, isBlank: Bool, isRewritten: Bool = false, of attempt: UpstreamAttempt,
        _ context: RequestContext, _ share: ClientShare?, on loop: EventLoop
    ) {
        self.share = share
        self.isBlank = isBlank
        self.isRewritten = isRewritten
        self.loop = loop
        deployment = attempt.deployment
        score = context.score
        takenBytes = taken
        (usage, source) = attempt.used(isWhole: !context.isStream)
        ids = attempt.findings.ids
        self.contentType.append(contentType)
        swap(&self.bytes, &bytes)
    }

    /// Sends it as the answer to the request.
    func send(on exchange: HTTPExchange, _ context: RequestContext, _ writer: AnswerWriter) {
        isSent = true
        context.deployment = deployment
        context.score = score
        (context.usage, context.usageSource) = (usage, source)
        context.answerIDs = ids
        context.hasCommitted = true
        let now = exchange.loop.readClock()
        context.firstContentAt = now
        // What the client does not take at once is counted where it waits.
        release()
        var body = ByteBuffer()
        swap(&body, &bytes)
        if context.isStream {
            if isRewritten { context.remark = "sent as a stream" }
            if exchange.hasBegun {
                // Behind comments the head is out already.
                _ = exchange.write(adopting: &body)
                writer.writeLateFields(exchange, context)
            } else {
                writer.beginStream(exchange, context, adopting: &body, committedAt: now)
            }
            exchange.finish()
        } else {
            exchange.respond(status: 200, adopting: &body) { fields in
                fields.add("content-type", _overrideLifetime(contentType.bytes, borrowing: self))
                writer.addFields(to: &fields, context, committedAt: now)
            }
        }
    }

    /// Gives back what it holds.
    func end() {
        release()
        bytes.deallocate()
    }

    private func release() {
        loop.held.give(takenBytes, of: share)
        takenBytes = 0
    }
}
