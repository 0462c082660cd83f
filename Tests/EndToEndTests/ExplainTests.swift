import Foundation
import Testing

@Suite struct ExplainTests {
    @Test func `an explanation spends nothing, and what it says is what then happens`() throws {
        let providers = [
            Provider("plain", models: [.init(id: "m", aliases: ["shared"])]),
            Provider("liked", models: [.init(id: "n", aliases: ["shared"], lines: ["priority: 1"])]),
            Provider("short", models: [.init(id: "s", aliases: ["shared"], lines: ["context_length: 8"])]),
        ]
        try withGateway(providers) { gateway throws in
            for name in ["shared", "best", "m"] {
                let before = try gateway.mock.counter("requests")
                let explained = try gateway.post("/v1/route/explain", Chat.body(name))
                #expect(explained.status == 200 && explained["content-type"] == "application/json")
                #expect(try gateway.mock.counter("requests") == before)
                let object = explained.object
                let candidates = try #require(object["candidates"] as? [[String: Any]])
                for candidate in candidates {
                    let products = (candidate["terms"] as? [[String: Any]] ?? []).compactMap { $0["product"] as? Double }
                    #expect(abs(products.reduce(0, +) - (candidate["score"] as? Double ?? .nan)) < 1e-9)
                    #expect(candidate["state"] as? String == "ready")
                }
                let decision = try #require(object["decision"] as? [String: Any])
                let answer = try gateway.chat(name)
                #expect(answer["x-best-provider"] == decision["provider"] as? String && answer["x-best-model"] == decision["model"] as? String)
                #expect(answer["x-best-config"] == object["snapshot"] as? String)
                let score = try #require(answer["x-best-score"].flatMap(Double.init))
                #expect(abs(score - (decision["score"] as? Double ?? .nan)) < 0.001)
                if name == "m" { continue }
                #expect(decision["provider"] as? String == "liked")
                let filtered = try #require(object["filtered"] as? [[String: Any]])
                #expect(filtered.contains { $0["provider"] as? String == "short" && $0["reason"] as? String == "context_too_small" })
            }
        }
    }

    @Test func `what can't be explained is refused like the request itself`() throws {
        try withGateway { gateway throws in
            #expect(try gateway.post("/v1/route/explain", Chat.body("nothing-like-it")).status == 404)
            #expect(try gateway.post("/v1/route/explain", "{\"model\":\"m\"}").status == 400)
            #expect(try gateway.get("/v1/route/explain").status == 405)
        }
    }

    @Test func `the log says why the model that scores best did not answer`() throws {
        try withGateway([Provider("first", "status=500", lines: ["base_priority: 3"]), Provider("second")]) { gateway throws in
            #expect(try gateway.chat().status == 200)
            let line = try gateway.program.line(with: "which scores best")
            #expect(line.contains("not first/first:status=500, which scores best: it failed"))
        }
    }

    @Test func `a session stays on its deployment`() throws {
        try withGateway([Provider("first"), Provider("second")]) { gateway throws in
            let sent = try gateway.chat("m", "\"provider\":{\"order\":[\"second\"]},", ["x-session-id: s1"])
            #expect(sent["x-best-provider"] == "second" && sent.status == 200)
            let again = try gateway.chat("m", "", ["x-session-id: s1"])
            #expect(again["x-best-provider"] == "second" && again["x-best-trail"]?.contains("affinity") == true)
            #expect(try gateway.chat("m", "", ["x-session-id: s2"])["x-best-provider"] == "first")
            #expect(try gateway.chat("m", "\"user\":\"u\",")["x-best-provider"] == "first")
        }
    }
}
