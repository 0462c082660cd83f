import Testing
import Wire

@Suite struct `The body of an error` {
    private func read(_ text: String) -> UpstreamErrorBody {
        let bytes = Array(text.utf8)
        return UpstreamErrorBody(parsing: bytes.span.bytes)
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#, "m", "t", "p", "c"),
            (#"{"error":{"message":"m","code":429,"metadata":{}}}"#, "m", nil, nil, "429"),
            (#"{"error":{"message":"m","type":null,"param":null,"code":null}}"#, "m", nil, nil, nil),
            (
                #"[{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"message":"inner"}]}}]"#, "quota",
                "RESOURCE_EXHAUSTED", nil, "429"
            ),
            (#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}"#, "m", "INVALID_ARGUMENT", nil, "400"),
            (#"{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400}"#, "m", "BadRequestError", nil, "400"),
            (#"{"detail":"Invalid API key"}"#, "Invalid API key", nil, nil, nil),
            (
                #"{"detail":[{"loc":["body","model"],"msg":"field required","type":"value_error.missing"},{"msg":"second"}]}"#, "field required",
                "value_error.missing", nil, nil
            ),
            (#"{"type":"error","error":{"type":"t","message":"m"},"request_id":"r"}"#, "m", "t", nil, nil),
            (#"{"error":{"type":"t","message":"m"},"type":"error"}"#, "m", "t", nil, nil),
            (#"{"statusCode":400,"message":"m","error":"Bad Request"}"#, "m", nil, nil, nil),
            (#"{"error":"Internal Server Error","message":"m"}"#, "m", nil, nil, nil), (#"{"error":"Forbidden"}"#, "Forbidden", nil, nil, nil),
            (#"{"error parsing tool call":"invalid character 'c'"}"#, "error parsing tool call: invalid character 'c'", nil, nil, nil),
            (#"{"error":"text"}"#, "text", nil, nil, nil), (#"{"message":"m"}"#, "m", nil, nil, nil),
            (#"{"success":false,"errors":[{"code":7003,"message":"m"}]}"#, "m", nil, nil, "7003"),
            (#"{"errors":["m"]}"#, "m", nil, nil, nil),
            (#"{"base_resp":{"status_code":1008,"status_msg":"m"}}"#, "m", nil, nil, "1008"),
            (#"{"error_code":17,"error_msg":"m"}"#, "m", nil, nil, "17"), (#"{"errorMessage":"m","errorCode":"c"}"#, "m", nil, nil, "c"),
            (#"{"message":"m","error_msg":"n","code":"c","status_code":500}"#, "m", nil, nil, "c"),
            (#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "m", "overloaded_error", nil, nil),
            (#"{"error":{"error":{"message":"m"}}}"#, "m", nil, nil, nil), (#"{"detail":{"error":{"message":"m","code":"c"}}}"#, "m", nil, nil, "c"),
            (#"{"code":"outer","error":{"message":"m"}}"#, "m", nil, nil, "outer"), (#""just a string""#, "just a string", nil, nil, nil),
            (#"{"error":{"message":{"message":"deep"}}}"#, "deep", nil, nil, nil),
            (#"{"error":{"message":"a\n\"b\" \u00e9"}}"#, "a\n\"b\" é", nil, nil, nil),
            ("  upstream connect error \n", "upstream connect error", nil, nil, nil),
            ("{\"error\":{\"message\":\"cut", "{\"error\":{\"message\":\"cut", nil, nil, nil),
            ("<html><body>502</body></html>", nil, nil, nil, nil), (" \n<!DOCTYPE html>", nil, nil, nil, nil), ("", nil, nil, nil, nil),
            ("{}", nil, nil, nil, nil),
            ("null", nil, nil, nil, nil), (#"{"error":null}"#, nil, nil, nil, nil), ("\u{1}\u{2}binary", nil, nil, nil, nil),
            ("\u{FEFF}{\"error\":\"x\"}", "x", nil, nil, nil),
        ] as [(String, String?, String?, String?, String?)])
    func `each provider's shape is understood`(text: String, message: String?, type: String?, param: String?, code: String?) {
        let body = read(text)
        #expect(body.message == message && body.type == type && body.param == param && body.code == code)
    }

    @Test(arguments: [
        (
            #"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"too hot\"}}"}}}"#,
            "Provider returned error: too hot"
        ),
        (#"{"error":{"message":"Provider returned error","metadata":{"raw":"x is rate-limited"}}}"#, "Provider returned error: x is rate-limited"),
        (
            #"{"error":{"message":"Something longer that the router itself has to say","metadata":{"raw":"x"}}}"#,
            "Something longer that the router itself has to say"
        ),
        (#"{"base_resp":{"status_msg":"no"}}"#, "no"), (#"{"error":{"message":"no"}}"#, "no"),
    ]) func `includes the message of the server behind the provider when its own says nothing`(text: String, message: String) {
        let bytes = Array(text.utf8)
        #expect(UpstreamErrorBody(telling: bytes.span.bytes).message == message)
    }

    @Test func `a message is bounded at a character`() {
        let long = String(repeating: "é日", count: 2000)
        for text in [long, "{\"error\":{\"message\":\"\(long)\"}}", "{\"detail\":\"a\(long)\"}"] {
            let message = read(text).message ?? ""
            #expect(message.utf8.count <= 2048 && message.utf8.count > 2044 && !message.contains("\u{FFFD}"))
        }
    }

    @Test func `nesting does not exhaust the stack`() {
        let open = String(repeating: "{\"error\":", count: 100_000)
        #expect(read(open).message != nil)
        let deep = String(repeating: "{\"error\":", count: 100) + "\"m\"" + String(repeating: "}", count: 100)
        #expect(read(deep).message == "m")
    }

    @Test func `words are found in any case and at any place`() {
        for (text, isThere) in [
            ("Stream_Options", true), ("a stream_options", true), ("stream_option", false), ("", false), ("streamoptions", false),
        ] {
            let bytes = Array(text.utf8)
            #expect(UpstreamErrorBody.names(anyOf: ["include_usage", "stream_options"], in: bytes.span.bytes) == isThere)
        }
    }

    @Test func `every text in it can be edited`() {
        var body = read("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":\"p\",\"code\":\"c\"}}")
        body.rewrite { $0 += "!" }
        #expect([body.message, body.type, body.param, body.code] == ["m!", "t!", "p!", "c!"])
        var empty = read("")
        empty.rewrite { $0 += "!" }
        #expect(empty.message == nil && empty.code == nil)
    }

    @Test func `the gateway's own error has one shape`() {
        var buffer = ByteBuffer()
        ErrorEnvelope(message: "a \"b\"\n", type: "invalid_request_error", param: "model").write(into: &buffer)
        #expect(text(buffer) == #"{"error":{"message":"a \"b\"\n","type":"invalid_request_error","param":"model","code":null}}"#)
        buffer.removeAll()
        let best = Array("{\"attempts\":2}".utf8)
        ErrorEnvelope(message: "m", type: "server_error", code: "upstream_error").write(into: &buffer, best: best.span.bytes)
        #expect(text(buffer) == #"{"error":{"message":"m","type":"server_error","param":null,"code":"upstream_error","best":{"attempts":2}}}"#)
    }

    @Test func `the gateway's own error is read back as it was written`() {
        var buffer = ByteBuffer()
        ErrorEnvelope(message: "é\u{1}\u{7F}\\", type: "t", param: "p", code: "c").write(into: &buffer)
        let body = UpstreamErrorBody(parsing: buffer.bytes)
        #expect(body.message == "é\u{1}\u{7F}\\" && body.type == "t" && body.param == "p" && body.code == "c")
    }
}
