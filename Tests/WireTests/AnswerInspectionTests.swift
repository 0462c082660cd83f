import Testing
import Wire

@Suite struct `A whole answer` {
    private func read(_ text: String, _ kind: AnswerInspection.Kind = .chat) -> AnswerInspection {
        let bytes = Array(text.utf8)
        return AnswerInspection(inspecting: bytes.span.bytes, kind: kind)
    }

    @Test func `an ordinary one is complete and has its usage and model`() {
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
    ]) func `an answer of which nothing could be read says so`(choice: String, isGarbled: Bool) {
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
        ] as [(String, AnswerInspection.Kind, Bool)]) func `each endpoint has its own rule`(
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
        (#"{"errors":[],"success":true}"#, false),
    ]) func `an error in its body is seen`(text: String, hasError: Bool) {
        let answer = read(text)
        #expect(answer.isValid && answer.hasError == hasError)
    }

    @Test(arguments: [
        (#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#, true), (#"{"choices":[{"text":"","finish_reason":"stop"}]}"#, true),
        (#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}"#, false), (#"{"choices":[]}"#, false), ("{}", false),
        (#"{"choices":[{"message":{"content":""},"finish_reason":"length"}]}"#, false), (#"{"choices":[{"message":{"content":""}}]}"#, false),
        (#"{"choices":[{"message":{},"finish_reason":"stop"},{"message":{"content":"a"},"finish_reason":"stop"}]}"#, false),
        (#"{"choices":[{"message":{"tool_calls":[{"id":"x"}]},"finish_reason":"stop"}]}"#, false),
    ]) func `one without a word is known`(text: String, isBlank: Bool) {
        #expect(read(text).isBlank == isBlank && read(text, .completions).isBlank == isBlank && !read(text, .responses).isBlank)
    }

    @Test func `a model that is not a string has no range`() {
        #expect(read(#"{"model":null}"#).model == nil && read(#"{"model":1}"#).model == nil)
    }

    @Test(
        arguments: [
            (#"{"prompt_tokens":1,"completion_tokens":2}"#, [1, 2, 3, 0, 0]),
            (#"{"input_tokens":1,"output_tokens":2,"total_tokens":9}"#, [1, 2, 9, 0, 0]),
            (#"{"prompt_tokens":1,"total_tokens":1}"#, [1, 0, 1, 0, 0]), (#"{"total_tokens":5}"#, [0, 0, 5, 0, 0]),
            (#"{"input_tokens":4,"input_tokens_details":{"cached_tokens":3},"output_tokens_details":{"reasoning_tokens":2}}"#, [4, 0, 4, 3, 2]),
            (#"{"prompt_tokens":4,"prompt_cache_hit_tokens":3}"#, [4, 0, 4, 3, 0]),
            (#"{"prompt_tokens":4,"prompt_tokens_details":null}"#, [4, 0, 4, 0, 0]),
            (#"{"prompt_tokens":-4,"completion_tokens":2.0}"#, [0, 2, 2, 0, 0]), (#"{"prompt_tokens":"4"}"#, nil), ("{}", nil), ("null", nil),
            ("[]", nil),
        ] as [(String, [Int]?)]) func `usage is read under each API's names`(text: String, counts: [Int]?)
    {
        let usage = read("{\"usage\":\(text)}").usage
        #expect(usage.map { [$0.inputTokens, $0.outputTokens, $0.totalTokens, $0.cachedTokens, $0.reasoningTokens] } == counts)
    }

    @Test func `cut at any byte it is not valid`() {
        let bytes = Array(Samples.answer.utf8)
        for cut in 0..<bytes.count {
            let answer = AnswerInspection(inspecting: bytes.span.bytes.extracting(0..<cut), kind: .chat)
            #expect(!answer.isValid)
        }
    }
}
