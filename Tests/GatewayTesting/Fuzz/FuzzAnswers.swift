internal import Gateway
internal import Wire

/// What providers answer: right, wrong, late, cut, too much, and nothing.
struct FuzzAnswers {
    private let cursor: FuzzCursor
    /// The bytes an answer may have; long ones cost time.
    private static let largeEvent = 66 * 1024

    init(_ cursor: FuzzCursor) { self.cursor = cursor }

    /// What a call gets.
    func script(for call: ScriptedTransport.Call) -> UpstreamScript {
        if call.request.endpoint.method == .get { return FuzzLists(cursor).script() }
        switch cursor.choose(40) {
        case 0...9: return good(call)
        case 10: return .silence
        case 11...15: return refusal(call)
        case 16, 17: return .failure(cursor.pick(FuzzAnswers.failures), after: delay())
        case 18...20: return stream(call)
        case 21, 22: return whole(call)
        case 23: return good(call).after(delay())
        case 24, 25: return good(call).breaking(after: cursor.byte() * 2, with: end())
        case 26: return good(call).cut(every: 1 + cursor.choose(40)).pausing(for: cursor.choose(3) == 0 ? .zero : .milliseconds(300))
        case 27: return endless()
        case 28: return .events(Array(repeating: ": wait\n\n", count: 2 + cursor.choose(20))).pausing(for: .milliseconds(700))
        case 29: return refusal(call).cut(every: 7).pausing(for: .milliseconds(300))
        case 30: return huge()
        case 31: return head(call).then(UpstreamScript([.read([cursor.raw(most: 60)]), .end(end())]))
        case 32: return good(call).connecting(for: delay())
        case 33: return head(call).then(UpstreamScript([.end(end())]))
        case 34: return head(call)
        case 35: return good(call).cut(at: cursor.byte() * 2)
        case 36: return good(call).inOneRead
        case 37: return refusal(call).breaking(after: cursor.byte(), with: end())
        case 38: return limited(good(call))
        default: return errorInside(call)
        }
    }

    private static let failures: [UpstreamFailure.Kind] = [
        .connect, .resolve, .tls, .proxy, .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout, .closedBeforeAnswer, .truncated,
        .malformed,
        .local,
    ]

    private func delay() -> Duration {
        let delays: [Duration] = [
            .milliseconds(1), .zero, .milliseconds(50), .milliseconds(900), .seconds(1), .seconds(3), .seconds(5), .seconds(7), .seconds(30),
            .seconds(200),
        ]
        return cursor.pick(delays)
    }

    private func end() -> UpstreamEnd {
        switch cursor.choose(4) {
        case 0: .complete
        case 1: .closed
        default: .failed(UpstreamFailure(cursor.pick(FuzzAnswers.failures), "as the input says"))
        }
    }

    // MARK: What is right

    /// The answer that the endpoint should give.
    private func good(_ call: ScriptedTransport.Call) -> UpstreamScript {
        let target = call.target
        if target.hasSuffix("/chat/completions") { return .reply(to: call, "Hel", "lo") }
        if target.hasSuffix("/completions") {
            guard call.asksForStream else { return .status(200, #"{"choices":[{"index":0,"text":"Hello","finish_reason":"stop"}]}"#) }
            return .events([
                "data: {\"choices\":[{\"index\":0,\"text\":\"Hel\"}]}\n\n", "data: {\"choices\":[{\"index\":0,\"text\":\"lo\"}]}\n\n", ChatText.done,
            ])
        }
        if target.hasSuffix("/responses") {
            guard call.asksForStream else { return .status(200, #"{"id":"resp_1","status":"completed","output":[{"type":"message"}]}"#) }
            return .events([
                "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}\n\n",
                "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"usage\":"
                    + "{\"input_tokens\":5,\"output_tokens\":2}}}\n\n",
            ])
        }
        if target.hasSuffix("/embeddings") { return .status(200, #"{"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":3}}"#) }
        if target.hasSuffix("/speech") { return .status(200, "ID3 and some sound", type: "audio/mpeg") }
        if target.hasSuffix("/generations") { return .status(200, #"{"data":[{"b64_json":"AA=="}]}"#) }
        return .status(200, #"{"results":[{"index":0,"flagged":false}]}"#)
    }

    /// The same with what header fields say of limits.
    private func limited(_ script: UpstreamScript) -> UpstreamScript {
        var script = script
        if case .head(let status, let fields)? = script.steps.first { script.steps[0] = .head(status: status, fields: fields + limits()) }
        return script
    }

    // MARK: What is refused

    private static let statuses = [
        429, 400, 500, 503, 401, 403, 404, 422, 402, 408, 409, 413, 410, 405, 501, 502, 504, 529, 498, 425, 418, 451, 300, 304, 0, 999, 520,
        201, 204, 206,
    ]

    private func refusal(_ call: ScriptedTransport.Call) -> UpstreamScript {
        let status = cursor.pick(FuzzAnswers.statuses)
        var body: [UInt8] = []
        error(call, into: &body)
        let type = cursor.choose(4) == 3 ? "\(cursor.pick(FuzzWords.types))" : "application/json"
        return UpstreamScript([.head(status: status, fields: [("content-type", type)] + limits()), .read([body]), .end(.complete)])
    }

    private func limits() -> [(name: String, value: String)] {
        (0..<max(0, cursor.choose(10) - 4)).map { _ in ("\(cursor.pick(FuzzWords.limitFields))", "\(value())") }
    }

    private func value() -> StaticString { cursor.choose(2) == 0 ? cursor.pick(FuzzWords.times) : cursor.pick(FuzzWords.numbers) }

    /// An error's body in one of the shapes that providers have.
    private func error(_ call: ScriptedTransport.Call, into text: inout [UInt8]) {
        switch cursor.choose(12) {
        case 0, 1, 2:
            text.put("{\"error\":{\"message\":")
            message(call, into: &text)
            text.put(",\"type\":")
            word(into: &text)
            text.put(",\"code\":")
            if cursor.choose(4) == 3 { text.put(cursor.pick(FuzzWords.numbers)) } else { word(into: &text) }
            text.put(",\"param\":null}}")
        case 3:
            text.put("[{\"error\":{\"code\":429,\"message\":")
            message(call, into: &text)
            text.put(",\"status\":")
            word(into: &text)
            text.put(",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{\"quotaId\":")
            word(into: &text)
            text.put("}]},{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"")
            text.put(value())
            text.put("\"}]}}]")
        case 4:
            text.put("{\"error\":{\"message\":")
            message(call, into: &text)
            text.put(",\"code\":429,\"metadata\":{\"raw\":")
            message(call, into: &text)
            text.put(",\"limit_source\":")
            word(into: &text)
            text.put(",\"headers\":{\"X-RateLimit-Remaining\":\"0\",\"X-RateLimit-Reset\":\"")
            text.put(value())
            text.put("\"}}}}")
        case 5:
            text.put("{\"object\":\"error\",\"message\":")
            message(call, into: &text)
            text.put(",\"type\":")
            word(into: &text)
            text.put(",\"code\":400}")
        case 6:
            text.put("{\"detail\":")
            if cursor.choose(2) == 0 { message(call, into: &text) } else { FuzzJSON.value(cursor, into: &text) }
            text.put("}")
        case 7:
            text.put("<!DOCTYPE html><html><title>")
            text.put(cursor.pick(FuzzWords.words))
            text.put("</title></html>")
        case 8: text.put(cursor.pick(FuzzWords.words))
        case 9: break
        case 10: text += cursor.raw(most: 60)
        default: FuzzJSON.value(cursor, into: &text)
        }
    }

    /// A message, which may quote the request or the credential it came with.
    private func message(_ call: ScriptedTransport.Call, into text: inout [UInt8]) {
        switch cursor.choose(6) {
        case 4:
            let start = cursor.choose(max(1, min(call.body.count, 256)))
            text.put("\"Invalid value: '")
            for byte in call.body.dropFirst(start).prefix(40) where byte >= 0x20 && byte != 0x22 && byte != 0x5C { text.append(byte) }
            text.put("'\"")
        case 5:
            text.put("\"Incorrect API key provided: ")
            text.put(call.field("authorization") ?? call.field("x-api-key") ?? "none")
            text.put("\"")
        default: word(into: &text)
        }
    }

    private func word(into text: inout [UInt8]) { FuzzJSON.string(cursor, into: &text) }

    // MARK: What is wrong

    private func head(_ call: ScriptedTransport.Call) -> UpstreamScript {
        let type = cursor.choose(2) == 0 ? (call.asksForStream ? "text/event-stream" : "application/json") : "\(cursor.pick(FuzzWords.types))"
        let status = cursor.choose(4) == 3 ? cursor.pick(FuzzAnswers.statuses) : 200
        return UpstreamScript([.head(status: status, fields: (type.isEmpty ? [] : [("content-type", type)]) + limits())])
    }

    private func errorInside(_ call: ScriptedTransport.Call) -> UpstreamScript {
        var body: [UInt8] = []
        error(call, into: &body)
        guard call.asksForStream else { return head(call).then(UpstreamScript([.read([body]), .end(.complete)])) }
        let before = cursor.choose(2) == 0 ? [Array(ChatText.chunk("Hel").utf8)] : []
        return head(call).then(UpstreamScript([.read(before + [Array("data: ".utf8) + body + [10, 10]]), .end(end())]))
    }

    /// A stream of any events.
    private func stream(_ call: ScriptedTransport.Call) -> UpstreamScript {
        var steps = head(call).steps
        for _ in 0..<(1 + cursor.choose(12)) {
            var text: [UInt8] = []
            event(call, into: &text)
            if cursor.isRare(6) { steps.append(.wait(delay())) }
            if cursor.isRare(5), text.count > 1 {
                let place = 1 + cursor.choose(text.count)
                steps.append(.read([Array(text.prefix(place))]))
                steps.append(.read([Array(text.dropFirst(place))]))
            } else {
                steps.append(.read([text]))
            }
        }
        steps.append(.end(end()))
        return UpstreamScript(steps)
    }

    private func event(_ call: ScriptedTransport.Call, into text: inout [UInt8]) {
        switch cursor.choose(16) {
        case 0, 1, 2: text.put(ChatText.chunk("\(cursor.choose(4) == 0 ? "" : "word")"))
        case 3: text.put(ChatText.finish(cursor.choose(3) == 2 ? "error" : "stop"))
        case 4: text.put(cursor.choose(2) == 0 ? ChatText.done : "data:[DONE]")
        case 5:
            text.put("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":")
            text.put(cursor.pick(FuzzWords.numbers))
            text.put(",\"completion_tokens\":")
            text.put(cursor.pick(FuzzWords.numbers))
            text.put(",\"total_tokens\":")
            text.put(cursor.pick(FuzzWords.numbers))
            text.put("}}\n\n")
        case 6: text.put(": comment\n\n")
        case 7:
            text.put("data: ")
            error(call, into: &text)
            text.put("\n\n")
        case 8:
            text.put("data: {\"choices\":[{\"index\":")
            text.put(cursor.pick(FuzzWords.numbers))
            text.put(",\"delta\":{\"content\":")
            word(into: &text)
            text.put("},\"finish_reason\":")
            if cursor.choose(2) == 0 { text.put("null") } else { word(into: &text) }
            text.put("}]}\n\n")
        case 9: text.put("data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n")
        case 10: text.put("event: ping\ndata: {}\n\n")
        case 11: text.put("event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\"}}\n\n")
        case 12:
            text.put("data: ")
            FuzzJSON.value(cursor, into: &text)
            text.put("\n\n")
        case 13: text.put("data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"x\"}}]}}]}\n\n")
        case 14: text.put("\r\n\r\n\n\r")
        default: text += cursor.raw(most: 40)
        }
    }

    private func whole(_ call: ScriptedTransport.Call) -> UpstreamScript {
        var body: [UInt8] = []
        switch cursor.choose(6) {
        case 0:
            body.put("{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":")
            body.put(cursor.pick(FuzzWords.numbers))
            body.put(",\"completion_tokens\":")
            body.put(cursor.pick(FuzzWords.numbers))
            body.put(",\"prompt_tokens_details\":{\"cached_tokens\":")
            body.put(cursor.pick(FuzzWords.numbers))
            body.put("}}}")
        case 1: body.put("{\"choices\":[]}")
        case 2: body.put("{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"error\"}]}")
        case 3: body.put("{\"usage\":{\"input_tokens\":3,\"output_tokens\":9},\"id\":\"resp_1\",\"output\":[]}")
        default: FuzzJSON.value(cursor, into: &body)
        }
        return head(call).then(UpstreamScript([.read([body]), .end(end())]))
    }

    private func endless() -> UpstreamScript {
        let word = cursor.choose(2) == 0 ? ChatText.chunk("x") : "data: {\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n"
        let count = 20 + cursor.choose(4) * 20
        let events = UpstreamScript.events(Array(repeating: word, count: count))
        return UpstreamScript(events.steps.dropLast()).pausing(for: cursor.choose(2) == 0 ? .zero : .milliseconds(400))
    }

    private func huge() -> UpstreamScript {
        // Once in a while only: it is sixty times the work of another.
        guard cursor.isRare(8) else { return .chunks("short") }
        let text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(String(repeating: "x", count: FuzzAnswers.largeEvent))\"}}]}\n\n"
        return UpstreamScript.events([text, ChatText.finish(), ChatText.done]).breaking(after: cursor.choose(3) == 0 ? 65_700 : .max, with: end())
    }
}
