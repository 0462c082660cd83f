import Testing

@testable import Gateway

@Suite struct ResponseHomesTests {
    private let origin = UpstreamOrigin(isSecure: true, host: "a", port: 443)
    private let client = ClientTag(VirtualKey.ID("client"))
    private var home: ResponseHomes.Home { ResponseHomes.Home(provider: "a", origin: origin, client: client) }

    @Test func `an answer is found again, an unknown one is not`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        #expect(homes.home(of: "resp_1") == home && homes.home(of: "resp_2") == nil)
    }

    @Test func `the oldest are forgotten first, and no more are kept than there is room for`() {
        var homes = ResponseHomes()
        for number in 0..<ResponseHomes.most + 3 { homes.note("resp_\(number)", at: home) }
        #expect(homes.count == ResponseHomes.most)
        #expect(homes.home(of: "resp_2") == nil && homes.home(of: "resp_3") == home)
        #expect(homes.home(of: "resp_\(ResponseHomes.most + 2)") == home)
    }

    @Test func `one client's many answers make none of another's be forgotten`() {
        var homes = ResponseHomes()
        func home(_ client: Int) -> ResponseHomes.Home {
            ResponseHomes.Home(provider: "a", origin: origin, client: ClientTag(VirtualKey.ID("client \(client)")))
        }
        for number in 0..<100 { homes.note("small-\(number)", at: home(1 + number % 20)) }
        for number in 0..<3 * ResponseHomes.most { homes.note("large-\(number)", at: home(0)) }
        #expect(homes.count == ResponseHomes.most)
        #expect((0..<100).allSatisfy { homes.home(of: "small-\($0)") != nil })
        #expect(homes.home(of: "large-\(3 * ResponseHomes.most - 1)") != nil && homes.home(of: "large-\(2 * ResponseHomes.most)") == nil)
        // Two that have many share what there is, and each keeps its newest.
        for number in 0..<ResponseHomes.most { homes.note("other-\(number)", at: home(50)) }
        let kept = (0..<ResponseHomes.most).count { homes.home(of: "other-\($0)") != nil }
        #expect(homes.count == ResponseHomes.most && abs(kept - (ResponseHomes.most - 100) / 2) <= 1)
        #expect((0..<100).allSatisfy { homes.home(of: "small-\($0)") != nil } && homes.home(of: "other-\(ResponseHomes.most - 1)") != nil)
    }

    @Test func `an id that another provider gives, too, stays with the one that gave it first`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        homes.note("resp_1", at: ResponseHomes.Home(provider: "b", origin: origin, client: client))
        homes.note("resp_1", at: ResponseHomes.Home(provider: "c", origin: origin, client: ClientTag(VirtualKey.ID("other"))))
        #expect(homes.home(of: "resp_1") == home)
    }

    @Test func `noting an answer twice takes one place, and an id beyond all measure none`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        homes.note("resp_1", at: ResponseHomes.Home(provider: "b", origin: origin, client: client))
        homes.note(String(repeating: "x", count: 257), at: home)
        homes.note("", at: home)
        #expect(homes.count == 1 && homes.home(of: "resp_1")?.provider == "a")
    }

    @Test func `nobody goes on from another client's answer, also where there is no choice of providers`() throws {
        var homes = ResponseHomes()
        let deployments = [try deployment("a", "m")]
        homes.note("resp_1", at: ResponseHomes.Home(provider: "a", origin: deployments[0].origin, client: client))
        var own = Candidates(deployments: deployments)
        try own.keep("resp_1", of: client, in: homes)
        #expect(own.deployments.count == 1)
        for pool in [deployments, deployments + [try deployment("b", "m")]] {
            var others = Candidates(deployments: pool)
            #expect(throws: GatewayError.self) { try others.keep("resp_1", of: ClientTag(VirtualKey.ID("other")), in: homes) }
        }
    }

    @Test func `an answer is found at its key's new place after a reload`() throws {
        func source(_ keys: [String], _ known: ModelSource? = nil) throws -> ModelSource {
            var configuration = ProviderConfiguration(name: "p", baseURL: try HTTPURL(parsing: "https://p/v1"))
            configuration.models = [ModelConfiguration(id: "m")]
            configuration.keys = keys.map { APIKeyReference(variable: $0, value: Secret("secret-\($0)")) }
            let provider = Provider(configuration, defaults: UpstreamTimeouts())
            guard let known else { return ModelSource(provider) }
            _ = known.adopt(provider)
            return known
        }
        let before = try source(["K1", "K2"])
        var homes = ResponseHomes()
        homes.note("resp_1", at: ResponseHomes.Home(provider: "p", origin: before.deployments()[1].origin, client: client))
        let after = try source(["K0", "K2", "K1"], before).deployments()
        var candidates = Candidates(deployments: after)
        try candidates.keep("resp_1", of: client, in: homes)
        #expect(candidates.deployments.map(\.keyIndex) == [1])
    }
}
