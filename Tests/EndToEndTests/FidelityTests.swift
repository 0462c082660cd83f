import Foundation
import Testing

@Suite struct FidelityTests {
    /// Sends a body and returns what the provider got for it.
    private func forwarded(_ body: String, by gateway: Gateway) throws -> String {
        let answer = try gateway.post("/v1/chat/completions", body)
        try #require(answer.status == 200, "\(answer.text)")
        return try gateway.mock.lastRequest().text
    }

    @Test(arguments: [
        "{\"model\":\"m\",\"messages\":[]}",
        "{\"messages\":[],\"model\":\"m\"}",
        " \t\r\n{ \"model\" : \"m\" , \"messages\" : [ ] } \r\n",
        "{\"zeta\":1,\"model\":\"m\",\"alpha\":{\"x\":[1,2,{\"x\":null}]},\"messages\":[{\"role\":\"user\",\"content\":\"a\",\"extra\":true}]}",
        "{\"model\":\"m\",\"messages\":[{\"content\":\"\u{1F600} é 漢字 \u{200F}\"}],\"user\":\"\\u00e9\\ud83d\\ude00\\/\\\"\"}",
        "{\"model\":\"m\",\"messages\":[],\"temperature\":1.0,\"top_p\":1e-3,\"seed\":12345678901234567890123,\"big\":-0.0}",
        "{\"model\":\"m\",\"messages\":[],\"ignore_eos\":true,\"stop\":null,\"max_completion_tokens\":9,\"continuous_usage_stats\":true}",
        "{\"model\":\"m\",\"messages\":[{\"model\":\"m\",\"content\":\"\\\"model\\\":\\\"m\\\"\"}],\"metadata\":{\"model\":\"m\"}}",
        "{\"messages\":[],\"tools\":[{\"a\":1,\"a\":2}],\"model\":\"m\"}",
    ])
    func `a body reaches the provider byte for byte, save the model`(body: String) throws {
        let name = "vendor/long-name-of-a-model"
        try withGateway([Provider("p", models: [.init(id: name, aliases: ["m"])])]) { gateway throws in
            // In every body here the first one is that of the outermost object.
            let places = body.ranges(of: "\"model\":\"m\"") + body.ranges(of: "\"model\" : \"m\"")
            var expected = body
            let member = try #require(places.first)
            expected.replaceSubrange(member, with: body[member].replacing("\"m\"", with: "\"\(name)\""))
            #expect(try forwarded(body, by: gateway) == expected)
        }
    }

    @Test func `a model's name with escapes is understood and replaced`() throws {
        try withGateway([Provider("p", models: [.init(id: "vendor/x")])]) { gateway throws in
            #expect(try forwarded("{\"model\":\"vendor\\/\\u0078\",\"messages\":[]}", by: gateway) == "{\"model\":\"vendor/x\",\"messages\":[]}")
        }
    }

    @Test func `a megabyte of prompt comes through in every way of sending it`() throws {
        try withGateway { gateway throws in
            let content = String(repeating: "0123456789abcdef", count: 65_536)
            let body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\(content)\"}]}"
            let expected = body.replacing("\"m\"", with: "\"a\"")
            #expect(try forwarded(body, by: gateway) == expected, "at once")

            let client = try gateway.connect()
            try client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            var rest = Array(body.utf8)[...]
            for size in [1, 15, 16, 4096, 65_536, 300_000, 1 << 20] where !rest.isEmpty {
                let piece = rest.prefix(size)
                rest = rest.dropFirst(size)
                try client.send(Array("\(String(piece.count, radix: 16));name=value\r\n".utf8) + piece + [13, 10])
            }
            try client.send("0\r\nX-Trailer: 1\r\n\r\n")
            #expect(try client.answer().status == 200)
            #expect(try gateway.mock.lastRequest().text == expected, "in chunks")
        }
    }

    @Test func `an inline picture of eight megabytes comes through`() throws {
        try withGateway { gateway throws in
            let picture = "data:image/png;base64," + String(repeating: "QUJD", count: 2_000_000)
            let body = "{\"model\":\"m\",\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"\(picture)\"}}]}]}"
            #expect(try forwarded(body, by: gateway) == body.replacing("\"m\"", with: "\"a\""))
        }
    }

    @Test func `head and body in packets of their own, and byte by byte, are one request`() throws {
        try withGateway { gateway throws in
            let client = try gateway.connect()
            let body = Chat.body(stream: true)
            try client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
            // The round trip of another connection is long enough for the head to have been read alone.
            _ = try gateway.get("/ok")
            try client.send(body)
            #expect(try client.answer().events.dones == 1)
            for byte in WireClient.request("POST", "/v1/chat/completions", body: Array(Chat.body().utf8)) { try client.send([byte]) }
            #expect(try client.answer().content == Chat.words(20))
            #expect(try gateway.mock.lastRequest().text == Chat.body("a"))
        }
    }

    @Test func `routing is taken out, but for what OpenRouter does among the hosts of one model`() throws {
        let body = "{\"models\":[\"b\"],\"model\":\"a\",\"provider\":{\"order\":[\"b\"]},\"messages\":[]}"
        try withGateway([Provider("a"), Provider("b")]) { gateway throws in
            let answer = try gateway.post("/v1/chat/completions", body)
            #expect(answer["x-best-provider"] == "b", "order decides")
            #expect(try gateway.mock.lastRequest().text == "{\"model\":\"b\",\"messages\":[]}")
        }
        try withGateway([Provider("a"), Provider("b", lines: ["quirks: [openrouter]"])]) { gateway throws in
            _ = try gateway.post("/v1/chat/completions", body)
            #expect(try gateway.mock.lastRequest().text == "{\"model\":\"b\",\"messages\":[]}", "no other model may be asked there")
            _ = try gateway.post("/v1/chat/completions", body.replacing("\"order\"", with: "\"zdr\":true,\"order\""))
            #expect(try gateway.mock.lastRequest().text == "{\"model\":\"b\",\"provider\":{\"zdr\":true},\"messages\":[]}")
        }
    }

    @Test func `the provider gets its own key and path, never the client's`() throws {
        let key = ["A_KEY": "sk-upstream"]
        try withGateway([Provider("a", lines: ["api_key_env_var: A_KEY"])], environment: key) { gateway throws in
            #expect(try gateway.chat("m", stream: false, "", ["Authorization: Bearer sk-of-the-client"]).status == 200)
            let last = try gateway.mock.lastRequest()
            #expect(last["x-mock-authorization"] == "Bearer sk-upstream" && last["x-mock-path"] == "/v1/chat/completions")
            #expect(!gateway.program.text.contains("sk-"), "no key in the log")
        }
    }

    @Test func `nothing a client sends changes where its request goes`() throws {
        try withGateway { gateway throws in
            let members = "\"api_base\":\"http://127.0.0.1:1\",\"base_url\":\"http://127.0.0.1:1\",\"api_key\":\"sk-x\","
            let answer = try gateway.chat("m", stream: false, members, ["X-Mock: status=500", "X-Forwarded-Host: evil", "X-Original-URL: /admin"])
            #expect(answer.status == 200)
            #expect(try gateway.mock.lastRequest()["x-mock-authorization"] == "")
        }
    }
}
