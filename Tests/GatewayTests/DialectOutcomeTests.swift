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
        Sighting("DeepInfra", 500, error("Requested input length 99009 exceeds maximum input length 8192")),
        Sighting("Volcengine", 400, error("Input length 203743 exceeds the maximum length 202752. Request id: 0217", "InvalidParameter")),
        Sighting("Qwen", 400, error("Total message token length exceed model limit", "invalid_parameter_error")),
        Sighting("Bedrock", 400, #"{"message":"Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input."}"#),
        Sighting("KoboldCpp", 503, #"{"detail":{"msg":"Prompt too long","type":"service_unavailable"}}"#),
        Sighting(
            "OpenRouter, a poor account", 402,
            #"{"error":{"message":"Prompt tokens limit exceeded: 64128 > 6964. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account","code":402}}"#
        ),
        Sighting(
            "Anthropic, a plan without long prompts", 429,
            #"{"type":"error","error":{"type":"rate_limit_error","message":"Extra usage is required for long context requests."}}"#),
        Sighting("a relay's plan", 400, error("Your prompt is longer than the context allowed for your plan: 8192")),
        Sighting("inside a 200", 200, error("Prompt tokens limit exceeded: 64128 > 6964.", nil, ",\"code\":402")),
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

    @Test(arguments: tooLong) func `one long prompt closes no account to short ones`(sighting: Sighting) throws {
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { $0.text.contains("very long") ? sighting.script : .reply(to: $0, "from odd") })
        let two = ScriptedProvider("two", models: ["two-m"], answer: { .reply(to: $0, "from two") })
        try withGateway(odd, two) { simulation in
            for (number, prompt) in ["very long", "short", "another very long", "very long again", "short, too"].enumerated() {
                let client = simulation.client(simulation.addKey("key \(number)"))
                client.chat(prompt, model: "odd-m,two-m")
                let expected = prompt.contains("long") ? "from two" : "from odd"
                #expect(client.answer?.content == expected, "\(prompt): \(client.received)")
            }
        }
    }

    // MARK: What another takes

    private static let unsupported = [
        Sighting(
            "Google, a role", 400,
            error("Developer instruction is not enabled for models/gemma-3-27b-it", nil, ",\"code\":400,\"status\":\"INVALID_ARGUMENT\"")),
        Sighting("Google, functions", 400, error("Function calling is not enabled for models/gemma-3-27b-it")),
        Sighting("Google, JSON", 400, error("JSON mode is not enabled for models/gemma-3-27b-it")),
        Sighting("Google, a penalty", 400, error("Penalty is not enabled for this model")),
        Sighting(
            "Vertex, the length", 400,
            error(
                "Unable to submit request because it has a maxOutputTokens value of 65536 but the supported range is from 1 (inclusive) to 8193 (exclusive)."
            )),
        Sighting("DeepSeek, the length", 400, error("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", "invalid_request_error")),
        Sighting(
            "OpenAI, the length", 400,
            error(
                "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.", "invalid_value")
        ),
        Sighting("DeepSeek, JSON", 400, error("This response_format type is unavailable now", "invalid_request_error")),
        Sighting("OpenAI, pictures", 400, error("Invalid content type. image_url is only supported by certain models.")),
        Sighting(
            "DeepSeek, pictures", 422,
            error(
                "Failed to deserialize the JSON body into the target type: messages[0]: unknown variant `image_url`, expected `text` at line 1 column 100"
            )),
        Sighting(
            "Groq, pictures", 400,
            error("'messages.0' : for 'role:user' the following must be satisfied[('messages.0.content' : value must be a string)]")),
        Sighting(
            "FastAPI, pictures", 422,
            #"{"detail":[{"type":"string_type","loc":["body","messages",0,"content"],"msg":"Input should be a valid string","input":[]}]}"#),
        Sighting("vLLM, roles", 400, error("Conversation roles must alternate user/assistant/user/assistant/...")),
        Sighting("Qwen, thinking", 400, error("parameter.enable_thinking must be set to false for non-streaming calls", "invalid_parameter_error")),
        Sighting("in German", 400, error("Der Parameter tools wird nicht unterstützt")),
        Sighting("inside a 200", 200, error("Unsupported parameter: 'logprobs'", "unsupported_parameter")),
        Sighting(
            "Copilot, another endpoint", 400,
            error("model \\\"odd-m\\\" is not accessible via the /chat/completions endpoint", "unsupported_api_for_model")),
        Sighting("vLLM, pictures", 400, error("At most 1 image(s) may be provided in one request.")),
        Sighting(
            "SiliconFlow, pictures", 400,
            #"{"code":20041,"message":"The model is not a VLM (Vision Language Model). Please use text-only prompts.","data":null}"#),
        Sighting("OpenAI, sound", 400, error("This model requires that either input content or output modality contain audio.")),
        Sighting("Cerebras, strict", 422, error("Tools with mixed values for 'strict' are not allowed.")),
        Sighting("Google, thoughts", 400, error("Budget 0 is invalid. This model only works in thinking mode.")),
        Sighting("DeepSeek, thoughts", 400, error("Missing `reasoning_content` field in the assistant message at message index 1.")),
        Sighting("Perplexity, the last message", 400, error("Last message must have role `user` or `tool`.")),
    ]

    @Test(arguments: [
        ("max_tokens", "The parameter `max_tokens` specified in the request are not valid: integer above maximum value, expected a value <= 16384"),
        ("max_tokens", "Invalid 'max_tokens': integer above maximum value. Expected a value <= 16384, but got 20000 instead."),
        ("max_completion_tokens", "`max_completion_tokens` must be less than or equal to `8192`"),
        ("reasoning_content", "Missing `reasoning_content` field in the assistant message at message index 1."),
    ]) func `a bound of one model's is read though the request has the parameter's name, too`(name: String, message: String) throws {
        for script in [Self.error(message, "InvalidParameter"), Self.error(message, nil, ",\"param\":\"\(name)\"")] {
            try ask(Sighting("odd", 400, script), hasSecond: true, requests: 3, members: "\"\(name)\":20000") { simulation, answers in
                #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" }, "\(answers)")
                #expect(simulation.asked.count { $0 == "odd" } == 3)
            }
        }
    }

    @Test(arguments: [
        #"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"ERROR"}}}"#, #"{"error":{"message":"Inference error"}}"#,
        "Inference error", #"{"error":"Provider returned error"}"#,
    ]) func `who only passes on that there was an error is left for the next at once, and is no rest`(body: String) throws {
        try ask(Sighting("OpenRouter", 400, body), hasSecond: true, requests: 1) { simulation, answers in
            #expect(answers[0].content == "from two" && simulation.asked == ["odd", "two"], "\(answers)")
        }
        let told = #"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"temperature must be <= 2"}}}"#
        try ask(Sighting("OpenRouter", 400, told), hasSecond: true) { simulation, answers in
            #expect(answers[0].status == 400 && simulation.asked == ["odd"])
        }
    }

    @Test func `content that one client's law is against closes nothing to the others`() throws {
        let body = Self.error("The content you provided or machine outputted is blocked.")
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { $0.text.contains("bad") ? .status(451, body) : .reply(to: $0, "from odd") })
        try withGateway(odd) { simulation in
            let (one, other) = (simulation.client(simulation.addKey("one")), simulation.client(simulation.addKey("other")))
            for number in 0..<4 {
                one.chat("bad \(number)", model: "odd-m")
                #expect(one.answers.last?.status == 400, "\(one.received)")
                other.chat("good \(number)", model: "odd-m")
                #expect(other.answers.last?.content == "from odd")
            }
        }
    }

    @Test(arguments: unsupported) func `what one model does not take another is asked for, and nothing rests`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 4) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" }, "\(answers)")
            #expect(simulation.asked.count { $0 == "odd" } == 4)
        }
        try ask(sighting, hasSecond: false) { _, answers in
            #expect(answers[0].status == 400 && answers[0].errorMessage?.isEmpty == false && answers[0]["x-should-retry"] == "false")
        }
    }

    /// A mistake of the client's, as a status or inside of a success.
    private static let mistakes = [
        Sighting("vLLM", 200, error("temperature must be <= 2", nil, ",\"code\":400,\"type\":\"BadRequestError\"")),
        Sighting("vLLM, at the top", 200, #"{"object":"error","message":"temperature must be <= 2","type":"BadRequestError","code":400}"#),
        Sighting("a relay", 200, #"{"status":422,"message":"temperature must be <= 2"}"#),
        Sighting("with a status", 400, error("temperature must be <= 2")),
    ]

    @Test(arguments: mistakes) func `a client's mistake is told in the provider's words, wherever its status stands`(sighting: Sighting) throws {
        for (hasSecond, stream) in [(false, false), (true, false), (true, true)] {
            try ask(sighting, hasSecond: hasSecond, requests: 3, members: stream ? "\"stream\":true" : "") { simulation, answers in
                for answer in answers {
                    #expect(
                        answer.status == (sighting.name == "a relay" ? 422 : 400) && answer.errorMessage == "temperature must be <= 2", "\(answer)")
                    #expect(answer.errorCode == nil && answer["x-should-retry"] == "false")
                }
                #expect(simulation.asked == ["odd", "odd", "odd"], "another would say the same, and nothing rests")
            }
        }
    }

    @Test func `as the first event of a stream it is one, too, and behind the first word it is nobody's`() throws {
        let event = #"data: {"error":{"code":400,"message":"temperature must be <= 2","type":"BadRequestError"}}"# + "\n\n"
        for (events, status) in [([event, ChatText.done], 400), ([ChatText.chunk("Hel"), event, ChatText.done], 200)] {
            try withGateway(.script("a", .events(events)), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                let answer = try #require(client.answer)
                #expect(answer.status == status && simulation.asked == ["a"], "\(answer.text)")
                #expect(answer.text.contains("temperature must be <= 2") && !answer.text.contains("[DONE]"))
            }
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
        Sighting(
            "Ollama", 500, error("error parsing tool call: raw='{\\\"q\\\":', err=unexpected end of JSON input", nil, ",\"type\":\"api_error\"")),
        Sighting("harmony", 500, error("Unexpected token 12606 while expecting start token 200006")),
        Sighting(
            "Cerebras, a tool call", 422,
            error("Failed to generate tool_calls. Exception: Failed to generate tool call. Tool is not present in the tools list.")),
        Sighting("SambaNova, JSON", 400, error("Model did not output valid JSON.")),
        Sighting(
            "Gemini", 200,
            #"{"choices":[{"index":0,"finish_reason":"function_call_filter: MALFORMED_FUNCTION_CALL","message":{"role":"assistant"}}],"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}}"#
        ),
        Sighting(
            "Gemini, alone", 200,
            #"{"choices":[{"index":0,"finish_reason":"malformed_function_call","message":{"role":"assistant","content":null}}]}"#),
    ]

    @Test(arguments: garbled) func `what a model garbles another one is asked for, and nothing rests`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 6) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 6)
        }
    }

    @Test func `a stream that ends in a call that could not be read is asked of the next, unless it has said something`() throws {
        let end =
            #"data: {"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"function_call_filter: MALFORMED_FUNCTION_CALL"}]}"# + "\n\n"
        for (events, asked) in [([end, ChatText.done], ["a", "b"]), ([ChatText.chunk("Hel"), end, ChatText.done], ["a"])] {
            try withGateway(.script("a", .events(events)), .script("b", .chunks("from b"))) { simulation in
                let client = simulation.client()
                client.chat(stream: true)
                #expect(client.answer?.content == (asked.count > 1 ? "from b" : "Hel") && simulation.asked == asked, "\(client.received)")
                #expect(client.answer?.events.last == "[DONE]")
            }
        }
    }

    @Test(arguments: [garbled[0], garbled[garbled.count - 1]]) func `a model that garbles its output is asked once more where no other is left`(
        sighting: Sighting
    ) throws {
        var calls = 0
        let script = sighting.script
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
        try ask(sighting, hasSecond: false) { _, answers in
            let words = sighting.name == "Gemini, alone" ? "malformed_function_call" : "Failed to call a function"
            #expect(answers[0].status == 502 && answers[0].errorMessage?.contains("odd says") == true, "\(answers[0])")
            #expect(answers[0].errorMessage?.contains(words) == true)
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
        Sighting("LM Studio, put away", 400, #"{"error":"Model is unloaded."}"#),
        Sighting("LM Studio, as text", 400, "Channel Error"),
        Sighting("TabbyAPI", 400, #"{"detail":{"error":{"message":"No models are currently loaded."}}}"#),
        Sighting("SGLang", 400, error("Internal server error: CUDA out of memory.")),
        Sighting("Hugging Face", 400, #"{"error":"Bad Request: Endpoint is paused, ask a maintainer to restart it"}"#),
        Sighting("LiteLLM", 400, error("litellm.BadRequestError: OpenAIException - Connection error.")),
        Sighting("Zhipu", 400, error("网络错误,错误id:abc,请联系客服。", "1234")),
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
        Sighting("a law", 451, #"{"detail":"Unavailable For Legal Reasons"}"#),
        Sighting(
            "Cloudflare's page", 403,
            "<html><title>Access denied | api used Cloudflare to restrict access</title><body>error code: 1009</body></html>"),
        Sighting("Cloudflare's text", 403, "error code: 1010"),
        Sighting("CloudFront's page", 403, "<HTML>The Amazon CloudFront distribution is configured to block access from your country.</HTML>"),
        Sighting("in Russian", 403, error("Сервис недоступен в вашей стране")),
    ]

    @Test(arguments: doors) func `a provider that serves nobody from here is left alone after two requests`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 6, pause: .seconds(2)) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 2, "\(simulation.asked)")
        }
        try ask(sighting, hasSecond: false, requests: 3) { _, answers in
            for answer in answers {
                #expect(answer.status == 502 && answer.errorMessage?.contains("refuses to serve this gateway") == true, "\(answer)")
            }
        }
    }

    // MARK: Gone

    private static let gone = [
        Sighting("Anthropic", 404, #"{"type":"error","error":{"type":"not_found_error","message":"model: odd-m"},"request_id":"req_011"}"#),
        Sighting("Anthropic, as OpenAI", 404, error("model: odd-m", "not_found_error", ",\"type\":\"not_found_error\"")),
        Sighting("Cohere", 404, #"{"message":"model 'odd-m' was removed on September 15, 2025. See https://docs.cohere.com for available models."}"#),
        Sighting("Cohere, with a 400", 400, #"{"message":"model 'odd-m' was removed on September 15, 2025."}"#),
        Sighting(
            "Groq", 403,
            error("The model `odd-m` is blocked at the organization level.", "model_permission_blocked_org", ",\"type\":\"permissions_error\"")),
        Sighting("Together", 404, error("Unable to access model odd-m. Please visit the list of supported models.", "model_not_available")),
        Sighting("a name alone", 404, error("odd-m: not found")),
        Sighting("in Russian", 404, error("Модель не найдена")),
    ]

    @Test(arguments: gone) func `a model that is not there is left alone after two requests`(sighting: Sighting) throws {
        try ask(sighting, hasSecond: true, requests: 6, pause: .seconds(2)) { simulation, answers in
            #expect(answers.allSatisfy { $0.status == 200 && $0.content == "from two" })
            #expect(simulation.asked.count { $0 == "odd" } == 2, "\(simulation.asked)")
        }
        try ask(sighting, hasSecond: false, requests: 3) { _, answers in
            #expect(answers.allSatisfy { $0.status == 404 && $0.errorCode == "model_not_found" }, "\(answers)")
        }
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
        Sighting(
            "Fireworks, by another name", 412,
            #"{"error":"Account my-account is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices."}"#),
        Sighting("in Russian", 403, error("Недостаточно средств на балансе")),
        Sighting("in loud Russian", 400, #"{"detail":"НЕДОСТАТОЧНО СРЕДСТВ"}"#),
        Sighting("in German", 403, error("Guthaben aufgebraucht. Bitte laden Sie Ihr Konto auf.")),
        Sighting("in French", 429, error("Vos crédits sont épuisés. Veuillez recharger votre compte.")),
        Sighting("in Spanish", 403, error("SALDO AGOTADO")),
        Sighting("in Korean", 403, error("크레딧이 부족합니다.")),
        Sighting("in Persian", 403, error("موجودی کافی نیست")),
        Sighting(
            "in the words of the server behind", 403,
            error(
                "Provider returned error", nil,
                ",\"metadata\":{\"raw\":\"{\\\"error\\\":{\\\"message\\\":\\\"\\\\u4f59\\\\u989d\\\\u4e0d\\\\u8db3\\\"}}\"}")),
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

    private static let named =
        [
            (429, "Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 41234 seconds before retrying.", 41234),
            (429, "You have hit your limit. Your limit resets in 2 hours 13 minutes", 7980),
            (429, "usage limit reached, try again in 2 hours and 5 minutes", 7500),
            (429, "Rate limit reached on tokens per day (TPD): Limit 9, Used 9. Please try again in 7m12.5s.", 433),
            (429, "Too many requests: come back in 90 minutes", 5400), (429, "Daily limit reached. Resets at 2026-11-22T20:00:00Z", 28800),
            (400, "You have reached your specified API usage limits. You will regain access on 2026-11-23 at 00:00 UTC.", 43200),
            (402, "Insufficient credits. Your plan renews in 3 hours.", 10800),
            (402, "You have exceeded your daily quota of free requests, come back in 5 hours", 18000),
            (403, "Not available in your region, try again in 1 hour", nil),
            (503, "Under maintenance, back in 2 hours", 7200),
        ] as [(Int, String, Int?)]

    @Test(arguments: named) func `a time that a message names is told each time, and no other one`(status: Int, message: String, seconds: Int?) throws
    {
        let sighting = Sighting("named", status, Self.error(message))
        let odd = ScriptedProvider("odd", models: ["odd-m"], answer: { _ in sighting.script })
        try withGateway(odd) {
            $0.failure.wait = .zero
        } _: { simulation in
            simulation.moveWallClock(by: .milliseconds(FailureFixture.now - GatewaySimulation.epoch))
            for number in 0..<8 {
                let client = simulation.client(simulation.addKey("key \(number % 3)"))
                client.chat("hello \(number)", model: "odd-m")
                let answer = try #require(client.answer)
                if let seconds, let told = answer["retry-after"].flatMap({ Int($0) }) {
                    // Whoever is asked again tells the same time anew.
                    #expect(told <= seconds && told >= seconds - number * 15, "\(number): \(answer)")
                    #expect(answer["x-should-retry"] == "false")
                } else {
                    #expect(seconds == nil, "\(number): \(answer)")
                }
                simulation.advance(by: .seconds(15))
            }
        }
    }

    @Test func `of several times that were named the soonest is told`() throws {
        let providers = [("a", 41234), ("b", 7980), ("c", 20_000)].map { name, seconds in
            ScriptedProvider(name, answer: { _ in .status(429, Self.error("Please wait \(seconds) seconds before retrying.")) })
        }
        try withGateway(providers) {
            $0.failure.wait = .zero
        } _: { simulation in
            for number in 0..<3 {
                let client = simulation.client()
                client.chat("hello \(number)")
                #expect(client.answer?["retry-after"] == "\(7980 - number * 10)" && client.answer?.status == 429, "\(client.received)")
                simulation.advance(by: .seconds(10))
            }
            #expect(simulation.asked.count == 3)
        }
    }

    @Test func `a time of the server behind, in its own JSON, is kept to`() throws {
        let raw = #"{\"error\":{\"code\":429,\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"37s\"}]}}"#
        let sighting = Sighting("OpenRouter", 429, Self.error("Provider returned error", nil, ",\"code\":429,\"metadata\":{\"raw\":\"\(raw)\"}"))
        try ask(sighting, hasSecond: false, requests: 3) { simulation, answers in
            #expect(answers.map { $0["retry-after"] } == ["37", "36", "35"] && simulation.asked == ["odd"])
        }
    }

    @Test func `the end of a plan's window is kept to, as its own field tells it`() throws {
        let fields = [("x-codex-primary-used-percent", "100"), ("x-codex-primary-reset-after-seconds", "1234")]
        let sighting = Sighting(
            "ChatGPT", 429, Self.error("The usage limit has been reached", nil, ",\"type\":\"usage_limit_reached\""),
            fields: fields.map { (name: $0, value: $1) })
        try ask(sighting, hasSecond: false, requests: 2) { simulation, answers in
            #expect(answers.map { $0["retry-after"] } == ["1234", "1233"] && simulation.asked == ["odd"])
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

    // MARK: The provider's words

    @Test(arguments: [
        (200, #"{"error":{"message":"slot sk-provider unavailable"}}"#, "error_in_answer"), (200, "slot sk-provider unavailable", "error_in_answer"),
        (503, #"{"error":{"message":"slot sk-provider unavailable"}}"#, "overloaded"),
        (529, #"{"statusCode":529,"error":"Service Unavailable","message":"slot sk-provider unavailable"}"#, "overloaded"),
        (429, #"{"error":{"message":"slot sk-provider unavailable: the engine is currently overloaded"}}"#, "overloaded"),
        (400, #"{"detail":"slot sk-provider unavailable: internal server error"}"#, "unavailable"),
        (
            200,
            #"{"choices":[{"index":0,"message":{"content":""},"finish_reason":"error","error":{"code":502,"message":"slot sk-provider unavailable"}}]}"#,
            "error_in_answer"
        ),
    ]) func `an error before the first word is told in its provider's words, without secrets`(status: Int, body: String, kind: String) throws {
        for stream in [false, true] {
            try ask(Sighting(kind, status, body), hasSecond: false, members: stream ? "\"stream\":true" : "") { _, answers in
                let message = answers[0].errorMessage ?? ""
                #expect(answers[0].status >= 500 && message.contains("the last one: \(kind)") && message.contains("odd says: slot "), "\(answers[0])")
                #expect(message.contains("unavailable") && !message.contains("sk-provider"))
            }
        }
    }

    @Test(arguments: [500, 502, 504, 520]) func `what a server says that has broken stays here: it may be its inside`(status: Int) throws {
        try ask(Sighting("broken", status, Self.error("Traceback: /usr/lib/python3/x.py")), hasSecond: false) { _, answers in
            #expect(answers[0].errorMessage == "every attempt failed; the last one: unavailable")
        }
    }

    @Test func `the words are bounded, and of one line`() throws {
        let body = "{\"error\":{\"message\":\"a\\n b \(String(repeating: "é", count: 2000))\"}}"
        try ask(Sighting("long", 200, body), hasSecond: false) { _, answers in
            let message = answers[0].errorMessage ?? ""
            #expect(message.contains("odd says: a b éé") && message.hasSuffix("é...") && message.utf8.count < 640)
        }
    }

    @Test func `a provider that names the time of its return is told with its words`() throws {
        try ask(Sighting("down", 503, Self.error("We move house"), fields: [("retry-after", "30")]), hasSecond: false) { _, answers in
            #expect(answers[0].status == 503 && answers[0].errorMessage?.hasSuffix("odd says: We move house") == true, "\(answers[0])")
        }
    }

    // MARK: All of them

    @Test func `where each stands otherwise each is told as it stands`() throws {
        let scripts: [(String, UpstreamScript)] = [
            ("a", .status(401, Self.error("no", "invalid_api_key"))), ("b", .status(402, Self.error("no", "insufficient_quota"))),
            ("c", .status(403, Self.error("no", "unsupported_country_region_territory"))),
        ]
        func messages(_ names: String) throws -> [String] {
            var messages: [String] = []
            try withGateway(scripts.filter { names.contains($0.0) }.map { name, script in ScriptedProvider(name, answer: { _ in script }) }) {
                $0.failure.wait = .zero
            } _: { simulation in
                for number in 0..<3 {
                    let client = simulation.client()
                    client.chat("hello \(number)")
                    messages.append(client.answer?.errorMessage ?? "")
                    simulation.advance(by: .milliseconds(300))
                }
            }
            return messages
        }
        for message in try messages("ab") {
            #expect(message.contains("1 rejects the gateway's key and 1 has no money of the gateway's left") && !message.contains("every provider"))
        }
        for message in try messages("abc") {
            #expect(
                message.contains("1 rejects the gateway's key, 1 refuses to serve this gateway") && message.contains("1 has no money"), "\(message)")
        }
        for message in try messages("c") { #expect(message.contains("every provider of this model refuses to serve this gateway"), "\(message)") }
        for message in try messages("a") { #expect(message == "every provider rejects the gateway's credential; this key is fine", "\(message)") }
        for message in try messages("b") { #expect(message.contains("out of money")) }
    }

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

    @Test func `one that was refused in this request counts once among those who are at their limit`() throws {
        let small = ScriptedProvider.script("a", .status(413, Self.error("too long")))
        let limited = ScriptedProvider.script("b", .status(429, Self.error("Rate limit reached"), fields: [("retry-after", "20")]))
        try withGateway(small, limited) { simulation in
            let client = simulation.client()
            client.chat()
            #expect(client.answer?.status == 429 && client.answer?["retry-after"] == "20" && simulation.asked == ["a", "b"])
            #expect(client.answer?.errorMessage?.contains("1 is at its limit and 1 can't take the request") == true, "\(client.received)")
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
