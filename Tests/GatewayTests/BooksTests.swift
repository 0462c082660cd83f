import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

@testable import class Gateway.Gateway

/// What is written down of each request.
@Suite struct BooksTests {
    /// Runs a story with a store, and returns what was written down.
    private func records(_ providers: ScriptedProvider..., body: (GatewaySimulation) throws -> Void) throws -> [UsageRecord] {
        var records: [UsageRecord] = []
        try withGateway(
            providers, hasStore: true, configure: { $0.failure.wait = .zero },
            { simulation in
                try body(simulation)
                records = simulation.store?.records ?? []
            })
        return records
    }

    @Test func `a whole answer is written down with what its provider says`() throws {
        let records = try records(.script(.completion("x", tokens: (11, 7)))) { simulation in
            simulation.client(simulation.addKey("key")).chat()
            simulation.client().chat(model: "nothing")
        }
        #expect(records.map(\.usage.totalTokens) == [18, 0] && records.map(\.source) == [.upstream, .none])
        #expect(records.map(\.provider) == ["a", ""] && records.map(\.status) == [200, 401] && records.map(\.hasFailed) == [false, true])
        #expect(records.map(\.isRequest) == [true, true])
    }

    @Test func `an answer without a count is estimated, and marked so`() throws {
        let text = String(repeating: "word ", count: 400)
        let records = try records(.script(.completion(text, tokens: nil), .chunks("some", "words", tokens: nil))) { simulation in
            let client = simulation.client()
            client.chat(String(repeating: "x", count: 4000))
            client.chat(stream: true)
        }
        #expect(records.map(\.source) == [.estimated, .estimated])
        #expect((900...1200).contains(records[0].usage.inputTokens) && (400...600).contains(records[0].usage.outputTokens))
        #expect(records[1].usage.outputTokens == 2)
    }

    @Test(arguments: [10, 50, 100, 400])
    func `a stream whose client leaves half-way is written down with what was sent of it`(count: Int) throws {
        let records = try records(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(stream: true)
            simulation.call?.beginStream()
            for _ in 0..<count { simulation.call?.send(ChatText.chunk("word")) }
            client.leave()
        }
        let record = try #require(records.first)
        #expect(record.source == .estimated && record.provider == "a" && !record.hasFailed)
        let output = record.usage.outputTokens
        #expect(output * 10 >= count * 8 && output * 10 <= count * 12, "\(output) of \(count)")
    }

    @Test func `an attempt that its client did not wait for is written down as estimated, and one that was refused is not`() throws {
        for (script, count) in [
            (UpstreamScript.silence, 1), (.failure(.closedBeforeAnswer), 1), (.status(504), 1), (.status(500), 0), (.status(503), 0),
        ] {
            let records = try records(.script("a", script), .script("b", .completion("x", tokens: (11, 7)).after(.seconds(60)))) { simulation in
                let client = simulation.client(simulation.addKey("key"))
                client.chat(String(repeating: "x", count: 4000), fields: [("x-stainless-read-timeout", "10")])
                simulation.advance(by: .seconds(12))
                #expect(client.answer?.isWhole == true && client.answer?.status != 200)
            }
            let lost = records.filter { !$0.isRequest }
            // That of the second provider is lost as well.
            #expect(lost.count == count + 1 && lost.allSatisfy { $0.source == .estimated && $0.usage.totalTokens > 900 }, "\(lost)")
        }
    }

    @Test func `a stream whose provider sends several tokens at a time is measured by what was learnt of it`() throws {
        let text = String(repeating: "word ", count: 10)
        let events = Array(repeating: ChatText.chunk(text), count: 20)
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":200,\"total_tokens\":205}}\n\n"
        var calls = 0
        let provider = ScriptedProvider(
            "a",
            answer: { _ in
                calls += 1
                return calls <= 3 ? .events(events + [ChatText.finish(), usage, ChatText.done]) : .silence
            })
        let records = try records(provider) { simulation in
            let client = simulation.client()
            for _ in 0..<4 { client.chat(stream: true) }
            simulation.call?.beginStream()
            for event in events.prefix(10) { simulation.call?.send(event) }
            client.leave()
        }
        #expect(records.prefix(3).map(\.usage.outputTokens) == [200, 200, 200])
        let output = try #require(records.last).usage.outputTokens
        #expect(records.last?.source == .estimated && (80...120).contains(output), "\(output)")
    }

    @Test func `the tokens of a failed attempt are its provider's, and not the one's that answered`() throws {
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":300,\"completion_tokens\":33,\"total_tokens\":333}}\n\n"
        let failed = UpstreamScript.events([usage, "data: {\"error\":{\"message\":\"no\"}}\n\n"])
        let records = try records(.script("a", failed), .script("b", .chunks("x", tokens: (2, 4)))) { simulation in
            simulation.client().chat(stream: true)
        }
        #expect(records.map(\.provider) == ["b", "a"] && records.map(\.usage.totalTokens) == [6, 333])
        #expect(records.map(\.isRequest) == [true, false] && records.map(\.source) == [.upstream, .upstream])
    }

    @Test func `a refusal uses nothing, and what was never sent neither`() throws {
        let scripts: [UpstreamScript] = [.status(400), .status(429), .failure(.connect), .status(401)]
        for script in scripts {
            let records = try records(.script(script)) { simulation in
                simulation.client().chat()
                simulation.advance(by: .seconds(1))
            }
            #expect(records.map(\.usage.totalTokens) == [0] && records.map(\.source) == [.none] && records.map(\.hasFailed) == [true])
        }
    }

    @Test func `who leaves before the first byte of a whole answer has it estimated, since it may all have been made`() throws {
        let records = try records(ScriptedProvider("a")) { simulation in
            let client = simulation.client()
            client.chat(String(repeating: "x", count: 4000), members: "\"max_tokens\":40")
            client.leave()
        }
        #expect(records.map(\.source) == [.estimated] && records.map(\.status) == [0])
        #expect(records.map(\.usage.outputTokens) == [40] && (900...1200).contains(records[0].usage.inputTokens))
    }

    @Test func `a stream that says zero with every word is estimated by its words`() throws {
        for zero in ["{\"prompt_tokens\":5,\"completion_tokens\":0,\"total_tokens\":5}", "{\"completion_tokens\":0}"] {
            let word = String(ChatText.chunk("word ").dropLast(3)) + ",\"usage\":\(zero)}\n\n"
            let records = try records(.script(.events(Array(repeating: word, count: 4000) + [ChatText.finish(), ChatText.done]))) { simulation in
                simulation.client().chat(stream: true)
            }
            #expect(records.map(\.usage.outputTokens) == [4000] && records.map(\.source) == [.estimated])
        }
    }

    @Test func `a whole answer that is cut off is estimated by what came of it, and marked so`() throws {
        let answer = UpstreamScript.completion(String(repeating: "word ", count: 64_000), tokens: (5, 64_000))
        for end in [UpstreamEnd.failed(UpstreamFailure(.truncated, "as the script says")), .complete, .closed] {
            for (members, range) in [("", 60_000...90_000), ("\"max_tokens\":64000", 60_000...64_000)] {
                let cut = answer.cut(every: 20_000).breaking(after: answer.body.count - 10, with: end)
                let records = try records(.script(cut)) { simulation in
                    simulation.client().chat(members: members)
                    simulation.advance(by: .seconds(1))
                }
                #expect(records.map(\.isRequest) == [true, false] && records.map(\.source) == [.estimated, .estimated])
                #expect(range.contains(records[1].usage.outputTokens), "\(records[1].usage.outputTokens)")
            }
        }
    }

    @Test func `a broken stream is written down as failed, with what it had`() throws {
        let records = try records(.script(UpstreamScript.chunks("one", "two", "three").breaking(after: 300))) { simulation in
            simulation.client().chat(stream: true)
        }
        #expect(records.map(\.hasFailed) == [true] && records.map(\.status) == [200] && records.map(\.source) == [.estimated])
        #expect((1...3).contains(records[0].usage.outputTokens))
    }

    @Test(arguments: [
        (0, 1000), (1000, 1000), (256 * 1024, 1000), (512 * 1024, 2000), (1024 * 1024, 4000), (2560 * 1024, 10_000), (1 << 40, 10_000),
    ])
    func `the larger the books of limits are, the less often they are kept`(bytes: Int, milliseconds: Int) {
        #expect(Gateway.booksInterval(bytes: bytes) == .milliseconds(milliseconds))
    }

    @Test(arguments: [(0, 9...11), (20_000, 3...5)])
    func `the books of limits are kept each second while they are small`(keys: Int, times: ClosedRange<Int>) throws {
        try withGateway([.script(.completion("x"))], hasStore: true) { simulation in
            let now = Moment(monotonic: simulation.loop.now, wall: UnixTime(milliseconds: Int64(simulation.loop.millisecondsSinceEpoch)))
            let lines = (0..<keys).map { "key-\($0) - 0  100:5  " }
            let books = ["best limits 2 \(now.wall.milliseconds)"] + lines + [""]
            simulation.limits.restore(Array(books.joined(separator: "\n").utf8), at: now)
            let client = simulation.client(simulation.addKey("k") { $0.requestsPerMinute = 1000 })
            var heads: Set<[UInt8]> = []
            simulation.advance(by: .seconds(2))
            for _ in 0..<20 {
                client.chat()
                simulation.advance(by: .milliseconds(500))
                let written = simulation.store?.checkpoints["limits"] ?? []
                heads.insert(Array(written.prefix { $0 != UInt8(ascii: "\n") }))
            }
            #expect(times.contains(heads.count), "\(heads.count)")
        }
    }

    @Test func `what tokens cost is written down at the price of who made them`() throws {
        func provider(_ name: String, _ price: Double, _ script: UpstreamScript) -> ScriptedProvider {
            ScriptedProvider(name) {
                $0.models?[0].promptPrice = price
                $0.models?[0].completionPrice = price * 2
            } answer: { _ in
                script
            }
        }
        let failed = UpstreamScript.status(200, "{\"error\":{\"message\":\"no\"},\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":10}}")
        let records = try records(provider("a", 1, failed), provider("b", 3, .completion("x", tokens: (100, 10)))) { simulation in
            simulation.client().chat(model: "a/m,b/m")
        }
        #expect(records.map(\.provider) == ["b", "a"] && records.map(\.cost.nanodollars) == [360_000, 30_000])
    }
}
