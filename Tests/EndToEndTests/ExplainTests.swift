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
                let (explained, answer) = try explainedAndExecuted(gateway, name)
                #expect(explained.status == 200 && explained["content-type"] == "application/json")
                let object = explained.object
                let candidates = try #require(object["candidates"] as? [[String: Any]])
                for candidate in candidates {
                    let products = (candidate["terms"] as? [[String: Any]] ?? []).compactMap { $0["product"] as? Double }
                    #expect(abs(products.reduce(0, +) - (candidate["score"] as? Double ?? .nan)) < 1e-9)
                    #expect(candidate["state"] as? String == "ready")
                }
                let decision = try #require(object["decision"] as? [String: Any])
                #expect(answer["x-best-provider"] == decision["provider"] as? String && answer["x-best-model"] == decision["model"] as? String)
                let score = try #require(answer["x-best-score"].flatMap(Double.init))
                #expect(abs(score - (decision["score"] as? Double ?? .nan)) < 0.001)
                if name == "m" { continue }
                #expect(decision["provider"] as? String == "liked")
                let filtered = try #require(object["filtered"] as? [[String: Any]])
                #expect(filtered.contains { $0["provider"] as? String == "short" && $0["reason"] as? String == "context_too_small" })
            }
        }
    }

    /// An explanation and the answer to the same request that was decided by the same scores. What was learnt from the request before may come into
    /// the scores between the two; then both are asked for again.
    private func explainedAndExecuted(_ gateway: Gateway, _ name: String) throws -> (explained: Answer, answer: Answer) {
        for _ in 0..<100 {
            let before = try gateway.mock.counter("requests")
            let explained = try gateway.post("/v1/route/explain", Chat.body(name))
            #expect(try gateway.mock.counter("requests") == before)
            let answer = try gateway.chat(name)
            #expect(answer["x-best-config"] == explained.object["snapshot"] as? String)
            let decision = explained.object["decision"] as? [String: Any]
            guard let score = Double(answer["x-best-score"] ?? ""), let said = decision?["score"] as? Double, abs(score - said) < 0.001 else {
                continue
            }
            return (explained, answer)
        }
        throw HarnessError("no request was decided by the scores that were explained")
    }

    @Test func `what is read again and is the same keeps the snapshot's name, what is not changes it`() throws {
        let providers = [Provider("a"), Provider("b", models: [.init(id: "gpt-4o")])]
        try withGateway(providers, best: "scoring:\n  caution: 0.5\n") { gateway throws in
            func snapshot() throws -> String { try gateway.post("/v1/route/explain", Chat.body("best")).object["snapshot"] as? String ?? "none" }
            let first = try snapshot()
            try gateway.reload()
            #expect(try snapshot() == first)
            try gateway.write(text: "scoring:\n  caution: 0.75\n", to: "best.yaml")
            try gateway.reload()
            let second = try snapshot()
            #expect(second != first)
            // The middle part stands for what is known of quality, and an adjustment of an id is a part of that.
            func quality(_ name: String) -> Substring { name.split(separator: "-")[1] }
            #expect(quality(second) == quality(first) && quality(first).hasPrefix("ability."))
            try gateway.write(text: "adjustments:\n  liked:\n    priority: 10\n    regex: ['gpt']\n", to: "model-adjustments.yaml")
            try gateway.reload()
            // The files are in use at once, what is made of them on another thread a little later.
            #expect(try Deadline.usual.until { try quality(snapshot()) != quality(first) })
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
        let best = Gateway.inOrder.replacing("affinity: {enabled: false}", with: "affinity: {enabled: true}")
        try withGateway([Provider("first"), Provider("second")], best: best) { gateway throws in
            let sent = try gateway.chat("m", "\"provider\":{\"order\":[\"second\"]},", ["x-session-id: s1"])
            #expect(sent["x-best-provider"] == "second" && sent.status == 200)
            let again = try gateway.chat("m", "", ["x-session-id: s1"])
            #expect(again["x-best-provider"] == "second" && again["x-best-trail"]?.contains("affinity") == true)
            #expect(try gateway.chat("m", "", ["x-session-id: s2"])["x-best-provider"] == "first")
            #expect(try gateway.chat("m", "\"user\":\"u\",")["x-best-provider"] == "first")
        }
    }
}
