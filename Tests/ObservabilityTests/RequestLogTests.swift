import Foundation
import Gateway
import GatewayTesting
import Testing

@testable import Observability

/// The line of a request, for people and for machines.
@Suite struct RequestLogTests {
    private let id: [(name: String, value: String)] = [("x-request-id", "mine")]

    /// A line for machines, read by another reader than the product's.
    private func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }

    @Test func `a request's line says when, how it ended, what was asked, who answered, how long it took and what it used`() throws {
        try withGateway(.script("a", UpstreamScript.chunks("Hel", "lo").after(.milliseconds(312)))) { simulation in
            let client = simulation.client()
            client.chat(stream: true, fields: id)
            simulation.advance(by: .seconds(1))
            let stamp = "2027-01-15T12:00:00.250Z "
            #expect(
                LogPipe.lines(of: simulation) == [stamp + "200 chat.completions m -> a/m stream 312ms first=312ms upstream=312ms tokens=5+7 mine"])
            let line = try #require(LogPipe.lines(of: simulation, json: true).first)
            #expect(
                line
                    == #"{"time":"2027-01-15T12:00:00.250Z","id":"mine","status":200,"outcome":"answered","route":"chat.completions","key":"anonymous","#
                    + #""model":"m","provider":"a","upstream_model":"m","stream":true,"total_ms":312.000,"first_ms":312.000,"upstream_ms":312.000,"#
                    + #""attempts":1,"bytes_in":\#(simulation.observer.completed[0].bytesIn),"bytes_out":\#(simulation.observer.completed[0].bytesOut),"#
                    + #""input_tokens":5,"output_tokens":7,"usage_source":"upstream"}"#)
        }
    }

    @Test func `each failed attempt is in it with its class and what was seen of it`() throws {
        try withGateway(.script("a", .status(500)), .script("b", .failure(.connect)), .script("c", .completion("x"))) {
            $0.scoring.exploration.enabled = false
        } _: { simulation in
            let client = simulation.client(simulation.addKey("team"))
            client.chat(fields: id)
            let line = try #require(LogPipe.lines(of: simulation).first)
            #expect(line.contains(" 200 chat.completions m -> c/m 0.00ms first=0.00ms upstream=0.00ms attempts=3 tokens=5+7 key=team "), "\(line)")
            #expect(line.contains(" [a/m unavailable: status 500] [b/m unreachable: ") && line.hasSuffix(" mine"))
            let failures = try #require(try object(LogPipe.lines(of: simulation, json: true)[0])["failures"] as? [[String: Any]])
            #expect(failures.map { $0["class"] as? String } == ["unavailable", "unreachable"] && failures[0]["detail"] as? String == "status 500")
        }
    }

    @Test func `how a request ended is told apart: refused, broken, and left by its client`() throws {
        try withGateway(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(model: "none", fields: id)
            client.chat(stream: true, fields: id)
            simulation.call?.beginStream()
            simulation.call?.send(ChatText.chunk("x"))
            simulation.call?.fail(.truncated)
            let other = simulation.client()
            other.chat(fields: id)
            other.reset()
            let lines = LogPipe.lines(of: simulation)
            #expect(lines.count == 3)
            #expect(lines[0].contains(" 404 chat.completions none ") && lines[0].contains(" refused code=model_not_found [the model `none` does not"))
            #expect(lines[1].contains(" 200 chat.completions m -> a/m stream ") && lines[1].contains(" broken code=upstream_error [a/m malformed: "))
            #expect(lines[2].contains(" 0 chat.completions m -> a/m ") && lines[2].contains(" clientGone "), "\(lines[2])")
            let outcomes = try LogPipe.lines(of: simulation, json: true).map { try object($0)["outcome"] as? String }
            #expect(outcomes == ["refused", "broken", "clientGone"])
        }
    }

    @Test func `a status is green where the client got what it asked for, yellow where it was at fault, red for all else`() throws {
        try withGateway(.script("a", .completion("x"), .status(500))) {
            $0.failure.wait = .zero
            $0.failure.attempts = 1
        } _: { simulation in
            let client = simulation.client()
            for model in ["m", "none", "m"] { client.chat(model: model) }
            let colours = LogPipe.lines(of: simulation, coloured: true).map { line in
                ["\u{1B}[32m200", "\u{1B}[33m404", "\u{1B}[31m502"].firstIndex { line.contains($0 + "\u{1B}[0m ") }
            }
            #expect(colours == [0, 1, 2])
            #expect(!LogPipe.lines(of: simulation).contains { $0.contains("\u{1B}") })
            let stamp = "\u{1B}[2m2027-01-15T12:00:00.250Z\u{1B}[0m "
            #expect(LogPipe.lines(of: simulation, coloured: true).allSatisfy { $0.hasPrefix(stamp) })
        }
    }

    @Test(arguments: [
        (0, "0.00ms"), (410, "0.41ms"), (995, "1.00ms"), (1_004, "1.0ms"), (9_940, "9.9ms"), (10_400, "10ms"), (312_400, "312ms"), (999_499, "999ms"),
        (999_500, "1.00s"), (1_310_000, "1.31s"), (9_994_000, "9.99s"), (10_040_000, "10.0s"), (75_300_000, "75.3s"), (123_400_000, "123s"),
    ])
    func `a time is told with three digits or so, in the unit that fits`(microseconds: Int64, text: String) throws {
        try withGateway(.script("a", UpstreamScript.completion("x").after(.microseconds(microseconds)))) {
            $0.timeouts.firstByte = .seconds(300)
            $0.timeouts.total = .seconds(300)
            $0.failure.deadline = .seconds(300)
            $0.failure.firstTokenMost = .seconds(300)
            $0.failure.firstTokenLeast = .seconds(300)
        } _: { simulation in
            let client = simulation.client()
            client.chat()
            simulation.advance(by: .seconds(200))
            let line = try #require(LogPipe.lines(of: simulation).first)
            #expect(line.contains(" m -> a/m \(text) "), "\(line)")
        }
    }

    @Test func `neither a prompt nor an answer, a key or a header is ever in a line`() throws {
        let provider = ScriptedProvider.answering("a", keys: ["sk-provider-secret"]) { call in
            call.number % 2 == 0
                ? .status(400, #"{"error":{"message":"no answer-secret for prompt-secret by sk-provider-secret","code":"a secret code"}}"#)
                : .completion("answer-secret")
        }
        try withGateway(provider) { simulation in
            let token = simulation.addKey("team")
            let client = simulation.client(token)
            for _ in 0..<2 {
                client.request(
                    "POST", "/v1/chat/completions?query-secret=1", fields: [("x-mine", "header-secret")],
                    body: SimulatedClient.chatBody("prompt-secret"))
            }
            #expect(client.answers.map(\.status) == [400, 200])
            for json in [false, true] {
                let text = LogPipe.lines(of: simulation, json: json).joined()
                for secret in ["prompt-secret", "answer-secret", "sk-provider-secret", "header-secret", "query-secret", "secret code", token] {
                    #expect(!text.contains(secret), "\(text)")
                }
                #expect(text.contains("team"))
            }
        }
    }

    @Test(arguments: [
        ("odd_value", true), ("invalid-api.key/2:x", true), (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
        ("", false), ("two words", false), ("größe", false), ("a\nb", false), ("\u{1B}[31m", false),
    ])
    func `what does not look like a code may quote a prompt`(code: String, isCode: Bool) { #expect(RequestLog.isCode(code) == isCode) }

    @Test func `nothing of a name does anything in a line`() throws {
        let hidden = "\u{7F}\u{85}\u{9B}\u{2028}\u{202E}\u{2066}\u{FEFF}"
        try withGateway(.script(.completion("x"))) { simulation throws in
            let client = simulation.client(simulation.addKey("an\u{1B}\n\(hidden)n"))
            client.chat()
            for json in [false, true] {
                let lines = LogPipe.lines(of: simulation, json: json)
                #expect(lines.count == 1 && !lines[0].unicodeScalars.contains { ("\u{1B}" + hidden).unicodeScalars.contains($0) })
                if json { #expect(try object(lines[0])["key"] as? String == "an\u{1B}\n\(hidden)n", "and nothing is lost") }
            }
        }
    }

    @Test func `a notice is a line of its own in either form`() {
        let pipe = LogPipe()
        let log = pipe.log()
        log.notice("all is \"well\"\n")
        log.change(toJSON: true, coloured: false)
        log.notice("all is \"well\"\n")
        log.change(toJSON: false, coloured: true)
        log.showsTime = false
        log.notice("well")
        #expect(
            pipe.end()
                == "2027-01-15T12:00:00.250Z all is \"well\"?\n{\"time\":\"2027-01-15T12:00:00.250Z\",\"notice\":\"all is \\\"well\\\"\\n\"}\nwell\n")
    }

    @Test func `a quiet log has the notices and no request`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            simulation.client().chat()
            let pipe = LogPipe()
            let log = pipe.log()
            log.isQuiet = true
            for request in simulation.observer.completed { log.requestCompleted(request) }
            log.notice("here")
            #expect(simulation.observer.count == 1 && pipe.end() == "2027-01-15T12:00:00.250Z here\n")
        }
    }

    @Test func `every route has a name`() throws {
        try withGateway(.script(.completion("x"))) { simulation in
            let client = simulation.client()
            for target in ["/v1/models", "/v1/models/m", "/livez", "/readyz", "/nothing"] { client.request("GET", target) }
            client.request("POST", "/v1/route/explain", body: SimulatedClient.chatBody())
            simulation.advance(by: .seconds(1))
            let names = LogPipe.lines(of: simulation).compactMap { $0.split(separator: " ").dropFirst(2).first }
            #expect(names == ["models", "model", "health", "readyz", "unknown", "route.explain"])
        }
    }
}
