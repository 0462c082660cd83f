internal import EventLoop
public import Gateway
internal import Wire

/// One line for each request, as text for people or JSON for machines, and the notices in between.
///
/// The fields are a fixed list: never a header, a query, a prompt or an answer, so no secret can get in.
///
/// ```swift
/// let log = RequestLog(to: LogSink(), json: false)
/// log.showsTime = false  // the journal has its own
/// log.change(toJSON: true, coloured: false)  // from the next line on
/// ```
public final class RequestLog: GatewayObserver {
    private let sink: LogSink
    private var isJSON: Bool
    private var text: RequestTextLine
    private var line = ByteBuffer(capacity: 512)
    private var timestamp: Timestamp

    /// Whether only notices are written.
    public var isQuiet = false
    /// Whether lines for people begin with the time; not where whoever reads them keeps it.
    public var showsTime = true { didSet { text.showsTime = showsTime } }

    /// Logs to `sink`, as JSON or as text, which may be `coloured`.
    ///
    /// - Parameter clock: Tells the time of day that stands in the lines.
    public init(to sink: LogSink, json: Bool, coloured: Bool = false, clock: @escaping () -> UnixTime = { .now }) {
        self.sink = sink
        timestamp = Timestamp(by: clock)
        isJSON = json
        text = RequestTextLine(isColoured: coloured)
    }

    /// Goes over to another form of lines.
    public func change(toJSON: Bool, coloured: Bool) {
        isJSON = toJSON
        text = RequestTextLine(isColoured: coloured, showsTime: showsTime)
    }

    /// Writes the line of a request that has ended.
    public func requestCompleted(_ request: RequestContext) {
        guard !isQuiet else { return }
        line.removeAll()
        if isJSON { writeJSON(request) } else { text.append(request, &timestamp, to: &line) }
        line.append("\n")
        sink.write(_overrideLifetime(line.bytes, borrowing: self))
    }

    /// Writes a notice.
    public func notice(_ message: String) {
        line.removeAll()
        if isJSON {
            line.append("{\"time\":\"")
            timestamp.append(to: &line)
            line.append("\",\"notice\":")
            line.append(printableJSON: message)
            line.append("}")
        } else {
            text.append(message, &timestamp, to: &line)
        }
        line.append("\n")
        sink.write(_overrideLifetime(line.bytes, borrowing: self))
    }

    private func writeJSON(_ request: RequestContext) {
        line.append("{\"time\":\"")
        timestamp.append(to: &line)
        line.append("\",\"id\":\"")
        line.append(request.id.bytes)
        line.append("\",\"status\":")
        line.append(decimal: request.status)
        line.append(",\"outcome\":\"")
        line.append(utf8: request.outcome.rawValue)
        line.append("\",\"route\":\"")
        line.append(Self.name(of: request.route))
        line.append("\",\"key\":")
        line.append(printableJSON: request.key.name)
        line.append(",\"model\":")
        line.append(printableJSON: request.requestedModel)
        if let deployment = request.deployment {
            line.append(",\"provider\":")
            line.append(printableJSON: deployment.provider.name)
            line.append(",\"upstream_model\":")
            line.append(printableJSON: deployment.model.id)
        }
        line.append(",\"stream\":")
        line.append(request.isStream ? "true" : "false")
        field(",\"total_ms\":", milliseconds: request.endedAt.microseconds(since: request.startedAt))
        if let first = request.firstContentAt { field(",\"first_ms\":", milliseconds: first.microseconds(since: request.receivedAt)) }
        field(",\"upstream_ms\":", milliseconds: request.upstreamMicroseconds)
        line.append(",\"attempts\":")
        line.append(decimal: request.attempts)
        line.append(",\"bytes_in\":")
        line.append(decimal: request.bytesIn)
        line.append(",\"bytes_out\":")
        line.append(decimal: request.bytesOut)
        if let usage = request.usage {
            line.append(",\"input_tokens\":")
            line.append(decimal: usage.inputTokens)
            line.append(",\"output_tokens\":")
            line.append(decimal: usage.outputTokens)
            line.append(",\"usage_source\":\"")
            line.append(utf8: request.usageSource.rawValue)
            line.append("\"")
        }
        if let code = request.errorCode, Self.isCode(code) {
            line.append(",\"code\":")
            line.append(printableJSON: code)
        }
        if let detail = request.detail, request.failures.isEmpty {
            line.append(",\"detail\":")
            line.append(printableJSON: detail)
        }
        if let best = request.bestScored, let reason = request.whyNotBest {
            line.append(",\"best_scored\":")
            line.append(printableJSON: "\(best.provider.name)/\(best.model.id)")
            line.append(",\"why_not_best\":")
            line.append(printableJSON: reason)
        }
        if !request.failures.isEmpty { appendFailures(request.failures) }
        line.append("}")
    }

    private func appendFailures(_ failures: [AttemptFailure]) {
        line.append(",\"failures\":[")
        for (index, failure) in failures.enumerated() {
            if index > 0 { line.append(",") }
            line.append("{\"provider\":")
            line.append(printableJSON: failure.provider)
            line.append(",\"model\":")
            line.append(printableJSON: failure.model)
            line.append(",\"class\":\"")
            line.append(failure.failure.name)
            line.append("\",\"detail\":")
            line.append(printableJSON: failure.detail)
            line.append("}")
        }
        line.append("]")
    }

    /// Whether a code looks like one: letters, digits and what joins them, at most 64 bytes. Providers may quote a prompt in theirs.
    static func isCode(_ code: String) -> Bool {
        (1...64).contains(code.utf8.count)
            && code.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || [0x5F, 0x2E, 0x2D, 0x3A, 0x2F].contains($0) }
    }

    /// What a route is called in log lines.
    static func name(of route: Route) -> StaticString {
        switch route {
        case .model(let endpoint): endpoint.name
        case .models: "models"
        case .modelDetail: "model"
        case .explanation: "route.explain"
        case .liveness: "health"
        case .readiness: "readyz"
        case .page(let page): page.name
        case .admin: "admin"
        case .unknown: "unknown"
        }
    }

    /// Microseconds as milliseconds with three places.
    private func field(_ name: StaticString, milliseconds microseconds: Int) {
        line.append(name)
        line.append(decimal: microseconds / 1000)
        line.append(".")
        let rest = microseconds % 1000
        if rest < 100 { line.append("0") }
        if rest < 10 { line.append("0") }
        line.append(decimal: rest)
    }
}
