import EventLoop
import Glibc
import Wire

@testable import Gateway

/// What 3,000 models cost, once when a list comes and for each request: no turn of the loop should take 10 ms, and no request 1 ms.
extension Microbench {
    private static let providers = 30

    static func measureMany() {
        let registry = HealthRegistry()
        let sources = makeSources(registry)
        for source in sources { _ = source.deployments() }
        var deployments: [Deployment] = []
        print("3,000 models of \(providers) providers (processor time, best of \(repetitions))")
        var fresh = (0..<repetitions).map { _ in makeSources(HealthRegistry()) }
        once("make deployments for a new list") { deployments = fresh.removeLast().flatMap { $0.deployments() } }
        fresh = (0..<repetitions).map { _ in makeSources(HealthRegistry()) }
        once("take a list") { for source in fresh.removeLast() { source.receive(source.listed ?? [], at: 0) } }
        var places = (0..<repetitions).map { deployments[($0 * 100)..<($0 * 100 + 100)] }
        once("look up the health of 100 deployments") { for deployment in places.removeLast() { _ = deployment.health } }
        once("make them anew in a reload") {
            for source in sources { _ = source.adopt(Provider(source.provider.configuration, defaults: UpstreamTimeouts(), registry: registry)) }
        }
        deployments = sources.flatMap { $0.deployments() }
        let rate = SpreadQuality().rater
        for deployment in deployments { deployment.standing.quality = rate(deployment.model, "") }
        let ranking = Ranking(ScoringOptions(), quality: SpreadQuality())
        once("adopt: the ranking") { ranking.adopt(deployments, at: start) }
        var table = RouteTable(deployments, ranking: ranking)
        once("adopt: the table of names") { table = RouteTable(deployments, ranking: ranking) }
        let known = table.names
        once("what searches need: names in order") { sink = sink &+ SortedNames(known).count }
        once("what searches need: parts of names") {
            sink = sink &+ NameCatalogue(utf8: (0..<known.table.count).lazy.map { known.table.name($0) }).count
        }
        once("write the list of models") { sink = sink &+ ModelListing(table, createdAt: 0).withAll { $0.count } }

        let router = Router(Ranking(ScoringOptions(), quality: SpreadQuality()))
        router.adopt(deployments, at: start)
        _ = router.table.sortedNames
        let listing = ModelListing(router.table, createdAt: 0)
        let patterns = (0..<100).map { "vendor-\($0 % 40)/model-\($0)*" }
        let key = grant(patterns)
        once("allow by 100 prefixes") { sink = sink &+ allow(grant(patterns), router) }
        once("allow by 100 parts") { sink = sink &+ allow(grant((0..<100).map { "*el-\($0)*" }), router) }
        _ = router.table.allowance(of: key)
        _ = listing.list(router.table.allowance(of: key))
        once("list the models of a key") { sink = sink &+ listing.list(router.table.allowance(of: key)).count }

        let plain = scan(#"{"model":"m","messages":[]}"#)
        let letters = (0..<32).map { String(UnicodeScalar(UInt8(97 + $0 % 26))) }
        once("decide: priority-auto") { decide(router, plain, "priority-auto") }
        once("decide: priority-auto, a key of 100 patterns") { decide(router, plain, "priority-auto", key: key) }
        once("decide: a name that is not there") { decide(router, plain, "vendor-3/modell-1234-instruct") }
        once("decide: a long name that is not there") { decide(router, plain, String(repeating: "model-a1-b2-c3/", count: 8)) }
        once("decide: 32 names that are not there") { decide(router, plain, names(32) { "vendor-\($0)/modell-1\($0)34-instruct" }) }
        once("decide: 32 unlikely parts of usual letters") { decide(router, plain, names(32) { "el-1\($0)nstruct-el-ruct" }) }
        once("decide: 32 letters") { decide(router, plain, letters.joined(separator: ",")) }
        once("decide: 32 times best, fast, cheap, code") { decide(router, plain, names(32) { ["best", "fast", "cheap", "code"][$0 % 4] }) }
        once("decide: what the key may not use") { decide(router, plain, "vendor-39/model-2999-instruct-70b", key: grant(["none"])) }
        once("decide: priority-auto, nothing allowed") { decide(router, plain, "priority-auto", key: grant(["none"])) }
        let many = (0..<64).map { "\"no-such-provider-\($0)\"" }.joined(separator: ",")
        let chosen = preferences("{\"order\":[\(many)],\"ignore\":[\(many)]}")
        once("decide: priority-auto, 64 providers in order and ignored") { decide(router, plain, "priority-auto", chosen) }
        let sorted = preferences(#"{"sort":"throughput"}"#)
        once("decide: priority-auto, sorted") { decide(router, plain, "priority-auto", sorted) }
        once("explain: the decision") {
            _ = router.explain("priority-auto".utf8.span.bytes, question(plain), at: start)
        }
        let explained = router.explain("priority-auto".utf8.span.bytes, question(plain), at: start)
        once("explain: begin to write") {
            _ = Explanation("priority-auto", explained, by: router.ranking, snapshot: "s", state: { _ in .ready })
        }
        var explanation = Explanation("priority-auto", explained, by: router.ranking, snapshot: "s", state: { _ in .ready })
        once("explain: note a piece") { _ = explanation.note() }
        while !explanation.note() {}
        let text = explanation.text
        once("explain: write a piece, beside the loop") { _ = text.advance() }
    }

    private static func makeSources(_ registry: HealthRegistry) -> [ModelSource] {
        (0..<providers).map { number in
            guard let url = try? HTTPURL(parsing: "https://provider-\(number).test/v1") else { preconditionFailure("the URL must parse") }
            var configuration = ProviderConfiguration(name: "provider-\(number)", baseURL: url)
            configuration.keys = [APIKeyReference(variable: "KEY", value: Secret("secret-\(number)"))]
            let source = ModelSource(Provider(configuration, defaults: UpstreamTimeouts(), registry: registry))
            source.receive((0..<100).map { model(number * 100 + $0) }, at: 0)
            _ = source.chooseAtOnce()
            return source
        }
    }

    private static func model(_ number: Int) -> ModelConfiguration {
        var model = ModelConfiguration(id: "vendor-\(number % 40)/model-\(number)-instruct-70b\(number % 3 == 0 ? ":free" : "")")
        model.contextLength = [8192, 32_768, 131_072, 1_000_000][number % 4]
        model.inputModalities = [.text]
        if number % 10 == 0 { model.aliases = ["model-\(number)-latest"] }
        return model
    }

    private static func preferences(_ json: String) -> ProviderPreferences? {
        let body = Array("{\"model\":\"m\",\"provider\":\(json)}".utf8)
        return body.withBytes { bytes in (try? RequestEnvelope(scanning: bytes))?.providerPreferences(in: bytes) }
    }

    private static func names(_ count: Int, _ name: (Int) -> String) -> String { (0..<count).map(name).joined(separator: ",") }

    private static func grant(_ patterns: [String]) -> KeyGrant {
        var generator = SystemRandomNumberGenerator()
        var key = StoredKey(ClientKey(using: &generator), name: "k", createdAt: UnixTime(seconds: 0))
        key.models = patterns
        return KeyGrant(key)
    }

    private static func allow(_ grant: KeyGrant, _ router: Router) -> Int { router.table.allowance(of: grant).map { $0.allows(0) ? 1 : 0 } ?? 0 }

    private static func question(_ envelope: RequestEnvelope) -> Router.Question {
        Router.Question(needs: RequestNeeds(envelope, endpoint: .chatCompletions, bytes: 100))
    }

    private static func decide(
        _ router: Router, _ envelope: RequestEnvelope, _ name: String, key: KeyGrant? = nil,
        _ preferences: ProviderPreferences? = nil
    ) {
        var question = question(envelope)
        question.grant = key
        question.preferences = preferences
        let found = try? router.decide(name.utf8.span.bytes, question, at: start)
        sink = sink &+ (found?.candidates.count ?? 1)
    }

    private static let repetitions = 9

    /// The best of a few by the processor's time, so that what else runs on the machine counts little.
    private static func once(_ name: String, _ body: () -> Void) {
        func processorTime() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }
        let best =
            (0..<repetitions).map { _ in
                let start = processorTime()
                body()
                return processorTime() - start
            }.min() ?? 0
        let padded = name + String(repeating: " ", count: max(0, 60 - name.count))
        print("  \(padded) \(best / 1000) µs")
    }
}
