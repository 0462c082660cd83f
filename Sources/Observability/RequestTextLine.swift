internal import EventLoop
internal import Gateway
internal import Wire

/// One request as a line for a person: when, how it ended, what was asked, who answered, how long it took, what it used, and at the end
/// the id by which the client knows it.
///
/// ```text
/// 2026-11-22T21:51:00.123Z 200 chat.completions priority-auto -> groq/llama-3.3-70b stream 1.31s first=312ms upstream=1.30s tokens=12+345 req_…
/// ```
struct RequestTextLine {
    /// Whether the parts are set off by colours (ECMA-48 §8.3.117, SGR).
    let isColoured: Bool
    /// Whether the line begins with the time.
    var showsTime = true

    /// Appends the line without its end.
    func append(_ request: RequestContext, _ timestamp: inout Timestamp, to line: inout ByteBuffer) {
        appendStart(&timestamp, &line)
        appendStatus(request, &line)
        line.append(" ")
        line.append(RequestLog.name(of: request.route))
        appendModels(request, &line)
        if request.isStream { line.append(" stream") }
        line.append(" ")
        appendTime(request.endedAt.microseconds(since: request.startedAt), &line)
        if let first = request.firstContentAt {
            line.append(" first=")
            appendTime(first.microseconds(since: request.receivedAt), &line)
        }
        if request.endpoint != nil, request.attempts > 0 {
            line.append(" upstream=")
            appendTime(request.upstreamMicroseconds, &line)
        }
        if request.attempts > 1 {
            line.append(" attempts=")
            line.append(decimal: request.attempts)
        }
        if let usage = request.usage {
            line.append(" tokens=")
            line.append(decimal: usage.inputTokens)
            line.append("+")
            line.append(decimal: usage.outputTokens)
        }
        if request.key.id != VirtualKey.anonymous.id {
            line.append(" key=")
            line.append(printable: request.key.name)
        }
        appendTrouble(request, &line)
        style("\u{1B}[2m", &line)
        line.append(" ")
        line.append(request.id.bytes)
        style("\u{1B}[0m", &line)
    }

    /// Appends a notice without its end.
    func append(_ notice: String, _ timestamp: inout Timestamp, to line: inout ByteBuffer) {
        appendStart(&timestamp, &line)
        line.append(printable: notice)
    }

    private func appendStart(_ timestamp: inout Timestamp, _ line: inout ByteBuffer) {
        guard showsTime else { return }
        style("\u{1B}[2m", &line)
        timestamp.append(to: &line)
        style("\u{1B}[0m", &line)
        line.append(" ")
    }

    /// Green where the client got what it asked for, yellow where the request was at fault or the client left, red for all else.
    private func appendStatus(_ request: RequestContext, _ line: inout ByteBuffer) {
        switch (request.outcome, request.status) {
        case (.answered, _): style("\u{1B}[32m", &line)
        case (.clientGone, _), (.refused, 400..<500): style("\u{1B}[33m", &line)
        case (.refused, _), (.broken, _): style("\u{1B}[31m", &line)
        }
        line.append(decimal: request.status)
        style("\u{1B}[0m", &line)
    }

    private func appendModels(_ request: RequestContext, _ line: inout ByteBuffer) {
        guard !request.requestedModel.isEmpty else { return }
        line.append(" ")
        line.append(printable: request.requestedModel)
        guard let deployment = request.deployment else { return }
        line.append(" -> ")
        style("\u{1B}[1m", &line)
        line.append(printable: deployment.provider.name)
        line.append("/")
        line.append(printable: deployment.model.id)
        style("\u{1B}[0m", &line)
    }

    /// Why it did not go as asked: the outcome, the error's code, and the attempts that failed.
    private func appendTrouble(_ request: RequestContext, _ line: inout ByteBuffer) {
        if request.outcome != .answered {
            line.append(" ")
            line.append(utf8: request.outcome.rawValue)
            if let code = request.errorCode, RequestLog.isCode(code) {
                line.append(" code=")
                line.append(printable: code)
            }
        }
        for failure in request.failures {
            line.append(" [")
            line.append(printable: failure.provider)
            line.append("/")
            line.append(printable: failure.model)
            line.append(" ")
            line.append(failure.failure.name)
            line.append(": ")
            line.append(printable: failure.detail)
            line.append("]")
        }
        if let best = request.bestScored, let reason = request.whyNotBest {
            line.append(" [not ")
            line.append(printable: best.provider.name)
            line.append("/")
            line.append(printable: best.model.id)
            line.append(", which scores best: ")
            line.append(printable: reason)
            line.append("]")
        }
        if request.failures.isEmpty, let detail = request.detail {
            line.append(" [")
            line.append(printable: detail)
            line.append("]")
        }
    }

    /// Three digits or so in the unit that fits: `0.41ms`, `9.9ms`, `312ms`, `1.31s`, `75.3s`.
    private func appendTime(_ microseconds: Int, _ line: inout ByteBuffer) {
        let isSeconds = microseconds >= 999_500
        // In thousandths of the unit.
        let value = isSeconds ? microseconds / 1000 : microseconds
        if value < 1000 || (isSeconds && value < 10_000) {
            appendFraction((value + 5) / 10, 2, &line)
        } else if value < 10_000 || (isSeconds && value < 100_000) {
            appendFraction((value + 50) / 100, 1, &line)
        } else {
            line.append(decimal: (value + 500) / 1000)
        }
        line.append(isSeconds ? "s" : "ms")
    }

    /// `value` with its last `places` digits behind the point.
    private func appendFraction(_ value: Int, _ places: Int, _ line: inout ByteBuffer) {
        let scale = places == 1 ? 10 : 100
        line.append(decimal: value / scale)
        line.append(".")
        if places == 2, value % scale < 10 { line.append("0") }
        line.append(decimal: value % scale)
    }

    private func style(_ sequence: StaticString, _ line: inout ByteBuffer) {
        if isColoured { line.append(sequence) }
    }
}
