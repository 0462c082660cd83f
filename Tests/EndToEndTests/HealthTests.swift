import Foundation
import Testing

@Suite struct HealthTests {
    @Test func `a day's limit rests for the day and a minute's for the minute, also when both came in a burst`() throws {
        let providers = [Provider("d", "status=429;retry-after=40000;times=4"), Provider("m", "status=429;retry-after=1;times=4"), Provider("ok")]
        try withGateway(providers, best: Gateway.inOrder) { gateway throws in
            // Four at once, so that each of the limited ones is asked several times before it has said anything.
            // One sign is not a day's: it takes another request that meets the same.
            let clients = try (0..<4).map { _ in try gateway.connect() }
            for (number, client) in clients.enumerated() {
                try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("m", stream: false, "\"seed\":\(number),").utf8))
            }
            for client in clients { #expect(try client.answer()["x-best-provider"] == "ok") }
            let (daily, brief) = (try gateway.mock.requests(for: "d"), try gateway.mock.requests(for: "m"))
            // Within the second nobody asks them, afterwards one of them is well again.
            let deadline = Deadline(.seconds(20))
            #expect(try deadline.until { try gateway.chat()["x-best-provider"] == "m" })
            #expect(try gateway.mock.requests(for: "d") == daily, "asked again before the day was over")
            #expect(try gateway.mock.requests(for: "m") > brief)
            // What it was refused for is not forgotten: it is asked at a measured pace, but asked.
            #expect(try deadline.until { try gateway.chat()["x-best-provider"] == "m" }, "a success ends the rest")
            let named = try gateway.chat("d/d:status=429;retry-after=40000;times=4")
            #expect(named.status == 429 && named["x-should-retry"] == "false" && (39_000...40_000).contains(Int(named["retry-after"] ?? "") ?? 0))
            let best = (named.object["error"] as? [String: Any])?["best"] as? [String: Any]
            #expect((best?["retry_at"] as? String)?.hasSuffix("Z") == true)
        }
    }

    @Test func `a body that speaks of the day rests for the day and one that speaks of the minute for the minute, after one burst`() throws {
        // Google's bodies: both name half a minute, and the day's is not to be believed.
        let refusals = "status=429;body=google;times=4"
        let providers = [
            Provider("d", "\(refusals);window=day;retry-after=google:2"), Provider("m", "\(refusals);window=minute;retry-after=google:2"),
            Provider("ok"),
        ]
        try withGateway(providers, best: Gateway.inOrder) { gateway throws in
            // One sign is not a day's: it takes another request that meets the same.
            let clients = try (0..<4).map { _ in try gateway.connect() }
            for (number, client) in clients.enumerated() {
                try client.send("POST", "/v1/chat/completions", body: Array(Chat.body("m", stream: false, "\"seed\":\(number),").utf8))
            }
            for client in clients { #expect(try client.answer()["x-best-provider"] == "ok") }
            let (daily, brief) = (try standing(gateway, "d"), try standing(gateway, "m"))
            // Until a midnight, an hour at least.
            #expect((3500...61_200).contains(daily.rest), "\(daily.rest)")
            #expect(brief.rest > 0 && brief.rest <= 2, "\(brief.rest)")
            let asked = try gateway.mock.requests(for: "d")
            #expect(try Deadline(.seconds(20)).until { try gateway.chat()["x-best-provider"] == "m" })
            #expect(try gateway.mock.requests(for: "d") == asked, "asked again before the day was over")
        }
    }

    @Test func `one that is down rests and is waited for, and a success ends the rest`() throws {
        try withGateway([Provider("a", "status=500;times=6")]) { gateway throws in
            let first = try gateway.chat("m", stream: false, "", ["x-best-wait: 0"])
            #expect(first.status == 502 && first["x-best-attempts"] == "3", "asked again after a short pause, twice")
            #expect(try standing(gateway, "a").failures == 0, "three failures may be a hiccup")
            // The fourth shows that it is down; it is waited for, fails again, and is waited for again.
            let second = try gateway.chat("m", stream: false, "", ["x-best-wait: 20s"])
            #expect(second.status == 200, "\(second.text)")
            let after = try standing(gateway, "a")
            #expect(after.rest == 0 && after.failures > 0, "the ladder is stepped down one rung at a time")
            for _ in 0..<3 { _ = try gateway.chat() }
            #expect(try standing(gateway, "a").failures == 0)
        }
    }

    /// How long a provider's model still rests, in seconds, and on which rung of the ladder it is.
    private func standing(_ gateway: Gateway, _ provider: String) throws -> (rest: Double, failures: Int) {
        let stats = try gateway.get("/stats").object["stats"] as? [String: Any]
        let entry = try #require((stats?["providers"] as? [[String: Any]])?.first { $0["provider"] as? String == provider })
        return (try #require(entry["model_cooldown_remaining"] as? Double), try #require(entry["model_failures"] as? Int))
    }

    @Test func `a request waits for capacity as long as its client allows`() throws {
        try withGateway([Provider("a", "status=429;retry-after=1;times=1")]) { gateway throws in
            let hasty = try gateway.chat("m", stream: false, "", ["x-best-wait: 0"])
            #expect(hasty.status == 429 && hasty["retry-after"] == "1" && hasty["x-best-attempts"] == "1")
            let start = ContinuousClock.now
            let patient = try gateway.chat("m", stream: true, "", ["x-best-wait: 5s"])
            #expect(patient.status == 200 && patient.events.content == Chat.words(20))
            #expect(ContinuousClock.now - start > .milliseconds(300), "it waited for the end of the pause")
        }
        try withGateway([Provider("a", "status=429;retry-after=1;times=1")]) { gateway throws in
            let one = try gateway.chat("m", stream: false, "", ["x-best-wait: 5"])
            #expect(one.status == 200 && one["x-best-attempts"] == "2", "the same request goes on when the pause is over")
        }
    }

    @Test func `a client that leaves while it waits leaves no trace`() throws {
        try withGateway([Provider("a", "status=429;retry-after=2;times=1")]) { gateway throws in
            _ = try gateway.chat("m", stream: false, "", ["x-best-wait: 0"])
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", ["x-best-wait: 60s"], body: Array(Chat.body().utf8))
            client.reset()
            #expect(try gateway.program.line(with: "clientGone").contains("chat.completions"))
            #expect(try gateway.mock.requests(for: "a") == 1)
        }
    }

    @Test func `more requests at once than a provider takes are answered one after the other`() throws {
        let provider = Provider("a", "ttft=30;delay=30", lines: ["limits: {concurrency: 2}"])
        try withGateway([provider]) { gateway throws in
            let clients = try (0..<12).map { _ in try gateway.connect() }
            for client in clients { try client.send("POST", "/v1/chat/completions", ["x-best-wait: 8s"], body: Array(Chat.body().utf8)) }
            for client in clients { #expect(try client.answer().status == 200) }
            let none = try gateway.connect()
            try none.send("POST", "/v1/chat/completions", ["x-best-wait: 0"], body: Array(Chat.body().utf8))
            #expect(try none.answer().status == 200)
        }
    }

    @Test func `a client that does not keep its own time limit is told of it a second later`() throws {
        try withGateway([Provider("a", "stall=head"), Provider("b", "stall=head")]) { gateway throws in
            for stream in [false, true] {
                let start = ContinuousClock.now
                let answer = try gateway.chat("m", stream: stream, "", ["x-stainless-read-timeout: 1.5"])
                let time = ContinuousClock.now - start
                #expect(answer.status == 504 && answer.error?.code == "upstream_timeout")
                #expect(time > .seconds(2.5) && time < .seconds(5), "\(time)")
            }
        }
    }

    @Test func `a stream that says nothing but its head is left in time`() throws {
        let hasty = ["timeouts: {first_byte: 300ms}"]
        for script in ["early-head;stall=0", "role-first;stall=0", "comments=1;stall=0"] {
            try withGateway([Provider("a", script, lines: hasty), Provider("b")]) { gateway throws in
                let start = ContinuousClock.now
                let answer = try gateway.chat(stream: true)
                #expect(answer["x-best-provider"] == "b" && answer.events.content == Chat.words(20), "\(script): \(answer.text)")
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }
    }

    @Test func `what every provider fails is the request's, and none rests for it`() throws {
        let providers = ["a", "b"].map { Provider($0, models: [.init(id: $0, aliases: ["m"]), .init(id: "\($0):status=500", aliases: ["bad"])]) }
        try withGateway(providers, best: Gateway.inOrder) { gateway throws in
            for provider in ["a", "b"] { #expect(try gateway.chat("\(provider)/\(provider)").status == 200) }
            for number in 0..<10 {
                let answer = try gateway.chat("bad", stream: false, "\"seed\":\(number),")
                #expect(answer.status == 502, "\(answer.text)")
            }
            #expect(try gateway.chat("m", stream: false, "", ["x-best-wait: 0"])["x-best-provider"] == "a")
        }
    }

    @Test func `rests survive a restart, and a damaged checkpoint does no harm`() throws {
        let mock = try MockProcess()
        let folder = try Folder()
        let provider = Provider("a", "status=429;retry-after=7200;times=1")
        try folder.write("providers:\n" + provider.yaml(mock: mock.url), to: "meta-providers.yaml")
        func serve(_ body: (Int) throws -> Void) throws {
            let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
            try body(try program.port(in: " on http://127.0.0.1:"))
            program.stop()
        }
        func ask(_ port: Int) throws -> Answer {
            let client = try WireClient(port: port)
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
            return try client.answer()
        }
        /// Runs a statement in the gateway's database.
        func statement(_ sql: String) throws -> String {
            let text = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nprint(c.execute(sys.argv[2]).fetchall())\nc.commit()"
            let program = try Program(["python3", "-c", text, folder.path + "/data/best.db", sql], executable: "/usr/bin/env")
            #expect(try program.waitForExit() == .code(0), "\(program.text)")
            return program.text
        }
        try serve { port throws in #expect(try ask(port).status == 429) }
        #expect(try statement("SELECT CAST(data AS TEXT) FROM checkpoints WHERE name = 'health'").contains("keyModel a "))
        try serve { port throws in
            let answer = try ask(port)
            #expect(answer.status == 429 && answer["x-best-attempts"] == nil && (7000...7200).contains(Int(answer["retry-after"] ?? "") ?? 0))
        }
        #expect(try mock.requests(for: "a") == 1)
        _ = try statement("UPDATE checkpoints SET data = substr(data, 1, length(data) - 9) WHERE name = 'health'")
        try serve { port throws in #expect(try ask(port).status == 200) }
        mock.program.stop()
    }
}

/// The chaos suite, short: `make chaos` runs it long.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed")) struct ChaosTests {
    @Test func `requests through a fleet that fails in every way end well or honestly`() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Chaos/chaos.py").path
        // A busy machine makes latencies meaningless; what is counted here are broken promises.
        let arguments = ["-B", script, "--best", Program.path, "--requests", "2500", "--seed", "7", "--concurrency", "24", "--lenient"]
        let chaos = try Program(arguments, executable: "/usr/bin/python3")
        #expect(try chaos.waitForExit(Deadline(.seconds(180))) == .code(0), "\(chaos.text)")
        print(chaos.text)
    }
}
