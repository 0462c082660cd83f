import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

@Suite struct SentJournalTests {
    private static func provider(_ limit: @escaping (inout ProviderLimits) -> Void = { $0.requestsPerDay = 50 }) -> ScriptedProvider {
        ScriptedProvider("a", { limit(&$0.limits) }, answer: { .reply(to: $0, "hi") })
    }

    private func read(_ bytes: [UInt8]) -> [SentRecord] { SentJournal.records(in: bytes.span.bytes) ?? [] }

    /// What a store has of all parts.
    private func records(in store: RecordingStore?) -> [SentRecord] {
        (0..<SentRecord.partCount).flatMap { store?.checkpoints[SentJournal.name(of: $0)].map(read) ?? [] }
    }

    /// Asks in one run, which ends without a word, and in the next, which begins a second later on a clock of its own.
    ///
    /// - Parameters:
    ///   - asked: How often in the first.
    ///   - pause: The pause after each request.
    /// - Returns: How many calls there were in each.
    private func calls(
        asked: Int, pause: Duration, later: Duration = .seconds(1), _ limit: @escaping (inout ProviderLimits) -> Void = { $0.requestsPerDay = 50 }
    ) throws -> (first: Int, second: Int) {
        let before = GatewaySimulation([Self.provider(limit)], hasStore: true)
        let client = before.client()
        for number in 0..<asked {
            client.chat("prompt \(number)")
            if pause > .zero { before.advance(by: pause) }
        }
        let records = records(in: before.store)
        let (first, epoch) = (before.calls.count, before.loop.millisecondsSinceEpoch)
        _ = before.end()
        var second = 0
        try withGateway(Self.provider(limit), hasStore: true) { after in
            after.gateway.health.restore(records, at: after.loop.now, epoch: epoch + Int(later / .milliseconds(1)))
            let client = after.client()
            for number in 0..<70 { client.chat("prompt \(number)") }
            second = after.calls.count
            #expect(client.answers.count { $0.status == 429 } == 70 - second)
        }
        return (first, second)
    }

    @Test(arguments: [1, 5, 12, 18, 19, 30, 40, 49, 50], [Duration.zero, .milliseconds(300), .milliseconds(1200)])
    func `an operator's bound holds when the process is killed at any moment`(asked: Int, pause: Duration) throws {
        let calls = try calls(asked: asked, pause: pause)
        #expect(calls.first == asked && calls.first + calls.second <= 50, "\(calls)")
        // What was counted ahead is lost, where much was left and requests came just then; where little is, or nothing came, nothing is.
        #expect(calls.first + calls.second >= (asked > 20 || pause > .seconds(1) ? 50 : 47), "\(calls)")
    }

    @Test func `what was sent before the window is free again`() throws {
        let calls = try calls(asked: 40, pause: .zero, later: .seconds(24 * 3600 + 3))
        #expect(calls.second == 50)
        let minute = try self.calls(asked: 20, pause: .zero, later: .seconds(30)) { $0.requestsPerMinute = 20 }
        #expect(minute == (20, 0))
        #expect(try self.calls(asked: 20, pause: .zero, later: .seconds(70)) { $0.requestsPerMinute = 20 }.second == 20)
    }

    @Test func `an operator's bound on tokens holds, too`() throws {
        let limit: (inout ProviderLimits) -> Void = { $0.tokensPerDay = 500 }
        var most = 0
        try withGateway(Self.provider(limit), hasStore: true) { simulation in
            let client = simulation.client()
            for number in 0..<70 { client.chat("prompt \(number)") }
            most = simulation.calls.count
        }
        for asked in Set([1, most / 2, most - 1, most]) where asked > 0 && most < 70 {
            let calls = try calls(asked: asked, pause: .zero, limit)
            // What a request will take is learnt anew, which decides about the last one.
            #expect(calls.first + calls.second <= most + 1, "\(calls), \(most)")
        }
    }

    @Test func `what thousands of nodes have sent is recorded in parts, and no change of one rewrites them all`() throws {
        let counts = (0..<3000).reduce(into: Array(repeating: 0, count: SentRecord.partCount)) {
            $0[SentRecord.part(of: "deployment https://p\($1 % 40).test/v1 model-\($1)")] += 1
        }
        #expect(counts.max()! <= 40 && counts.min()! > 0, "\(counts)")
        let simulation = GatewaySimulation([Self.provider()], hasStore: true)
        let client = simulation.client()
        for number in 0..<50 { client.chat("prompt \(number)") }
        #expect(simulation.store?.checkpoints.keys.count { $0.hasPrefix("sent-") } == 1)
        _ = simulation.end()
        #expect(records(in: simulation.store).flatMap(\.requests).reduce(0) { $0 + $1.amount } == 50)
    }

    @Test func `what was sent at deployments that never come again is forgotten with its windows`() throws {
        let registry = HealthRegistry()
        var record = SentRecord(identity: "key gone")
        record.madeAt = 1_800_000_000_000
        record.requests = [SentRecord.Slice(milliseconds: record.madeAt, amount: 5)]
        registry.restore([record], at: noon, epoch: record.madeAt)
        _ = registry.nodes(of: try deployment("a.test", "m").provider.configuration, model: "m", keyIndex: 0)
        registry.keep(only: [], at: noon, epoch: record.madeAt + 1000)
        #expect(registry.savedSentCount == 1)
        _ = registry.nodes(of: try deployment("a.test", "m").provider.configuration, model: "m", keyIndex: 0)
        registry.keep(only: [], at: noon, epoch: record.madeAt + SentRecord.lifetime + 1)
        #expect(registry.savedSentCount == 0)
    }

    @Test func `at any moment the record counts at least what was sent without waiting`() {
        var random = SplitMix(seed: 5)
        for left in [0, 10, 31, 32, 200, 5000] {
            var cover = SentCover()
            // What the store has: what it counts, and what it will when the record under way is kept.
            var (sent, kept, promised) = (0, 0, Int?.none)
            for _ in 0..<2000 {
                switch Int.random(in: 0..<5, using: &random) {
                case 0 where promised == nil:
                    let ahead = SentCover.ahead(ofLeft: left)
                    cover.beginRecord(ahead: ahead)
                    promised = sent + ahead
                case 1 where promised != nil:
                    if Bool.random(using: &random) {
                        cover.recorded()
                        kept = promised!
                    } else {
                        cover.recordFailed()
                    }
                    promised = nil
                default:
                    sent += 1
                    let mayGo = cover.send(1)
                    #expect(!mayGo || sent <= min(kept, promised ?? .max), "\(sent) of \(kept)")
                }
            }
        }
        #expect([0, 31, 32, 160, 1600].map(SentCover.ahead) == [0, 0, 2, 10, 100])
    }

    @Test func `a record is read as it was written, and what is none is refused`() throws {
        var record = SentRecord(identity: "a \"b\"")
        (record.madeAt, record.requestsAhead, record.tokensAhead) = (1_800_000_000_123, 3, 400)
        record.requests = [
            SentRecord.Slice(milliseconds: 1_799_999_999_000, amount: 7), SentRecord.Slice(milliseconds: 1_800_000_000_000, amount: 1),
        ]
        record.learnt = [SentRecord.Slice(milliseconds: 1_800_000_000_000, amount: 2)]
        let text = Array("{\"version\":1,\"nodes\":[".utf8) + record.bytes + Array("]}".utf8)
        #expect(read(text) == [record])
        for end in 0..<text.count - 1 { #expect(read(Array(text[..<end])).isEmpty) }
        for bad in ["", "[]", "{\"version\":2,\"nodes\":[]}", "{\"nodes\":[]}"] {
            #expect(read(Array(bad.utf8)).isEmpty)
        }
        let odd = #"{"version":1,"nodes":[{"id":"x","requests":[5,"a",-1,7,9],"tokens":{},"more":[1]},{},7,{"id":""}]}"#
        let records = read(Array(odd.utf8))
        #expect(records.map(\.identity) == ["x"] && records[0].requests == [SentRecord.Slice(milliseconds: 5, amount: 7)])
    }

    @Test func `what an earlier run has sent counts as long as it would have`() {
        var log = SendLog()
        let start = LoopInstant(nanoseconds: 1_000_000_000_000_000)
        var random = SplitMix(seed: 8)
        var now = start
        for _ in 0..<3000 {
            now = now.advanced(by: .milliseconds(Int64.random(in: 0...20_000, using: &random)))
            log.add(UInt32.random(in: 1...3, using: &random), at: now)
        }
        let slices = log.slices(at: now, epoch: 1_800_000_000_000, most: 64)
        #expect(slices.count <= 64 && slices.last?.milliseconds == 1_800_000_000_000)
        // The next run's clock is another one.
        let later = LoopInstant(nanoseconds: 900_000_000_000_000)
        let restored = SendLog(slices, at: later, epoch: 1_800_000_060_000)
        for seconds in [60, 600, 3600, 40_000, 86_400] {
            let counted = log.count(after: LoopInstant(nanoseconds: now.nanoseconds - UInt64(max(0, seconds - 60)) * 1_000_000_000))
            let found = restored.count(after: LoopInstant(nanoseconds: later.nanoseconds - UInt64(seconds) * 1_000_000_000))
            #expect(found >= counted && found <= counted + counted / 8 + 8, "\(seconds) s: \(found) of \(counted)")
        }
        // A clock that was set back, and one that has just begun.
        #expect(SendLog(slices, at: later, epoch: 1_700_000_000_000).count(after: LoopInstant(nanoseconds: later.nanoseconds - 1)) > 0)
        let young = LoopInstant(nanoseconds: 5_000_000_000)
        #expect(SendLog(slices, at: young, epoch: 1_800_000_060_000).count(after: LoopInstant(nanoseconds: 0)) == slices.reduce(0) { $0 + $1.amount })
    }
}
