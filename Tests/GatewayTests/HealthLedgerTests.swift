import EventLoop
import Testing
import Wire

@testable import Gateway

/// A provider with keys and models, and the clock of a story.
private final class Story {
    var now = LoopInstant(nanoseconds: 1_000_000_000_000_000)
    let ledger: HealthLedger
    var notices: [String] = []
    var wakes = 0
    private var requests: UInt64 = 0

    init(_ options: FailureOptions = FailureOptions()) {
        var options = options
        options.jitter = 0
        ledger = HealthLedger(options, seed: 1)
        ledger.notice = { [unowned self] in notices.append($0) }
        ledger.capacityReturned = { [unowned self] _ in wakes += 1 }
    }

    func pass(_ duration: Duration) { now = now.advanced(by: duration) }

    func state(_ deployment: Deployment, for client: ClientTag = .everybody) -> Availability {
        ledger.availability(of: deployment, for: client, .none, at: now)
    }

    func begin(_ deployment: Deployment, for client: ClientTag = .everybody, tokens: Int = 0) -> AttemptPermit {
        ledger.begin(deployment, for: client, TokenNeed(bytes: tokens * 4, outputLimit: 0), at: now)
    }

    /// Makes an attempt; each is another request, unless `request` says which.
    @discardableResult
    func attempt(
        _ deployment: Deployment, _ failure: FailureVerdict?, takes: Duration = .zero, for client: ClientTag = .everybody, request: UInt64? = nil
    ) -> HealthLedger.Incident? {
        requests += 1
        var permit = begin(deployment, for: client)
        pass(takes)
        let isConnectionless = failure.map { $0.kind == .unreachable || $0.kind == .timeout(.connect) } ?? false
        return ledger.end(
            &permit, failure.map { .failed($0) } ?? .succeeded, request: request ?? requests, wasSent: !isConnectionless, at: now)
    }

    func fail(
        _ deployment: Deployment, _ failure: FailureClass, scope: FailureScope? = nil, retryAfter: Duration? = nil, times: Int = 1,
        for client: ClientTag = .everybody, request: UInt64? = nil
    ) {
        var verdict = verdict(failure, retryAfter: retryAfter)
        if let scope { verdict.scope = scope }
        for _ in 0..<times { attempt(deployment, verdict, for: client, request: request) }
    }

    /// Lets it fail until it rests, as one that is down does.
    func bringDown(_ deployment: Deployment, _ failure: FailureClass = .unavailable(status: 500), for client: ClientTag = .everybody) {
        var attempts = 0
        while state(deployment, for: client) == .ready, attempts < 10 {
            fail(deployment, failure, for: client)
            attempts += 1
        }
    }

    func seconds(_ state: Availability) -> Double? {
        switch state {
        case .ready, .busy, .crowded: nil
        case .cooling(let until, _), .denied(let until, _), .limited(let until), .gone(let until), .unpaid(let until), .rejected(let until):
            Double(until.nanoseconds - now.nanoseconds) / 1_000_000_000
        }
    }
}

/// The deployments of one provider: each model with each key.
private func pool(
    _ name: String, keys: [String] = ["k1"], models: [String] = ["m"], limits: ProviderLimits = ProviderLimits(),
    registry: HealthRegistry = HealthRegistry()
) throws -> [Deployment] {
    var configuration = ProviderConfiguration(name: name, baseURL: try HTTPURL(parsing: "https://\(name)/v1"))
    configuration.keys = keys.map { APIKeyReference(variable: "\(name.uppercased())_\($0)", value: Secret("secret-\($0)")) }
    configuration.limits = limits
    let provider = Provider(configuration, defaults: UpstreamTimeouts(), registry: registry)
    return models.flatMap { model in
        keys.indices.map {
            Deployment(provider: provider, model: ModelConfiguration(id: model), keyIndex: $0, origin: provider.origin(for: configuration.baseURL))
        }
    }
}

@Suite struct HealthLedgerTests {
    @Test func `trouble rests what it is about and nothing else`() throws {
        // m1 with key 1 and 2, m2 with key 1 and 2
        func resting(_ failure: FailureClass) throws -> [Bool] {
            let story = Story()
            let all = try pool("p", keys: ["k1", "k2"], models: ["m1", "m2"])
            story.bringDown(all[0], failure)
            return all.map { story.state($0) != .ready }
        }
        #expect(try resting(.unavailable(status: 500)) == [true, false, false, false])
        #expect(try resting(.modelGone) == [true, false, false, false], "another key may have the model")
        #expect(try resting(.quota) == [true, false, true, false], "a key with every model: the other may be another account's")
        #expect(try resting(.credential(status: 401)) == [true, false, true, false], "a key with every model")
        #expect(try resting(.unreachable) == [true, true, true, true], "a host that can't be reached")
    }

    @Test(
        arguments: [
            (FailureClass.unavailable(status: 500), 4), (.overloaded(status: 503), 4), (.timeout(.idle), 4), (.noAnswer, 4), (.malformed, 4),
            (.empty, 4),
            (.errorInAnswer, 4), (.denied(status: 403), 2), (.unreachable, 2), (.timeout(.connect), 2), (.credential(status: 401), 1),
            (.modelGone, 1),
            (.quota, 1), (.rateLimited(.minute), 1),
        ])
    func `what may be a hiccup is weighed, what speaks for itself is not`(failure: FailureClass, attempts: Int) throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for count in 1...attempts {
            #expect(story.state(deployment) == .ready, "before the failure number \(count)")
            story.fail(deployment, failure)
        }
        #expect(story.state(deployment) != .ready)
    }

    @Test(arguments: [(0.01, 0), (0.02, 0), (0.04, 3)]) func `a few failures in a hundred are no reason to rest`(share: Double, most: Int) throws {
        let story = Story()
        let deployment = try pool("p")[0]
        var random = HealthRandom(state: 7)
        var rests = 0
        for _ in 0..<200_000 {
            story.pass(.milliseconds(5))
            story.attempt(deployment, random.unit() < share ? verdict(.unavailable(status: 500)) : nil)
            guard story.state(deployment) != .ready else { continue }
            rests += 1
            story.pass(.seconds(2))
        }
        #expect(rests <= most, "\(rests) rests in 200,000 requests")
    }

    @Test(arguments: [0.5, 0.7, 0.95, 1]) func `one that fails half of its requests or more rests soon`(share: Double) throws {
        for seed in 1...50 as ClosedRange<UInt64> {
            let story = Story()
            let deployment = try pool("p")[0]
            var random = HealthRandom(state: seed)
            for _ in 0..<1000 { story.attempt(deployment, nil) }
            var attempts = 0
            while story.state(deployment) == .ready {
                attempts += 1
                story.attempt(deployment, random.unit() < share ? verdict(.unavailable(status: 500)) : nil)
            }
            #expect(attempts <= 120, "\(attempts) attempts")
        }
    }

    @Test func `after a rest a success ends it, and two failures begin another`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment)
        story.pass(.seconds(1))
        story.fail(deployment, .unavailable(status: 500))
        #expect(story.seconds(story.state(deployment)) == 2, "the trial failed")
        story.pass(.seconds(2))
        story.attempt(deployment, nil)
        #expect(story.state(deployment) == .ready)
        story.fail(deployment, .unavailable(status: 500), times: 2)
        #expect(story.state(deployment) != .ready)
    }

    @Test(arguments: [FailureClass.request(status: 400), .request(status: 422), .contextLength, .unsupportedParameter, .contentRefused, .local])
    func `what is the client's or this machine's counts for nobody`(failure: FailureClass) throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for _ in 0..<20 { story.fail(deployment, failure) }
        #expect(story.state(deployment) == .ready && deployment.health.keyModel.cooldown == Cooldown())
    }

    @Test func `a client that leaves counts for nobody, and a trial it leaves is made again`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment, .timeout(.idle))
        story.pass(.seconds(1))
        var permit = story.begin(deployment)
        #expect(story.state(deployment) == .busy, "one trial and not a stampede")
        story.ledger.end(&permit, .abandoned, at: story.now)
        #expect(story.state(deployment) == .ready && deployment.health.keyModel.cooldown.rung == 1)
    }

    @Test func `one request may try before a rest is over, and not all that come meanwhile`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment)
        story.pass(.seconds(1))
        story.fail(deployment, .unavailable(status: 500))
        story.pass(.milliseconds(1500))
        guard case .cooling(_, let trialFrom) = story.state(deployment) else { return #expect(Bool(false), "\(story.state(deployment))") }
        #expect(trialFrom <= story.now)
        var trial = story.begin(deployment)
        #expect(story.state(deployment) == .busy)
        story.ledger.end(&trial, .succeeded, at: story.now)
        #expect(story.state(deployment) == .ready)
    }

    @Test func `a trial's first content is enough, the end of a long stream is not waited for`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment, .timeout(.idle))
        story.pass(.seconds(1))
        var permit = story.begin(deployment)
        let wakes = story.wakes
        story.ledger.admitted(&permit, at: story.now)
        #expect(story.state(deployment) == .ready && story.wakes == wakes + 1)
    }

    @Test func `a day's limit rests for the day, a minute's for the minute, and a success steps down`() throws {
        let story = Story()
        // 20:00 UTC: the day ends sooner than the provider says.
        story.ledger.secondsSinceEpoch = { 20 * 3600 }
        let (daily, brief) = (try pool("d")[0], try pool("m")[0])
        story.fail(daily, .rateLimited(.day), retryAfter: .seconds(40_000))
        story.fail(brief, .rateLimited(.minute), retryAfter: .seconds(20))
        #expect(story.seconds(story.state(daily)) == 40_000 && story.seconds(story.state(brief)) == 20)
        story.pass(.seconds(20))
        #expect(story.state(daily) != .ready && story.state(brief) == .ready)
        story.attempt(brief, nil)
        #expect(brief.health.keyModel.cooldown.isClosed && brief.health.keyModel.cooldown.rung == 0)
        story.fail(daily, .rateLimited(.day))
        #expect(story.seconds(story.state(daily)) == 39_980, "and no later failure shortens it")
    }

    @Test func `a day's limit without a time rests until a day ends, an unknown one by the ladder`() throws {
        let story = Story()
        // 20:00 UTC.
        story.ledger.secondsSinceEpoch = { 20 * 3600 }
        let (daily, unknown) = (try pool("d")[0], try pool("u")[0])
        story.fail(daily, .rateLimited(.day))
        story.fail(unknown, .rateLimited(.unknown))
        #expect(story.seconds(story.state(daily)) == 1 && story.seconds(story.state(unknown)) == 1, "one sign is not a day's")
        story.pass(.seconds(1))
        story.fail(daily, .rateLimited(.day))
        story.fail(unknown, .rateLimited(.unknown))
        #expect(story.seconds(story.state(daily)) == 4 * 3600 && story.seconds(story.state(unknown)) == 2)
    }

    @Test func `a burst of refusals is one sign, and not one for each request of a longer window`() throws {
        let story = Story()
        let deployment = try pool("b")[0]
        func burst() {
            var permits = (0..<20).map { _ in story.begin(deployment) }
            story.pass(.milliseconds(50))
            for index in permits.indices { story.ledger.end(&permits[index], .failed(verdict(.rateLimited(.unknown))), at: story.now) }
        }
        for _ in 0..<100 {
            story.attempt(deployment, nil)
            story.pass(.milliseconds(10))
        }
        burst()
        let minute = LoopInterval(.seconds(60))
        #expect(deployment.health.keyModel.quota.estimate.window == minute && deployment.health.keyModel.quota.estimate.limit == 100)
        story.pass(.seconds(70))
        for _ in 0..<10 { story.attempt(deployment, nil) }
        burst()
        #expect(deployment.health.keyModel.quota.estimate.window == minute, "refused far below the limit, it has fallen")
        #expect(deployment.health.keyModel.quota.estimate.limit == 10)
        story.pass(.seconds(70))
        burst()
        #expect(deployment.health.keyModel.quota.estimate.window == LoopInterval(.seconds(3600)), "with nothing sent in it the window is longer")
        // One more may try after a minute, however many were refused together.
        #expect(try #require(story.seconds(story.state(deployment))) <= 60)
    }

    @Test(arguments: [(0, 8), (1, 7), (7, 1), (8, 16), (20, 4), (23, 1)])
    func `a day ends at midnight, in UTC or by the Pacific's clock`(hour: Int, expected: Int) {
        for day in [0, 20_000] {
            #expect(DailyReset.pause(at: day * 86_400 + hour * 3600) == LoopInterval(.seconds(expected * 3600)))
            // Within the last hour the clocks may differ.
            #expect(DailyReset.pause(at: day * 86_400 + hour * 3600 + 3540) >= LoopInterval(.seconds(3600)))
        }
    }

    @Test func `an empty account and a closed door rest as such, and the door is tried early`() throws {
        let story = Story()
        let (poor, barred) = (try pool("q")[0], try pool("b")[0])
        story.fail(poor, .quota, times: 2)
        #expect(story.state(poor) == .unpaid(until: story.now.advanced(by: .seconds(7200))))
        story.bringDown(barred, .denied(status: 403))
        #expect(story.state(barred) == .denied(until: story.now.advanced(by: .seconds(60)), trialFrom: story.now.advanced(by: .seconds(1))))
        story.pass(.seconds(1))
        story.fail(barred, .denied(status: 403), retryAfter: .seconds(90))
        let end = story.now.advanced(by: .seconds(90))
        #expect(story.state(barred) == .denied(until: end, trialFrom: end), "never before a time that was named")
        story.pass(.seconds(7200))
        #expect(story.state(poor) == .ready && story.state(barred) == .ready)
    }

    @Test func `a rejected key is tried by one request after a long time, and a new key ends it at once`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let deployment = try pool("p", registry: registry)[0]
        for _ in 0..<3 { story.fail(deployment, .credential(status: 401)) }
        #expect(story.state(deployment) == .rejected(until: story.now.advanced(by: .seconds(3600 * 4))))
        #expect(story.notices.count == 1 && story.notices[0].contains("P_k1") && !story.notices[0].contains("secret"))
        let same = try pool("p", registry: registry)[0]
        #expect(story.state(same) == story.state(deployment), "the same key loaded anew is still rejected")
        #expect(story.state(try pool("p", keys: ["k9"], registry: registry)[0]) == .ready)
        story.pass(.seconds(3600 * 24))
        #expect(story.state(deployment) == .ready)
        _ = story.begin(deployment)
        #expect(story.state(deployment) == .busy)
    }

    @Test func `a model that is gone three times is retired for a day`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for seconds in [1.0, 120, 86_400] {
            story.fail(deployment, .modelGone)
            #expect(story.seconds(story.state(deployment)) == seconds)
            guard case .gone = story.state(deployment) else { return #expect(Bool(false), "\(story.state(deployment))") }
            story.pass(.seconds(seconds))
        }
        #expect(story.notices.count == 2 && story.notices[1].contains("the model m is retired and rests until"), "two of them are long")
        story.attempt(deployment, nil)
        #expect(story.state(deployment) == .ready)
    }

    @Test(arguments: [FailureClass.unavailable(status: 500), .empty, .malformed, .timeout(.firstByte), .denied(status: 403)])
    func `what a second provider fails, too, is the request's`(failure: FailureClass) throws {
        let story = Story()
        let (a, b, c) = (try pool("a")[0], try pool("b")[0], try pool("c")[0])
        for _ in 0..<50 {
            for deployment in [a, b, c] { story.attempt(deployment, nil) }
            var blame = SharedBlame()
            for deployment in [a, b, c] { blame.note(story.attempt(deployment, verdict(failure)), story.ledger, at: story.now) }
            #expect([a, b, c].allSatisfy { story.state($0) == .ready && $0.health.keyModel.track.test.level < 1 })
        }
    }

    @Test func `where nobody has been served lately both may be down`() throws {
        let story = Story()
        let (a, b) = (try pool("a")[0], try pool("b")[0])
        for _ in 0..<4 {
            var blame = SharedBlame()
            for deployment in [a, b] { blame.note(story.attempt(deployment, verdict(.unavailable(status: 500))), story.ledger, at: story.now) }
        }
        #expect(story.state(a) != .ready && story.state(b) != .ready)
    }

    @Test func `two failures at one provider are not the request's, and the provider's own word stands`() throws {
        let story = Story()
        let all = try pool("a", keys: ["k1", "k2"])
        for _ in 0..<4 {
            var blame = SharedBlame()
            for deployment in all { blame.note(story.attempt(deployment, verdict(.unavailable(status: 500))), story.ledger, at: story.now) }
        }
        #expect(all.allSatisfy { story.state($0) != .ready })
        let told = try pool("t")[0]
        var blame = SharedBlame()
        blame.note(story.attempt(told, verdict(.overloaded(status: 503), retryAfter: .seconds(9))), story.ledger, at: story.now)
        #expect(story.seconds(story.state(told)) == 9)
    }

    @Test func `an answer of any kind shows that the host can be reached`() throws {
        let story = Story()
        let all = try pool("p", models: ["m1", "m2"])
        story.bringDown(all[0], .unreachable)
        #expect(story.state(all[1]) != .ready)
        story.pass(.seconds(1))
        story.fail(all[0], .unavailable(status: 500))
        #expect(story.state(all[1]) == .ready)
    }

    @Test func `requests in flight are bounded where the configuration says so`() throws {
        let story = Story()
        var limits = ProviderLimits()
        limits.concurrency = 2
        let own = try pool("p", keys: ["k1", "k2"], limits: limits)
        var permits = (0..<2).map { _ in story.begin(own[0]) }
        #expect(story.state(own[0]) == .busy && story.state(own[1]) == .ready)
        let wakes = story.wakes
        story.ledger.end(&permits[0], .succeeded, at: story.now)
        #expect(story.state(own[0]) == .ready && story.wakes == wakes + 1)
        limits.scope = .account
        let shared = try pool("q", keys: ["k1", "k2"], limits: limits)
        for deployment in shared { _ = story.begin(deployment) }
        #expect(shared.allSatisfy { story.state($0) == .busy })
    }

    @Test func `configured limits are kept to exactly, and paced`() throws {
        let story = Story()
        var limits = ProviderLimits()
        limits.requestsPerMinute = 40
        let deployment = try pool("p", limits: limits)[0]
        var sent: [LoopInstant] = []
        for _ in 0..<(300 * 20) {
            if story.state(deployment) == .ready {
                story.attempt(deployment, nil)
                sent.append(story.now)
            }
            story.pass(.milliseconds(50))
        }
        for (index, instant) in sent.enumerated() where index >= 40 {
            #expect(instant.nanoseconds - sent[index - 40].nanoseconds > 60_000_000_000)
        }
        #expect(sent.count >= 190, "\(sent.count) of 200 in five minutes")
    }

    @Test func `configured tokens are reserved and settled`() throws {
        let story = Story()
        var limits = ProviderLimits()
        limits.tokensPerMinute = 1000
        let deployment = try pool("p", limits: limits)[0]
        func state(_ tokens: Int) -> Availability {
            story.ledger.availability(of: deployment, for: .everybody, TokenNeed(bytes: tokens * 4, outputLimit: 0), at: story.now)
        }
        var permit = story.begin(deployment, tokens: 800)
        #expect(state(100) == .ready && state(300) != .ready)
        story.pass(.seconds(1))
        story.ledger.end(&permit, .succeeded, tokens: 100, at: story.now)
        #expect(state(900) == .ready && state(901) != .ready)
        #expect(state(100_000) != .ready)
        story.pass(.seconds(70))
        #expect(state(100_000) == .ready, "larger than the limit goes alone")
    }

    @Test func `what an answer says is left is kept to until the reset`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        var reading = QuotaReading()
        reading.note(.requests, .minute) { ($0.limit, $0.remaining, $0.reset) = (30, 2, LoopInterval(.seconds(20))) }
        var first = story.begin(deployment)
        story.ledger.note(reading, for: deployment, isRefusal: false, at: story.now)
        story.ledger.end(&first, .succeeded, at: story.now)
        for _ in 0..<2 {
            #expect(story.state(deployment) == .ready)
            story.attempt(deployment, nil)
        }
        #expect(story.seconds(story.state(deployment)) == 20)
        story.pass(.seconds(20))
        #expect(story.state(deployment) == .ready)
    }

    @Test func `what is left of another limit ends no rest`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(50))
        var reading = QuotaReading()
        reading.note(.requests, .day) { ($0.limit, $0.remaining, $0.reset) = (1000, 900, LoopInterval(.seconds(20))) }
        story.ledger.note(reading, for: deployment, isRefusal: true, at: story.now)
        #expect(story.seconds(story.state(deployment)) == 50)
        reading.note(.tokens, .minute) { ($0.limit, $0.remaining, $0.reset) = (8000, 100, LoopInterval(.seconds(20))) }
        story.ledger.note(reading, for: deployment, isRefusal: false, at: story.now)
        #expect(story.seconds(story.state(deployment)) == 50)
    }

    @Test func `a provider that says its limit is free again is believed`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(50))
        var reading = QuotaReading()
        reading.note(.requests, .minute) { ($0.limit, $0.remaining, $0.reset) = (30, 30, LoopInterval(.seconds(20))) }
        story.ledger.note(reading, for: deployment, isRefusal: false, at: story.now)
        #expect(story.state(deployment) == .ready)
    }
}

/// What one client meets says nothing about the others until one of them meets it, too.
@Suite struct ClientEvidenceTests {
    private let a = ClientTag(VirtualKey.ID("a"))
    private let b = ClientTag(VirtualKey.ID("b"))
    private let c = ClientTag(VirtualKey.ID("c"))

    @Test(
        arguments: [
            FailureClass.unavailable(status: 500), .overloaded(status: 503), .timeout(.idle), .noAnswer, .malformed, .empty, .errorInAnswer,
            .denied(status: 403), .denied(status: 451), .credential(status: 401), .credential(status: 400), .modelGone, .quota,
        ])
    func `nothing that one client meets, however often, keeps another one away`(failure: FailureClass) throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for _ in 0..<200 {
            story.fail(deployment, failure, for: a)
            story.fail(deployment, failure, retryAfter: .seconds(3600), for: a)
            story.pass(.seconds(100))
        }
        #expect(story.state(deployment, for: a) != .ready)
        #expect(story.state(deployment, for: b) == .ready && deployment.health.all.allSatisfy { $0.cooldown == Cooldown() })
        #expect(!HealthSnapshot(records: []).isEmpty || HealthRegistry().snapshot(at: story.now, epoch: 0).isEmpty)
    }

    @Test func `a second client that meets the same confirms it for everybody`() throws {
        let story = Story()
        let (rejected, down, gone) = (try pool("r")[0], try pool("d")[0], try pool("g")[0])
        for (deployment, failure) in [(rejected, FailureClass.credential(status: 401)), (gone, .modelGone)] {
            story.fail(deployment, failure, for: a)
            #expect(story.state(deployment, for: c) == .ready)
            story.fail(deployment, failure, for: b)
            #expect(story.state(deployment, for: c) != .ready)
        }
        #expect(story.seconds(story.state(rejected, for: c)) == 3600)
        story.bringDown(down, for: a)
        #expect(story.state(down, for: b) == .ready)
        story.bringDown(down, for: b)
        #expect(story.state(down, for: c) != .ready)
    }

    @Test func `a limit that one client meets again and again keeps him away longer and longer, and the others for a moment`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        var own: [Double] = []
        for request in 1...6 {
            story.fail(deployment, .rateLimited(.unknown), for: a, request: UInt64(request))
            #expect(try #require(story.seconds(story.state(deployment, for: b))) <= 1.5)
            own.append(try #require(story.seconds(story.state(deployment, for: a))))
            story.pass(.seconds(own.last!))
        }
        #expect(own == own.sorted() && own.last! >= 8, "\(own)")
        #expect(story.state(deployment, for: b) == .ready)
        story.fail(deployment, .rateLimited(.unknown), for: b, request: 7)
        story.pass(.seconds(1.5))
        story.fail(deployment, .rateLimited(.unknown), for: b, request: 8)
        #expect(try #require(story.seconds(story.state(deployment, for: c))) >= 1.5, "two clients have met it: it is everybody's")
    }

    @Test func `of a limit that one client alone has met another finds out by one request, and a refusal is everybody's to the told time`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.attempt(deployment, nil, for: b)
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(300), for: a)
        #expect(story.seconds(story.state(deployment, for: a)) == 300 && story.seconds(story.state(deployment, for: b)) == 1)
        #expect(story.seconds(story.state(deployment)) == 300, "what is shown is what was told")
        story.pass(.seconds(1))
        #expect(story.state(deployment, for: b) == .ready && story.seconds(story.state(deployment, for: a)) == 299)
        var probe = story.begin(deployment, for: b)
        #expect(story.state(deployment, for: c) == .busy)
        #expect(story.seconds(story.state(deployment, for: a)) == 299, "the one who met it waits for no trial")
        story.ledger.end(&probe, .failed(verdict(.rateLimited(.minute), retryAfter: .seconds(299))), request: 99, at: story.now)
        for client in [a, b, c] { #expect(story.seconds(story.state(deployment, for: client)) == 299) }
        story.pass(.seconds(299))
        for client in [a, b, c] { #expect(story.state(deployment, for: client) == .ready) }
    }

    @Test func `a limit that another client does not meet is the one client's own, and keeps nobody else away again`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.attempt(deployment, nil, for: b)
        story.fail(deployment, .rateLimited(.day), retryAfter: .seconds(3600), for: a)
        story.pass(.seconds(1))
        story.attempt(deployment, nil, for: b)
        #expect(story.seconds(story.state(deployment, for: a)) == 3599)
        #expect(story.state(deployment, for: b) == .ready && story.state(deployment) == .ready)
        var refused = 0
        for second in 0..<20_000 {
            story.pass(.seconds(1))
            #expect(story.state(deployment, for: b) == .ready, "second \(second)")
            if second % 100 == 0 { story.attempt(deployment, nil, for: b) }
            guard story.state(deployment, for: a) == .ready else { continue }
            refused += 1
            story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(2), for: a)
        }
        #expect(refused > 40)
        // A limit of everybody's is believed of others all the same.
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(500), for: b)
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(500), for: c)
        #expect(story.seconds(story.state(deployment, for: ClientTag(VirtualKey.ID("d")))) == 500)
    }

    @Test func `what one client's short limits cost another is a moment, however often he meets them`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.attempt(deployment, nil, for: b)
        var waited = Duration.zero
        for _ in 0..<2000 {
            if story.state(deployment, for: a) == .ready { story.fail(deployment, .rateLimited(.unknown), retryAfter: .milliseconds(100), for: a) }
            if story.state(deployment, for: b) == .ready { story.attempt(deployment, nil, for: b) } else { waited += .milliseconds(10) }
            story.pass(.milliseconds(10))
        }
        #expect(waited <= .milliseconds(100), "\(waited)")
    }

    @Test func `who tries and leaves keeps the others for some seconds`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(300), for: a)
        var tries: [Int] = []
        for second in 1..<100 {
            story.pass(.seconds(1))
            guard story.state(deployment, for: b) == .ready else { continue }
            tries.append(second)
            var permit = story.begin(deployment, for: b)
            story.ledger.end(&permit, .abandoned, at: story.now)
        }
        #expect(Array(tries.prefix(6)) == [1, 3, 7, 15, 23, 31])
        #expect(story.seconds(story.state(deployment, for: a)) == 201)
    }

    /// What an answer states.
    private func stated(_ remaining: Int, for seconds: Int) -> QuotaReading {
        var reading = QuotaReading()
        reading.note(.requests, .unknown) { ($0.limit, $0.remaining, $0.reset) = (100, remaining, LoopInterval(.seconds(seconds))) }
        return reading
    }

    @Test func `that nothing is left for long, as one client was told, others find out, and the newest word holds`() throws {
        for isRefusal in [false, true] {
            let story = Story()
            var deployment = try pool("p")[0]
            story.attempt(deployment, nil, for: b)
            func tell(_ reading: QuotaReading, _ client: ClientTag) {
                var permit = story.begin(deployment, for: client)
                let isOther = isRefusal && client == a
                story.ledger.note(reading, for: deployment, of: client, isRefusal: isOther, isOther: isOther, at: story.now)
                story.ledger.end(&permit, isOther ? .failed(verdict(.request(status: 400))) : .succeeded, at: story.now)
            }
            tell(stated(0, for: 600), a)
            #expect(story.seconds(story.state(deployment, for: a)) == 600)
            // What comes with a refusal for another reason keeps nobody else away for a moment.
            #expect(isRefusal ? story.state(deployment, for: b) == .ready : story.seconds(story.state(deployment, for: b)) == 1)
            story.pass(.seconds(1))
            #expect(story.state(deployment, for: b) == .ready)
            tell(stated(50, for: 600), b)
            for client in [a, b, c] { #expect(story.state(deployment, for: client) == .ready) }
            // Without a word of it a success says it, too, and for longer.
            tell(stated(0, for: 600), a)
            story.pass(.seconds(1))
            story.attempt(deployment, nil, for: b)
            for _ in 0..<20 {
                #expect(story.state(deployment, for: b) == .ready && story.state(deployment, for: a) != .ready)
                story.pass(.seconds(10))
            }
            // Two who are told so are right.
            deployment = try pool("q")[0]
            tell(stated(0, for: 600), a)
            story.pass(.seconds(1))
            tell(stated(0, for: 500), b)
            for client in [a, b, c] { #expect(story.seconds(story.state(deployment, for: client)) == 500) }
        }
    }

    @Test func `that nothing is left for a minute is believed of one client's success, and for long where nobody else is there`() throws {
        let story = Story()
        let (deployment, lonely) = (try pool("p")[0], try pool("q")[0])
        story.attempt(lonely, nil, for: a)
        story.ledger.note(stated(0, for: 600), for: lonely, of: a, isRefusal: false, at: story.now)
        #expect(story.seconds(story.state(lonely, for: b)) == 600)
        story.attempt(deployment, nil, for: b)
        story.ledger.note(stated(0, for: 60), for: deployment, of: a, isRefusal: false, at: story.now)
        #expect(story.seconds(story.state(deployment, for: b)) == 60)
    }

    @Test func `a limit whose fields state for longer than a minute that nothing is left is one client's until another meets it`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.attempt(deployment, nil, for: b)
        var permit = story.begin(deployment, for: a)
        story.ledger.note(stated(0, for: 600), for: deployment, of: a, isRefusal: true, at: story.now)
        story.ledger.end(&permit, .failed(verdict(.rateLimited(.minute), retryAfter: .seconds(600))), at: story.now)
        #expect(story.seconds(story.state(deployment, for: a)) == 600 && story.seconds(story.state(deployment, for: b)) == 1)
        story.pass(.seconds(1))
        story.attempt(deployment, nil, for: b)
        #expect(story.state(deployment, for: b) == .ready && story.state(deployment, for: a) != .ready)
    }

    @Test func `of a limit of which the provider says that nothing is left nobody else need find out`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.attempt(deployment, nil, for: b)
        var permit = story.begin(deployment, for: a)
        var reading = QuotaReading()
        reading.note(.requests, .minute) { ($0.limit, $0.remaining) = (30, 0) }
        story.ledger.note(reading, for: deployment, of: a, isRefusal: true, at: story.now)
        story.ledger.end(&permit, .failed(verdict(.rateLimited(.minute), retryAfter: .seconds(40))), at: story.now)
        for client in [a, b, c] { #expect(story.seconds(story.state(deployment, for: client)) == 40) }
    }

    @Test func `what one client's refusals teach of a limit holds nobody else back until another one is refused, too`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for _ in 0..<3 { story.attempt(deployment, nil, for: b) }
        story.attempt(deployment, nil, for: a)
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(50), for: a)
        let quota = deployment.health.keyModel.quota
        #expect(quota.estimate.limit == 4 && quota.learner == a)
        story.pass(.seconds(1))
        for _ in 0..<50 {
            #expect(story.state(deployment, for: b) == .ready)
            story.attempt(deployment, nil, for: b)
        }
        #expect(deployment.health.keyModel.quota.estimate.limit >= 50, "what others are let in says how much there may be")
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(40), for: b)
        #expect(deployment.health.keyModel.quota.learner == nil, "it agrees, and so it is everybody's")
    }

    @Test func `what one client alone met of two models says nothing of how they belong together, while others are there`() throws {
        let story = Story()
        let models = try pool("p", models: ["m", "n"])
        story.attempt(models[0], nil, for: b)
        for _ in 0..<10 {
            for model in models { story.fail(model, .rateLimited(.minute), retryAfter: .seconds(1), for: a) }
            story.pass(.seconds(1))
        }
        #expect(!models[0].health.key.ownsLimits && !models[0].health.provider.ownsLimits)
    }

    @Test func `who alone has met a limit is known after a restart`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let deployment = try pool("p", registry: registry)[0]
        story.attempt(deployment, nil, for: a)
        story.fail(deployment, .rateLimited(.day), retryAfter: .seconds(5000), for: a)
        var written = ByteBuffer()
        registry.snapshot(at: story.now, epoch: 1_000_000).write(into: &written)
        let kept = HealthSnapshot(parsing: written.bytes)
        let (later, anew) = (Story(), HealthRegistry())
        anew.restore(try #require(kept), at: later.now, epoch: 1_000_000)
        let same = try pool("p", registry: anew)[0]
        #expect(later.seconds(later.state(same, for: a)) == 5000 && later.seconds(later.state(same, for: b)) == 1)
        #expect(same.health.keyModel.quota.learner == a)
    }

    @Test func `what only one client meets says nothing to everybody, as long as another one is there`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        #expect(story.ledger.isNews(deployment, a, at: story.now), "nobody else has been there")
        story.attempt(deployment, nil, for: b)
        for request in 1...4 {
            #expect(!story.ledger.isNews(deployment, a, at: story.now))
            story.fail(deployment, .unavailable(status: 500), for: a, request: UInt64(request))
            story.attempt(deployment, nil, for: a)
        }
        #expect(story.ledger.isNews(deployment, b, at: story.now), "the other one meets it, too")
        story.fail(deployment, .unavailable(status: 500), for: b)
        #expect(story.ledger.isNews(deployment, c, at: story.now))
        story.pass(.seconds(4000))
        story.attempt(deployment, nil, for: a)
        #expect(story.ledger.isNews(deployment, a, at: story.now), "nobody else has been there for an hour")
        #expect(story.ledger.isNews(deployment, .everybody, at: story.now))
    }

    @Test func `the same request made again confirms nothing`() throws {
        let story = Story()
        for failure in [FailureClass.credential(status: 401), .modelGone, .quota, .rateLimited(.day)] {
            let deployment = try pool("p")[0]
            for _ in 0..<20 {
                story.fail(deployment, failure, request: 5)
                #expect((story.seconds(story.state(deployment)) ?? 0) <= 600, "\(failure)")
                story.pass(.seconds(1000))
            }
        }
    }

    @Test func `another request of the client confirms it, for that client`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.fail(deployment, .credential(status: 401), for: a)
        #expect(story.seconds(story.state(deployment, for: a)) == 1)
        story.pass(.seconds(1))
        story.fail(deployment, .credential(status: 401), for: a)
        #expect(story.seconds(story.state(deployment, for: a)) == 7200 && story.state(deployment, for: b) == .ready)
    }

    @Test func `a success between two signs makes the second a first one`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for _ in 0..<10 {
            story.fail(deployment, .credential(status: 401))
            #expect((story.seconds(story.state(deployment)) ?? 0) <= 2)
            story.pass(.seconds(10))
            story.attempt(deployment, nil)
        }
    }

    @Test func `what a limit's message says is believed for a minute until another request meets it`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        var word = verdict(.rateLimited(.day), retryAfter: .seconds(80_000))
        word.hint.source = .prose
        story.attempt(deployment, word, request: 1)
        #expect(story.seconds(story.state(deployment)) == 60)
        story.pass(.seconds(60))
        story.attempt(deployment, word, request: 2)
        #expect(story.seconds(story.state(deployment)) == 80_000)
    }

    @Test func `a rest that only a message tells of does not survive a restart`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let (told, said) = (try pool("t", registry: registry)[0], try pool("s", registry: registry)[0])
        for isProse in [false, true] {
            var rejection = verdict(.credential(status: 400))
            rejection.isProse = isProse
            for _ in 0..<2 { story.attempt(isProse ? said : told, rejection) }
        }
        let records = registry.snapshot(at: story.now, epoch: 1000).records.filter { $0.until > 0 }
        #expect(records.count == 1 && records[0].identity.hasPrefix("key t "))
    }

    @Test func `the gateway's own bounds and a client's patience say nothing`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for kind in [UpstreamFailure.Kind.connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout] {
            for _ in 0..<50 { story.attempt(deployment, FailureVerdict(UpstreamFailure(kind, "", isOwnBound: true))) }
            #expect(story.state(deployment) == .ready && deployment.health.all.allSatisfy { $0.track.isQuiet }, "\(kind)")
            #expect(FailureVerdict(UpstreamFailure(kind, "")).countsAgainstProvider)
        }
    }

    @Test func `clients with trouble of their own are remembered up to a bound, and forgotten when it is over`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for number in 0..<1000 { story.fail(deployment, .unavailable(status: 500), for: ClientTag(VirtualKey.ID("\(number)"))) }
        var count = 0
        deployment.health.keyModel.clients.forEach { _, _ in count += 1 }
        #expect(count == ClientTracks.most)
        for number in 0..<1000 { for _ in 0..<10 { story.attempt(deployment, nil, for: ClientTag(VirtualKey.ID("\(number)"))) } }
        #expect(deployment.health.keyModel.clients.isEmpty && deployment.health.areFree)
    }

    @Test(arguments: [FailureClass.credential(status: 401), .modelGone, .quota, .unavailable(status: 500), .empty])
    func `what one client met long ago confirms nothing that another one meets`(failure: FailureClass) throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment, failure, for: a)
        #expect(story.state(deployment, for: a) != .ready)
        story.pass(.seconds(601))
        story.bringDown(deployment, failure, for: b)
        #expect(story.state(deployment, for: b) != .ready && story.state(deployment, for: c) == .ready)
        // One soon after it does.
        story.bringDown(deployment, failure, for: c)
        #expect(story.state(deployment, for: ClientTag(VirtualKey.ID("d"))) != .ready)
    }

    @Test(arguments: [FailureClass.credential(status: 401), .modelGone, .quota, .unavailable(status: 500), .empty])
    func `what anybody's success has contradicted confirms nothing`(failure: FailureClass) throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment, failure, for: a)
        story.pass(.seconds(1))
        story.attempt(deployment, nil, for: c)
        story.bringDown(deployment, failure, for: b)
        #expect(story.state(deployment, for: b) != .ready && story.state(deployment, for: c) == .ready)
    }

    @Test func `a time that a provider named to another client long ago confirms nothing`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.fail(deployment, .overloaded(status: 503), retryAfter: .seconds(3600), for: a)
        story.pass(.seconds(700))
        story.fail(deployment, .overloaded(status: 503), retryAfter: .seconds(3600), for: b)
        #expect(story.state(deployment, for: c) == .ready)
        story.fail(deployment, .overloaded(status: 503), retryAfter: .seconds(3600), for: c)
        #expect(story.state(deployment, for: ClientTag(VirtualKey.ID("d"))) != .ready)
    }

    @Test func `the trouble of clients that are gone is forgotten`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        for number in 0..<10 { story.fail(deployment, .unavailable(status: 500), for: ClientTag(VirtualKey.ID("\(number)"))) }
        story.pass(.seconds(601))
        story.attempt(deployment, nil, for: a)
        #expect(deployment.health.areFree)
    }

    @Test func `a limit on tokens that a large request did not fit in leaves the smaller ones, and others' large ones until they meet it`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        var refusal = verdict(.rateLimited(.day), retryAfter: .seconds(578))
        refusal.isAboutTokens = true
        func state(_ tokens: Int, _ client: ClientTag) -> Availability {
            story.ledger.availability(of: deployment, for: client, TokenNeed(bytes: tokens * 4, outputLimit: 0), at: story.now)
        }
        func refuse(_ tokens: Int, _ client: ClientTag) {
            var permit = story.begin(deployment, for: client, tokens: tokens)
            story.ledger.end(&permit, .failed(refusal), request: UInt64(tokens), at: story.now)
        }
        refuse(3000, a)
        #expect(story.seconds(state(3000, a)) == 578 && state(2999, a) == .ready && state(1_000_000, b) == .ready)
        #expect(deployment.health.all.allSatisfy { $0.quota.estimate.isEmpty }, "nothing is learnt of how many requests there may be")
        refuse(2000, b)
        #expect(story.seconds(state(2000, b)) == 578 && state(1999, b) == .ready)
        #expect(story.seconds(state(3000, c)) == 578 && state(2999, c) == .ready, "what neither of them got, nobody gets")
        var large = story.begin(deployment, for: c, tokens: 5000)
        story.ledger.end(&large, .succeeded, at: story.now)
        #expect(deployment.health.areFree, "one that large was let in")
        refuse(3000, a)
        story.pass(.seconds(578))
        #expect([a, b, c].allSatisfy { state(1_000_000, $0) == .ready })
    }

    @Test func `where clients can't be told apart a limit on tokens leaves the smaller requests, too`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        var refusal = verdict(.rateLimited(.day), retryAfter: .seconds(578))
        refusal.isAboutTokens = true
        var permit = story.begin(deployment, tokens: 3000)
        story.ledger.end(&permit, .failed(refusal), at: story.now)
        #expect(story.state(deployment) == .ready)
        #expect(story.ledger.availability(of: deployment, for: .everybody, TokenNeed(bytes: 12_000, outputLimit: 0), at: story.now) != .ready)
    }

    @Test func `a failure that began a rest is taken back with the rest`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.attempt(deployment, nil, for: b)
        story.fail(deployment, .unavailable(status: 500), times: 3, for: a)
        let incident = try #require(story.attempt(deployment, verdict(.unavailable(status: 500)), for: a))
        #expect(story.state(deployment, for: a) != .ready)
        story.ledger.takeBack(incident, at: story.now)
        #expect(story.state(deployment, for: a) == .ready)
    }

    @Test func `a slow answer that has begun keeps nobody away from a host that was out of reach`() throws {
        let story = Story()
        let all = try pool("p", models: ["m1", "m2"])
        story.bringDown(all[0], .unreachable)
        story.pass(.seconds(1))
        var trial = story.begin(all[0], for: a)
        #expect(story.state(all[1], for: b) == .busy)
        story.ledger.reached(&trial, at: story.now)
        #expect(story.state(all[1], for: b) == .ready)
        story.ledger.end(&trial, .abandoned, at: story.now)
        #expect(story.state(all[1], for: b) == .ready)
    }

    @Test func `a trial keeps the others waiting for a second and no longer`() throws {
        let story = Story()
        let deployment = try pool("p")[0]
        story.bringDown(deployment, .unreachable)
        story.pass(.seconds(1))
        var slow = story.begin(deployment, for: a)
        story.pass(.milliseconds(999))
        #expect(story.state(deployment, for: b) == .busy)
        story.pass(.milliseconds(1))
        #expect(story.state(deployment, for: b) == .ready && story.state(deployment, for: a) == .busy)
        var next = story.begin(deployment, for: b)
        story.ledger.end(&slow, .abandoned, at: story.now)
        #expect(story.state(deployment, for: c) == .busy, "the end of the first does not end the second")
        story.ledger.end(&next, .succeeded, at: story.now)
        #expect(story.state(deployment, for: c) == .ready)
    }

    @Test func `what was never sent takes nothing of an allowance, however it ends`() throws {
        let story = Story()
        var limits = ProviderLimits()
        (limits.requestsPerMinute, limits.tokensPerMinute) = (3, 1000)
        let deployment = try pool("p", limits: limits)[0]
        let patience = FailureVerdict(UpstreamFailure(.connectTimeout, "", isOwnBound: true))
        for outcome in [HealthLedger.Outcome.abandoned, .failed(patience), .failed(verdict(.local))] {
            for _ in 0..<10 {
                var permit = story.begin(deployment, for: a, tokens: 900)
                story.ledger.end(&permit, outcome, wasSent: false, at: story.now)
            }
        }
        var permit = story.begin(deployment, for: a, tokens: 900)
        #expect(story.state(deployment, for: b) == .ready)
        story.ledger.end(&permit, .abandoned, at: story.now)
        for _ in 0..<2 { story.attempt(deployment, nil, for: a) }
        #expect(story.state(deployment, for: b) != .ready, "what was sent counts")
    }

    @Test func `what a limit refused is given back once`() throws {
        let story = Story()
        var limits = ProviderLimits()
        limits.tokensPerMinute = 1000
        let all = try pool("p", models: ["m1", "m2"], limits: limits)
        _ = story.begin(all[1], for: b, tokens: 700)
        var refused = story.begin(all[0], for: a, tokens: 200)
        story.ledger.end(&refused, .failed(verdict(.rateLimited(.minute))), tokens: 0, at: story.now)
        func state(_ tokens: Int) -> Availability {
            story.ledger.availability(of: all[1], for: b, TokenNeed(bytes: tokens * 4, outputLimit: 0), at: story.now)
        }
        #expect(state(300) == .ready && state(301) != .ready)
    }

    @Test func `an operator ends every rest`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let all = try pool("p", models: ["m1", "m2"], registry: registry)
        story.bringDown(all[1], for: a)
        story.fail(all[0], .credential(status: 401), times: 2)
        func rests() -> [RestReport] { registry.rests(at: story.now, epoch: 0) { _ in .unknownClient } }
        #expect(rests().map(\.scope) == [.key, .deployment])
        registry.clear(at: story.now) { $0?.scope == .key }
        #expect(rests().map(\.scope) == [.deployment] && story.state(all[0]) == .ready && story.state(all[1], for: a) != .ready)
        registry.clear(at: story.now) { _ in true }
        #expect(rests().isEmpty && story.state(all[1], for: a) == .ready)
    }
}

@Suite struct HealthRegistryTests {
    @Test func `a reload with other limits keeps the node, its trial and what is under way`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let before = try pool("p", registry: registry)[0]
        story.bringDown(before, .unreachable)
        story.pass(.seconds(1))
        var trial = story.begin(before)
        var limits = ProviderLimits()
        limits.requestsPerMinute = 5
        limits.concurrency = 3
        let after = try pool("p", limits: limits, registry: registry)[0]
        #expect(story.state(after) == .busy, "the trial is under way")
        story.ledger.end(&trial, .succeeded, at: story.now)
        #expect(story.state(after) == .ready && after.health.key.inFlight == 0)
        var permits = (0..<3).map { _ in story.begin(after) }
        #expect(story.state(after) == .busy)
        for index in permits.indices { story.ledger.end(&permits[index], .succeeded, at: story.now) }
        // One request before the reload and three after it: the limit begins with what was sent.
        story.attempt(after, nil)
        #expect(story.state(after) != .ready)
    }

    @Test func `what was learnt of the limit of a model that goes is there when it comes back, and after a restart`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let deployment = try pool("p", registry: registry)[0]
        for _ in 0..<5 { story.attempt(deployment, nil) }
        story.fail(deployment, .rateLimited(.minute), retryAfter: .seconds(10))
        let learnt = deployment.health.keyModel.quota.estimate
        #expect(!learnt.isEmpty)
        story.pass(.seconds(10))
        story.attempt(deployment, nil)
        let other = try pool("q", registry: registry)[0]
        for epoch in [1000, 100_000, 200_000] { registry.keep(only: [other], at: story.now, epoch: epoch) }
        #expect(registry.snapshot(at: story.now, epoch: 300_000).records.contains { $0.limit == learnt.limit })
        #expect(try pool("p", registry: registry)[0].health.keyModel.quota.estimate == learnt)
    }

    @Test func `the end of a window that a refusal named leaves what counts for a configured day`() throws {
        let story = Story()
        var limits = ProviderLimits()
        limits.requestsPerDay = 10
        let deployment = try pool("p", limits: limits)[0]
        for _ in 0..<7 { story.attempt(deployment, nil) }
        for _ in 0..<3 {
            story.fail(deployment, .rateLimited(.minute), scope: .key, retryAfter: .seconds(5))
            story.pass(.seconds(5))
            story.attempt(deployment, nil)
        }
        #expect(story.state(deployment) != .ready, "ten were let in")
    }

    @Test func `models that come and go leave nothing behind but their rests`() throws {
        let story = Story()
        let registry = HealthRegistry()
        for number in 0..<500 {
            let deployment = try pool("p", models: ["m\(number)"], registry: registry)[0]
            story.attempt(deployment, nil)
            if number == 3 { story.fail(deployment, .modelGone, times: 3) }
            registry.keep(only: [deployment], at: story.now, epoch: 1000)
            #expect(registry.count <= 8)
        }
        let again = try pool("p", models: ["m3"], registry: registry)[0]
        #expect(story.state(again) != .ready, "the rest of a model that returns goes on")
    }
}

@Suite struct HealthSnapshotTests {
    private let epoch = 1_800_000_000_000

    private func text(_ snapshot: HealthSnapshot) -> String {
        var buffer = ByteBuffer()
        snapshot.write(into: &buffer)
        return buffer.bytes.text
    }

    @Test func `rests, rungs and learnt limits survive a restart, and the time that passed meanwhile counts`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let all = try pool("p", keys: ["k1", "k2"], models: ["m1", "m\"2"], registry: registry)
        story.fail(all[0], .rateLimited(.day), retryAfter: .seconds(40_000))
        for _ in 0..<5 { story.attempt(all[1], nil) }
        story.fail(all[1], .rateLimited(.unknown))
        story.fail(all[3], .credential(status: 403), times: 2)
        let snapshot = registry.snapshot(at: story.now, epoch: epoch)
        let written = text(snapshot)
        let read = try #require(withBytes(written) { HealthSnapshot(parsing: $0) })
        #expect(read == snapshot && !written.contains("secret"))
        // Another process, an hour later, on a clock that began anew.
        let later = Story()
        later.now = LoopInstant(nanoseconds: 5_000_000_000)
        let anew = HealthRegistry()
        anew.restore(read, at: later.now, epoch: epoch + 1_000_000)
        let same = try pool("p", keys: ["k1", "k2"], models: ["m1", "m\"2"], registry: anew)
        #expect(later.seconds(later.state(same[0])) == 39_000)
        #expect(later.seconds(later.state(same[3])) == 6200)
        #expect(same[1].health.keyModel.cooldown.rung == 1)
        #expect(same[1].health.keyModel.quota.estimate == all[1].health.keyModel.quota.estimate)
        #expect(same[1].health.keyModel.quota.estimate.limit == 5)
        // What nobody asked for yet is kept for the next time.
        #expect(HealthRegistry().snapshot(at: later.now, epoch: epoch).isEmpty)
    }

    @Test func `a damaged text is no snapshot, wherever it is cut, and never a crash`() throws {
        let story = Story()
        let registry = HealthRegistry()
        let deployment = try pool("p", registry: registry)[0]
        story.fail(deployment, .rateLimited(.day), retryAfter: .seconds(40_000))
        let written = Array(text(registry.snapshot(at: story.now, epoch: epoch)).utf8)
        for length in 0..<(written.count - 2) {
            #expect(withBytes(String(decoding: written[..<length], as: UTF8.self)) { HealthSnapshot(parsing: $0) } == nil)
        }
        for text in ["{}", "[]", "{\"version\":2,\"nodes\":[]}", "{\"version\":1}x", "null"] {
            #expect(withBytes(text) { HealthSnapshot(parsing: $0) } == nil, "\(text)")
        }
        let odd =
            #"{"version":1,"nodes":[7,{"id":""},{"until":5},{"id":"provider x","until":99999999999999999,"rung":999,"cause":77,"window":7,"limit":-4}]}"#
        let read = try #require(withBytes(odd) { HealthSnapshot(parsing: $0) })
        let anew = HealthRegistry()
        anew.restore(read, at: story.now, epoch: epoch)
        #expect(read.records.count == 1)
    }
}
