import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// What an operator is told of rests, and what becomes of them when he ends some.
@Suite struct RestReportTests {
    private static let rejection = UpstreamScript.status(401, #"{"error":{"message":"no","type":"t","code":"invalid_api_key"}}"#)

    private static let missing = UpstreamScript.status(404, #"{"error":{"code":"model_not_found","message":"no such model"}}"#)

    private static func limit(_ seconds: Int) -> UpstreamScript { .status(429, "{}", fields: [("retry-after", "\(seconds)")]) }

    /// A request that waits for nothing; each has other words.
    private func ask(_ simulation: GatewaySimulation, _ client: SimulatedClient, _ model: String = "m", wait: String = "0") {
        client.chat("hi \(simulation.calls.count)", model: model, fields: [("x-best-wait", wait)])
    }

    private func json(_ report: RestReport) -> String {
        var buffer = ByteBuffer()
        report.appendJSON(to: &buffer)
        return buffer.bytes.text
    }

    // MARK: What is told

    @Test func `a key that two requests found rejected is told with reason, evidence, confirmation and times`() throws {
        try withGateway(.script("a", Self.rejection)) { simulation throws in
            let client = simulation.client()
            ask(simulation, client)
            #expect(simulation.gateway.restReports().first?.confirmation == "nothing")
            simulation.advance(by: .seconds(2))
            ask(simulation, client)
            let report = try #require(simulation.gateway.restReports().first)
            #expect(simulation.gateway.restReports().count == 1)
            #expect(report.scope == .key && report.provider == "a" && report.key == "A_KEY_1" && report.model == nil && report.audience == .everybody)
            #expect(report.reason == "credential" && report.cause == "credential" && report.evidence == "by status or code")
            #expect(report.confirmation == "another request" && !report.isWord && report.rung == 2)
            #expect(report.since.description == "2027-01-15T12:00:00Z", "when the trouble began")
            #expect(report.left > .seconds(3000) && report.until > report.since)
            let text = json(report)
            #expect(!text.contains("#") && !text.contains("sk-provider"), "\(text)")
            simulation.advance(by: .seconds(1))
            let later = try #require(simulation.gateway.restReports().first)
            #expect(later.left == report.left - .seconds(1) && later.until == report.until && later.since == report.since)
            simulation.advance(by: report.left)
            #expect(simulation.gateway.restReports().isEmpty, "what may be tried does not rest")
        }
    }

    @Test func `a rest of one client's own says whose it is, as long as that is known`() throws {
        try withGateway(.script("a", Self.rejection)) { simulation throws in
            let ann = simulation.client(simulation.addKey("ann"))
            ask(simulation, ann)
            let id = try #require(simulation.keys["ann"]?.id)
            let report = try #require(simulation.gateway.restReports().first)
            #expect(report.audience == .client(id, name: "ann") && simulation.gateway.restCounts().isEmpty)
            #expect(json(report).contains("\"for\":\"ann\",\"client_key\":\"\(id.value)\""))
            // Another client meets it, too.
            let bob = simulation.client(simulation.addKey("bob"))
            ask(simulation, bob)
            let reports = simulation.gateway.restReports()
            #expect(reports.first?.audience == .everybody && reports.first?.confirmation == "another client" && reports.count == 3)
            #expect(simulation.gateway.restCounts() == ["credential": 1])
        }
        let node = HealthNode("key p", about: HealthSubject(scope: .key, provider: "p", place: "", key: nil, model: nil))
        let story = RestStory()
        node.change(for: ClientTag(VirtualKey.ID("x"))) {
            $0.rest(story.evidence(), startedAt: story.now, at: story.now, word: nil, ladder: story.ladder, chance: 0.5)
        }
        var found: [RestReport] = []
        node.clients.forEach { _, track in
            if let report = track.report(of: node.subject, for: .unknownClient, at: story.now, epoch: 0) { found.append(report) }
        }
        #expect(found.count == 1 && json(found[0]).contains("\"for\":\"another client\",\"client_key\":null"))
    }

    @Test(
        arguments: [
            (HealthSubject.Scope.provider, Cooldown.Cause.unreachable, "provider", "the provider"), (.provider, .money, "account", "the account"),
            (.provider, .limit, "account", "the account"), (.key, .credential, "key", "the key P_KEY"), (.model, .gone, "model", "the model v/m"),
            (.keyModel, .failure, "deployment", "the model v/m with the key P_KEY"),
        ])
    func `each is told by what it is about`(scope: HealthSubject.Scope, cause: Cooldown.Cause, name: String, words: String) {
        let story = RestStory()
        let subject = HealthSubject(
            scope: scope, provider: "p", place: "https://p/v1", key: scope == .key || scope == .keyModel ? "P_KEY" : nil,
            model: scope == .model || scope == .keyModel ? "v/m" : nil)
        let report = RestReport(
            subject, for: .everybody, story.evidence(cause), left: .milliseconds(1500), isWord: true, rung: 3, at: story.now, epoch: 1_800_000_000_000
        )
        #expect(report.scope.rawValue == name && report.subject == words && report.secondsLeft == 2)
        #expect(report.reason == "\(cause.usualFailure)" && FailureClass(named: report.reason) != nil)
    }

    @Test func `every class of a failure is known by its name`() {
        #expect(Set(FailureClass.examples.map { "\($0.name)" }).count == FailureClass.examples.count)
        for example in FailureClass.examples { #expect(FailureClass(named: "\(example.name)") == example) }
        #expect(FailureClass(named: "") == nil && FailureClass(named: "sorrow") == nil)
    }

    @Test func `what an identity is about can be read from it, and other texts are nothing`() {
        let place = "https://p.test:8443/v1"
        for scope in [HealthSubject.Scope.provider, .key, .model, .keyModel] {
            for key in ["P_KEY", nil] {
                let hasKey = scope == .key || scope == .keyModel
                let model = scope == .model || scope == .keyModel ? "a model #1 of p" : nil
                let subject = HealthSubject(scope: scope, provider: "p", place: place, key: hasKey ? key : nil, model: model)
                let identity = subject.identity(key: key.map { "\($0)#1f0c" } ?? "-")
                #expect(HealthSubject(identity: identity) == subject, "\(identity)")
            }
        }
        for text in [
            "", " ", "provider", "provider p", "provider p x y", "key p x", "model p x", "model p x ", "keyModel p x k", "other p x", "key  x k",
        ] {
            #expect(HealthSubject(identity: text) == nil, "\(text)")
        }
    }

    @Test func `the reason of a rest is that of the longest, and its confirmation the best`() {
        let story = RestStory()
        var track = HealthTrack()
        func rest(_ cause: Cooldown.Cause, _ source: RestEvidence.Source, _ seconds: Int, _ confirmation: HealthTrack.Confirmation = .none) {
            var evidence = story.evidence(cause)
            (evidence.source, evidence.confirmation) = (source, confirmation)
            let word = LoopInterval(.seconds(seconds))
            track.rest(evidence, startedAt: story.now, at: story.now, word: word, ladder: story.ladder, chance: 0.5)
        }
        rest(.credential, .answer, 3600)
        rest(.failure, .message, 5)
        #expect(track.cooldown.cause == .credential && track.evidence?.cause == .credential && track.evidence?.source == .answer)
        rest(.credential, .answer, 60, .otherClient)
        #expect(track.evidence?.confirmation == .otherClient)
        rest(.limit, .stated, 7200)
        #expect(track.evidence?.cause == .limit && track.evidence?.source == .stated)
    }

    // MARK: Ending some

    /// Two providers, each with two models: the key of `a` is rejected, `b` has met a limit at its model `x`, and for `ann` alone `b`'s `y` is gone.
    private func trouble(_ body: (GatewaySimulation) throws -> Void) throws {
        let a = ScriptedProvider("a", models: ["m", "n"], answer: { _ in Self.rejection })
        let b = ScriptedProvider(
            "b", models: ["x", "y"],
            answer: { call in
                call.model == "x" ? Self.limit(600) : Self.missing
            })
        try withGateway([a, b]) { simulation throws in
            let ann = simulation.client(simulation.addKey("ann"))
            let bob = simulation.client(simulation.addKey("bob"))
            ask(simulation, ann, "a/m")
            ask(simulation, bob, "a/n")
            ask(simulation, ann, "b/x")
            ask(simulation, ann, "b/y")
            #expect(rests(simulation) == ["a key for everybody", "a key for ann", "a key for bob", "b deployment for everybody", "b model for ann"])
            try body(simulation)
        }
    }

    private func rests(_ simulation: GatewaySimulation) -> [String] {
        simulation.gateway.restReports().map { report in
            let name = if case .client(_, let name) = report.audience { name } else { "everybody" }
            return "\(report.provider) \(report.scope.rawValue) for \(name)"
        }
    }

    @Test(
        arguments: [
            ("a", nil, nil, 3, ["b deployment for everybody", "b model for ann"]),
            ("b", nil, nil, 2, ["a key for everybody", "a key for ann", "a key for bob"]),
            (nil, "x", nil, 1, ["a key for everybody", "a key for ann", "a key for bob", "b model for ann"]),
            (nil, "y", nil, 1, ["a key for everybody", "a key for ann", "a key for bob", "b deployment for everybody"]),
            (nil, nil, "A_KEY_1", 3, ["b deployment for everybody", "b model for ann"]),
            ("b", "x", "B_KEY_1", 1, ["a key for everybody", "a key for ann", "a key for bob", "b model for ann"]),
            ("a", "m", nil, 0, ["a key for everybody", "a key for ann", "a key for bob", "b deployment for everybody", "b model for ann"]),
            (nil, nil, nil, 5, []),
        ] as [(String?, String?, String?, Int, [String])])
    func `what does not fit goes on`(provider: String?, model: String?, key: String?, count: Int, left: [String]) throws {
        try trouble { simulation throws in
            var filter = RestFilter()
            (filter.provider, filter.model, filter.key) = (provider, model, key)
            let ended = try simulation.gateway.clearRests(filter)
            #expect(ended.count == count && rests(simulation) == left)
            // What was ended can be asked at once, by everybody.
            let calls = simulation.calls.count
            let carl = simulation.client(simulation.addKey("carl"))
            for name in ["a/m", "b/x"] { ask(simulation, carl, name) }
            let freed = [left.contains("a key for everybody"), left.contains("b deployment for everybody")].count { !$0 }
            #expect(simulation.calls.count == calls + freed)
        }
    }

    @Test func `a name that nothing has is refused and says what would be right, and a key is not repeated`() throws {
        try trouble { simulation throws in
            func refusal(_ provider: String?, _ model: String? = nil, _ key: String? = nil) -> GatewayError? {
                var filter = RestFilter()
                (filter.provider, filter.model, filter.key) = (provider, model, key)
                do throws(GatewayError) { _ = try simulation.gateway.clearRests(filter) } catch { return error }
                return nil
            }
            let before = rests(simulation)
            let provider = try #require(refusal("bb"))
            #expect(
                provider.status == 404 && provider.code == "provider_not_found" && provider.param == "provider" && provider.message.contains("`b`"))
            let model = try #require(refusal(nil, "zz"))
            #expect(model.status == 404 && model.param == "model" && model.message.contains("`x`"))
            let others = try #require(refusal("a", "x"))
            #expect(others.status == 404 && others.message.contains("the provider `a` has no model") && others.message.contains("`m`"))
            let key = try #require(refusal("b", nil, "sk-secret"))
            #expect(key.status == 404 && key.param == "key" && key.message.contains("`B_KEY_1`") && !key.message.contains("sk-secret"))
            #expect(refusal("b", nil, "A_KEY_1")?.status == 404)
            #expect(refusal(String(repeating: "x", count: 4000)).map { $0.message.utf8.count < 400 } == true)
            #expect(rests(simulation) == before && simulation.observer.notices.allSatisfy { !$0.contains("an operator") })
        }
    }

    @Test func `a provider whose models are not known yet is no wrong name`() throws {
        try withGateway(ScriptedProvider("a", models: nil)) { simulation throws in
            var filter = RestFilter()
            filter.provider = "a"
            #expect(try simulation.gateway.clearRests(filter).isEmpty)
        }
    }

    @Test func `a request that waits goes on in the turn in which the rest is ended`() throws {
        try withGateway(.script("a", Self.limit(60), .completion("Hello"))) { simulation throws in
            let first = simulation.client()
            ask(simulation, first)
            #expect(first.answer?.status == 429)
            let patient = simulation.client()
            ask(simulation, patient, wait: "100s")
            simulation.advance(by: .seconds(5))
            #expect(patient.answer == nil && simulation.gateway.waitingRequests == 1)
            simulation.loop.step { _ = try? simulation.gateway.clearRests(RestFilter()) }
            #expect(patient.answer?.content == "Hello" && simulation.elapsed == .seconds(5))
        }
    }

    @Test func `ending a limit's pause frees what it holds back, in every form, and keeps what was learnt of it`() throws {
        let reset = ("x-ratelimit-reset-requests", "3000s")
        let stated = UpstreamScript.status(
            429, "{}", fields: [("retry-after", "3000"), ("x-ratelimit-limit-requests", "5"), ("x-ratelimit-remaining-requests", "0"), reset])
        for refusal in [Self.limit(3000), stated] {
            let scripts = Array(repeating: UpstreamScript.completion("x"), count: 5) + [refusal, .completion("again")]
            try withGateway([.script("a", scripts)]) { simulation throws in
                let client = simulation.client()
                for _ in 0..<6 { ask(simulation, client) }
                #expect(client.answer?.status == 429 && simulation.calls.count == 6)
                let node = try #require(simulation.gateway.models.table.deployments.first).health.keyModel
                let learnt = node.quota.estimate
                #expect(learnt.limit == 5 && learnt.window == LoopInterval(.seconds(3600)))
                simulation.advance(by: .seconds(1))
                // Its provider by name frees it as well as all.
                var filter = RestFilter()
                filter.provider = "a"
                #expect(try simulation.gateway.clearRests(filter).count == 1)
                #expect(node.quota.estimate == learnt)
                ask(simulation, client)
                #expect(client.answer?.content == "again")
                for _ in 0..<4 {
                    simulation.advance(by: .seconds(1))
                    ask(simulation, client)
                }
                #expect(client.answer?.status == 200)
                // A window later begun is as long as the one before.
                ask(simulation, client)
                #expect(client.answer?.status == 429 && simulation.calls.count == 11, "the learnt limit holds")
            }
        }
    }

    @Test func `a failure that is taken back later does not bring back what was ended`() throws {
        let story = RestStory()
        var track = HealthTrack()
        let before = track
        track.failed(1, at: story.now)
        let number = track.incident
        track.clear()
        track.takeBack(to: before, from: number, weight: 1)
        #expect(track.isQuiet)
        // Whatever the count of failures is, the state from before is not mistaken for the one a failure ago.
        for failures in 0..<4 {
            var track = HealthTrack()
            track.rest(story.evidence(), startedAt: story.now, at: story.now, word: LoopInterval(.seconds(60)), ladder: story.ladder, chance: 0.5)
            let resting = track
            track.failed(1, at: story.now)
            let number = track.incident
            track.clear()
            for _ in 0..<failures { track.failed(1, at: story.now) }
            track.takeBack(to: resting, from: number, weight: 1)
            #expect(track.cooldown.isClosed, "\(failures)")
        }
    }

    // MARK: The log

    @Test func `a long rest of everybody is told once, a short one not, and neither is a client's own`() throws {
        try withGateway(.script("a", Self.rejection)) { simulation throws in
            let client = simulation.client()
            ask(simulation, client)
            #expect(simulation.observer.notices.isEmpty)
            simulation.advance(by: .seconds(2))
            ask(simulation, client)
            let notice = try #require(simulation.observer.notices.first)
            #expect(
                notice.hasPrefix("a: the key A_KEY_1 rests until 2027-01-15T1")
                    && notice.hasSuffix(": credential, by status or code, confirmed by another request"), "\(notice)")
            let until = simulation.gateway.restReports()[0].until
            #expect(notice.contains(until.description))
            for _ in 0..<5 { ask(simulation, client) }
            #expect(simulation.observer.notices.count == 1)
            _ = try simulation.gateway.clearRests(RestFilter())
            #expect(simulation.observer.notices.last == "an operator has ended a rest: a: the key A_KEY_1 (credential)")
        }
        try withGateway(.script("a", Self.rejection)) { simulation throws in
            let ann = simulation.client(simulation.addKey("ann"))
            for _ in 0..<3 {
                ask(simulation, ann)
                simulation.advance(by: .seconds(2))
            }
            #expect(simulation.gateway.restReports().first?.left ?? .zero > .seconds(60))
            #expect(!simulation.observer.notices.contains { $0.contains("rests until") }, "\(simulation.observer.notices)")
        }
    }

    @Test func `many rests that are ended make one line of a few`() throws {
        let models = (0..<20).map { "m\($0)" }
        try withGateway(.script("a", models: models, Self.missing)) { simulation throws in
            let client = simulation.client()
            for model in models { ask(simulation, client, "a/\(model)") }
            let count = try simulation.gateway.clearRests(RestFilter()).count
            let notice = try #require(simulation.observer.notices.last)
            #expect(notice.hasPrefix("an operator has ended \(count) rests: ") && notice.hasSuffix("; and \(count - 5) more"), "\(notice)")
        }
    }

    // MARK: Over a restart

    @Test func `what an earlier run has left is told, also of what is not configured now, and ends as well`() throws {
        let before = GatewaySimulation([.script("a", Self.limit(7200)), .script("b", Self.limit(7200))], hasStore: true)
        let client = before.client()
        client.token = before.addKey("ann")
        for name in ["a/m", "b/m"] { ask(before, client, name) }
        before.advance(by: .seconds(30))
        #expect(before.end().isEmpty)
        let kept = try #require(before.store?.checkpoints["health"])
        // The next run lacks `b`, and begins half an hour later on a clock of its own.
        let snapshot = try #require(withBytes(String(decoding: kept, as: UTF8.self)) { HealthSnapshot(parsing: $0) })
        try withGateway(.script("a", .completion("x"))) { simulation throws in
            let gateway = simulation.gateway
            let epoch = simulation.loop.millisecondsSinceEpoch
            simulation.advance(by: .seconds(1800))
            gateway.health.restore(snapshot, at: simulation.loop.now, epoch: epoch + 1_800_000)
            let reports = gateway.restReports()
            #expect(reports.map(\.provider) == ["a", "b"] && reports.allSatisfy { $0.evidence == "from an earlier run" && $0.isWord })
            for report in reports {
                #expect(report.scope == .deployment && report.model == "m" && report.key == "\(report.provider.uppercased())_KEY_1")
                #expect(report.reason == "rate_limited_hour" && report.cause == "limit" && report.left == .seconds(5400))
                #expect(report.since.description == "2027-01-15T12:00:00Z")
            }
            #expect(gateway.restCounts() == ["rate_limited_hour": 2])
            var filter = RestFilter()
            filter.provider = "b"
            #expect(try gateway.clearRests(filter).map(\.provider) == ["b"] && gateway.restReports().map(\.provider) == ["a"])
            #expect(throws: GatewayError.self) { try gateway.clearRests(filter) }
            simulation.advance(by: .seconds(5400))
            #expect(gateway.restReports().isEmpty)
        }
    }

    @Test func `of what is not in use a rest ends and a learnt limit stays`() throws {
        let (now, epoch) = (LoopInstant(nanoseconds: 1_000_000_000_000_000), 1_800_000_000_000)
        let text = """
            {"version":1,"nodes":[
            {"id":"keyModel p https://p/v1 P#1 m","until":\(epoch + 60_000),"rung":2,"cause":3,"since":\(epoch - 5000),"limit":7,"window":60,"confidence":2},
            {"id":"nonsense","until":\(epoch + 60_000),"cause":3}
            ]}
            """
        let registry = HealthRegistry()
        registry.restore(try #require(withBytes(text) { HealthSnapshot(parsing: $0) }), at: now, epoch: epoch)
        #expect(registry.rests(at: now, epoch: epoch) { _ in .everybody }.map(\.subject) == ["the model m with the key P"])
        registry.clear(at: now) { $0?.provider == "p" }
        #expect(registry.rests(at: now, epoch: epoch) { _ in .everybody }.isEmpty)
        #expect(registry.saved(under: "keyModel p https://p/v1 P#1 m")?.limit == 7 && registry.saved(under: "nonsense") != nil)
        registry.clear(at: now) { _ in true }
        #expect(registry.saved(under: "nonsense") == nil)
    }
}

/// A moment, and what a rest then may be founded on.
private struct RestStory {
    let now = LoopInstant(nanoseconds: 1_000_000_000_000_000)
    let ladder = CooldownLadder(first: .seconds(1), most: .seconds(60), jitter: 0)

    func evidence(_ cause: Cooldown.Cause = .failure) -> RestEvidence { RestEvidence(cause: cause, failure: nil, source: .failures, since: now) }
}
