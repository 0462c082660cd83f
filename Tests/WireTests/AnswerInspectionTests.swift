import Testing
import Wire

@Suite struct `A whole answer` {
    private func read(_ text: String, _ kind: AnswerInspection.Kind = .chat) -> AnswerInspection {
        let bytes = Array(text.utf8)
        return AnswerInspection(inspecting: bytes.span.bytes, kind: kind)
    }

    @Test func `an ordinary answer is complete and has its usage and model`() {
        let answer = read(Samples.answer)
        #expect(answer.isValid && answer.isComplete && !answer.hasError && !answer.finishReasonIsError)
        #expect(slice(Samples.answer, answer.model) == "\"m\"")
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens, usage.totalTokens, usage.cachedTokens, usage.reasoningTokens) = (9, 12, 21, 4, 3)
        #expect(answer.usage == usage)
    }

    @Test(arguments: ["", "x", "{", "{}}", "<html></html>", "{\"choices\":[}"]) func `what is not JSON is not valid`(text: String) {
        let answer = read(text)
        #expect(!answer.isValid && !answer.isComplete && !answer.hasError)
    }

    @Test(arguments: [
        (#"{"message":{"content":"a"}}"#, true), (#"{"message":{"content":[{"type":"text"}]}}"#, true),
        (#"{"message":{"content":null,"tool_calls":[{"id":"x"}]}}"#, true),
        (#"{"message":{"content":null,"refusal":"no"}}"#, true), (#"{"message":{"content":"","reasoning_content":"hm"}}"#, true),
        (#"{"message":{"content":""},"finish_reason":"stop"}"#, true), (#"{"message":{"content":null},"finish_reason":"length"}"#, true),
        (#"{"message":{"content":"a"},"finish_reason":"error"}"#, true), (#"{"message":{"content":""},"finish_reason":"error"}"#, false),
        (#"{"message":{"content":""},"finish_reason":null}"#, false), (#"{"message":{"content":""}}"#, false),
        (#"{"message":{"content":[],"tool_calls":[]}}"#, false),
        (#"{"message":null}"#, false), ("{}", false), ("null", false),
    ]) func `a chat answer is complete when a choice says something or has finished`(choice: String, isComplete: Bool) {
        #expect(read("{\"choices\":[\(choice)]}").isComplete == isComplete)
        #expect(read("{\"choices\":[{},\(choice)]}").isComplete == isComplete)
    }

    @Test(arguments: [
        (#"{"message":{"role":"assistant"},"finish_reason":"function_call_filter: MALFORMED_FUNCTION_CALL"}"#, true),
        (#"{"message":{"content":null},"finish_reason":"malformed_function_call"}"#, true),
        (#"{"message":{"content":""},"finish_reason":"stop","native_finish_reason":"UNEXPECTED_TOOL_CALL"}"#, true),
        (#"{"message":{"content":"a"},"finish_reason":"malformed_function_call"}"#, false),
        (#"{"message":{"content":""},"finish_reason":"content_filter"}"#, false), (#"{"message":{"content":""},"finish_reason":"stop"}"#, false),
    ]) func `a finish reason that says that the output could not be read is recognized`(choice: String, isGarbled: Bool) {
        let text = "{\"choices\":[\(choice)]}"
        #expect((read(text).garbledReason != nil) == isGarbled)
        #expect(read("{\"choices\":[{\"message\":{\"content\":\"a\"}},\(choice)]}").garbledReason == nil)
    }

    @Test(
        arguments: [
            (#"{"choices":[]}"#, .chat, false), ("{}", .chat, false), (#"{"choices":null}"#, .chat, false), ("[]", .chat, false),
            ("null", .chat, false),
            (#"{"choices":[{"text":"a"}]}"#, .completions, true), (#"{"choices":[{"text":"","finish_reason":"stop"}]}"#, .completions, true),
            (#"{"choices":[{"text":""}]}"#, .completions, false), (#"{"data":[{"embedding":[0.1]}]}"#, .embeddings, true),
            (#"{"data":[]}"#, .embeddings, false),
            (#"{"data":{}}"#, .embeddings, false), (#"{"output":[{"type":"message"}]}"#, .responses, true),
            (#"{"output":[],"status":"completed"}"#, .responses, true),
            (#"{"output":[],"status":"queued"}"#, .responses, true), (#"{"output":[],"status":"failed"}"#, .responses, false),
            (#"{"output":[]}"#, .responses, false),
            (#"{"results":[]}"#, .other, true), ("{}", .other, false), ("[]", .other, false),
        ] as [(String, AnswerInspection.Kind, Bool)]) func `each endpoint has its own rule for a complete answer`(
            text: String, kind: AnswerInspection.Kind, isComplete: Bool
        )
    {
        let answer = read(text, kind)
        #expect(answer.isValid && answer.isComplete == isComplete)
    }

    @Test(arguments: [
        (#"{"error":{"message":"x"}}"#, true), (#"{"error":"x"}"#, true), (#"{"error":null,"choices":[]}"#, false), (#"{"error":{}}"#, false),
        (#"{"error":false}"#, false),
        (#"{"object":"error","message":"x"}"#, true), (#"[{"error":{"code":429}}]"#, true), (#"[{"error":null}]"#, false), (#"[1,{"a":2}]"#, false),
        (#"{"choices":[{"error":{"code":502},"message":{"content":""}}]}"#, true), (#"{"object":"chat.completion"}"#, false),
        (#"{"a":{"error":"x"}}"#, false), (#"{"detail":"x"}"#, true), (#"{"success":false,"errors":[{"message":"x"}]}"#, true),
        (#"{"code":20012,"message":"x","data":null}"#, true), (#"{"message":"x"}"#, true),
        (#"{"base_resp":{"status_code":1008},"choices":null}"#, true),
        (#"{"choices":[{"message":{"content":"a"}}],"code":5,"message":"x","success":false}"#, false), (#"{"code":0,"msg":"ok"}"#, false),
        (#"{"code":1,"msg":"no"}"#, true),
        (#"{"errors":[],"success":true}"#, false), (#"{"data":{"error":{"message":"x"}}}"#, true), (#"{"data":[{"error":"x"},{"error":"y"}]}"#, true),
        (#"{"result":{"error":{"code":1}}}"#, true), (#"{"response":{"error":{"code":1}}}"#, true), (#"{"data":{"error":null}}"#, false),
        (#"{"data":[{"error":"x"},{"url":"y"}]}"#, false), (#"{"data":{"choices":[1],"error":"x"}}"#, false),
        (#"{"choices":[{"message":{"content":"a"}}],"data":{"error":{"message":"x"}}}"#, false),
    ]) func `an error in its body is recognized`(text: String, hasError: Bool) {
        let answer = read(text)
        #expect(answer.isValid && answer.hasError == hasError)
    }

    @Test(arguments: [
        (#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#, true), (#"{"choices":[{"text":"","finish_reason":"stop"}]}"#, true),
        (#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#, false), (#"{"choices":[]}"#, false), ("{}", false),
        (#"{"choices":[{"message":{"content":""},"finish_reason":"length"}]}"#, false), (#"{"choices":[{"message":{"content":""}}]}"#, false),
        (#"{"choices":[{"message":{},"finish_reason":"stop"},{"message":{"content":"a"},"finish_reason":"stop"}]}"#, false),
        (#"{"choices":[{"message":{"tool_calls":[{"id":"x"}]},"finish_reason":"stop"}]}"#, false),
    ]) func `an answer without any output is blank`(text: String, isBlank: Bool) {
        #expect(read(text).isBlank == isBlank && read(text, .completions).isBlank == isBlank && !read(text, .responses).isBlank)
    }

    @Test func `a model that is not a string has no range`() {
        #expect(read(#"{"model":null}"#).model == nil && read(#"{"model":1}"#).model == nil)
    }

    @Test(
        arguments: [
            (#"{"prompt_tokens":1,"completion_tokens":2}"#, [1, 2, 3, 0, 0]),
            (#"{"input_tokens":1,"output_tokens":2,"total_tokens":3}"#, [1, 2, 3, 0, 0]),
            // Reasoning that is only in the total; a total that is too large or too small does not count.
            (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":515}"#, [10, 505, 515, 0, 500]),
            (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":315,"reasoning_tokens":300}"#, [10, 305, 315, 0, 300]),
            // What the cache had is input, whether or not the input includes it.
            (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":515,"prompt_tokens_details":{"cached_tokens":500}}"#, [510, 5, 515, 500, 0]),
            (#"{"prompt_tokens":900,"completion_tokens":5,"total_tokens":1405,"cached_tokens":500}"#, [1400, 5, 1405, 500, 0]),
            (#"{"prompt_tokens":900,"completion_tokens":5,"total_tokens":1405,"cache_read_input_tokens":500}"#, [1400, 5, 1405, 500, 0]),
            (
                #"{"prompt_tokens":900,"completion_tokens":5,"total_tokens":1425,"cache_read_input_tokens":500,"cache_creation_input_tokens":20}"#,
                [1420, 5, 1425, 500, 0]
            ),
            (
                #"{"prompt_tokens":900,"completion_tokens":5,"total_tokens":1435,"cached_tokens":500,"completion_tokens_details":{"reasoning_tokens":30}}"#,
                [1400, 35, 1435, 500, 30]
            ),
            (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":545,"cached_tokens":500}"#, [510, 35, 545, 500, 30]),
            (#"{"prompt_tokens":900,"completion_tokens":5,"total_tokens":1205,"cached_tokens":500}"#, [900, 305, 1205, 500, 300]),
            (#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":500,"totalTokenCount":515}"#, [10, 505, 515, 0, 500]),
            (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":5000000}"#, [10, 5, 5_000_000, 0, 0]),
            (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":5}"#, [10, 5, 15, 0, 0]),
            (#"{"prompt_tokens":1,"total_tokens":1}"#, [1, 0, 1, 0, 0]), (#"{"total_tokens":5}"#, [0, 0, 5, 0, 0]),
            (#"{"input_tokens":4,"input_tokens_details":{"cached_tokens":3},"output_tokens_details":{"reasoning_tokens":2}}"#, [4, 0, 4, 3, 2]),
            (#"{"prompt_tokens":4,"prompt_cache_hit_tokens":3}"#, [4, 0, 4, 3, 0]),
            (#"{"prompt_tokens":4,"prompt_tokens_details":null}"#, [4, 0, 4, 0, 0]),
            (#"{"prompt_tokens":-4,"completion_tokens":2.0}"#, [0, 2, 2, 0, 0]), ("{}", nil), ("null", nil), ("[]", nil),
            (#"{"prompt_tokens":"4","completion_tokens":" 2 ","prompt_tokens_details":{"cached_tokens":"3"}}"#, [4, 2, 6, 3, 0]),
            (#"{"prompt_tokens":"four"}"#, nil), (#"{"prompt_tokens":"-4"}"#, nil), (#"{"prompt_tokens":""}"#, nil),
            // From a relay that knows two APIs.
            (#"{"prompt_tokens":4,"completion_tokens":2,"input_tokens":0,"output_tokens":0,"input_tokens_details":null}"#, [4, 2, 6, 0, 0]),
            (#"{"prompt_tokens":4,"completion_tokens":2,"reasoning_tokens":1}"#, [4, 2, 6, 0, 1]),
        ] as [(String, [Int]?)]) func `usage is read under each API's names`(text: String, counts: [Int]?)
    {
        let usage = read("{\"usage\":\(text)}").usage
        #expect(usage.map { [$0.inputTokens, $0.outputTokens, $0.totalTokens, $0.cachedTokens, $0.reasoningTokens] } == counts)
    }

    @Test(
        arguments: [
            // Moonshot, Together, SGLang.
            (#"{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"cached_tokens":800}"#, [1000, 1100, 800, 0]),
            (
                #"{"prompt_tokens":1000,"completion_tokens":100,"cached_tokens":800,"prompt_tokens_details":{"cached_tokens":800}}"#,
                [1000, 1100, 800, 0]
            ),
            (#"{"inputTokens":1000,"outputTokens":100,"totalTokens":1100,"cachedInputTokens":800}"#, [1000, 1100, 800, 0]),
            (#"{"prompt_tokens":1000,"completion_tokens":100,"prompt_cache_hit_tokens":800,"prompt_cache_miss_tokens":200}"#, [1000, 1100, 800, 0]),
            // Anthropic, whole and at the end of a stream.
            (#"{"input_tokens":200,"cache_read_input_tokens":800,"cache_creation_input_tokens":0,"output_tokens":100}"#, [1000, 1100, 800, 0]),
            (#"{"output_tokens":100,"cache_creation_input_tokens":400,"cache_read_input_tokens":0,"input_tokens":600}"#, [1000, 1100, 0, 400]),
            (#"{"input_tokens":100,"cache_read_input_tokens":500,"cache_creation_input_tokens":400,"output_tokens":100}"#, [1000, 1100, 500, 400]),
            (#"{"cache_read_input_tokens":800,"output_tokens":100}"#, [800, 900, 800, 0]),
            // Amazon.
            (
                #"{"inputTokens":200,"outputTokens":100,"totalTokens":1100,"cacheReadInputTokens":500,"cacheWriteInputTokens":300}"#,
                [1000, 1100, 500, 300]
            ),
            (#"{"inputTokenCount":200,"outputTokenCount":100,"cacheReadInputTokenCount":800}"#, [1000, 1100, 800, 0]),
            // Translators, whose input includes everything.
            (
                #"{"prompt_tokens":1000,"completion_tokens":100,"cache_read_input_tokens":800,"cache_creation_input_tokens":100}"#,
                [1000, 1100, 800, 100]
            ),
            (
                #"{"input_tokens":1000,"output_tokens":100,"total_tokens":1100,"cache_read_input_tokens":800,"input_tokens_details":{"cached_tokens":800}}"#,
                [1000, 1100, 800, 0]
            ),
            // More from the cache than there was of the prompt was beside it, whatever the name.
            (#"{"prompt_tokens":200,"completion_tokens":100,"cache_read_input_tokens":800}"#, [1000, 1100, 800, 0]),
            (#"{"prompt_tokens":1000,"completion_tokens":100,"prompt_tokens_details":{"cache_creation_input_tokens":400}}"#, [1000, 1100, 0, 400]),
            (#"{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":null,"cache_creation_input_tokens":0}"#, [1000, 1100, 0, 0]),
        ] as [(String, [Int])]) func `tokens read from or written to a cache are part of the input, wherever a provider counts them`(
            text: String, counts: [Int]
        )
    {
        let usage = read("{\"usage\":\(text)}").usage
        #expect(usage.map { [$0.inputTokens, $0.totalTokens, $0.cachedTokens, $0.cacheWriteTokens] } == counts)
    }

    @Test func `cut at any byte it is not valid`() {
        let bytes = Array(Samples.answer.utf8)
        for cut in 0..<bytes.count {
            let answer = AnswerInspection(inspecting: bytes.span.bytes.extracting(0..<cut), kind: .chat)
            #expect(!answer.isValid)
        }
    }
}
