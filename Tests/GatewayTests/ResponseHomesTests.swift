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

    @Test func `noting an answer twice takes one place, and an id beyond all measure none`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        homes.note("resp_1", at: ResponseHomes.Home(provider: "b", origin: origin, client: client))
        homes.note(String(repeating: "x", count: 257), at: home)
        homes.note("", at: home)
        #expect(homes.count == 1 && homes.home(of: "resp_1")?.provider == "b")
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
