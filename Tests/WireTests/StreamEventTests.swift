import Testing
import Wire

@Suite struct `The data of a stream event` {
    private func read(_ text: String, _ dialect: StreamEvent.Dialect = .chat) -> StreamEvent {
        let bytes = Array(text.utf8)
        return StreamEvent(inspecting: bytes.span.bytes, dialect: dialect)
    }

    @Test func `it is the end when it begins with DONE in brackets`() {
        for text in ["[DONE]", "[DONE] ", "[DONE]x"] {
            let event = read(text)
            #expect(event.isDone && !event.isValid)
        }
        for text in ["[done]", " [DONE]", "\"[DONE]\"", "", "[DONE"] { #expect(!read(text).isDone) }
    }

    @Test(arguments: ["", "x", "[]", "1", "\"a\"", "null", "{", "{}{}", "{\"choices\":[}", "{\"a\":1}\n{\"b\":2}", "{\"error\":{\"message\":\"x\"}"])
    func `it is not valid when it is not one JSON object`(text: String) {
        let event = read(text)
        #expect(!event.isValid && !event.hasError && event.choices == nil && !event.carriesContent && event.usage == nil)
    }

    @Test func `half an emoji does not make it invalid`() {
        let event = read(#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#)
        #expect(event.isValid && event.carriesContent)
    }

    @Test(arguments: [
        ("{\"message\":\"x\"}", true), ("\"x\"", true), ("true", true), ("1", true), ("[1]", true), ("null", false), ("false", false),
        ("\"\"", false), ("0", false),
        ("0.0", false), ("{}", false), ("[]", false),
    ]) func `it has an error when error is true to a client`(value: String, hasError: Bool) {
        let text = "{\"id\":\"x\", \"error\" : \(value) }"
        let event = read(text)
        #expect(event.isValid && event.hasError == hasError)
        #expect(slice(text, event.errorRange) == (hasError ? value : nil))
    }

    @Test func `an error object as a whole is an error`() {
        #expect(read(#"{"object":"error","message":"too long","code":400}"#).hasError)
        #expect(!read(#"{"object":"chat.completion.chunk","choices":[]}"#).hasError)
        #expect(read(#"{"choices":[{"delta":{},"error":{"code":1}}]}"#).errorIsInside)
    }

    @Test(arguments: [
        (#"{"content":"a"}"#, true), (#"{"content":" "}"#, true), (#"{"content":""}"#, false), (#"{"content":null}"#, false),
        (#"{"role":"assistant"}"#, false),
        (#"{"role":"assistant","content":""}"#, false), (#"{"content":[{"type":"text","text":"a"}]}"#, true), (#"{"content":[]}"#, false),
        (#"{"reasoning":"a"}"#, true), (#"{"reasoning_content":"a"}"#, true), (#"{"reasoning_content":"","content":null}"#, false),
        (#"{"reasoning_details":[{"type":"x"}]}"#, true), (#"{"refusal":"no"}"#, true), (#"{"refusal":null}"#, false),
        (#"{"tool_calls":[{"index":0}]}"#, true),
        (#"{"tool_calls":[]}"#, false), (#"{"tool_calls":null}"#, false), (#"{"function_call":{"name":"f"}}"#, true),
        (#"{"function_call":null}"#, false),
        (#"{"images":[{"type":"image_url"}]}"#, true), (#"{"images":[]}"#, false), (#"{"annotations":[{"type":"url_citation"}]}"#, true),
        (#"{"thinking":"a"}"#, true), (#"{"new_kind":{"a":1}}"#, true), (#"{"new_flag":true,"new_number":1}"#, false),
        (#"{"provider_specific_fields":{"a":null}}"#, false),
        (#"{"audio":{"data":"x"}}"#, true), ("{}", false), ("null", false), (#"{"x":{"content":"a"}}"#, true), (#"{"c\u006fntent":"a"}"#, true),
    ]) func `it carries content when a delta does`(delta: String, carries: Bool) {
        let event = read("{\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":null}]}")
        #expect(event.isValid && event.carriesContent == carries && event.choices == 1 && event.finishedChoices == 0)
    }

    @Test func `content in any choice counts`() {
        #expect(read(#"{"choices":[{"index":0,"delta":{}},{"index":1,"delta":{"content":"a"}}]}"#).carriesContent)
        #expect(!read(#"{"content":"a","delta":{"content":"a"},"choices":[]}"#).carriesContent)
    }

    @Test func `text counts in completions`() {
        #expect(read(#"{"choices":[{"index":0,"text":"a"}]}"#, .completions).carriesContent)
        #expect(!read(#"{"choices":[{"index":0,"text":""}]}"#, .completions).carriesContent)
        #expect(!read(#"{"choices":[{"index":0,"text":null}]}"#, .completions).carriesContent)
    }

    @Test func `finished choices are known by their index`() {
        #expect(read(#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#).finishedChoices == 1)
        #expect(read(#"{"choices":[{"finish_reason":"stop","index":3},{"index":1,"finish_reason":"length"}]}"#).finishedChoices == 0b1010)
        #expect(read(#"{"choices":[{"finish_reason":"stop"},{"finish_reason":"stop"}]}"#).finishedChoices == 0b11)
        #expect(
            read(#"{"choices":[{"index":0,"finish_reason":""},{"index":1,"finish_reason":null},{"index":2,"finish_reason":false}]}"#).finishedChoices
                == 0)
        #expect(read(#"{"choices":[{"index":63,"finish_reason":"stop"}]}"#).finishedChoices == 1 << 63)
        let far = read(#"{"choices":[{"index":64,"finish_reason":"stop"}]}"#)
        #expect(far.finishedChoices == 0 && far.finishesFurtherChoice)
        #expect(read(#"{"choices":[{"index":-1,"finish_reason":"stop"}]}"#).finishesFurtherChoice)
        let failed = read(#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":"x"}}"#)
        #expect(failed.finishReasonIsError && failed.hasError && failed.finishedChoices == 1)
    }

    @Test(
        arguments: [
            (#""error""#, "error", false), (#""network_error""#, "network_error", false), (#""Aborted""#, "Aborted", false),
            (#""insufficient_system_resource""#, "insufficient_system_resource", false),
            (#"{"type":"abort","message":"Aborted","status_code":500}"#, "abort", true), (#"{"message":"x","type":"abort"}"#, "abort", true),
            (#""stop""#, nil, false), (#""length""#, nil, false), (#""content_filter""#, nil, false), (#""""#, nil, false), ("null", nil, false),
            (#"{"type":"stop","matched":2}"#, nil, false), (#"{"type":"length","length":16}"#, nil, false), ("{}", nil, false),
            ("[\"abort\"]", nil, false),
            (#""no_error""#, nil, false), (#""erro\u0072""#, #"erro\u0072"#, false), (#"{"type":{"type":"abort"}}"#, nil, false), ("7", nil, false),
        ] as [(String, String?, Bool)])
    func `a finish reason that means the provider broke off differs from the model's own end`(reason: String, failure: String?, isError: Bool) {
        let text = #"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"# + reason + "}]}"
        let event = read(text)
        #expect(event.isValid && event.carriesContent && event.hasError == isError)
        #expect(slice(text, event.failedReason) == failure)
        let whole = Array(text.replacing("delta", with: "message").utf8)
        let answer = AnswerInspection(inspecting: whole.span.bytes, kind: .chat)
        #expect(answer.isValid && answer.isComplete && answer.finishReasonIsError == (failure != nil) && answer.hasError == isError)
    }

    @Test func `usage is read, and an event with nothing else is recognized`() {
        let last = read(#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}"#)
        #expect(last.isUsageOnly && last.usage?.inputTokens == 9 && last.usage?.outputTokens == 12 && last.usage?.totalTokens == 21)
        let beside = read(#"{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":9,"completion_tokens":12}}"#)
        #expect(!beside.isUsageOnly && beside.usage?.totalTokens == 21)
        for text in [
            #"{"choices":[]}"#, #"{"choices":[{"delta":{}}],"usage":null}"#, #"{"choices":[],"prompt_filter_results":[{"x":1}],"usage":null}"#,
        ] {
            let event = read(text)
            #expect(event.isValid && !event.isUsageOnly && event.usage == nil)
        }
    }

    @Test(arguments: [
        #"{"choices":[],"usage":null}"#, #"{"usage":{}}"#, #"{"choices":[],"usage":{"x":1}}"#, #"{"choices":[],"usage":[1]}"#,
        #"{"choices":[],"usage":"none"}"#, #"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":null,"usage":null}"#,
        #"{"choices":[],"usage":{"prompt_tokens":null,"completion_tokens":null}}"#, #"{"choices":[],"usage":null,"x_groq":null,"citations":[]}"#,
    ]) func `a usage event with empty counts is still a usage event`(text: String) {
        let event = read(text)
        #expect(event.isValid && event.isUsageOnly && event.usage == nil && !event.hasError && !read(text, .responses).isUsageOnly)
    }

    @Test func `output that is not the model's text has a size of its own`() {
        let long = String(repeating: "x", count: 1000)
        for (delta, content, other, isMedia) in [
            (#""images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,\#(long)"}}]"#, 0, 5805, true),
            (#""images":[{"a":1},{"a":2}]"#, 0, 11610, true), (#""images":[]"#, 0, 0, false),
            (#""content":"ab","annotations":[{"type":"url_citation","url_citation":{"content":"\#(long)"}}]"#, 2, 1000, false),
            (#""audio":{"id":"a","data":"\#(String(repeating: "A", count: 64000))"}"#, 90, 0, true),
            (#""tool_calls":[{"index":0,"function":{"name":"\#(long)","arguments":"{}"}}]"#, 1002, 0, false),
            (#""tool_calls":[{"index":0,"function":{"name":"get_weather","arguments":"{}"}}]"#, 2, 0, false),
        ] {
            let event = read("{\"choices\":[{\"delta\":{\(delta)}}]}")
            #expect(event.contentSize == content && event.otherSize == other && event.hasMedia == isMedia, "\(delta.prefix(80))")
        }
    }

    @Test func `a completed item has the size of all its text, and an unfinished picture is content`() {
        let item = #"{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","status":"completed","#
        let call = read(item + #""call_id":"call_1","name":"f","arguments":"{\"a\":1}"}}"#, .responses)
        #expect(call.itemSize == 7 && call.contentSize == 0 && call.carriesContent)
        let message = #"{"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"abc"}]}}"#
        #expect(read(message, .responses).itemSize == 3)
        let picture = read(#"{"type":"response.output_item.done","item":{"type":"image_generation_call","result":"AAAA"}}"#, .responses)
        #expect(picture.otherSize == 5805 && picture.itemSize == 0 && picture.hasMedia && picture.carriesContent)
        let empty = #"{"type":"response.output_item.done","item":{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"}}"#
        #expect(!read(empty, .responses).carriesContent)
        #expect(!read(message.replacing("done", with: "added"), .responses).carriesContent)
        let part = #"{"type":"response.image_generation_call.partial_image","partial_image_index":0,"partial_image_b64":"AAAA"}"#
        #expect(read(part, .responses).carriesContent && read(part, .responses).otherSize == 450 && read(part, .responses).isPartialPicture)
        #expect(!read(part.replacing("AAAA", with: ""), .responses).carriesContent)
    }

    @Test func `how much text an event brings does not depend on the frame around it`() {
        for (text, size) in [
            (#"{"choices":[{"index":0,"delta":{"content":"word "}}]}"#, 5), (#"{"choices":[{"index":0,"delta":{"role":"assistant"}}]}"#, 0),
            (#"{"choices":[{"delta":{"content":"a\n\"b"}}]}"#, 4), (#"{"choices":[{"delta":{"content":"天气"}}]}"#, 8),
            (#"{"choices":[{"delta":{"content":"\u5929\u6c14"}}]}"#, 8), (#"{"choices":[{"delta":{"content":"\u00e9\ud83d\ude00"}}]}"#, 6),
            (#"{"choices":[{"delta":{"content":"é😀"}}]}"#, 6), (#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, 2),
            // Under two names at once.
            (#"{"choices":[{"delta":{"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","format":"x"}]}}]}"#, 2),
            (#"{"choices":[{"delta":{"content":"ab","reasoning":"hm"}}]}"#, 4),
            (#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"ci"}}]}}]}"#, 4),
            (#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_abcdef","type":"function","function":{"name":"f","arguments":""}}]}}]}"#, 0),
            (#"{"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.encrypted","data":"gAAAAABo"}]}}]}"#, 0),
            (#"{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"bc"}}]}"#, 3),
            (#"{"choices":[{"delta":{"content":[{"type":"text","text":"abc"}]}}]}"#, 3),
        ] {
            #expect(read(text).contentSize == size, "\(text)")
        }
        #expect(read(#"{"choices":[{"index":0,"text":"abc"}]}"#, .completions).contentSize == 3)
        let delta = #"{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"abc"}"#
        #expect(read(delta, .responses).contentSize == 3 && read(delta, .responses).carriesContent)
    }

    @Test(arguments: [
        #"{"usage":{"prompt_tokens":1}}"#, #"{"choices":null,"usage":{"prompt_tokens":1}}"#, #"{"choices":[],"usage":{"prompt_tokens":0}}"#,
        #"{"choices":[],"x_groq":{"usage":{"prompt_tokens":1}}}"#, #"{"id":"c","object":"x","model":"m","choices":{},"usage":{"total_tokens":1}}"#,
    ]) func `an event with counts and no choice is only that`(text: String) {
        #expect(read(text).isUsageOnly && !read(text).hasError && read(text, .completions).isUsageOnly && !read(text, .responses).isUsageOnly)
    }

    @Test(arguments: ["", " ", "\n\n", "null", "ping", "[PING]", "\"\"", ": keep-alive", "Heartbeat"])
    func `an event that says nothing is a keep-alive`(text: String) {
        let event = read(text)
        #expect(event.isKeepAlive && !event.isValid && !event.isText && !event.hasError)
    }

    @Test(arguments: [
        ("out of slots", true), ("500 Internal Server Error", true), ("[ERROR] no", true), ("\"no\"", true), ("<html>", true), ("é", true),
        ("{", false), ("{\"choices\":[", false), ("[1", false), ("[]", false), ("1", false), ("true", false), ("\"cut", false), ("a\u{1}b", false),
    ]) func `plain text is not taken for garbled JSON`(text: String, isText: Bool) {
        #expect(read(text).isText == isText && !read(text).isValid && !read(text).isKeepAlive)
    }

    @Test(arguments: [
        #"{"detail":"x"}"#, #"{"errors":["x"]}"#, #"{"success":false}"#, #"{"code":1,"message":"x"}"#, #"{"message":"x"}"#, #"{"error_code":1}"#,
        #"{"base_resp":{"status_code":1}}"#, #"{"status":"error","msg":"x"}"#, #"{"choices":[],"detail":"x"}"#, #"{"choices":null,"message":"x"}"#,
        #"[{"error":{"code":1}}]"#,
    ]) func `an event that reports a failure in place of an answer is an error as a whole`(text: String) {
        let event = read(text)
        #expect(event.isValid && slice(text, event.errorRange) == text && !event.errorIsInside)
    }

    @Test(arguments: [
        "{}", #"{"code":0,"message":"Success","sid":"x"}"#, #"{"success":true,"msg":"begun"}"#, #"{"code":0,"message":""}"#, #"{"errors":[]}"#,
        #"{"success":true}"#, #"{"message":{"content":"x"}}"#, #"{"detail":null}"#,
        #"{"choices":[{"delta":{"content":"x"}}],"code":5,"message":"x","detail":"x","success":false}"#, #"{"base_resp":{"status_code":0}}"#,
        #"{"code":"Success","status":"completed"}"#, #"{"id":"x","object":"y","created":1}"#, #"{"usage":{"prompt_tokens":1},"message":"x"}"#,
    ]) func `an event that reports success, or has a choice, is not an error`(text: String) {
        #expect(read(text).isValid && !read(text).hasError)
    }

    @Test func `missing or invalid choices do not count as an array`() {
        #expect(read("{}").choices == nil && read(#"{"choices":null}"#).choices == nil && read(#"{"choices":{}}"#).choices == nil)
        let strange = read(#"{"choices":[null,1,"a",[]]}"#)
        #expect(strange.isValid && strange.choices == 4 && !strange.carriesContent)
    }

    @Test(arguments: [
        (#"{"type":"response.output_text.delta","delta":"a"}"#, true), (#"{"delta":"a","type":"response.output_text.delta"}"#, true),
        (#"{"type":"response.output_text.delta","delta":""}"#, false), (#"{"type":"response.function_call_arguments.delta","delta":"{"}"#, true),
        (#"{"type":"response.reasoning_summary_text.delta","delta":"a"}"#, true), (#"{"type":"response.refusal.delta","delta":"a"}"#, true),
        (#"{"type":"response.created","response":{"id":"r"}}"#, false), (#"{"type":"response.output_text.done","delta":"a"}"#, false),
        (#"{"type":"x.delta","delta":"a"}"#, false), (#"{"delta":"a"}"#, false), (#"{"type":"response.delta","delta":"a"}"#, false),
    ]) func `deltas carry content in responses`(text: String, carries: Bool) {
        let event = read(text, .responses)
        #expect(event.isValid && event.carriesContent == carries && !event.isTerminal && !event.hasError)
    }

    @Test func `responses end with their own events`() {
        let done = read(
            #"{"type":"response.completed","response":{"status":"completed","error":null,"usage":{"input_tokens":3,"output_tokens":4}}}"#, .responses)
        #expect(done.isTerminal && !done.hasError && done.usage?.inputTokens == 3 && done.usage?.totalTokens == 7)
        #expect(read(#"{"type":"response.incomplete","response":{}}"#, .responses).isTerminal)
        #expect(!read(#"{"type":"response.completed"}"#, .chat).isTerminal)
        let text = #"{"type":"response.failed","response":{"error":{"code":"server_error"}}}"#
        let failed = read(text, .responses)
        #expect(!failed.isTerminal && slice(text, failed.errorRange) == #"{"code":"server_error"}"#)
        #expect(read(#"{"type":"response.failed","response":{}}"#, .responses).hasError)
        #expect(read(#"{"type":"response.cancelled","response":{}}"#, .responses).hasError)
        // Everything else in a response was sent by the client.
        let silent = read(#"{"type":"response.failed","response":{"status":"failed","metadata":{"code":"x"}}}"#, .responses)
        #expect(silent.errorRange == 0..<0 && silent.errorIsInside)
        let ended = read(#"{"type":"response.completed","response":{"status":"failed","error":null}}"#, .responses)
        #expect(ended.hasError && !ended.isTerminal)
        for text in [#"{"data":{"error":{"code":1}}}"#, #"{"id":"c","choices":[],"data":{"error":{"code":1}}}"#] {
            #expect(slice(text, read(text, .chat).errorRange) == #"{"code":1}"# && read(text, .chat).errorIsInside)
        }
        #expect(read(#"{"type":"error","code":"x","message":"y"}"#, .responses).hasError)
    }

    @Test(arguments: Samples.all + [#"{"type":"response.completed","response":{"usage":{"input_tokens":3}}}"#])
    func `cut at any byte it is not valid`(sample: String) {
        let bytes = Array(sample.utf8)
        for cut in 0...bytes.lastIndex(of: UInt8(ascii: "}"))! {
            for dialect in [StreamEvent.Dialect.chat, .completions, .responses] {
                let event = StreamEvent(inspecting: bytes.span.bytes.extracting(0..<cut), dialect: dialect)
                #expect(!event.isValid)
            }
        }
    }
}
