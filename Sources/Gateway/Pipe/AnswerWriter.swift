internal import EventLoop
internal import HTTPServer
internal import Wire

/// Writes what BEST itself says to clients: the header fields of every answer, and errors in the OpenAI shape.
final class AnswerWriter {
    /// Longest value of `x-best-trail`, in bytes.
    private static let maximumTrailBytes = 1024

    /// Whether pages of any origin may call: only where a key is needed, or any page could spend the user's quota.
    var allowsCrossOrigin = false

    /// Adds the fields that an answer from a provider has.
    func addFields(to fields: inout ResponseFields, _ context: RequestContext, committedAt now: LoopInstant) {
        addCommonFields(to: &fields, context)
        if let deployment = context.deployment {
            fields.add("x-best-provider", text: deployment.provider.name)
            fields.add("x-best-model", deployment.modelName)
        }
        fields.add("x-best-attempts", context.attempts)
        if !context.failures.isEmpty || context.isBySubstring { fields.add("x-best-trail", text: trail(context)) }
        let total = now.microseconds(since: context.receivedAt)
        fields.add("x-best-overhead-ms", thousandths: max(0, total - context.upstreamMicroseconds))
        fields.add("x-best-upstream-ms", thousandths: context.upstreamMicroseconds)
    }

    /// Adds the fields that every answer has.
    func addCommonFields(to fields: inout ResponseFields, _ context: RequestContext) {
        fields.add("x-request-id", context.id.bytes)
        if allowsCrossOrigin {
            fields.add("access-control-allow-origin", "*")
            fields.add("access-control-expose-headers", "*")
        }
    }

    /// Answers with an error.
    func respond(_ error: GatewayError, on exchange: HTTPExchange, _ context: RequestContext) {
        context.status = error.status
        context.errorCode = error.code
        context.detail = context.detail ?? error.message
        guard !exchange.hasBegun else { return }
        var body = ByteBuffer(capacity: 256)
        var extra = ByteBuffer()
        if !context.failures.isEmpty { describeAttempts(context, into: &extra) }
        if extra.isEmpty { error.envelope.write(into: &body) } else { error.envelope.write(into: &body, best: extra.bytes) }
        exchange.respond(status: error.status, body: body.bytes) { fields in
            addCommonFields(to: &fields, context)
            if error.status == 401 { fields.add("www-authenticate", "Bearer") }
            if let allow = error.allow { fields.add("allow", text: allow) }
            if let pause = error.retryAfter {
                let milliseconds = Int(clamping: pause.millisecondsRoundedUp)
                fields.add("retry-after", (milliseconds + 999) / 1000)
                fields.add("retry-after-ms", milliseconds)
            }
            if let again = error.shouldRetry { fields.add("x-should-retry", again ? "true" : "false") }
            if context.attempts > 0 {
                fields.add("x-best-attempts", context.attempts)
                fields.add("x-best-trail", text: trail(context))
            }
        }
    }

    /// Ends a stream that broke with one visible event, in the form OpenRouter documents: an `error` clients raise, no `[DONE]`, and a
    /// `finish_reason` that no client takes for a success.
    func finishWithError(
        _ exchange: HTTPExchange, _ context: RequestContext, _ failure: FailureClass, _ body: UpstreamErrorBody?, dialect: StreamEvent.Dialect
    ) {
        let error = GatewayError.midStream(failure, body)
        context.errorCode = error.code
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
        event.append("\",\"model\":")
        event.append(jsonString: context.deployment?.model.id ?? "")
        event.append(",\"provider\":")
        event.append(jsonString: context.deployment?.provider.name ?? "")
        event.append(",\"error\":")
        error.envelope.writeObject(into: &event)
        switch dialect {
        case .chat: event.append(",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n")
        case .completions: event.append(",\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"error\"}]}\n\n")
        case .responses: event.append(",\"type\":\"error\"}\n\n")
        }
        exchange.finish(with: event.bytes)
    }

    /// The attempts in one line: `groq/llama=rate_limited; cerebras/llama=ok`.
    private func trail(_ context: RequestContext) -> String {
        var parts = context.failures.map { "\($0.provider)/\($0.model)=\($0.failure.name)" }
        if let deployment = context.deployment, context.firstContentAt != nil {
            parts.append("\(deployment.provider.name)/\(deployment.model.id)=ok")
        }
        if context.isBySubstring { parts.append("matched by substring") }
        var text = parts.joined(separator: "; ")
        if text.utf8.count > AnswerWriter.maximumTrailBytes {
            text = String(decoding: text.utf8.prefix(AnswerWriter.maximumTrailBytes - 3), as: UTF8.self) + "..."
        }
        return text
    }

    /// The attempts as `error.best`.
    private func describeAttempts(_ context: RequestContext, into buffer: inout ByteBuffer) {
        buffer.append("{\"attempts\":[")
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
