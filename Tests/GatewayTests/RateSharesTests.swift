import EventLoop
import GatewayTesting
import Testing

@testable import Gateway

/// What keys get of a rate limit.
@Suite struct RateSharesTests {
    private let greedy = ClientTag(VirtualKey.ID("greedy"))
    private let polite = ClientTag(VirtualKey.ID("polite"))
    private let minute = LoopInterval(.seconds(60))

    private func limit(left: Int, of amount: Int = 60) -> RateShares.Limit {
        RateShares.Limit(countsTokens: false, amount: amount, left: left, window: minute)
    }

    @Test func `what a key wanted lately is kept for it up to its share, and the rest is free`() {
        var shares = RateShares()
        func ask(_ client: ClientTag, _ count: Int, weight: Int = 1, at now: LoopInstant) {
            for _ in 0..<count {
                shares.came(from: client, weight: weight, of: 2, isHeldBack: false, tokens: 0, in: [minute], at: now)
                shares.used(by: client, requests: 1, tokens: 0, at: now)
            }
        }
        for second in 0..<60 where second % 5 == 0 { ask(polite, 1, at: noon.advanced(by: .seconds(second))) }
        let now = noon.advanced(by: .seconds(61))
        ask(greedy, 47, at: now)
        let kept = shares.kept(from: greedy, limit(left: 3), at: now)
        #expect((1...5).contains(kept.known) && kept.newcomers == 0, "twelve a minute, of which one or two are a minute old")
        let polites = shares.kept(from: polite, limit(left: 3), at: now)
        #expect(polites == (0, 0), "below its share it is held back by nobody")
        // What it was kept from sending it wants as well, but not more than its share.
        for _ in 0..<100 { shares.came(from: polite, weight: 1, of: 2, isHeldBack: true, tokens: 0, in: [minute], at: now) }
        let more = shares.kept(from: greedy, limit(left: 3), at: now).known
        #expect((15...20).contains(more))
        // Who does not come any more has nothing kept.
        let gone = now.advanced(by: .seconds(130))
        ask(greedy, 50, at: gone)
        let none = shares.kept(from: greedy, limit(left: 10), at: gone).known
        #expect(none == 0)
    }

    @Test func `what was wanted of a day is kept for an hour after who wanted it has come last`() {
        var shares = RateShares()
        let day = LoopInterval(.seconds(86_400))
        func ask(_ client: ClientTag, _ count: Int, at now: LoopInstant) {
            for _ in 0..<count {
                shares.came(from: client, weight: 1, of: 2, isHeldBack: false, tokens: 0, in: [day], at: now)
                shares.used(by: client, requests: 1, tokens: 0, at: now)
            }
        }
        func kept(at now: LoopInstant) -> Double {
            shares.kept(from: greedy, RateShares.Limit(countsTokens: false, amount: 100, left: 40, window: day), at: now).known
        }
        let now = noon.advanced(by: .seconds(86_400 * 3))
        ask(polite, 10, at: now.advanced(by: .seconds(-3000)))
        for _ in 0..<40 { shares.came(from: polite, weight: 1, of: 2, isHeldBack: true, tokens: 0, in: [day], at: now) }
        ask(greedy, 50, at: now)
        let whole = kept(at: now)
        #expect(whole > 30)
        #expect(abs(kept(at: now.advanced(by: .seconds(1800))) - whole / 2) < 1)
        #expect(kept(at: now.advanced(by: .seconds(3600))) == 0)
        // It is there again.
        shares.came(from: polite, weight: 1, of: 2, isHeldBack: false, tokens: 0, in: [day], at: now.advanced(by: .seconds(7200)))
        #expect(kept(at: now.advanced(by: .seconds(7200))) == whole)
    }

    @Test func `however many keys come, none is free of the shares`() {
        var shares = RateShares()
        func ask(_ client: ClientTag, _ count: Int) {
            for _ in 0..<count {
                shares.came(from: client, weight: 1, of: 400, isHeldBack: false, tokens: 0, in: [minute], at: noon)
                shares.used(by: client, requests: 1, tokens: 0, at: noon)
            }
        }
        for number in 0..<200 { ask(ClientTag(VirtualKey.ID("key \(number)")), 1) }
        ask(greedy, 300)
        let kept = shares.kept(from: greedy, limit(left: 500, of: 1000), at: noon)
        #expect(kept.known > 100 && kept.newcomers == 250)
        let others = shares.kept(from: ClientTag(VirtualKey.ID("key 1")), limit(left: 500, of: 1000), at: noon)
        #expect(others == (0, 0))
    }

    @Test func `a request that was held back and then sent is wanted once`() {
        var (held, sent) = (RateShares(), RateShares())
        for number in 0..<10 {
            let now = noon.advanced(by: .seconds(number))
            held.came(from: polite, weight: 1, of: 2, isHeldBack: true, tokens: 5, in: [minute], at: now)
            held.used(by: polite, requests: 1, tokens: 5, wasHeldBack: true, at: now)
            sent.came(from: polite, weight: 1, of: 2, isHeldBack: false, tokens: 5, in: [minute], at: now)
            sent.used(by: polite, requests: 1, tokens: 5, at: now)
        }
        func kept(_ shares: inout RateShares) -> Double {
            let now = noon.advanced(by: .seconds(10))
            for _ in 0..<60 {
                shares.came(from: greedy, weight: 1, of: 2, isHeldBack: false, tokens: 0, in: [minute], at: now)
                shares.used(by: greedy, requests: 1, tokens: 0, at: now)
            }
            return shares.kept(from: greedy, limit(left: 20, of: 100), at: now).known
        }
        let (one, other) = (kept(&held), kept(&sent))
        #expect(one == other && other > 0)
    }

    @Test func `a request that is held back is wanted where limits do that, and not where something else is in the way`() throws {
        let providers = ["full", "down"].map { ScriptedProvider($0, { $0.limits.requestsPerMinute = 2 }, answer: { .reply(to: $0, "hi") }) }
        try withGateway(providers) { simulation in
            for node in simulation.gateway.health.all where node.subject.provider == "down" {
                let until = simulation.loop.now.advanced(by: .seconds(3600))
                let rest = Cooldown.restored(until: until, rung: 1, cause: .failure, isWord: true)
                node.changeForAll { $0.restore(rest, nil, metBy: nil, at: simulation.loop.now) }
            }
            let greedy = simulation.client(simulation.addKey("greedy"))
            let polite = simulation.client(simulation.addKey("polite"))
            for _ in 0..<2 { greedy.chat() }
            polite.chat()
            #expect(polite.answer?.status == 429)
            let key = try #require(simulation.keys["polite"]).id
            func wanted(_ provider: String) -> Int {
                simulation.gateway.health.all.filter { $0.subject.provider == provider }.reduce(0) { $0 + $1.shares.wanted(by: ClientTag(key)) }
            }
            #expect(wanted("full") == 1 && wanted("down") == 0)
        }
    }

    @Test func `a sum holds at least one window, and forgets what is older than some more`() {
        var sum = RateShares.Sum()
        var random = SplitMix(seed: 3)
        var added: [(slice: UInt64, amount: Int)] = []
        var slice: UInt64 = 100
        for _ in 0..<2000 {
            slice += UInt64.random(in: 0...3, using: &random)
            let amount = Int.random(in: 0...5, using: &random)
            sum.add(amount, slice: slice)
            added.append((slice, amount))
            #expect(sum.total == added.filter { $0.slice + 8 > slice }.reduce(0) { $0 + $1.amount })
        }
        sum.add(-1000, slice: slice)
        #expect(sum.total >= 0)
        sum.move(to: slice + 8)
        #expect(sum.total == 0)
    }

    /// Lets a greedy key ask over many connections, and a polite one now and then.
    ///
    /// - Returns: How many of each were served.
    private func story(
        minutes: Int, every: Int, from: Int = 0, weights: (Int, Int) = (1, 1), connections: Int = 20, _ limit: (inout ProviderLimits) -> Void
    ) throws -> (greedy: Int, polite: Int, asked: Int) {
        var result = (greedy: 0, polite: 0, asked: 0)
        let provider = ScriptedProvider("a", { limit(&$0.limits) }, answer: { UpstreamScript.reply(to: $0, "hi").after(.milliseconds(100)) })
        try withGateway(provider) { simulation in
            let greedy = simulation.addKey("greedy", weight: weights.0)
            let polite = simulation.addKey("polite", weight: weights.1)
            let crowd = (0..<connections).map { _ in simulation.client(greedy) }
            var asked = crowd.map { _ in 0 }
            var others: [SimulatedClient] = []
            for second in 0..<minutes * 60 {
                for (number, client) in crowd.enumerated() where client.answers.count == asked[number] {
                    client.chat("greedy")
                    asked[number] += 1
                }
                if second >= from, (second - from) % every == 0 {
                    let client = simulation.client(polite)
                    client.chat("polite")
                    others.append(client)
                }
                simulation.advance(by: .seconds(1))
            }
            simulation.advance(by: .seconds(90))
            result.greedy = crowd.reduce(0) { $0 + $1.answers.count { $0.status == 200 } }
            result.polite = others.count { $0.answer?.status == 200 }
            result.asked = others.count
        }
        return result
    }

    @Test(arguments: [(5, 0), (5, 1), (3, 0), (7, 20)]) func `a polite key is served at a rate limit that a greedy one would spend by itself`(
        every: Int, from: Int
    ) throws {
        let result = try story(minutes: 3, every: every, from: from) { $0.requestsPerMinute = 60 }
        // Until it has come once a quarter is kept for it, and less of a window that is half over.
        #expect(result.polite >= result.asked - (every < 5 ? 8 : from > 1 ? 1 : 0), "\(result)")
        #expect(result.greedy + result.polite >= 3 * 56, "\(result)")
    }

    @Test func `who wants more than its share gets that, by weight`() throws {
        let even = try story(minutes: 4, every: 1, connections: 15) { $0.requestsPerMinute = 60 }
        #expect(even.polite > 4 * 26 && even.greedy + even.polite >= 4 * 56, "\(even)")
        let heavy = try story(minutes: 4, every: 1, weights: (1, 3), connections: 15) { $0.requestsPerMinute = 40 }
        #expect(heavy.polite > 4 * 25, "\(heavy)")
    }

    @Test func `nobody who is alone is held back for long`() throws {
        var served = 0
        let provider = ScriptedProvider("a", { $0.limits.requestsPerMinute = 60 }, answer: { .reply(to: $0, "hi") })
        try withGateway(provider) { simulation in
            let token = simulation.addKey("alone")
            _ = simulation.addKey("never there")
            let crowd = (0..<20).map { _ in simulation.client(token) }
            var asked = crowd.map { _ in 0 }
            for _ in 0..<600 {
                for (number, client) in crowd.enumerated() where client.answers.count == asked[number] {
                    client.chat()
                    asked[number] += 1
                }
                simulation.advance(by: .seconds(1))
            }
            served = simulation.calls.count
            simulation.advance(by: .seconds(90))
        }
        // Of the last window nothing need be given away.
        #expect(served >= 57 * 10, "\(served) of 600")
    }

    @Test func `a key that is the only one has all at once`() throws {
        let provider = ScriptedProvider("a", { $0.limits.requestsPerMinute = 60 }, answer: { .reply(to: $0, "hi") })
        try withGateway(provider) { simulation in
            let client = simulation.client(simulation.addKey("only"))
            for _ in 0..<60 { client.chat() }
            #expect(client.answers.allSatisfy { $0.status == 200 })
        }
    }

    @Test func `however many keys there are and however little there is, nothing stays unused`() throws {
        let provider = ScriptedProvider("a", { $0.limits.requestsPerMinute = 3 }, answer: { .reply(to: $0, "hi") })
        try withGateway(provider) { simulation in
            let clients = (0..<12).map { simulation.client(simulation.addKey("key \($0)")) }
            var asked = clients.map { _ in 0 }
            for _ in 0..<300 {
                for (number, client) in clients.enumerated() where client.answers.count == asked[number] {
                    client.chat(fields: [("x-best-wait", "30s")])
                    asked[number] += 1
                }
                simulation.advance(by: .seconds(2))
            }
            simulation.advance(by: .seconds(60))
            #expect(simulation.calls.count >= 28, "\(simulation.calls.count) of 30")
        }
    }
}
