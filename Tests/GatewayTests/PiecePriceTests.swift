import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// Pictures and speech, which are paid for whole once they were asked for: whoever does not wait for them has had them made all the same.
@Suite struct PiecePriceTests {
    /// What is asked for.
    private struct Piece: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let path: String
        let body: String
        let answer: UpstreamScript
        let price: @Sendable (inout ModelConfiguration) -> Void

        static let all = [
            Piece("a picture", "images", #""prompt":"a cat""#) { $0.prices.madeImage = 1 },
            Piece("three pictures", "images", #""prompt":"a cat","n":3"#) { $0.prices.madeImage = 1.0 / 3 },
            Piece("a request for a picture", "images", #""prompt":"a cat""#) { $0.prices.request = 1 },
            Piece("the tokens of a picture", "images", #""prompt":"a cat""#) { ($0.prices.prompt, $0.prices.completion) = (0, 1_000_000.0 / 1056) },
            Piece("a request for speech", "speech", #""input":"hello","voice":"v""#) { $0.prices.request = 1 },
            Piece("the text of speech", "speech", #""input":"\#(String(repeating: "x", count: 3950))","voice":"v""#) {
                ($0.prices.prompt, $0.prices.completion) = (1000, 0)
            },
        ]

        init(_ name: String, _ kind: String, _ members: String, price: @escaping @Sendable (inout ModelConfiguration) -> Void) {
            testDescription = name
            let isImage = kind == "images"
            path = isImage ? "/v1/images/generations" : "/v1/audio/speech"
            body = "{\"model\":\"m\",\(members)}"
            answer =
                isImage
                ? .status(200, #"{"created":1,"data":[{"url":"x"}]}"#)
                : .status(200, String(repeating: "sound", count: 1000), type: "audio/mpeg")
            self.price = price
        }
    }

    /// Runs a story with a provider of one model that has a price, and a key with a budget of $3.50; returns what was written down.
    private func records(
        _ piece: Piece, tokens: Int? = nil, answer: @escaping (ScriptedTransport.Call) -> UpstreamScript,
        _ body: (GatewaySimulation, SimulatedClient, _ ask: () -> Void) throws -> Void
    ) throws -> [UsageRecord] {
        var records: [UsageRecord] = []
        let provider = ScriptedProvider("a", { piece.price(&$0.models![0]) }, answer: answer)
        try withGateway([provider], hasStore: true, configure: { $0.failure.wait = .zero }) { simulation in
            let key = simulation.addKey("key") {
                if let tokens { $0.tokensPerDay = tokens } else { $0.budget = Money(dollars: 3.5) }
            }
            let client = simulation.client(key)
            try body(simulation, client) { client.request("POST", piece.path, body: piece.body) }
            records = simulation.store?.records ?? []
        }
        return records
    }

    private func dollars(_ records: [UsageRecord]) -> Double { records.reduce(0) { $0 + Double($1.cost.nanodollars) / 1e9 } }

    @Test(arguments: Piece.all) private func `who leaves before the answer has it booked and counted against its budget`(piece: Piece) throws {
        for isInAnswer in [false, true] {
            var calls = 0
            let records = try records(piece, answer: { _ in isInAnswer ? piece.answer.pausing(for: .seconds(5)) : .silence }) {
                simulation, client, _ in
                let key = client.token
                for _ in 0..<10 {
                    let client = simulation.client(key)
                    client.request("POST", piece.path, body: piece.body)
                    simulation.advance(by: .seconds(1))
                    client.leave()
                    simulation.advance(by: .seconds(1))
                }
                calls = simulation.calls.count
            }
            let cost = dollars(records)
            #expect(calls == 4 || calls == 3, "\(calls) calls")
            #expect(abs(cost - Double(calls)) < 0.1 * Double(calls), "\(cost)")
            let sent = records.filter { $0.cost > .zero }
            #expect(sent.count == calls && sent.allSatisfy { $0.source == .estimated })
        }
    }

    @Test(arguments: Piece.all) private func `a client's own time-out is paid for, too, and an answer that broke off`(piece: Piece) throws {
        let broken = piece.answer.breaking(after: 10)
        for script in [UpstreamScript.silence, .failure(.closedBeforeAnswer, after: .milliseconds(10)), broken, .status(504)] {
            let records = try records(piece, answer: { _ in script }) { simulation, client, _ in
                client.request("POST", piece.path, fields: [("x-stainless-read-timeout", "0.1")], body: piece.body)
                simulation.advance(by: .seconds(5))
            }
            #expect(abs(dollars(records) - 1) < 0.1, "\(script): \(records)")
            #expect(records.contains { $0.source == .estimated && $0.cost > .zero })
        }
    }

    @Test(arguments: Piece.all) private func `what its provider refuses, or says it has not made, is free`(piece: Piece) throws {
        let error = #"{"error":{"message":"no","type":"server_error"}}"#
        for script in [UpstreamScript.status(400), .status(429), .status(500), .status(503), .status(200, error), .failure(.connect)] {
            let records = try records(piece, answer: { _ in script }) { simulation, _, ask in
                ask()
                simulation.advance(by: .seconds(5))
            }
            #expect(records.allSatisfy { $0.cost == .zero }, "\(script): \(records)")
        }
    }

    @Test(arguments: ["images", "speech"])
    func `the text of what is asked for counts against a limit of tokens where nobody counts it`(kind: String) throws {
        let text = String(repeating: "word ", count: 300)
        let piece = Piece(kind, kind, kind == "images" ? "\"prompt\":\"\(text)\"" : "\"input\":\"\(text)\",\"voice\":\"v\"") { _ in }
        var calls = 0
        let records = try records(piece, tokens: 1000, answer: { _ in piece.answer }) { simulation, _, ask in
            for _ in 0..<12 { ask() }
            calls = simulation.calls.count
        }
        #expect(calls == 2)
        let answered = records.filter { $0.status == 200 }
        #expect(answered.count == 2 && answered.allSatisfy { $0.source == .estimated && (300...450).contains($0.usage.totalTokens) })
        #expect(answered.allSatisfy { $0.usage.outputTokens == 0 })
    }

    @Test func `what a provider says that its picture took is taken before any estimate`() throws {
        let body = #"{"data":[{"url":"x"}],"usage":{"input_tokens":50,"output_tokens":4160,"total_tokens":4210}}"#
        let records = try records(Piece.all[3], answer: { _ in .status(200, body) }) { _, _, ask in ask() }
        #expect(records.map(\.usage.totalTokens) == [4210] && records.map(\.source) == [.upstream])
    }

    @Test func `the tokens that an error of its work counts are taken, and those of a refusal are not`() throws {
        let body = #"{"error":{"message":"x"},"usage":{"prompt_tokens":5,"completion_tokens":4000,"total_tokens":4005}}"#
        for (status, tokens) in [(500, 4005), (502, 4005), (429, 0), (400, 0)] {
            var records: [UsageRecord] = []
            try withGateway([.script(.status(status, body))], hasStore: true, configure: { $0.failure.attempts = 1 }) { simulation in
                simulation.client(simulation.addKey("key")).chat()
                simulation.advance(by: .seconds(5))
                records = simulation.store?.records ?? []
            }
            #expect(records.reduce(0) { $0 + $1.usage.totalTokens } == tokens, "\(status)")
        }
    }
}
