internal import EventLoop
internal import HTTPServer
internal import Wire

/// Writes what BEST itself says to clients: the header fields of every answer, and errors in the OpenAI shape.
final class AnswerWriter {
    /// Longest value of `x-best-trail`, in bytes.
    private static let maximumTrailBytes = 1024

    /// Names the state that decided.
    private let snapshot: SnapshotID

    init(_ snapshot: SnapshotID) {
        self.snapshot = snapshot
    }

    /// Whether pages of any origin may call: only where a key is needed, or any page could spend the user's quota.
    var allowsCrossOrigin = false
    /// Whether pages of some origins may call though no key is needed, so that an answer depends on the origin.
    var listsOrigins = false

    /// Adds the fields that an answer from a provider has.
    func addFields(to fields: inout ResponseFields, _ context: RequestContext, committedAt now: LoopInstant) {
        addCommonFields(to: &fields, context, at: now)
        if let deployment = context.deployment {
            fields.add("x-best-provider", text: deployment.provider.name)
            if deployment.isNamePlain {
                fields.add("x-best-model", deployment.modelName)
            } else {
                fields.add("x-best-model", text: deployment.model.id)
            }
        }
        fields.add("x-best-score", thousandths: Int(clamping: (context.score * 1000).rounded()))
        let snapshot = snapshot
        fields.add("x-best-config", snapshot.bytes)
        fields.add("x-best-attempts", context.attempts)
        if !context.failures.isEmpty || context.nameMatch != .exact || context.decisionReason.isOurs || context.remark != nil {
            fields.add("x-best-trail", text: trail(context))
        }
        let total = now.microseconds(since: context.receivedAt)
        let overhead = max(0, total - context.upstreamMicroseconds - context.waitedMicroseconds)
        context.overheadMicroseconds = overhead
        fields.add("x-best-overhead-ms", thousandths: overhead)
        fields.add("x-best-upstream-ms", thousandths: context.upstreamMicroseconds)
    }

    /// Adds the fields that every answer has.
    ///
    /// - Parameter now: When the answer begins: how long it took is told in milliseconds then, on what clients ask for with a key.
    func addCommonFields(to fields: inout ResponseFields, _ context: RequestContext, at now: LoopInstant? = nil) {
        fields.add("x-request-id", context.id.bytes)
        if let now, context.route.needsKey, !context.route.isPage {
            fields.add("openai-processing-ms", now.microseconds(since: context.receivedAt) / 1000)
        }
        context.standing?.addFields(to: &fields)
        addAccessFields(to: &fields, context)
    }

    /// Answers with an error.
    func respond(_ error: GatewayError, on exchange: HTTPExchange, _ context: RequestContext) {
        context.status = error.status
        context.errorCode = error.code
        context.detail = context.detail ?? error.message
        if context.isKeptAlive, !exchange.hasFinished { return finish(exchange, context, with: error, dialect: context.dialect) }
        guard !exchange.hasBegun else { return }
        var body = ByteBuffer(capacity: 256)
        var extra = ByteBuffer()
        if !context.failures.isEmpty || error.retryAfter != nil { describe(error, context, at: exchange.loop.unixTime, into: &extra) }
        if extra.isEmpty { error.envelope.write(into: &body) } else { error.envelope.write(into: &body, best: extra.bytes) }
        exchange.respond(status: error.status, body: body.bytes) { fields in
            addCommonFields(to: &fields, context, at: exchange.loop.now)
            if error.status == 401 { fields.add("www-authenticate", "Bearer") }
            if let allow = error.allow { fields.add("allow", text: allow) }
            if let pause = error.retryAfter {
                fields.add("retry-after", pause.seconds)
                fields.add("retry-after-ms", Int(clamping: pause.millisecondsRoundedUp))
            }
            if let again = error.shouldRetry { fields.add("x-should-retry", again ? "true" : "false") }
            if context.attempts > 0 {
                fields.add("x-best-attempts", context.attempts)
                fields.add("x-best-trail", text: trail(context))
            }
        }
    }

    /// Sends the head of a stream with its first bytes, and with what is known of the answer; before the commit point that is nothing.
    @discardableResult
    func beginStream(_ exchange: HTTPExchange, _ context: RequestContext, first: RawSpan, committedAt now: LoopInstant? = nil) -> WriteOutcome {
        let type = StaticString("text/event-stream; charset=utf-8").span
        return exchange.startStream(status: 200, contentType: type, first: first) { fields in
            fields.add("cache-control", "no-cache")
            fields.add("x-accel-buffering", "no")
            if let now { addFields(to: &fields, context, committedAt: now) } else { addCommonFields(to: &fields, context, at: exchange.loop.now) }
        }
    }

    /// Sends the head of a stream, and its first bytes, which are handed over.
    func beginStream(_ exchange: HTTPExchange, _ context: RequestContext, adopting first: inout ByteBuffer, committedAt now: LoopInstant) {
        guard first.count > AnswerWriter.mostCopied else {
            beginStream(exchange, context, first: first.bytes, committedAt: now)
            return first.deallocate()
        }
        beginStream(exchange, context, first: RawSpan(), committedAt: now)
        _ = exchange.write(adopting: &first)
    }

    /// First bytes of a stream that leave in one write with the head.
    private static let mostCopied = 64 * 1024

    /// Gives the fields that were not known when the head left, in a comment of one line for each.
    func writeLateFields(_ exchange: HTTPExchange, _ context: RequestContext) {
        var comment = ByteBuffer(capacity: 512)
        if context.hasCommitted, let deployment = context.deployment {
            AnswerWriter.append("x-best-provider", deployment.provider.name, to: &comment)
            AnswerWriter.append("x-best-model", deployment.model.id, to: &comment)
        }
        AnswerWriter.append("x-best-attempts", "\(context.attempts)", to: &comment)
        if !context.failures.isEmpty || context.nameMatch != .exact || context.remark != nil {
            AnswerWriter.append("x-best-trail", trail(context), to: &comment)
        }
        AnswerWriter.append("x-best-upstream-ms", "\(context.upstreamMicroseconds / 1000)", to: &comment)
        comment.append("\n")
        _ = exchange.write(comment.bytes)
    }

    private static func append(_ name: StaticString, _ value: String, to comment: inout ByteBuffer) {
        comment.append(": ")
        comment.append(name)
        comment.append(": ")
        comment.append(printable: value)
        comment.append("\n")
    }

    /// Ends a stream that broke with one visible event, in the form OpenRouter documents: an `error` clients raise, no `[DONE]`, and a
    /// `finish_reason` that no client takes for a success.
    func finish(_ exchange: HTTPExchange, _ context: RequestContext, with error: GatewayError, dialect: StreamEvent.Dialect) {
        context.errorCode = error.code
        if context.isKeptAlive { writeLateFields(exchange, context) }
        var event = ByteBuffer(capacity: 512)
        if dialect == .responses { event.append("event: error\n") }
        event.append("data: {\"id\":\"")
        event.append(jsonEscaped: context.id.bytes)
        event.append("\",\"object\":\"")
        switch dialect {
        case .chat: event.append("chat.completion.chunk")
        case .completions: event.append("text_completion")
        case .responses: event.append("error")
        }
        event.append("\",\"created\":")
        event.append(decimal: exchange.loop.secondsSinceEpoch)
        event.append(",\"model\":")
        event.append(jsonString: context.deployment?.model.id ?? "")
        event.append(",\"provider\":")
        event.append(jsonString: context.deployment?.provider.name ?? "")
        event.append(",\"error\":")
        let envelope = error.envelope
        envelope.writeObject(into: &event)
        switch dialect {
        case .chat: event.append(",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n")
        case .completions: event.append(",\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"error\"}]}\n\n")
        case .responses:
            // The form of the API itself, beside `error`, which its clients raise: https://platform.openai.com/docs/api-reference/responses-streaming/error
            event.append(",\"type\":\"error\",")
            envelope.writeMembers(into: &event)
            event.append("}\n\n")
        }
        exchange.finish(with: event.bytes)
    }

    /// The attempts in one line: `groq/llama=rate_limited; cerebras/llama=ok`.
    private func trail(_ context: RequestContext) -> String {
        var parts = context.failures.map { "\($0.provider)/\($0.model)=\($0.failure.name)" }
        if let deployment = context.deployment, context.firstContentAt != nil {
            parts.append("\(deployment.provider.name)/\(deployment.model.id)=ok")
        }
        if context.decisionReason.isOurs { parts.append("first by \(context.decisionReason.name)") }
        if let remark = context.remark { parts.append("\(remark)") }
        if let remark = context.nameMatch.remark { parts.append(remark.description) }
        var text = parts.joined(separator: "; ")
        if text.utf8.count > AnswerWriter.maximumTrailBytes {
            text = String(decoding: text.utf8.prefix(AnswerWriter.maximumTrailBytes - 3), as: UTF8.self) + "..."
        }
        return text
    }

    /// The attempts, and when another try makes sense, as `error.best`.
    private func describe(_ error: GatewayError, _ context: RequestContext, at now: UnixTime, into buffer: inout ByteBuffer) {
        buffer.append("{")
        if let pause = error.retryAfter {
            buffer.append("\"retry_at\":")
            // Rounded up to the second, as `retry-after` is: never too early.
            buffer.append(jsonString: now.advanced(by: pause + .milliseconds(999)).description)
            buffer.append(",")
        }
        buffer.append("\"attempts\":[")
        for (index, attempt) in context.failures.enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append("{\"provider\":")
            buffer.append(jsonString: attempt.provider)
            buffer.append(",\"model\":")
            buffer.append(jsonString: attempt.model)
            buffer.append(",\"failure\":\"")
            buffer.append(attempt.failure.name)
            buffer.append("\"}")
        }
        buffer.append("]}")
    }
}

extension GatewayError {
    /// The error object clients see.
    var envelope: ErrorEnvelope { ErrorEnvelope(message: message, type: type.rawValue, param: param, code: code) }
}
