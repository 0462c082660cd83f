import Foundation
import Testing

/// `best bench` as its users run it, against `best mock` and through a gateway.
@Suite struct BenchTests {
    private struct Run {
        let code: Program.Exit
        let text: String
        let json: [String: Any]

        /// A number of the JSON file by its path.
        func number(_ path: String) -> Double? {
            var value: Any? = json
            for name in path.split(separator: "/") { value = (value as? [String: Any])?[String(name)] }
            return value as? Double
        }
    }

    /// Runs `best bench` with a JSON file and a folder of its own.
    private func bench(_ arguments: [String], environment: [String: String] = [:], files: [String: String] = [:]) throws -> Run {
        let folder = try Folder()
        for (name, text) in files { try folder.write(text, to: name) }
        let program = try Program(["bench"] + arguments + ["--json", "result.json"], environment: environment, directory: folder.path)
        let code = try program.waitForExit(Deadline(.seconds(60)))
        let data = FileManager.default.contents(atPath: folder.path + "/result.json") ?? Data()
        return Run(code: code, text: program.text, json: (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:])
    }

    private func withMock(_ behaviour: String? = nil, _ body: (MockProcess) throws -> Void) throws {
        let mock = try MockProcess(behaviour: behaviour)
        try body(mock)
        mock.program.stop()
    }

    @Test(arguments: [true, false])
    func `so many requests as asked are sent, and all of them answered and counted`(stream: Bool) throws {
        try withMock("tokens=12") { mock in
            let run = try bench([mock.url, "--requests", "57", "--concurrency", "5", "--model", "mock-x"] + (stream ? ["--stream"] : []))
            #expect(run.code == .code(0), "\(run.text)")
            #expect(run.number("targets/target/requests") == 57 && run.number("targets/target/succeeded") == 57)
            #expect(run.number("targets/target/latency_ms/count") == 57)
            #expect(try mock.requests(for: "mock-x") == 57)
            #expect(run.number("targets/target/first_token_ms/count") == (stream ? 57 : nil))
            #expect(run.number("targets/target/inter_token_ms/count") == (stream ? Double(57 * 11) : nil))
            // Twelve tokens in each answer, by the mock's own usage.
            let (rate, seconds) = (try #require(run.number("targets/target/tokens_per_s")), try #require(run.number("targets/target/seconds")))
            #expect(abs(rate * seconds - 57 * 12) < 1)
            #expect(run.text.contains("57 of 57 requests answered well, 0 failed") && !run.text.contains("\u{1B}"), "\(run.text)")
        }
    }

    @Test func `through a gateway and directly in turns, with the difference`() throws {
        try withGateway { gateway in
            let run = try bench([
                "http://127.0.0.1:\(gateway.port)", "--model", "m", "--direct", gateway.mock.url, "--direct-model", "elsewhere", "--pairs", "3",
                "--requests", "30", "--concurrency", "3", "--stream",
            ])
            #expect(run.code == .code(0), "\(run.text)")
            #expect(run.number("targets/gateway/succeeded") == 30 && run.number("targets/direct/succeeded") == 30)
            #expect(run.text.contains("added by gateway, against direct:"), "\(run.text)")
            let added = try #require(run.json["added_ms"] as? [String: [String: Any]])
            #expect(Set(added.keys) == ["first token", "between tokens", "whole answer"])
            #expect(added.values.allSatisfy { ($0["pairs"] as? [Double])?.count == 3 })
            let (behind, direct) = (try gateway.mock.requests(for: "a"), try gateway.mock.requests(for: "elsewhere"))
            #expect(behind == 30 && direct == 30)
        }
    }

    @Test(arguments: [
        ("status=503", "status 503", false), ("status=429", "status 429", true), ("reset=head", "broken", false), ("reset=half", "broken", true),
        ("cut=half", "malformed", true), ("malformed=json", "malformed", false), ("malformed=headers", "malformed", false),
        ("error-event=2", "error in the answer", true), ("empty=choices", "malformed", false), ("nostream", "malformed", true),
    ])
    func `each way to fail has its class, and fails the run`(behaviour: String, name: String, stream: Bool) throws {
        try withMock(behaviour) { mock in
            let run = try bench([mock.url, "--requests", "6", "--concurrency", "2"] + (stream ? ["--stream"] : []))
            #expect(run.code == .code(1), "\(run.text)")
            #expect(run.number("targets/target/failures/\(name)") == 6 && run.number("targets/target/failed") == 6, "\(run.text)")
            #expect(run.text.contains("6 \(name)"), "\(run.text)")
            let allowed = try bench([mock.url, "--requests", "6", "--allow-errors", "100%"] + (stream ? ["--stream"] : []))
            #expect(allowed.code == .code(0))
        }
    }

    @Test func `silence is a time-out`() throws {
        try withMock("stall=2") { mock in
            let run = try bench([mock.url, "--requests", "3", "--concurrency", "3", "--timeout", "200ms", "--stream"])
            #expect(run.code == .code(1) && run.number("targets/target/failures/timeout") == 3, "\(run.text)")
        }
    }

    @Test func `nobody there is one class, and not a flood of attempts`() throws {
        let mock = try MockProcess()
        let url = mock.url
        mock.program.stop()
        let run = try bench([url, "--requests", "4", "--concurrency", "2"])
        #expect(run.code == .code(1) && run.number("targets/target/failures/connect") == 4, "\(run.text)")
        #expect(run.text.contains("connection refused"))
    }

    @Test func `failures up to those allowed are no failure`() throws {
        try withMock("fail=503,times=3") { mock in
            let run = try bench([mock.url, "--requests", "20", "--concurrency", "1", "--allow-errors", "3"])
            #expect(run.code == .code(0) && run.number("targets/target/failed") == 3, "\(run.text)")
        }
        try withMock("fail=503,times=4") { mock in
            let run = try bench([mock.url, "--requests", "20", "--concurrency", "1", "--allow-errors", "3"])
            #expect(run.code == .code(1), "\(run.text)")
        }
    }

    @Test func `a target that is too slow for the rate is seen in the times from the intended start`() throws {
        try withMock("delay=50") { mock in
            // 100 requests a second over one connection that answers 20: every request waits for all before it.
            let run = try bench([mock.url, "--rate", "100", "--arrivals", "constant", "--requests", "20", "--max-connections", "1"])
            #expect(run.code == .code(0), "\(run.text)")
            let (intended, real) = (
                try #require(run.number("targets/target/latency_ms/mean")), try #require(run.number("targets/target/service_ms/mean"))
            )
            #expect(real >= 50 && intended > 3 * real, "\(run.text)")
            #expect(run.number("targets/target/late_ms/count") == 20)
        }
    }

    @Test func `an open loop sends the requests of its schedule`() throws {
        try withMock { mock in
            let run = try bench([mock.url, "--rate", "200", "--arrivals", "constant", "--duration", "1s", "--warm-up", "200ms"])
            #expect(run.code == .code(0), "\(run.text)")
            #expect(run.number("targets/target/requests") == 200 && run.number("targets/target/seconds") == 1)
            #expect(try mock.requests(for: "priority-auto") == 240)
        }
    }

    @Test func `the key comes from the environment, is sent, and is shown nowhere`() throws {
        try withMock { mock in
            for (variable, arguments) in [("OPENAI_API_KEY", []), ("OTHER", ["--key-env", "OTHER"])] {
                let run = try bench([mock.url, "--requests", "1"] + arguments, environment: [variable: "sk-very-secret-\(variable)"])
                #expect(run.code == .code(0), "\(run.text)")
                #expect(try mock.lastRequest()["x-mock-authorization"] == "Bearer sk-very-secret-\(variable)")
                #expect(!run.text.contains("very-secret") && !"\(run.json)".contains("very-secret"))
            }
            try mock.change("status=401&message=wrong%20key%20sk-very-secret")
            let run = try bench([mock.url, "--requests", "1"], environment: ["OPENAI_API_KEY": "sk-very-secret"])
            #expect(run.code == .code(1) && run.text.contains("wrong key [key]") && !run.text.contains("very-secret"), "\(run.text)")
        }
    }

    @Test func `prompts come from a file, one a line`() throws {
        try withMock { mock in
            let lines = #""first""# + "\n" + #"{"model":"own","messages":[{"role":"user","content":"second"}],"seed":5}"# + "\n"
            let run = try bench([mock.url, "--requests", "4", "--concurrency", "1", "--prompts", "p.jsonl"], files: ["p.jsonl": lines])
            #expect(run.code == .code(1), "the first has no model: \(run.text)")
            #expect(run.number("targets/target/succeeded") == 2)
            let named = try bench(
                [mock.url, "--requests", "4", "--concurrency", "1", "--prompts", "p.jsonl", "--model", "z"], files: ["p.jsonl": lines])
            #expect(named.code == .code(0), "\(named.text)")
            let last = try mock.lastRequest().text
            let (own, renamed) = (try mock.requests(for: "own"), try mock.requests(for: "z"))
            #expect(last.contains("\"seed\":5") && own == 2 && renamed == 4, "\(last)")
            let wrong = try bench([mock.url, "--prompts", "p.jsonl"], files: ["p.jsonl": "\"a\"\n{\n"])
            #expect(wrong.code == .code(78) && wrong.text.contains("p.jsonl: line 2"), "\(wrong.text)")
        }
    }

    @Test func `the files of two runs are compared, and a regression fails`() throws {
        let folder = try Folder()
        try withMock { mock in
            for (name, script) in [("a", "delay=5"), ("b", "delay=100")] {
                try mock.change(script)
                let program = try Program(
                    ["bench", mock.url, "--requests", "10", "--concurrency", "2", "--json", "\(name).json", "--csv", "\(name).csv"],
                    directory: folder.path)
                #expect(try program.waitForExit() == .code(0), "\(program.text)")
            }
            let csv = try String(contentsOfFile: folder.path + "/a.csv", encoding: .utf8)
            #expect(csv.hasPrefix("target,url,requests,") && csv.split(separator: "\r\n").count == 2)
            let same = try Program(["bench", "compare", "a.json", "a.json", "--fail-above", "0"], directory: folder.path)
            #expect(try same.waitForExit() == .code(0), "\(same.text)")
            let worse = try Program(["bench", "compare", "a.json", "b.json", "--fail-above", "50"], directory: folder.path)
            #expect(try worse.waitForExit() == .code(1))
            #expect(worse.text.contains("whole answer p50 (ms)") && worse.text.contains("worse by more than 50"), "\(worse.text)")
            let better = try Program(["bench", "compare", "b.json", "a.json", "--fail-above", "50"], directory: folder.path)
            #expect(try better.waitForExit() == .code(0), "\(better.text)")
            let missing = try Program(["bench", "compare", "a.json", "c.json"], directory: folder.path)
            #expect(try missing.waitForExit() == .code(78))
            #expect(missing.text.contains("c.json: No such file"), "\(missing.text)")
        }
    }

    @Test(arguments: [
        (["https://api.example.com/v1"], "plain http only"), (["http://h", "--rate", "5", "--concurrency", "5"], "choose"),
        (["http://h", "--prompt-tokens", "many"], "prompt-tokens"), (["http://h", "--rate", "0"], "above 0"),
        (["http://h", "--pairs", "0"], "pairs"),
        (["http://h/v1/embeddings", "--stream"], "no streams"), (["http://h", "--direct-model", "x"], "need --direct"), (["not-a-url"], "url"),
    ])
    func `an option that makes no sense is told at once`(arguments: [String], text: String) throws {
        let run = try bench(arguments)
        #expect(run.code == .code(64) && run.text.contains(text), "\(run.text)")
    }

    @Test func `a host that does not exist is told in one line`() throws {
        let run = try bench(["http://no-such-host.invalid"])
        #expect(run.code == .code(69) && run.text.contains("error: no-such-host.invalid: no such host"), "\(run.text)")
    }

    @Test func `an interrupt ends the run with what was measured`() throws {
        try withMock { mock in
            let program = try Program(["bench", mock.url, "--duration", "10m", "--concurrency", "2"])
            let isUnderWay = try Deadline.usual.until { try mock.requests(for: "priority-auto") >= 5 }
            #expect(isUnderWay)
            program.send(SIGINT)
            #expect(try program.waitForExit() == .code(0), "\(program.text)")
            #expect(program.text.contains("interrupted") && program.text.contains("0 failed"), "\(program.text)")
        }
    }
}
