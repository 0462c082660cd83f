import EventLoop
import Testing
import Wire

@testable import Gateway

/// Requests over a fleet, on a clock of their own: each goes where the router says and ends when its deployment's time is over.
private struct PeerStory {
    let router: Router
    let deployments: [Deployment]
    let ledger = HealthLedger(FailureOptions(), seed: 1)
    private let seconds: [Double]
    private(set) var now = noon
    private(set) var counts: [Int]
    private var underWay: [(permit: AttemptPermit, place: Int, endsAt: LoopInstant, ticket: AffinityTable.Ticket?)] = []

    /// - Parameter seconds: How long each takes to answer.
    init(_ deployments: [Deployment], seconds: [Double], quality: FixedQuality? = nil) {
        let ledger = ledger
        router = makeRouter(of: deployments, quality: quality)
        router.isReady = { ledger.availability(of: $0, for: $1, .none, at: $2) == .ready }
        self.deployments = deployments
        self.seconds = seconds
        counts = deployments.map { _ in 0 }
    }

    /// Begins a request; where it went.
    @discardableResult
    mutating func begin(_ name: String = "m", conversation: UInt64? = nil, goesOn: Bool = true) throws -> Int {
        var question = question(name, conversation: conversation)
        question.conversation?.goesOn = goesOn
        let bytes = Array(name.utf8)
        let decision = try router.decide(bytes.span.bytes, question, at: now)
        let ticket = router.carriedOut(decision, at: now)
        let place = try #require(deployments.firstIndex { $0 === decision.candidates[0] })
        #expect(Set(decision.candidates.map(ObjectIdentifier.init)).count == deployments.count)
        router.ranking.began(deployments[place], at: now)
        counts[place] += 1
        let permit = ledger.begin(deployments[place], for: .everybody, .none, at: now)
        // No two are equally quick.
        let time = Duration.seconds(seconds[place]) + .milliseconds((counts.reduce(0, +) * 7) % 10)
        underWay.append((permit, place, now.advanced(by: time), ticket))
        if let conversation, ticket == nil { router.answered(Conversation(number: conversation), by: deployments[place], at: now) }
        return place
    }

    /// Ends the request that is over next.
    mutating func endNext() {
        guard let next = underWay.indices.min(by: { underWay[$0].endsAt < underWay[$1].endsAt }) else { return }
        var ended = underWay.remove(at: next)
        let started = ended.permit.startedAt
        now = max(now, ended.endsAt)
        ledger.end(&ended.permit, .succeeded, at: now)
        if let ticket = ended.ticket { router.ended(ticket) }
        let total = Duration.microseconds(now.microseconds(since: started))
        router.ranking.record(
            outcome(true, first: total, total: total, tokens: 20, isStream: false, startedAt: started), deployments[ended.place], at: now)
    }

    /// Carries out requests with so many under way at a time.
    mutating func run(_ requests: Int, atOnce: Int, _ name: String = "m", conversation: UInt64? = nil, goesOn: Bool = true) throws {
        for _ in 0..<requests {
            if underWay.count >= atOnce { endNext() }
            try begin(name, conversation: conversation, goesOn: goesOn)
        }
        while !underWay.isEmpty { endNext() }
    }

    /// How much more the busiest has got than the least busy.
    var imbalance: Double { Double(counts.max()!) / Double(max(1, counts.min()!)) }
}

@Suite struct PeersTests {
    private func replicas(_ names: [String], model: String = "m") throws -> [Deployment] { try names.map { try deployment("\($0).test", model) } }

    @Test(arguments: [4, 16, 64]) func `equal replicas share what comes at once`(atOnce: Int) throws {
        var story = PeerStory(try replicas(["a", "b", "c", "d"]), seconds: [0.1, 0.1, 0.1, 0.1])
        try story.run(2000, atOnce: atOnce)
        #expect(story.imbalance <= 1.1, "\(story.counts)")
    }

    @Test func `a list of models is tried in its order, however equal they are`() throws {
        var story = PeerStory(try replicas(["a", "b"]), seconds: [0.1, 0.1])
        try story.run(200, atOnce: 16, "b.test/m,a.test/m")
        #expect(story.counts == [0, 200])
    }

    @Test func `the replicas of the first name of a list share what comes, and those of the next have none of it`() throws {
        var story = PeerStory(try replicas(["a", "b"]) + replicas(["c", "d"], model: "other"), seconds: [0.1, 0.1, 0.1, 0.1])
        try story.run(200, atOnce: 16, "other,m")
        #expect(story.counts[0] == 0 && story.counts[1] == 0 && abs(story.counts[2] - story.counts[3]) <= 10, "\(story.counts)")
    }

    @Test(arguments: [false, true]) func `thousands of requests at once are no conversation, whatever they are called`(goesOn: Bool) throws {
        var story = PeerStory(try replicas(["a", "b", "c", "d"]), seconds: [0.1, 0.1, 0.1, 0.1])
        try story.run(2000, atOnce: 64, conversation: 7, goesOn: goesOn)
        #expect(story.imbalance <= 1.1, "\(story.counts)")
    }

    @Test func `a conversation stays where it is, however the load is spread`() throws {
        var story = PeerStory(try replicas(["a", "b"]), seconds: [0.1, 0.1])
        try story.run(20, atOnce: 4)
        let home = try story.begin(conversation: 7)
        for number in 0..<6 { _ = try story.begin(conversation: 100 + UInt64(number)) }
        for _ in 0..<10 {
            #expect(try story.begin(conversation: 7) == home)
            story.endNext()
            story.endNext()
        }
    }

    @Test(arguments: 0..<3) func `the quickest of three equal models is found within some requests, wherever it stands`(place: Int) throws {
        var seconds = [1.2, 1.2, 1.2]
        seconds[place] = 0.3
        var story = PeerStory(try replicas(["a", "b", "c"]), seconds: seconds)
        try story.run(30, atOnce: 1)
        #expect(story.counts[place] > 15, "\(story.counts)")
        let before = story.counts[place]
        try story.run(100, atOnce: 1)
        #expect(story.counts[place] - before > 90, "\(story.counts)")
    }

    @Test func `one that is twice as quick is found among equals, too`() throws {
        var story = PeerStory(try replicas(["a", "b", "c"]), seconds: [1.2, 1.2, 0.6])
        try story.run(100, atOnce: 1)
        #expect(story.counts[2] > 70, "\(story.counts)")
    }

    @Test func `the order of quality stays under load`() throws {
        let fleet = [try deployment("good.test", "good"), try deployment("other.test", "other"), try deployment("third.test", "third")]
        let quality = FixedQuality([
            "good": (canonical: "good", mean: 1.5), "other": (canonical: "other", mean: 1.4), "third": (canonical: "third", mean: 1.4),
        ])
        var story = PeerStory(fleet, seconds: [0.2, 0.2, 0.2], quality: quality)
        try story.run(500, atOnce: 64, "best")
        #expect(story.counts[0] > 480, "\(story.counts)")
    }

    @Test func `one that rests takes no turn, though it has nothing under way`() throws {
        var story = PeerStory(try replicas(["a", "b", "c", "d"]), seconds: [0.1, 0.1, 0.1, 0.1])
        try story.run(100, atOnce: 15)
        story.deployments[0].health.key.changeForAll {
            $0.restore(
                Cooldown.restored(until: noon.advanced(by: .seconds(3600)), rung: 1, cause: .failure, isWord: true), nil, metBy: nil, at: noon)
        }
        let before = story.counts
        try story.run(300, atOnce: 15)
        let counts = zip(story.counts, before).map { $0 - $1 }
        #expect(counts[0] == 0 && counts[1...].allSatisfy { (90...110).contains($0) }, "\(counts)")
    }

    @Test func `each of many equals is asked at most twice whether it is ready, also when none is`() throws {
        var story = PeerStory(try replicas((0..<60).map { "p\($0)" }), seconds: Array(repeating: 0.1, count: 60))
        try story.run(400, atOnce: 30)
        for deployment in story.deployments {
            deployment.health.key.changeForAll {
                $0.restore(
                    Cooldown.restored(until: noon.advanced(by: .seconds(3600)), rung: 1, cause: .failure, isWord: true), nil, metBy: nil, at: noon)
            }
        }
        var looks = 0
        story.router.isReady = { _, _, _ in
            looks += 1
            return false
        }
        try story.begin()
        #expect((60...120).contains(looks), "\(looks)")
    }

    @Test func `what can take more at a time gets more`() throws {
        let fleet = [
            try deployment("a.test", "m", provider: { $0.limits.concurrency = 10 }),
            try deployment("b.test", "m", provider: { $0.limits.concurrency = 30 }),
        ]
        var story = PeerStory(fleet, seconds: [0.1, 0.1])
        try story.run(1000, atOnce: 20)
        #expect((2.5...3.5).contains(Double(story.counts[1]) / Double(story.counts[0])), "\(story.counts)")
    }

    @Test func `of the keys of a pool the one goes first that has most left`() throws {
        var configuration = ProviderConfiguration(name: "a", baseURL: try HTTPURL(parsing: "https://a.test/v1"))
        configuration.keys = (0..<3).map { APIKeyReference(variable: "K\($0)", value: Secret("key-\($0)")) }
        configuration.limits.requestsPerMinute = 30
        let provider = Provider(configuration, defaults: UpstreamTimeouts())
        let fleet = (0..<3).map {
            Deployment(provider: provider, model: ModelConfiguration(id: "m"), keyIndex: $0, origin: provider.origin(for: configuration.baseURL))
        }
        var story = PeerStory(fleet, seconds: [0.1, 0.1, 0.1])
        for _ in 0..<20 { fleet[0].health.key.quota.sent(tokens: 0, at: noon) }
        try story.run(22, atOnce: 1)
        #expect(story.counts[0] <= 4 && abs(story.counts[1] - story.counts[2]) <= 2, "\(story.counts)")
        try story.run(36, atOnce: 1)
        #expect((4...8).contains(story.counts[0]) && abs(story.counts[1] - story.counts[2]) <= 2, "\(story.counts)")
    }
}

@Suite struct DoubtTests {
    @Test func `a mean is the surer the more measurements there are and the less they differ`() {
        let decay = Decay(halfLife: .seconds(1800), silence: .seconds(150))
        func mean(_ values: [Double]) -> DecayedMean {
            var mean = DecayedMean()
            for value in values { mean.record(value, at: noon, decay: decay) }
            return mean
        }
        let (one, few, many) = (mean([1]), mean([1, 1, 1]), mean(Array(repeating: 1, count: 10)))
        #expect(one.variance == 0 && one.doubt(at: noon, decay: decay) > few.doubt(at: noon, decay: decay))
        #expect(few.doubt(at: noon, decay: decay) > many.doubt(at: noon, decay: decay))
        let scattered = mean([0.5, 2, 0.5, 2, 0.5, 2, 0.5, 2])
        #expect(abs(scattered.variance - 0.48) < 0.01 && abs(scattered.mean) < 0.01)
        #expect(scattered.doubt(at: noon, decay: decay) > many.doubt(at: noon, decay: decay))
    }
}
