import EventLoop
import Testing

@testable import Gateway

/// What was learnt of limits, as the spread among equals, the shares of clients and the record of what was sent take it.
@Suite struct QuotaStandingTests {
    private let now = LoopInstant(1_000_000)

    private func node() -> HealthNode {
        HealthNode("key p", about: HealthSubject(scope: .key, provider: "p", place: "", key: nil, model: nil))
    }

    private func seconds(_ seconds: Double) -> LoopInterval { LoopInterval(nanoseconds: UInt64(seconds * 1_000_000_000)) }

    @Test func `equals share by the places that refusals have taught, but not by what one client alone has met`() {
        let (known, lone) = (node(), node())
        for _ in 0..<8 {
            _ = known.begin(for: .everybody, tokens: .none, at: now)
            _ = lone.begin(for: .everybody, tokens: .none, at: now)
        }
        #expect(known.knownConcurrency == 0)
        _ = known.refusedForLoad(only: nil, startedAt: now, at: now)
        _ = lone.refusedForLoad(only: ClientTag(text: "7"), startedAt: now, at: now)
        #expect(known.knownConcurrency == 8 && lone.knownConcurrency == 0)
        known.configure([], concurrency: 5)
        #expect(known.knownConcurrency == 5)
    }

    @Test func `what is left of a learnt limit counts among the keys of a pool and for the shares of clients`() throws {
        var quota = Quota()
        for _ in 0..<10 { quota.sent(tokens: 0, at: now) }
        #expect(quota.left(at: now).share == 1 && quota.standings(for: .everybody, at: now).isEmpty && quota.windows.isEmpty)
        let later = now.advanced(by: .seconds(1))
        quota.refused(at: later, sentAt: later, RefusalSigns(wait: seconds(59)))
        #expect(quota.hasEstimate && quota.counts && quota.windows == [seconds(60)])
        #expect(quota.left(at: later).share == 0 && quota.left(at: later).perRequest == 0.1)
        let standing = try #require(quota.standings(for: .everybody, at: later).first)
        #expect(standing.limit.amount == 10 && standing.limit.left == 0 && !standing.limit.countsTokens)
        #expect(quota.room(for: 10, of: standing, at: later) > now.advanced(by: .seconds(60)))
        let free = now.advanced(by: .seconds(62))
        #expect(quota.left(at: free).share == 1 && quota.room(for: 10, of: standing, at: free) == free)
        // An operator says that it is free.
        quota.endPause(at: later)
        #expect(quota.left(at: later).share == 1 && quota.standings(for: .everybody, at: later).isEmpty)
    }

    @Test func `a limit on tokens that only words state is shared, and no record counts ahead for it`() throws {
        var quota = Quota()
        var signs = RefusalSigns(window: .minute, resource: .tokens, limit: 6000)
        quota.refused(at: now, sentAt: now, signs)
        for _ in 0..<10 { quota.sent(tokens: 590, at: now) }
        signs.wait = seconds(30)
        let later = now.advanced(by: .seconds(2))
        quota.refused(at: later, sentAt: later, signs)
        let standing = try #require(quota.standings(for: .everybody, at: later).first)
        #expect(standing.limit.countsTokens && standing.limit.amount == 5900 && standing.limit.left == 0)
        let left = quota.leftByConfiguration(at: later)
        #expect(quota.limitsTokens && !quota.boundsTokens && left.requests == 0 && left.tokens == 0)
        #expect(quota.sent.tokens?.count(after: now.back(seconds(1))) == 5900 && quota.sent.requests == nil)
    }

    @Test func `at the first refusal for tokens what was sent before is taken to have used the limit up`() {
        var quota = Quota()
        for second in 0..<42 { quota.sent(tokens: 140, at: now.advanced(by: .seconds(second))) }
        let later = now.advanced(by: .seconds(42))
        quota.refusedForTokens(RefusalSigns(wait: seconds(18), window: .minute, resource: .tokens, limit: 6000), need: 140, of: nil, at: later)
        func room(_ need: Int, at instant: LoopInstant, for client: ClientTag = .everybody) -> LoopInstant? {
            quota.nextRoom(tokens: need, for: client, isTrial: false, at: instant)
        }
        #expect(room(140, at: later).map { $0 > now.advanced(by: .seconds(60)) && $0 < now.advanced(by: .seconds(62)) } == true)
        let free = now.advanced(by: .seconds(61))
        #expect(room(140, at: free) == nil)
        quota.sent(tokens: 140, at: free)
        quota.sent(tokens: 140, at: free)
        #expect(room(140, at: free) != nil, "two have left")
        // Without a time words alone hold nothing back.
        quota = Quota()
        for second in 0..<42 { quota.sent(tokens: 140, at: now.advanced(by: .seconds(second))) }
        quota.refusedForTokens(RefusalSigns(window: .minute, resource: .tokens, limit: 6000), need: 140, of: nil, at: later)
        #expect(room(140, at: later) == nil)
        // What one client alone was told holds nobody else.
        let (lone, other) = (ClientTag(text: "7"), ClientTag(text: "8"))
        quota = Quota()
        for second in 0..<42 { quota.sent(tokens: 140, at: now.advanced(by: .seconds(second))) }
        let signs = RefusalSigns(wait: seconds(18), window: .minute, resource: .tokens, limit: 6000)
        quota.refusedForTokens(signs, need: 140, of: lone, at: later)
        #expect(room(140, at: later, for: lone!) != nil && room(140, at: later, for: other!) == nil && quota.left(at: later).share == 1)
        #expect(quota.standings(for: other!, at: later).isEmpty)
        quota.refusedForTokens(signs, need: 140, of: other, at: later.advanced(by: .seconds(2)))
        #expect(room(140, at: later.advanced(by: .seconds(2)), for: other!) != nil)
    }

    @Test func `what an earlier run has sent is counted with what was sent since, in the order of time`() {
        var (earlier, log) = (SendLog(), SendLog())
        for second in 0..<30 { earlier.add(at: now.advanced(by: .seconds(second))) }
        log.add(2, at: now.advanced(by: .seconds(20)))
        log.add(at: now.advanced(by: .seconds(40)))
        log.restore(earlier)
        let end = now.advanced(by: .seconds(50))
        #expect(log.count(after: now.back(seconds(1))) == 33 && log.count(after: end.back(seconds(31))) == 13)
        #expect(log.roomFor(1, limit: 13, window: seconds(31), at: end) == now.advanced(by: .seconds(51)))
    }

    @Test func `whatever a clock does that is set back and forth, a record of what was sent is whole and short`() {
        var random = SplitMix(seed: 11)
        for round in 0..<200 {
            var log = SendLog()
            var total = 0
            var at = now
            func send(_ log: inout SendLog, _ count: Int) {
                for _ in 0..<count {
                    at = at.advanced(by: .milliseconds(Int.random(in: 0...30_000, using: &random)))
                    log.add(at: at)
                    total += 1
                }
            }
            send(&log, Int.random(in: 1...100, using: &random))
            let present = at
            // What an earlier run has sent seems to lie in times to come.
            var earlier = SendLog()
            at = present.advanced(by: .seconds(Int.random(in: -4000...4000, using: &random)))
            send(&earlier, Int.random(in: 1...150, using: &random))
            log.restore(earlier)
            at = present
            send(&log, Int.random(in: 0...100, using: &random))
            let later = round % 2 == 0 ? at : present
            let condensed = log.condensed(at: later, to: 64)
            #expect(condensed.count <= 64 && condensed.reduce(0) { $0 + $1.amount } == total)
            #expect(zip(condensed, condensed.dropFirst()).allSatisfy { $0.last <= $1.last })
            send(&log, 600)
            #expect(log.count(after: LoopInstant(nanoseconds: 0)) == total)
            for seconds in [1.0, 60, 3600] { _ = log.roomFor(1, limit: 20, window: self.seconds(seconds), at: later) }
        }
    }
}
