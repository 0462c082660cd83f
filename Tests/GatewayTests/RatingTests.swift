import EventLoop
import Foundation
import LoopTesting
import Testing

@testable import Gateway

/// A source of quality that counts what it is asked, and that can be made to take for ever over one provider's models.
private final class CountingQuality: QualitySource {
    var snapshot = "first"
    /// The ability that models are rated with, by `snapshot`.
    var abilities = ["first": 1.0, "second": 2.0]
    let asked = Shared<[String]>([])
    /// The provider whose models are not rated before `release()`.
    var stuck: String?
    private let gate = DispatchSemaphore(value: 0)

    var rater: @Sendable (ModelConfiguration, String) -> QualityRating {
        { [asked, gate, stuck, ability = abilities[snapshot] ?? 0] model, provider in
            asked.update { $0.append("\(provider)/\(model.id)") }
            if provider == stuck {
                gate.wait()
                gate.signal()
            }
            var rating = QualityRating()
            rating.general = QualityRating.Ability(mean: ability, deviation: 0, evidence: 1)
            rating.canonical = "canonical-\(model.id)"
            return rating
        }
    }

    func release() { gate.signal() }
    func canonicalName(of text: String) -> String? { nil }
    let evidence: @Sendable (String) -> [QualityEvidence] = { _ in [] }
}

private final class Rated {
    let quality = CountingQuality()
    let directory: ModelDirectory
    let health = HealthRegistry()
    let router: Router
    let states = Shared<[String]>([])

    init(_ providers: [ProviderConfiguration], stuck: String? = nil, on loop: EventLoop) {
        quality.stuck = stuck
        router = Router(Ranking(ScoringOptions(), quality: quality))
        directory = ModelDirectory(
            GatewayConfiguration(providers: providers), on: loop, transport: ListTransport(on: loop), notices: RecordingObserver(), health: health,
            router: router)
        directory.rated = { [states] state in states.update { if $0.last != state { $0.append(state) } } }
    }

    func apply(_ providers: [ProviderConfiguration]) { directory.apply(GatewayConfiguration(providers: providers), health: health) }

    /// The ability each model is rated with, by `provider/id`.
    var abilities: [String: Double] {
        Dictionary(uniqueKeysWithValues: directory.table.deployments.map { ("\($0.provider.name)/\($0.model.id)", $0.standing.quality.general.mean) })
    }
}

private func provider(_ name: String, _ models: [String], priority: Double? = nil) throws -> ProviderConfiguration {
    var made = ProviderConfiguration(name: name, baseURL: try HTTPURL(parsing: "https://\(name).test/v1"))
    made.models = models.map { id in
        var model = ModelConfiguration(id: id)
        model.priority = priority
        return model
    }
    return made
}

/// These keep threads of the pool busy, which all tests share: one at a time, so that others get theirs.
@Suite(.serialized, .timeLimit(.minutes(30))) struct PoolTests {
    @Suite struct RatingTests {
        private func withRated(
            _ providers: [ProviderConfiguration], stuck: String? = nil, _ body: @escaping @Sendable (Rated, EventLoop) async throws -> Void
        ) async throws {
            try await withLoop { loop in
                let rated = Rated(providers, stuck: stuck, on: loop)
                defer { rated.directory.stop() }
                try await body(rated, loop)
                rated.quality.release()
                // What is on its way to another thread comes back first.
                try await pause(.milliseconds(5), on: loop)
            }
        }

        @Test func `a start returns when every model is rated`() async throws {
            try await withRated([try provider("a", ["m", "n"]), try provider("b", ["m"])]) { rated, _ in
                #expect(Set(rated.abilities.values) == [QualityRating.Ability.unknown.mean])
                await rated.directory.start()
                #expect(rated.abilities == ["a/m": 1, "a/n": 1, "b/m": 1] && rated.quality.asked.value.count == 3)
                #expect(rated.states.value == ["first"])
                #expect(withBytes("canonical-n") { rated.directory.table.exact($0).count } == 1, "the table knows what the ratings say")
            }
        }

        @Test func `only what is new or changed is rated again, and all of it when what is known of quality has changed`() async throws {
            try await withRated([try provider("a", ["m", "n"]), try provider("b", ["m"])]) { rated, _ in
                await rated.directory.start()
                rated.apply([try provider("a", ["m", "n"]), try provider("b", ["m"])])
                await rated.directory.settled()
                #expect(rated.quality.asked.value.count == 3)
                rated.apply([try provider("a", ["m", "o"]), try provider("b", ["m"], priority: 4)])
                await rated.directory.settled()
                #expect(rated.quality.asked.value.suffix(2).sorted() == ["a/o", "b/m"] && rated.quality.asked.value.count == 5)
                rated.quality.snapshot = "second"
                rated.directory.rate()
                #expect(Set(rated.abilities.values) == [1], "until then the ratings of before hold")
                await rated.directory.settled()
                #expect(rated.abilities == ["a/m": 2, "a/o": 2, "b/m": 2] && rated.quality.asked.value.count == 8)
                #expect(rated.states.value == ["first", "second"])
            }
        }

        @Test func `one provider whose rating does not end keeps no other from being rated, served or taken away`() async throws {
            let providers = [try provider("stuck", ["m"]), try provider("fine", (0..<600).map { "n\($0)" }), try provider("goes", ["g"])]
            try await withRated(providers, stuck: "stuck") { rated, loop in
                loop.task(rated) { await $0.directory.start() }
                try await eventually(on: loop, "the other is rated") { rated.abilities["fine/n599"] == 1 && rated.abilities["goes/g"] == 1 }
                #expect(rated.abilities["stuck/m"] == QualityRating.Ability.unknown.mean && rated.states.value.isEmpty)
                #expect(try decision(rated.router, "stuck/m").candidates.count == 1, "it is served all the same")
                rated.apply([try provider("stuck", ["m"]), try provider("fine", ["n0", "new"])])
                #expect(names(rated.directory.table.deployments) == ["stuck/m", "fine/n0", "fine/new"], "in the same turn")
                try await eventually(on: loop, "the new one is rated") { rated.abilities["fine/new"] == 1 }
                // Lists that come in the meantime begin no other work on it.
                for _ in 0..<20 { rated.directory.rate() }
                try await pause(.milliseconds(2), on: loop)
                // Neither do reloads, as long as neither the adjustments nor the model are others.
                for number in 0..<5 {
                    rated.apply([try provider("stuck", ["m"]), try provider("fine", ["n0", "new-\(number)"])])
                    try await eventually(on: loop, "the new one is rated") { rated.abilities["fine/new-\(number)"] == 1 }
                }
                #expect(rated.quality.asked.value.count { $0 == "stuck/m" } == 1)
                rated.quality.release()
                try await eventually(on: loop, "it is rated") { rated.abilities["stuck/m"] == 1 }
                #expect(rated.states.value == ["first"])
            }
        }

        @Test func `thousands of models come in, are rated and can be found`() async throws {
            try await withRated([try provider("a", (0..<3000).map { "vendor/model-\($0)" })]) { rated, loop in
                await rated.directory.start()
                #expect(rated.abilities.count == 3000 && Set(rated.abilities.values) == [1])
                #expect(try decision(rated.router, "vendor/model-2999").candidates.count == 1)
                #expect(try decision(rated.router, "odel-2999").match == .substring)
                #expect(rated.directory.counts == ["a": 3000])
                try await pause(.milliseconds(20), on: loop)
            }
        }

        @Test func `a table of thousands that is made in pieces says what one that is made at once says`() async throws {
            let providers = try ["a", "b"].map { name in try provider(name, (0..<1500).map { "vendor/model-\($0 % 1000)-\($0 / 1000)" }) }
            try await withRated(providers) { rated, loop in
                await rated.directory.start()
                let piecewise = rated.router
                let whole = Router(Ranking(ScoringOptions(), quality: rated.quality))
                let version = piecewise.ranking.version
                let scores = piecewise.table.deployments.map(\.standing.scores)
                // What is learnt of a deployment is shared with whoever ranks it, so everything the second ranking would have to find out is taken away.
                for deployment in piecewise.table.deployments { deployment.learned.description = nil }
                whole.adopt(piecewise.table.deployments, at: loop.now)
                #expect(piecewise.table.deployments.map(\.standing.scores) == scores && scores.allSatisfy { !$0.isEmpty })
                let names = [
                    "vendor/model-999-0", "a/vendor/model-3-1", "VENDOR/model-0-0", "canonical-vendor/model-7-0", "model-12", "priority-auto",
                ]
                for name in names {
                    #expect(
                        try decision(piecewise, name).candidates.map(ObjectIdentifier.init)
                            == decision(whole, name).candidates.map(ObjectIdentifier.init))
                    #expect(try decision(piecewise, name).match == decision(whole, name).match)
                }
                // The same again changes nothing that decides.
                rated.directory.rate()
                try await pause(.milliseconds(20), on: loop)
                #expect(piecewise.ranking.version == version)
            }
        }

        @Test func `a reload while a table of thousands is made counts, and not what was being made`() async throws {
            try await withRated([try provider("a", (0..<2000).map { "old-\($0)" })]) { rated, loop in
                await rated.directory.start()
                let queue = TurnQueue(on: loop)
                // Other abilities have the whole table made again.
                rated.quality.snapshot = "second"
                rated.directory.rate()
                for turns in 0..<12 {
                    for _ in 0..<turns { await queue.nextTurn() }
                    rated.apply([try provider("a", (0..<1000).map { "new-\(turns)-\($0)" }), try provider("b", ["m"])])
                    #expect(rated.directory.table.deployments.count == 1001)
                    #expect(rated.directory.table.deployments.allSatisfy { $0.model.id.hasPrefix("new-\(turns)-") || $0.provider.name == "b" })
                }
                await rated.directory.settled()
                #expect(rated.abilities.count == 1001 && Set(rated.abilities.values) == [2])
                #expect(try decision(rated.router, "new-11-999").candidates.count == 1)
                queue.close()
                try await pause(.milliseconds(20), on: loop)
            }
        }
    }

    @Suite struct PatternLanesTests {
        @Test func `two pieces of work at a time, in the order in which they came, and free lanes after a reload`() async throws {
            try await withLoop { loop in
                let lanes = PatternLanes(on: loop)
                let (begun, ended) = (Shared<[Int]>([]), Shared<[Int]>([]))
                let gate = DispatchSemaphore(value: 0)
                for number in 0..<6 {
                    loop.task(lanes) { lanes in
                        let isDone: Bool? = await lanes.run {
                            begun.update { $0.append(number) }
                            if number < 2 { gate.wait() }
                            return true
                        }
                        if isDone == true { ended.update { $0.append(number) } }
                    }
                }
                try await eventually(on: loop, "two are begun") { begun.value.count == 2 }
                try await pause(.milliseconds(5), on: loop)
                #expect(begun.value.sorted() == [0, 1] && ended.value.isEmpty)
                lanes.renew()
                try await eventually(on: loop, "the others are done") { ended.value.sorted() == [2, 3, 4, 5] }
                for _ in 0..<2 { gate.signal() }
                try await eventually(on: loop, "all are done") { ended.value.count == 6 }
                lanes.close()
                #expect(await lanes.run { true } == nil)
            }
        }
    }

    @Suite struct AbandonedPatternTests {
        @Test func `reloads with expressions that come to no end leave the pool a thread, however many there are`() async throws {
            try await withLoop { loop in
                let lanes = PatternLanes(on: loop)
                let (begun, ended) = (Shared(0), Shared(0))
                let gate = DispatchSemaphore(value: 0)
                for _ in 0..<6 {
                    for _ in 0..<2 {
                        loop.task(lanes) { lanes in
                            _ = await lanes.run {
                                begun.update { $0 += 1 }
                                gate.wait()
                            }
                            ended.update { $0 += 1 }
                        }
                    }
                    try await pause(.milliseconds(3), on: loop)
                    lanes.renew()
                    // Other work goes on, such as reading the files again.
                    #expect(await LoopWork.run(on: loop) { true })
                }
                #expect(begun.value == 3 && lanes.abandoned == 3)
                // As soon as one has come to its end there is a lane again, for those that wait too.
                for _ in 0..<12 { gate.signal() }
                try await eventually(on: loop, "all have ended") { ended.value == 12 }
                #expect(lanes.abandoned == 0)
                lanes.close()
            }
        }
    }

    @Suite struct ModelFilterTests {
        /// What takes an expression like `(a+)+$` half a second, and twice as long with each letter more.
        private static let poison = String(repeating: "a", count: 15) + "!"

        private func listed(_ name: String, include: [String]) throws -> ProviderConfiguration {
            var made = ProviderConfiguration(name: name, baseURL: try HTTPURL(parsing: "https://\(name).test/v1"))
            made.include = include
            return made
        }

        @Test func `an expression that takes long over one provider's ids holds up neither the loop nor another provider`() async throws {
            let providers = [try listed("slow", include: ["(a+)+$"]), try listed("quick", include: ["^m"])]
            try await withLoop { loop in
                let (transport, observer) = (ListTransport(on: loop), RecordingObserver())
                transport.reply = { call in
                    .answer(
                        status: 200,
                        call.host == "slow.test" ? "[{\"id\":\"\(ModelFilterTests.poison)\"},{\"id\":\"banana\"}]" : #"[{"id":"m"},{"id":"n"}]"#)
                }
                let directory = ModelDirectory(GatewayConfiguration(providers: providers), on: loop, transport: transport, notices: observer)
                loop.task(directory) { await $0.start() }
                try await eventually(on: loop, "the other's list is there") { !directory.table.deployments.isEmpty }
                #expect(names(directory.table.deployments) == ["quick/m"], "while the expression is still at work")
                try await eventually(on: loop, within: .seconds(30), "the expression has ended") {
                    names(directory.table.deployments) == ["slow/banana", "quick/m"]
                }
                directory.stop()
                try await pause(.milliseconds(5), on: loop)
            }
        }

        @Test func `a filter that is at work takes no other list, and a list that came meanwhile is chosen from afterwards`() async throws {
            let configuration = try listed("slow", include: ["(a+)+$"])
            try await withLoop { loop in
                let source = ModelSource(Provider(configuration, defaults: UpstreamTimeouts()))
                let lanes = PatternLanes(on: loop)
                source.receive([ModelConfiguration(id: ModelFilterTests.poison)], at: 1)
                let first = Shared(false)
                loop.task((source, lanes)) { source, lanes in
                    _ = await source.choose(in: lanes)
                    first.update { $0 = true }
                }
                try await pause(.milliseconds(1), on: loop)
                source.receive([ModelConfiguration(id: "banana"), ModelConfiguration(id: "plum")], at: 2)
                #expect(await source.choose(in: lanes) == nil && !first.value, "one piece of work at a time")
                try await eventually(on: loop, within: .seconds(30), "the first has ended") { first.value }
                #expect(source.models.map(\.id) == ["banana"] && source.isChosen && source.isKnown)
            }
        }

        @Test func `other expressions do not wait for those of before`() async throws {
            let (slow, quick) = (try listed("p", include: ["(a+)+$"]), try listed("p", include: ["^b"]))
            try await withLoop { loop in
                let source = ModelSource(Provider(slow, defaults: UpstreamTimeouts()))
                let lanes = PatternLanes(on: loop)
                source.receive([ModelConfiguration(id: ModelFilterTests.poison), ModelConfiguration(id: "banana")], at: 1)
                let first = Shared(false)
                loop.task((source, lanes)) { source, lanes in
                    _ = await source.choose(in: lanes)
                    first.update { $0 = true }
                }
                try await pause(.milliseconds(1), on: loop)
                _ = source.adopt(Provider(quick, defaults: UpstreamTimeouts()))
                #expect(await source.choose(in: lanes)?.added == ["banana"] && !first.value)
                try await eventually(on: loop, within: .seconds(30), "the first has ended") { first.value }
                #expect(source.models.map(\.id) == ["banana"])
            }
        }

        @Test func `further names of a list are counted`() throws {
            let source = ModelSource(Provider(try listed("p", include: []), defaults: UpstreamTimeouts()))
            let list = (0..<200).map { number in
                var model = ModelConfiguration(id: "m\(number)")
                model.aliases = (0..<40).map { "a\(number)-\($0)" }
                return model
            }
            source.receive(ModelSource.cleaned(list, Redactor([])), at: 1)
            let aliases = try #require(source.listed).map(\.aliases.count)
            #expect(aliases[0] == DiscoveryLimits.maximumAliasesOfModel && aliases.reduce(0, +) == DiscoveryLimits.maximumAliases)
        }

        @Test func `what was learnt of a model that comes and goes is kept, of thousands only of the last`() throws {
            let source = ModelSource(Provider(try listed("p", include: []), defaults: UpstreamTimeouts()))
            func take(_ ids: [String]) -> [Deployment] {
                source.receive(ids.map { ModelConfiguration(id: $0) }, at: 1)
                _ = source.chooseAtOnce()
                return source.deployments()
            }
            let first = take((0..<3000).map { "a\($0)" })
            _ = take((0..<3000).map { "b\($0)" })
            let back = take((0..<3000).map { "a\($0)" })
            #expect(back[2999] === first[2999] && back[2000] === first[2000] && back[1999] !== first[1999])
        }
    }
}
