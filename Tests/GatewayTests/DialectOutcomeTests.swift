import EventLoop
import Gateway
import GatewayTesting
import Testing

/// What users of other gateways reported, and what they expect: the whole outcome, from a provider's answer to the client's status and to who is asked next.
@Suite struct DialectOutcomeTests {
    /// An answer of a provider's.
    struct Sighting: CustomTestStringConvertible, Sendable {
        let name: String
        let script: UpstreamScript
        var testDescription: String { name }

        init(_ name: String, _ status: Int, _ body: String, fields: [(name: String, value: String)] = []) {
            self.name = name
            script = .status(status, body, fields: fields)
        }
    }

    private static func error(_ message: String, _ code: String? = nil, _ members: String = "") -> String {
        "{\"error\":{\"message\":\"\(message)\"\(code.map { ",\"code\":\"\($0)\"" } ?? "")\(members)}}"
    }

    /// Asks `odd-m,two-m`; with or without the second provider.
    private func ask(
        _ sighting: Sighting, hasSecond: Bool, requests: Int = 1, members: String = "", pause: Duration = .zero,
        check: (GatewaySimulation, [ReceivedAnswer]) throws -> Void
    ) throws {
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { _ in sighting.script })
        let two = ScriptedProvider("two", models: ["two-m"], answer: { .reply(to: $0, "from two") })
        try withGateway(hasSecond ? [odd, two] : [odd]) {
            $0.failure.wait = .zero
        } _: { simulation in
            var answers: [ReceivedAnswer] = []
            for number in 0..<requests {
                let client = simulation.client()
                client.chat("hello \(number)", model: hasSecond ? "odd-m,two-m" : "odd-m", members: members)
                simulation.advance(by: .seconds(1))
                answers.append(try #require(client.answer))
                simulation.advance(by: pause)
            }
            try check(simulation, answers)
        }
    }

    // MARK: Too long

    private static let tooLong = [
        Sighting(
            "xAI", 400,
            #"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}"#
        ),
        Sighting(
            "DashScope", 400,
            error("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]", "invalid_parameter_error")),
        Sighting(
            "LM Studio", 400,
            #"{"error":"Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."}"#
        ),
        Sighting("Anthropic", 400, error("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length")),
        Sighting("Copilot", 400, error("prompt token count of 391491 exceeds the limit of 128000", "model_max_prompt_tokens_exceeded")),
        Sighting("Zhipu", 400, error("Prompt 超长", "1261")),
        Sighting(
            "SiliconFlow", 400, #"{"code":20015,"message":"length of prompt_tokens (235121) must be less than max_seq_len (65536).","data":null}"#),
        Sighting(
            "TGI", 422,
            #"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000","error_type":"validation"}"#),
        Sighting("Moonshot", 400, error("Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)")),
        Sighting("Together", 403, error("Input token count + max_tokens parameter must be less than the context length of the model being queried.")),
        Sighting("llama.cpp", 500, error("Context size has been exceeded.", nil, ",\"type\":\"server_error\"")),
        Sighting("GitHub Models", 413, error("Request body too large for gpt-4o model. Max size: 8000 tokens.", "tokens_limit_reached")),
    ]

    @Test(arguments: tooLong) func `a prompt that is too long for one model is answered by another, which may take more`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 6) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 6, "nothing rests for it")
        }
    }

    @Test(arguments: tooLong) func `where none takes it the client learns that it is too long, by the code that agents compact by`(sighting: Sighting)
        throws
    {
        try ask(sighting, hasSecond: false) { _, answers in
            #expect(answers[0].status == 400 && answers[0].errorCode == "context_length_exceeded" && answers[0]["x-should-retry"] == "false")
        }
    }

    // MARK: The model's own output

    private static let garbled = [
        Sighting(
            "Groq, a tool call", 400,
            error("Failed to call a function. Please adjust your prompt.", "tool_use_failed", ",\"failed_generation\":\"<f\"")),
        Sighting("Groq, JSON", 400, error("Failed to generate JSON. Please adjust your prompt.", "json_validate_failed")),
        Sighting("vLLM", 400, error("Expecting ',' delimiter: line 8 column 61 (char 4982)")),
        Sighting("llama.cpp", 500, error("Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error")),
        Sighting("Cohere", 422, #"{"message":"invalid tool generation: the model generated a tool call that is not valid"}"#),
        Sighting("Bedrock", 424, #"{"message":"The model produced invalid sequence as part of ToolUse.","code":"ModelErrorException"}"#),
        Sighting("Cloudflare", 400, #"{"errors":[{"message":"AiError: JSON Mode couldn't be met","code":5024}],"success":false}"#),
    ]

    @Test(arguments: garbled) func `what a model garbles another one is asked for, and nothing rests`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 6) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 6)
        }
    }

    @Test func `a model that garbles its output is asked once more where no other is left`() throws {
        var calls = 0
        let script = DialectOutcomeTests.garbled[0].script
        let odd = ScriptedProvider(
            "odd", models: ["odd-m"],
            answer: { call in
                calls += 1
                return calls == 1 ? script : .reply(to: call, "better")
            })
        try withGateway(odd) { simulation in
            let client = simulation.client()
            client.chat(model: "odd-m")
            simulation.advance(by: .seconds(1))
            #expect(client.answer?.status == 200 && client.answer?.content == "better" && calls == 2)
        }
        try ask(Self.garbled[0], hasSecond: false) { _, answers in
            #expect(answers[0].status == 502 && answers[0].errorMessage?.contains("Failed to call a function") == true)
        }
    }

    // MARK: The provider's trouble in a 400

    private static let degraded = [
        Sighting(
            "NVIDIA", 400,
            #"{"type":"urn:inference-service:problem-details:bad-request","title":"Bad Request","status":400,"detail":"Function id '0c4b': DEGRADED function cannot be invoked"}"#
        ),
        Sighting(
            "Volcengine", 400,
            error("The request targeted an endpoint that is currently closed or temporarily unavailable.", "InvalidEndpoint.ClosedEndpoint")),
        Sighting("a relay", 400, error("bad response status code 502", "bad_response_status_code")),
        Sighting("LM Studio", 400, #"{"error":"The model has crashed without additional information. (Exit code: 1)"}"#),
        Sighting("SGLang", 400, error("Internal server error: CUDA out of memory.")),
        Sighting("Hugging Face", 400, #"{"error":"Bad Request: Endpoint is paused, ask a maintainer to restart it"}"#),
        Sighting("a type that says it", 422, error("no", nil, ",\"type\":\"internal_server_error\"")),
    ]

    @Test(arguments: degraded) func `a provider that is out of order is an outage, whatever the status`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 8) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } < 8, "it rests in the end")
        }
        try ask(sighting, hasSecond: false) { _, answers in #expect(answers[0].status >= 500, "\(answers[0])") }
    }

    // MARK: A closed door

    private static let doors = [
        Sighting(
            "Google", 400, #"[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"#),
        Sighting("OpenAI", 403, error("Country, region, or territory not supported", "unsupported_country_region_territory")),
        Sighting("Anthropic", 403, #"{"type":"error","error":{"type":"forbidden","message":"Request not allowed"}}"#),
        Sighting("Groq", 400, error("The model `x` requires terms acceptance. Please have the org admin accept the terms", "model_terms_required")),
        Sighting("OpenRouter", 404, error("No endpoints available matching your guardrail restrictions and data policy.")),
        Sighting("Cloudflare", 403, #"{"errors":[{"message":"User has not agreed to Llama3.2 model terms","code":5016}],"success":false}"#),
        Sighting("a closed account", 400, error("Organization has been restricted.", "organization_restricted")),
    ]

    @Test(arguments: doors) func `a provider that serves nobody from here is left alone after two requests`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 6, pause: .seconds(2)) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 2, "\(simulation.asked)")
        }
        try ask(sighting, hasSecond: false) { _, answers in #expect(answers[0].status == 502, "\(answers[0])") }
    }

    // MARK: Money

    private static let poor = [
        Sighting("OpenAI", 429, error("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota")),
        Sighting("inside a 200", 200, error("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota")),
        Sighting(
            "a relay", 403,
            error("user quota is not enough (request id: 2026)", "insufficient_user_quota", ",\"type\":\"one_api_error\",\"param\":\"\"")),
        Sighting("Zhipu", 429, error("余额不足或无可用资源包,请充值。", "1113")),
        Sighting("DashScope", 400, error("Access denied, please make sure your account is in good standing.", "Arrearage")),
        Sighting("xAI", 403, #"{"code":"x","error":"Your team has either used all available credits or reached its monthly spending limit."}"#),
        Sighting("Hugging Face", 402, #"{"error":"You have exceeded your monthly included credits for Inference Providers."}"#),
        Sighting("a relay in Japanese", 403, error("残高が不足しています。")),
        Sighting("Fireworks", 412, error("Account x is suspended, possibly due to reaching the monthly spending limit")),
    ]

    @Test(arguments: poor) func `an account without money rests for a minute at once and for an hour when it is sure`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 8, pause: .seconds(9)) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 2, "\(simulation.asked)")
        }
    }

    @Test(arguments: poor) func `an empty account is told as the gateway's own, and not to be tried again`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: false, requests: 2) { _, answers in
            for answer in answers {
                #expect(answer.status == 429 && answer.errorCode == "insufficient_quota" && answer["x-should-retry"] == "false", "\(answer)")
                #expect(answer.errorMessage?.contains("gateway's own account") == true && answer["retry-after"] != nil)
            }
        }
    }

    private static let dear = [
        Sighting(
            "OpenRouter", 402,
            error("This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 30104.")),
        Sighting("a relay", 403, error("预扣费额度失败, 用户剩余额度: ＄0.309854, 需要预扣费额度: ＄0.800000", "insufficient_user_quota")),
        Sighting(
            "a relay's key", 403, error("token quota is not enough, token remain quota: ＄0.1, need quota: ＄0.2", "pre_consume_token_quota_failed")),
        Sighting("a balance", 402, error("insufficient balance: balance=12.5 required=99.1")),
        Sighting("another relay", 402, error("pre-consumed quota failed, user quota: $0.31, need quota: $0.80", "insufficient_user_quota")),
        Sighting("credits", 402, error("This request requires 500 credits, but you only have 120 credits left")),
    ]

    @Test(arguments: dear) func `a request that is too dear goes elsewhere, and a small one is served right after it`(sighting: Sighting) throws {
        let odd = ScriptedProvider(
            "odd", models: ["odd-m"], answer: { $0.text.contains("65536") ? sighting.script : .reply(to: $0, "from odd") })
        let two = ScriptedProvider("two", models: ["two-m"], answer: { .reply(to: $0, "from two") })
        try withGateway(odd, two) { simulation in
            for (model, tokens, status, content) in [
                ("odd-m,two-m", 65536, 200, "from two"), ("odd-m", 500, 200, "from odd"), ("odd-m", 65536, 400, ""),
                ("odd-m,two-m", 500, 200, "from odd"),
            ] {
                let client = simulation.client()
                client.chat(model: model, members: "\"max_tokens\":\(tokens)")
                let answer = try #require(client.answer)
                #expect(answer.status == status && (status != 200 || answer.content == content), "\(answer)")
                if status == 400 { #expect(answer.errorMessage?.isEmpty == false && answer["x-should-retry"] == "false") }
            }
        }
    }

    // MARK: Limits

    @Test(arguments: [
        (#""type":"usage_limit_reached","resets_in_seconds":5294"#, 5294), (#""type":"usage_limit_reached","resets_at":1795354094"#, 5294),
        (#""type":"rate_limit_error","resetsAt":1795354094000"#, 5294), (#""type":"rate_limit_error","retry_after":"PT1H28M14S""#, 5294),
        (#""type":"rate_limit_error","reset_at":"2026-11-22T13:28:14Z""#, 5294), (#""type":"rate_limit_error","retry_after_ms":5294000"#, 5294),
        (#""type":"rate_limit_error","metadata":{"headers":{"X-RateLimit-Reset":"1795354094000"}}"#, 5294),
    ])
    func `a limit rests for as long as the provider says, in whichever member and form`(members: String, seconds: Int) throws {
        let sighting = Sighting("limit", 429, "{\"error\":{\"message\":\"The usage limit has been reached\",\(members)}}")
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { _ in sighting.script })
        try withGateway(odd) {
            $0.failure.wait = .zero
        } _: { simulation in
            simulation.moveWallClock(by: .milliseconds(FailureFixture.now - GatewaySimulation.epoch))
            for _ in 0..<2 {
                let client = simulation.client()
                client.chat(model: "odd-m")
                let answer = try #require(client.answer)
                #expect(answer.status == 429 && answer.errorCode == "pool_exhausted" && answer["retry-after"] == "\(seconds)", "\(answer)")
                #expect(answer["x-should-retry"] == "false")
            }
            #expect(simulation.asked == ["odd"])
        }
    }

    @Test(arguments: [
        "Rate limit reached for model `x` on tokens per day (TPD): Limit 100000, Used 100000, Requested 3.", "Requests per day limit exceeded",
        "该 API 已达今日调用次数限额", "You have used up your daily free allocation of 10,000 neurons", "Your weekly limit is used up: rate limit",
    ])
    func `the first answer of a used-up day has the time of its end, as the next ones do`(message: String) throws {
        let sighting = Sighting("day", 429, Self.error(message))
        try ask(sighting, hasSecond: false, requests: 3) { _, answers in
            let times = answers.compactMap { $0["retry-after"].flatMap { Int($0) } }
            #expect(times.count == 3 && times[0] >= 3600 && abs(times[0] - times[2]) <= 4, "\(times)")
            #expect(answers.allSatisfy { $0.status == 429 && $0["x-should-retry"] == "false" })
        }
    }

    @Test func `a limit that names no time is told with the time when the gateway asks again`() throws {
        try ask(Sighting("limit", 429, Self.error("Too many requests")), hasSecond: false) { _, answers in
            #expect(answers[0].status == 429 && answers[0].errorCode == "pool_exhausted" && answers[0]["retry-after"] != nil)
        }
    }

    @Test func `one's own limits are told as that`() throws {
        let odd = ScriptedProvider("odd", models: ["odd-m"]) {
            $0.limits.requestsPerMinute = 2
        } answer: {
            .reply(to: $0, "x")
        }
        try withGateway(odd) {
            $0.failure.wait = .zero
        } _: { simulation in
            for number in 0..<3 {
                let client = simulation.client()
                client.chat(model: "odd-m")
                #expect(client.answer?.status == (number < 2 ? 200 : 429))
                if number == 2 { #expect(client.answer?.errorMessage?.contains("this gateway's configuration sets") == true) }
            }
        }
    }

    // MARK: All of them

    @Test func `where all rest because they failed the client gets a 503 with the time`() throws {
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { _ in .status(500, "{}") })
        try withGateway(odd) {
            $0.failure.wait = .zero
        } _: { simulation in
            var answers: [ReceivedAnswer] = []
            for _ in 0..<4 {
                let client = simulation.client()
                client.chat(model: "odd-m")
                simulation.advance(by: .milliseconds(300))
                answers.append(try #require(client.answer))
            }
            let last = answers[3]
            #expect(last.status == 503 && last.errorCode == "overloaded" && last["retry-after"] != nil, "\(last)")
            #expect(answers.allSatisfy { $0.status == 502 || $0.status == 503 })
        }
    }

    @Test func `a provider that is overloaded and says until when is a 503 with that time`() throws {
        try ask(Sighting("down", 503, "{}", fields: [("retry-after", "30")]), hasSecond: false, requests: 2) { _, answers in
            #expect(answers.allSatisfy { $0.status == 503 && $0.errorCode == "overloaded" })
            #expect(answers[0]["retry-after"] == "30")
        }
    }

    @Test(arguments: ["/v1/moderations", "/v1/audio/speech", "/v1/rerank", "/v1/embeddings"])
    func `an endpoint that no provider serves is a 404 that names it`(path: String) throws {
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { _ in .status(404, "404 page not found", type: "text/plain") })
        try withGateway(odd) { simulation in
            let client = simulation.client()
            client.request("POST", path, body: "{\"model\":\"odd-m\",\"input\":\"x\",\"voice\":\"v\",\"query\":\"q\",\"documents\":[]}")
            let answer = try #require(client.answer)
            #expect(
                answer.status == 404 && answer.errorCode == "model_not_found" && answer.errorMessage?.contains(path.dropFirst(3)) == true, "\(answer)"
            )
        }
    }

    @Test func `a model that one provider does not have now is told in its words, and not as gone for good`() throws {
        try ask(Sighting("gone", 404, Self.error("The model `odd-m` does not exist", "model_not_found")), hasSecond: false) { _, answers in
            #expect(answers[0].status == 404 && answers[0].errorCode == "model_not_found")
            #expect(answers[0].errorMessage == "no provider has this model at the moment; odd says: The model `odd-m` does not exist")
        }
    }
}
