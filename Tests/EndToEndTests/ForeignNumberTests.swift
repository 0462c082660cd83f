import Foundation
import Testing

/// Numbers that a client, a provider, a file or an operator can state, at the ends of what can be written, through the whole program: it goes on
/// serving, goes on keeping its books, and shows nothing that can't be.
@Suite struct ForeignNumberTests {
    private static let numbers = [
        "0", "-1", "2147483648", "4294967296", "9007199254740992", "9223372036854775806", "9223372036854775807", "-9223372036854775808",
        "9223372036854775808", "18446744073709551616", "1e308", "-1e308", "1e400", "1e-400", "0.1", "NaN", "Infinity",
    ]
    /// Those that can end a program that does not expect them.
    private static let largest = ["9223372036854775806", "9223372036854775807", "9223372036854775808", "18446744073709551616"]
    /// 2⁵³ − 1: nothing that is counted is shown as more.
    private static let most = 9_007_199_254_740_991.0
    private static let admin = "X-Admin-API-Key: adm1n"
    private static let bearer = "Authorization: Bearer t0ken"
    private static let environment = ["ALLOWED_BEARER_TOKENS": "t0ken", "LLMGW_ADMIN_API_KEY": "adm1n"]
    /// Who is at a limit is refused at once.
    private static let best = "failure:\n  wait: 0s\n  wait_most: 1s\n"

    // MARK: What is asked for

    @Test func `whatever numbers a request or its header fields hold, it is answered or refused`() throws {
        let priced = Provider("a", models: [.init(id: "a", aliases: ["m"], lines: ["prompt_price: 1000000", "completion_price: 1000000"])])
        try withGateway([priced, Provider("b")], best: Self.best, environment: Self.environment) { gateway throws in
            let limits = #""requests_per_minute":1e9,"requests_per_day":9223372036854775807,"tokens_per_minute":9223372036854775808"#
            let created = try gateway.post("/admin/keys", "{\"name\":\"k\",\(limits),\"tokens_per_day\":1e308,\"budget\":1e308}", [Self.admin])
            let key = "Authorization: Bearer \(try #require(created.object["plaintext_key"] as? String, "\(created.text)"))"
            let members = [
                "\"max_tokens\":#", "\"max_completion_tokens\":#", "\"max_output_tokens\":#", "\"n\":#", "\"max_tokens\":#,\"n\":#",
                "\"max_tokens\":#,\"max_completion_tokens\":#,\"max_output_tokens\":#",
                "\"temperature\":#,\"seed\":#,\"top_p\":#,\"logit_bias\":{\"1\":#}",
                "\"provider\":{\"max_price\":{\"prompt\":#,\"completion\":\"#\"}}", "\"stream_options\":{\"include_usage\":#}",
            ]
            for number in Self.numbers {
                for member in members {
                    let text = member.replacingOccurrences(of: "#", with: number) + ","
                    for stream in [false, true] {
                        let answer = try gateway.chat("m", stream: stream, text, [key])
                        #expect([200, 400, 404, 429].contains(answer.status), "\(text) \(answer.status) \(answer.text)")
                    }
                    let explained = try gateway.post("/v1/route/explain", Chat.body("m", text), [key])
                    #expect([200, 400].contains(explained.status), "\(text) \(explained.text)")
                }
                for field in ["x-best-wait", "x-stainless-read-timeout", "x-stainless-retry-count"] {
                    for value in [number, "\(number)s", "\(number)h", "9999999999999999999999h", "\(number)h\(number)ms"] {
                        let answer = try gateway.chat("m", "", [key, "\(field): \(value)"])
                        // What is no time is the client's mistake.
                        #expect([200, 400, 429, 504].contains(answer.status), "\(field): \(value) \(answer.text)")
                    }
                }
                let vectors = try gateway.post("/v1/embeddings", "{\"model\":\"m\",\"input\":\"a\",\"dimensions\":\(number)}", [key])
                #expect([200, 400, 404, 429].contains(vectors.status), "\(number)")
            }
            for number in ["9223372036854775807", "9223372036854775808"] {
                let answer = try gateway.chat("m", "\"max_tokens\":\(number),", [Self.bearer])
                #expect(answer.status == 200, "clamped and not refused: \(answer.text)")
            }
            try expectService(gateway, asking: "b")
        }
    }

    @Test func `whatever numbers an operator's call holds, it is carried out or refused, and keys are shown with limits that exist`() throws {
        try withGateway(environment: Self.environment) { gateway throws in
            let id = try #require(try gateway.post("/admin/keys", #"{"name":"k"}"#, [Self.admin]).object["id"] as? String)
            let members = [
                "requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day", "concurrency", "budget", "weight", "expires_at",
            ]
            for number in Self.numbers {
                for member in members {
                    for value in [number, "\"\(number)\""] {
                        let client = try gateway.connect()
                        try client.send("PATCH", "/admin/keys/\(id)", [Self.admin], body: Array("{\"\(member)\":\(value)}".utf8))
                        let answer = try client.answer()
                        #expect(answer.status == 200 || answer.status == 400, "\(member): \(value) \(answer.text)")
                        let nested = try gateway.post("/admin/keys", "{\"name\":\"n\",\"limits\":{\"\(member)\":\(value)}}", [Self.admin])
                        #expect(nested.status == 201 || nested.status == 400, "\(member): \(value) \(nested.text)")
                    }
                }
                for query in ["from=\(number)", "to=\(number)", "from=\(number)&to=253402300799", "from=0&to=\(number)", "from=\(number)-01-01"] {
                    let answer = try gateway.get("/admin/usage?\(query)", [Self.admin])
                    #expect(answer.status == 200 || answer.status == 400, "\(query) \(answer.text)")
                }
            }
            for number in Self.largest {
                let body = "{\"name\":\"k\",\"requests_per_minute\":\(number),\"expires_at\":\(number),\"budget\":\(number)}"
                let answer = try gateway.post("/admin/keys", body, [Self.admin])
                let limits = answer.object["limits"] as? [String: Any]
                #expect(answer.status == 201 && limits?["requests_per_minute"] as? Int == 1_000_000_000_000, "\(answer.text)")
                #expect(answer.object["expires_at"] as? String == "9999-12-31T23:59:59Z" && limits?["budget"] as? Double == 1e9)
            }
            let keys = try gateway.get("/admin/keys?include_revoked=true", [Self.admin])
            expectSane(keys.object, "keys")
            try expectService(gateway)
        }
    }

    // MARK: What is answered

    /// Chooses the answer of the provider that does what the request says.
    private static func echo() throws -> RawUpstream {
        try RawUpstream { request in
            let body = request.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
            let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
            return [Array((object?["echo"] as? String ?? "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").utf8)]
        }
    }

    /// A member of a request that has the provider answer so.
    private func echoing(_ answer: String) throws -> String {
        "\"echo\":\(String(decoding: try JSONSerialization.data(withJSONObject: answer, options: .fragmentsAllowed), as: UTF8.self)),"
    }

    private func answer(_ body: String, _ status: String = "200 OK", _ fields: [String] = [], stream: Bool = false) -> String {
        let head = [
            "HTTP/1.1 \(status)", "content-type: \(stream ? "text/event-stream" : "application/json")", "content-length: \(body.utf8.count)",
            "connection: close",
        ]
        return (head + fields).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private func chat(usage: String, choice: String = "0", created: String = "1") -> String {
        """
        {"id":"1","object":"chat.completion","created":\(created),"model":"e","choices":[{"index":\(choice),"message":{"role":"assistant","content":"Hi"},\
        "finish_reason":"stop"}],"usage":\(usage)}
        """
    }

    private func events(usage: String, choice: String = "0", created: String = "1") -> String {
        """
        data: {"id":"1","created":\(created),"choices":[{"index":\(choice),"delta":{"content":"Hi"},"finish_reason":null}]}\n
        data: {"id":"1","choices":[{"index":\(choice),"delta":{},"finish_reason":"stop"}],"usage":\(usage)}\n
        data: {"id":"1","choices":[],"usage":\(usage)}\n
        data: [DONE]\n\n
        """
    }

    private func response(usage: String, stream: Bool) -> String {
        let whole = #"{"id":"resp_1","object":"response","status":"completed","output":[{"type":"message"}],"usage":\#(usage)}"#
        guard stream else { return whole }
        return """
            event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi"}\n
            event: response.completed\ndata: {"type":"response.completed","response":\(whole)}\n\n
            """
    }

    /// Providers behind one address: `e` with models enough for each case to have one that nothing is known of, and one for each of `refusing`.
    private func providers(_ url: String, models: Int, refusing: Int = 0) -> [Provider] {
        let prices = ["prompt_price: 1000000", "completion_price: 1000000"]
        let many = Provider("e", models: (0..<models).map { .init(id: "e\($0)", lines: $0 % 2 == 0 ? prices : []) }, url: url)
        return [many, Provider("a")] + (0..<refusing).map { Provider("r\($0)", models: [.init(id: "r\($0)")], url: url) }
    }

    @Test func `whatever tokens an answer claims, the books, the metrics and the statistics go on and show what can be`() throws {
        let usages = [
            "\"prompt_tokens\":#", "\"completion_tokens\":#", "\"total_tokens\":#", "\"prompt_tokens\":#,\"completion_tokens\":#,\"total_tokens\":#",
            "\"prompt_tokens\":5,\"completion_tokens\":#,\"completion_tokens_details\":{\"reasoning_tokens\":#},\"prompt_tokens_details\":{\"cached_tokens\":#}",
            "\"input_tokens\":#,\"output_tokens\":#,\"prompt_cache_hit_tokens\":#",
        ]
        let upstream = try Self.echo()
        defer { upstream.stop() }
        let providers = providers(upstream.url, models: Self.numbers.count * (usages.count + 2))
        try withGateway(providers, best: Self.best, environment: Self.environment) { gateway throws in
            let created = try gateway.post("/admin/keys", #"{"name":"k","tokens_per_day":1000000000000,"budget":1000000000}"#, [Self.admin])
            let key = "Authorization: Bearer \(try #require(created.object["plaintext_key"] as? String))"
            var model = 0
            func ask(_ whole: String, _ stream: String) throws {
                for isStream in [false, true] {
                    let echo = try echoing(answer(isStream ? stream : whole, stream: isStream))
                    for field in [Self.bearer, key] {
                        let answer = try gateway.chat("e\(model)", stream: isStream, echo, [field])
                        #expect([200, 429, 502, 503].contains(answer.status), "\(whole) \(answer.text)")
                    }
                }
                model += 1
            }
            for number in Self.numbers {
                for usage in usages {
                    let usage = "{\(usage.replacingOccurrences(of: "#", with: number))}"
                    try ask(chat(usage: usage), events(usage: usage))
                }
                try ask(
                    chat(usage: "{\"total_tokens\":1}", choice: number, created: number), events(usage: "null", choice: number, created: number))
                let usage = "{\"input_tokens\":\(number),\"output_tokens\":\(number),\"total_tokens\":\(number)}"
                for isStream in [false, true] {
                    let body =
                        "{\"model\":\"e\(model)\",\"stream\":\(isStream),\(try echoing(answer(response(usage: usage, stream: isStream), stream: isStream)))"
                        + "\"input\":\"Hi\"}"
                    #expect([200, 429, 502, 503].contains(try gateway.post("/v1/responses", body, [Self.bearer]).status), "\(usage)")
                }
                model += 1
            }
            // The largest there is, again and again in one minute, with the largest price.
            let largest = "{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":9223372036854775807,\"total_tokens\":9223372036854775807}"
            for _ in 0..<6 {
                for isStream in [false, true] {
                    let echo = try echoing(answer(isStream ? events(usage: largest) : chat(usage: largest), stream: isStream))
                    #expect(try gateway.chat("e0", stream: isStream, echo, [Self.bearer]).status == 200)
                }
                let explained = try gateway.post("/v1/route/explain", Chat.body("e0", "\"max_tokens\":9223372036854775807,"), [Self.bearer])
                #expect(explained.status == 200 || explained.status == 400)
            }
            try expectService(gateway)
            let rows = try usage(gateway, "model")
            let row = try #require(rows.first { $0["model"] as? String == "e0" })
            // No answer of a few words has more tokens than a model can give.
            let requests = try #require(row["requests"] as? Int)
            let tokens = try #require(row["total_tokens"] as? Int)
            #expect(requests >= 12 && row["estimated_requests"] as? Int == requests && (requests...200_000 * requests).contains(tokens), "\(row)")
            #expect(row["cost"] as? Double == Double(tokens), "a dollar for each: \(row)")
            let metrics = try gateway.get("/metrics", [Self.admin]).text
            #expect(metrics.contains("best_tokens_total{type=\"output\"} "))
        }
    }

    @Test func `whatever limits and waits a provider states, in a field or in an error, it is held to nothing that can't be`() throws {
        let fields = [
            "retry-after", "retry-after-ms", "x-ms-retry-after-ms", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
            "x-ratelimit-limit-tokens-day", "x-ratelimit-remaining-tokens-day", "x-ratelimit-reset-tokens-day",
            "x-ratelimit-remaining-requests-month", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset",
            "anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-output-tokens-reset", "modelscope-ratelimit-requests-remaining",
            "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-remaining", "ratelimit-reset", "ratelimit",
            "ratelimit-policy",
        ]
        let upstream = try Self.echo()
        defer { upstream.stop() }
        let providers = providers(upstream.url, models: Self.numbers.count * fields.count, refusing: Self.numbers.count * 4)
        try withGateway(providers, best: Self.best, environment: Self.environment) { gateway throws in
            var place = 0
            for number in Self.numbers {
                for field in fields {
                    let value =
                        field == "ratelimit" ? "\"default\";r=\(number);t=\(number), limit=\(number), remaining=\(number), reset=\(number)" : number
                    let echo = try echoing(answer(chat(usage: "{\"total_tokens\":3}"), "200 OK", ["\(field): \(value)"]))
                    for _ in 0..<2 {
                        let answer = try gateway.chat("e\(place)", echo, [Self.bearer])
                        #expect(answer.status == 200 || answer.status == 429, "\(field): \(value) \(answer.text)")
                    }
                    place += 1
                }
            }
            place = 0
            for number in Self.numbers {
                let body = """
                    {"error":{"message":"Rate limit reached. Please try again in \(number)s.","type":"tokens","code":"rate_limit_exceeded","status":\(number),\
                    "retry_after":\(number),"metadata":{"headers":{"X-RateLimit-Reset":"\(number)"}},"details":[{"retryDelay":"\(number)s",\
                    "violations":[{"quotaId":"TokensPerDay","quotaValue":"\(number)"}]}]}}
                    """
                // A remainder with a time that is right is what is kept, and given back to.
                let told = fields.map { $0.contains("reset") || $0.contains("retry") ? "\($0): 30" : "\($0): \(number)" }
                for (status, lines) in [
                    ("429 Too Many Requests", told), ("429 Too Many Requests", fields.map { "\($0): \(number)" }), ("503 No", told), ("400 No", []),
                ] {
                    let good = try echoing(answer(chat(usage: "{\"total_tokens\":3}"), "200 OK", told))
                    let bad = try echoing(answer(body, status, lines))
                    for echo in [good, bad, bad, good] {
                        let answer = try gateway.chat("r\(place)", "\"max_tokens\":\(Self.largest[1]),\(echo)", [Self.bearer])
                        #expect([200, 400, 429, 502, 503].contains(answer.status), "\(number) \(status) \(answer.text)")
                        if let wait = answer["retry-after"] { #expect((0...31 * 86_400).contains(Int(wait) ?? -1), "\(number): \(wait)") }
                    }
                    place += 1
                }
            }
            try expectService(gateway)
        }
    }

    // MARK: What is listed and kept

    @Test func `whatever a list of models, its copy on disk or a model's name says, models are ordered and shown with what can be`() throws {
        let members = ["created", "context_length", "max_model_len", "max_completion_tokens", "pricing"]
        var entries = [
            #"{"id":"m-\#(String(repeating: "9", count: 100))b"}"#, #"{"id":"m-0x0b"}"#, #"{"id":"m-\#(String(repeating: "9", count: 60))x9b"}"#,
        ]
        for (place, number) in Self.numbers.enumerated() where number != "NaN" && number != "Infinity" {
            for member in members {
                for (kind, value) in [number, "\"\(number)\""].enumerated() {
                    let value = member == "pricing" ? "{\"prompt\":\(value),\"completion\":\(value)}" : value
                    entries.append("{\"id\":\"m-\(place)-\(member)-\(kind)\",\"\(member)\":\(value)}")
                }
            }
        }
        let list = "{\"data\":[\(entries.joined(separator: ","))]}"
        let (answer, reply) = (answer(list), answer(chat(usage: "{\"prompt_tokens\":9223372036854775807,\"completion_tokens\":1}")))
        let upstream = try RawUpstream { request in [Array((request.hasPrefix("GET") ? answer : reply).utf8)] }
        defer { upstream.stop() }
        let original =
            "discovery: {cache_file: kept.json}\nscoring:\n  mode: original\n  original: {parameters: 1000000, context: 1000000, leaderboard: -1000000}\n"
        for best in [original, "discovery: {cache_file: kept.json}\n"] {
            // The kept list was fetched before the beginning of time, and says no less than the provider.
            let kept = """
                {"version":1,"lists":[{"provider":"l","url":"\(upstream.url)","fetched_at":-9223372036854775807,"models":[{"id":"k","context_length":\
                9223372036854775807,"created":9223372036854775807,"prompt_price":1e308,"completion_price":1e308}]}]}
                """
            let providers = [Provider("l", models: nil, url: upstream.url), Provider("a")]
            try withGateway(providers, best: best, environment: Self.environment, files: ["kept.json": kept]) { gateway throws in
                let came = try Deadline.usual.until { try gateway.get("/v1/models", [Self.bearer]).text.contains("\"m-0x0b\"") }
                #expect(came)
                let models = try gateway.get("/v1/models", [Self.bearer])
                expectSane(models.object, "models", most: 253_402_300_799)
                let ids = (models.object["data"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                #expect(ids.count > entries.count / 2)
                for id in ids.prefix(12) + ["best", "cheap", "m-0x0b"] {
                    let answer = try gateway.chat(id, "\"max_tokens\":9223372036854775807,", [Self.bearer])
                    let score = answer["x-best-score"].flatMap(Double.init)
                    #expect([200, 400, 404].contains(answer.status) && abs(score ?? 0) <= 1e12, "\(id) \(answer.status) \(answer.text)")
                    let explained = try gateway.post("/v1/route/explain", Chat.body(id), [Self.bearer])
                    #expect(explained.status == 200 && !explained.object.isEmpty, "\(explained.text)")
                }
                try expectService(gateway)
            }
        }
    }

    @Test func `files whose numbers can't be are told, and what runs goes on with the old ones`() throws {
        let limits = ["limits: {requests_per_minute: 1000000000000, tokens_per_minute: 1000000000000, tokens_per_day: 1000000000000}"]
        try withGateway([Provider("a", lines: limits)], environment: Self.environment) { gateway throws in
            for number in Self.largest + ["1e308", "-1", ".inf"] {
                try gateway.write([Provider("a", lines: ["limits: {tokens_per_minute: \(number)}", "base_priority: \(number)"])])
                let answer = try gateway.post("/admin/reload", "", [Self.admin])
                #expect(answer.status == 409 && answer.text.contains("tokens_per_minute"), "\(answer.text)")
            }
            #expect(try gateway.chat("m", "\"max_tokens\":\(Self.largest[1]),", [Self.bearer]).status == 200)
            try gateway.write([Provider("a", lines: limits)])
            try expectService(gateway)
        }
    }

    // MARK: What must be so afterwards

    private func usage(_ gateway: Gateway, _ groups: String) throws -> [[String: Any]] {
        let answer = try gateway.get("/admin/usage?group_by=\(groups)", [Self.admin])
        try #require(answer.status == 200, "\(answer.text)")
        return answer.object["data"] as? [[String: Any]] ?? []
    }

    private func requests(_ gateway: Gateway) throws -> Int { try usage(gateway, "").first?["requests"] as? Int ?? 0 }

    /// The process is the one that was started, an ordinary request is served and booked, and no number that is shown can't be.
    private func expectService(_ gateway: Gateway, asking model: String = "m", sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(kill(gateway.program.processID, 0) == 0, sourceLocation: sourceLocation)
        #expect(try gateway.get("/livez").status == 200, sourceLocation: sourceLocation)
        let before = try requests(gateway)
        #expect(try gateway.chat(model, "", [Self.bearer]).status == 200, sourceLocation: sourceLocation)
        #expect(try requests(gateway) == before + 1, "an ordinary request is booked", sourceLocation: sourceLocation)
        for row in try usage(gateway, "key,model,provider,day") { expectSane(row, "usage", sourceLocation: sourceLocation) }
        let totals = try usage(gateway, "")
        for row in totals { expectSane(row, "usage", sourceLocation: sourceLocation) }
        expectSane(try gateway.get("/stats").object, "stats", sourceLocation: sourceLocation)
        let metrics = try gateway.get("/metrics", [Self.admin])
        #expect(metrics.status == 200, sourceLocation: sourceLocation)
        for line in metrics.text.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix("best_deployment_score") {
            let value = Double(line.split(separator: " ").last ?? "")
            #expect(value.map { (0...Self.most).contains($0) } ?? false, "\(line)", sourceLocation: sourceLocation)
        }
        let store = try gateway.get("/readyz").object["store"] as? [String: Any]
        #expect(store?["state"] as? String == "durable", "\(store ?? [:])", sourceLocation: sourceLocation)
        let shell = try Program(["usage", "--json", "--group-by", "none", "--data", "data"], directory: gateway.directory)
        #expect(try shell.waitForExit() == .code(0), "\(shell.text)", sourceLocation: sourceLocation)
        let shown = try JSONSerialization.jsonObject(with: Data(shell.text.utf8)) as? [String: Any]
        let row = (shown?["data"] as? [[String: Any]])?.first
        #expect(row?["total_tokens"] as? Int == totals.first?["total_tokens"] as? Int, "\(shell.text)", sourceLocation: sourceLocation)
    }

    /// No number in a JSON value is below zero or beyond `most`, but for what may be: scores and priorities.
    private func expectSane(_ value: Any, _ place: String, most: Double = Self.most, sourceLocation: SourceLocation = #_sourceLocation) {
        switch value {
        case let object as [String: Any]:
            for (name, value) in object where name != "priority" { expectSane(value, "\(place).\(name)", most: most, sourceLocation: sourceLocation) }
        case let list as [Any]:
            for value in list { expectSane(value, place, most: most, sourceLocation: sourceLocation) }
        case let number as NSNumber:
            #expect((0...most).contains(number.doubleValue), "\(place): \(number)", sourceLocation: sourceLocation)
        default: break
        }
    }
}
