import Foundation
import Testing

@Suite struct ErrorTests {
    private static let keys = ["ALLOWED_BEARER_TOKENS": "first-token, second-token"]

    /// A request and the answer it must get.
    struct Refused: Sendable, CustomTestStringConvertible {
        let status: Int
        let code: String?
        let param: String?
        let bytes: String
        var testDescription: String { "\(status) \(bytes.prefix(60).debugDescription)" }

        init(_ status: Int, _ code: String?, _ bytes: String, param: String? = nil) {
            (self.status, self.code, self.param, self.bytes) = (status, code, param, bytes)
        }

        /// A POST of JSON.
        static func post(_ status: Int, _ code: String?, _ body: String, param: String? = nil, _ fields: String = "") -> Refused {
            let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n"
            return Refused(status, code, head + fields + "\r\n" + body, param: param)
        }
    }

    private static let refused: [Refused] = [
        .post(400, nil, ""), .post(400, nil, "{"), .post(400, nil, "null"), .post(400, nil, "NaN"), .post(400, nil, "[]"), .post(400, nil, "\"m\""),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[]} x"), .post(400, nil, "{\"model\":\"m\",\"messages\":[],}"),
        .post(400, nil, "{'model':'m'}"), .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"a\":01}"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"a\":\"\t\"}"), .post(400, nil, " \u{FEFF}{\"model\":\"m\",\"messages\":[]}"),
        .post(400, nil, "{\"messages\":[]}", param: "model"), .post(400, nil, "{\"model\":null,\"messages\":[]}", param: "model"),
        .post(400, nil, "{\"model\":7,\"messages\":[]}", param: "model"), .post(400, nil, "{\"model\":\"\",\"messages\":[]}", param: "model"),
        .post(400, nil, "{\"model\":\"m\"}", param: "messages"), .post(400, nil, "{\"model\":\"m\",\"messages\":\"Hi\"}", param: "messages"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":null}", param: "messages"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"stream\":\"yes\"}", param: "stream"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"stream_options\":7}", param: "stream_options"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"model\":\"n\"}", param: "model"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"mod\\u0065l\":\"n\"}", param: "model"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":[],\"seed\":1,\"seed\":2}", param: "seed"),
        .post(400, nil, "{\"model\":\"m\",\"messages\":" + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "}"),
        .post(404, "model_not_found", Chat.body("none"), param: "model"),
        .post(415, nil, Chat.body(), "Content-Encoding: gzip\r\n"),
        .post(415, nil, Chat.body(), "Content-Type: multipart/form-data; boundary=x\r\n"),
        .post(417, nil, Chat.body(), "Expect: the-unexpected\r\n"),
        .post(431, nil, Chat.body(), "X-Long: \(String(repeating: "x", count: 33_000))\r\n"),
        .post(431, nil, Chat.body(), String(repeating: "X-Many: x\r\n", count: 101)),
        Refused(404, "unknown_url", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(404, "unknown_url", "GET /v2/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(404, "unknown_url", "GET /v1/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(404, "unknown_url", "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
        Refused(404, "unknown_url", "GET /v1/models/../ok HTTP/1.1\r\nHost: localhost\r\n\r\n".replacing("models/..", with: "x/..")),
        Refused(404, "unknown_url", "GET //v2/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(404, "unknown_url", "GET /V1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(405, "unknown_url", "GET /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(405, "unknown_url", "DELETE /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(405, "unknown_url", "POST /ok HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
        Refused(414, nil, "GET /v1/models?\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(501, nil, "BREW /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Refused(505, nil, "GET /v1/models HTTP/2.0\r\nHost: localhost\r\n\r\n"),
        Refused(413, "request_too_large", "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 33554433\r\n\r\n"),
    ]

    @Test func `every mistake of a client is told in the one error shape, and reaches no provider`() throws {
        try withGateway { gateway throws in
            var ids: Set<String> = []
            for refused in Self.refused {
                let answer = try gateway.exchange(refused.bytes)
                let error = try #require(answer.error, "\(refused.testDescription): \(answer.text)")
                #expect(answer.status == refused.status && !answer.reason.isEmpty, "\(refused.testDescription)")
                #expect(error.code == refused.code && error.type == "invalid_request_error" && !error.message.isEmpty, "\(refused.testDescription)")
                if let param = refused.param { #expect(error.param == param, "\(refused.testDescription)") }
                #expect(answer["content-type"] == "application/json" && answer.end == .whole)
                ids.insert(try #require(answer["x-request-id"]))
            }
            #expect(ids.count == Self.refused.count, "each has an id of its own")
            #expect(try gateway.mock.counter("requests") == 0)
            #expect(try gateway.chat().status == 200, "and nobody is left alone for it")
        }
    }

    @Test func `a wrong method is told the right ones`() throws {
        try withGateway { gateway throws in
            #expect(try gateway.get("/v1/chat/completions")["allow"] == "POST, OPTIONS")
            let answer = try gateway.post("/v1/models", "{}")
            #expect(answer.status == 405 && answer["allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test func `without a key that is known every endpoint but the open ones is a 401`() throws {
        try withGateway(environment: Self.keys) { gateway throws in
            let bad = [
                [], ["Authorization: Bearer wrong"], ["Authorization: Bearer"], ["Authorization: Bearer "], ["Authorization: Basic first-token"],
                ["Authorization: first-token"], ["Authorization: Bearer first-token, second-token"], ["Authorization: Bearer first-toke"],
                ["Authorization: Bearer first-token2"], ["X-Api-Key: first-toke"], ["Api-Key: wrong"],
                ["Authorization: Bearer FIRST-TOKEN"],
            ]
            for fields in bad {
                let answer = try gateway.chat("m", stream: false, "", fields)
                #expect(answer.status == 401 && answer.error?.code == "invalid_api_key" && answer.error?.type == "invalid_request_error", "\(fields)")
                #expect(answer["www-authenticate"]?.hasPrefix("Bearer") == true && answer["x-request-id"] != nil)
            }
            for target in ["/v1/models", "/models", "/v1/models/m", "/v1/none", "/", "/v1/chat/completions"] {
                #expect(try gateway.get(target).status == 401, "\(target)")
            }
            #expect(try gateway.post("/v1/chat/completions", "not JSON").status == 401, "the key comes first")
            for target in ["/ok", "/health", "/livez", "/readyz"] { #expect(try gateway.get(target).status == 200, "\(target)") }
            #expect(try gateway.mock.counter("requests") == 0)
            #expect(!gateway.program.text.contains("-toke"), "no token in the log")
        }
    }

    @Test func `a known key opens the gateway, however its field is written`() throws {
        try withGateway(environment: Self.keys) { gateway throws in
            for field in ["Authorization: Bearer first-token", "authorization: bearer second-token", "AUTHORIZATION:BEARER   first-token "] {
                #expect(try gateway.chat("m", stream: false, "", [field]).status == 200, "\(field)")
            }
            let client = try gateway.connect()
            let keyed = ["Authorization: Bearer first-token"]
            try client.send("GET", "/v1/none", keyed)
            #expect(try client.answer().status == 404)
            try client.send("GET", "/v1/models")
            #expect(try client.answer().status == 401, "a connection has no memory of a key")
            try client.send("GET", "/v1/models", keyed)
            #expect(try client.answer().status == 200)
        }
    }

    @Test func `a client's own request id is kept when it is harmless, on success, stream and error`() throws {
        try withGateway { gateway throws in
            let field = ["X-Request-ID: trace-7.A_b"]
            #expect(try gateway.chat("m", stream: false, "", field)["x-request-id"] == "trace-7.A_b")
            #expect(try gateway.chat("m", stream: true, "", field)["x-request-id"] == "trace-7.A_b")
            #expect(try gateway.chat("none", stream: false, "", field)["x-request-id"] == "trace-7.A_b")
            #expect(try gateway.get("/v1/none", field)["x-request-id"] == "trace-7.A_b")
            _ = try gateway.program.line(with: "trace-7.A_b")
            for text in ["", "a b", "<script>", String(repeating: "x", count: 65), "a\"b"] {
                let id = try gateway.get("/ok", ["X-Request-ID: \(text)"])["x-request-id"] ?? ""
                #expect(id.hasPrefix("req_") && id.count == 36, "\(text)")
            }
        }
    }

    @Test func `the log has a line for each request, as JSON when asked, and no word of the prompt`() throws {
        try withGateway(arguments: ["--log-format", "json"]) { gateway throws in
            _ = try gateway.post("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"very private words\"}]}")
            let line = try gateway.program.line(with: "\"status\":")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["status"] as? Int == 200)
            #expect(try gateway.chat("m\\nforged line").status == 400)
            _ = try gateway.chat("none\\\"} forged line")
            _ = try gateway.program.line(with: "forged")
            #expect(gateway.program.text.split(separator: "\n").allSatisfy { !$0.hasPrefix("forged") }, "a line is one line")
            #expect(!gateway.program.text.contains("private") && !gateway.program.text.contains("w0 w1"))
        }
    }
}
