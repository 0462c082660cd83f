internal import EventLoop
internal import Gateway
internal import Wire

/// What every client must find in what it got, whatever was asked and answered.
enum FuzzChecks {
    /// The statuses there are. 500 is none of them: it would be a mistake of the gateway's.
    private static let statuses: Set<Int> = [200, 204, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 422, 429, 431, 501, 502, 503, 504, 505]
    /// The longest wait that may be told, in seconds: a month.
    private static let longestWait = 31 * 86_400

    /// Looks at everything that every client got.
    ///
    /// - Parameter longest: How long a request may take.
    static func check(_ simulation: GatewaySimulation, longest: Duration, _ problems: inout [String]) {
        let heads = simulation.observer.completed.count { $0.method == .head }
        for (place, client) in simulation.clients.enumerated() {
            // Where a spoiled request turned out to be one for a head, nobody but the gateway knows which answer has no body.
            if let problem = client.problem, heads == 0 { problems.append("client \(place) got no HTTP: \(problem)") }
            for answer in client.answers { check(answer, &problems) }
        }
        for context in simulation.observer.completed {
            check(context, &problems)
            let time = context.endedAt.elapsed(since: context.receivedAt)
            // The time of a body that does not come, or is none, is another.
            if context.attempts > 0, time > longest + .seconds(1) { problems.append("a request took \(time), \(longest) are allowed") }
        }
        for record in simulation.store?.records ?? [] {
            let counts = [record.usage.inputTokens, record.usage.outputTokens, record.usage.totalTokens]
            if counts.contains(where: { $0 < 0 }) || record.cost.nanodollars < 0 { problems.append("a record of less than nothing: \(record)") }
        }
    }

    /// Looks at what an operator is shown.
    static func checkReports(_ gateway: Gateway, _ problems: inout [String]) {
        for rest in gateway.restReports() {
            var json = ByteBuffer()
            rest.appendJSON(to: &json)
            if (try? JSONScanner.validate(json.bytes)) == nil { problems.append("a rest is told in no JSON: \(rest)") }
            if !(0...longestWait).contains(rest.secondsLeft) { problems.append("a rest of \(rest.secondsLeft) s: \(rest)") }
        }
        if gateway.restCounts().values.contains(where: { $0 <= 0 }) { problems.append("a count of no rests") }
        for report in gateway.deploymentReports() {
            let counts = [report.statistics.successes, report.statistics.failures, report.statistics.inputTokens, report.statistics.outputTokens]
            if counts.contains(where: { $0 < 0 }) || report.statistics.cost.nanodollars < 0 { problems.append("statistics below nothing: \(report)") }
        }
        let statistics = gateway.statistics
        if [statistics.inputTokens, statistics.outputTokens, statistics.cachedTokens].contains(where: { $0 < 0 }) || statistics.cost.nanodollars < 0 {
            problems.append("a sum below nothing: \(statistics)")
        }
    }

    private static func check(_ answer: ReceivedAnswer, _ problems: inout [String]) {
        if !statuses.contains(answer.status) { problems.append("the status \(answer.status): \(answer.text.prefix(200))") }
        for (name, value) in answer.fields {
            if value.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }) { problems.append("a control byte in \(name)") }
            check(name, value, &problems)
        }
        if answer.status >= 400, answer.isWhole, !answer.body.isEmpty { checkError(answer, &problems) }
        if answer["content-type"]?.hasPrefix("text/event-stream") == true { checkEvents(answer, &problems) }
    }

    private static func check(_ name: String, _ value: String, _ problems: inout [String]) {
        let most: Int
        switch name {
        case "retry-after": most = longestWait
        case "retry-after-ms": most = longestWait * 1000
        case "x-best-attempts": most = 64
        case "content-length": most = .max
        case "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens": most = .max
        case "x-best-overhead-ms", "x-best-upstream-ms":
            if Double(value).map({ $0 >= 0 && $0 < 1e9 }) != true { problems.append("\(name): \(value)") }
            return
        default:
            if value.utf8.count >= 16 {
                let bytes = Array(value.utf8)
                for secret in secretBytes where bytes.place(of: secret) != nil { problems.append("a secret in \(name)") }
            }
            return
        }
        if Int(value).map({ $0 >= 0 && $0 <= most }) != true { problems.append("\(name): \(value)") }
    }

    /// Every error is in OpenAI's shape, and says nothing that only a provider may know.
    private static func checkError(_ answer: ReceivedAnswer, _ problems: inout [String]) {
        let body = answer.body
        let isShaped = body.starts(with: #"{"error":{"#.utf8) || answer.status == 503 && body.starts(with: #"{"status":"#.utf8)
        if !isShaped || (try? JSONScanner.validate(body.span.bytes)) == nil {
            problems.append("an error in another shape: \(answer.text.prefix(200))")
        }
        for secret in secretBytes where body.place(of: secret) != nil { problems.append("a secret in an error: \(answer.text.prefix(200))") }
    }

    private static let secretBytes = FuzzSetup.secrets.map { Array($0.utf8) }
    private static let errorEvent = Array(#"data: {"id":"req_"#.utf8)
    /// At the front of a line: within an event line ends are escaped.
    private static let event = Array("\ndata: ".utf8)

    /// Behind the gateway's own error event there is nothing.
    private static func checkEvents(_ answer: ReceivedAnswer, _ problems: inout [String]) {
        guard answer.isWhole, let place = answer.body.place(of: errorEvent) else { return }
        let rest = Array(answer.body[(place + event.count)...])
        if rest.place(of: event) != nil { problems.append("something behind an error event: \(rest.string.prefix(300))") }
    }

    private static func check(_ context: RequestContext, _ problems: inout [String]) {
        let counts = [
            context.bytesIn, context.bytesOut, context.upstreamMicroseconds, context.waitedMicroseconds, context.overheadMicroseconds ?? 0,
            context.usage?.inputTokens ?? 0, context.usage?.outputTokens ?? 0, context.usage?.totalTokens ?? 0,
        ]
        if counts.contains(where: { $0 < 0 }) { problems.append("a count below nothing: \(counts)") }
        if context.endedAt < context.receivedAt { problems.append("a request ended before it came") }
        if context.attempts > 64 { problems.append("\(context.attempts) attempts") }
    }
}
