import Testing

@testable import Gateway
@testable import Wire

@Suite struct RouteTests {
    @Test(
        arguments: [
            ("/v1/chat/completions", .model(.chatCompletions)), ("/chat/completions", .model(.chatCompletions)),
            ("/v1/completions", .model(.completions)),
            ("/v1/embeddings", .model(.embeddings)), ("/v1/responses", .model(.responses)), ("/v1/moderations", .model(.moderations)),
            ("/v1/rerank", .model(.rerank)), ("/v1/images/generations", .model(.imageGenerations)), ("/v1/audio/speech", .model(.speech)),
            ("/v1/models", .models), ("/models", .models), ("/v1/models/a/b", .modelDetail(idOffset: 11)), ("/models/x", .modelDetail(idOffset: 8)),
            ("/ok", .liveness), ("/health", .liveness), ("/livez", .liveness), ("/readyz", .readiness), ("/v1/ok", .unknown), ("/", .unknown),
            ("", .unknown), ("*", .unknown), ("/v1", .unknown), ("/v1/", .unknown), ("/v1/models/", .unknown), ("/v1/chat/completions/", .unknown),
            ("/v2/chat/completions", .unknown), ("/v1/v1/models", .unknown), ("/V1/models", .unknown),
        ] as [(String, Route)])
    func `a path has its route`(path: String, expected: Route) {
        #expect(withBytes(path) { Route(path: $0) } == expected)
    }

    @Test func `every endpoint's path leads to it`() {
        for endpoint in Endpoint.allCases { #expect(withBytes("/v1" + endpoint.path) { Route(path: $0) } == .model(endpoint)) }
    }
}

@Suite struct RouteTableTests {
    private let table: RouteTable

    init() throws {
        table = RouteTable([
            try deployment("a.test", "big/one", aliases: ["one"]), try deployment("b.test", "big/one"),
            try deployment("b.test", "small-two", kind: .chat),
            try deployment("c.test", "embed-x", kind: .embedding), try deployment("d.test", "embed-y", kind: .embedding, aliases: ["vectors"]),
            try deployment("c.test", "embed-y", kind: .embedding, aliases: ["vectors"]),
        ])
    }

    private func resolve(_ name: String, further: [String] = [], _ endpoint: Endpoint = .chatCompletions) throws(GatewayError)
        -> RouteTable.Resolution
    {
        let bytes = Array(name.utf8)
        return try table.resolve(bytes.span.bytes, further: further, endpoint: endpoint)
    }

    @Test func `an id means every provider of it, an alias and provider-slash-id one`() throws {
        #expect(names(try resolve("big/one").candidates) == ["a.test/big/one", "b.test/big/one"])
        #expect(names(try resolve("one").candidates) == ["a.test/big/one"])
        #expect(names(try resolve("b.test/big/one").candidates) == ["b.test/big/one"])
    }

    @Test func `a list is tried in its order, without repetition`() throws {
        #expect(names(try resolve("small-two, big/one").candidates) == ["b.test/small-two", "a.test/big/one", "b.test/big/one"])
        #expect(names(try resolve("one", further: ["big/one", "small-two"]).candidates) == ["a.test/big/one", "b.test/big/one", "b.test/small-two"])
        #expect(names(try resolve("unknown-model,one").candidates) == ["a.test/big/one"])
    }

    @Test func `a preset means every chat model`() throws {
        for preset in RouteTable.presets {
            #expect(names(try resolve(preset).candidates) == ["a.test/big/one", "b.test/big/one", "b.test/small-two"])
        }
    }

    @Test func `part of an id is the last resort, and says so`() throws {
        let found = try resolve("SMALL")
        #expect(found.isBySubstring && names(found.candidates) == ["b.test/small-two"])
        #expect(try !resolve("small-two").isBySubstring)
    }

    @Test func `embeddings stay with one model`() throws {
        #expect(names(try resolve("embed", .embeddings).candidates) == ["c.test/embed-x"])
        #expect(names(try resolve("vectors", .embeddings).candidates) == ["d.test/embed-y", "c.test/embed-y"])
    }

    @Test func `what can't be served is refused with a reason`() throws {
        let unknown = #expect(throws: GatewayError.self) { try resolve("big/won") }
        #expect(unknown?.status == 404 && unknown?.code == "model_not_found" && unknown?.message.contains("big/one") == true)
        let wrong = #expect(throws: GatewayError.self) { try resolve("embed-x") }
        #expect(wrong?.status == 400 && wrong?.param == "model")
        let preset = #expect(throws: GatewayError.self) { try resolve("best", .embeddings) }
        #expect(preset?.status == 400)
        let long = #expect(throws: GatewayError.self) { try resolve(Array(repeating: "one", count: 33).joined(separator: ",")) }
        #expect(long?.status == 400)
        for name in ["", " ", ","] { #expect(throws: GatewayError.self) { try resolve(name) } }
    }

    @Test func `a preset without a provider is not the client's fault`() throws {
        let empty = RouteTable([])
        let error = #expect(throws: GatewayError.self) { try empty.resolve(StaticString("best").span, further: [], endpoint: .chatCompletions) }
        #expect(error?.status == 503)
    }
}

@Suite struct CandidatesTests {
    private func apply(_ json: String) throws -> [String] {
        var candidates = Candidates(deployments: try ["a", "b", "c"].map { try deployment("\($0).test", "m") })
        let bytes = Array(json.utf8)
        try candidates.apply(ProviderPreferences(in: bytes.span.bytes, at: 0..<bytes.count))
        return candidates.deployments.map { String($0.provider.name.prefix(1)) }
    }

    @Test(arguments: [
        ("{}", "abc"), (#"{"only":["b.test","c.test"]}"#, "bc"), (#"{"ignore":["a.test"]}"#, "bc"), (#"{"order":["c.test"]}"#, "cab"),
        (#"{"order":["c.test","x","b.test"]}"#, "cba"), (#"{"allow_fallbacks":false}"#, "a"), (#"{"order":["c.test"],"allow_fallbacks":false}"#, "c"),
        (#"{"order":["c.test"],"allow_fallbacks":true}"#, "cab"), (#"{"only":["a.test","b.test"],"ignore":["a.test"],"order":["b.test"]}"#, "b"),
    ])
    func `preferences filter and order`(json: String, expected: String) throws {
        #expect(try apply(json).joined() == expected)
    }

    @Test(arguments: [#"{"only":["x"]}"#, #"{"ignore":["a.test","b.test","c.test"]}"#, #"{"order":["x"],"allow_fallbacks":false}"#])
    func `preferences that leave nothing are refused`(json: String) {
        let error = #expect(throws: GatewayError.self) { try apply(json) }
        #expect(error?.status == 404 && error?.param == "provider")
    }
}

@Suite struct NameTableTests {
    @Test func `a table of many names finds each and no other`() {
        var table = NameTable<Int>()
        for number in 0..<5000 { table.update("name/\(number)", default: 0) { $0 = number } }
        table.update("name/7", default: 0) { $0 += 1000 }
        #expect(table.count == 5000)
        for number in 0..<5000 where number != 7 { #expect(withBytes("name/\(number)") { table.value($0) } == number) }
        #expect(withBytes("name/7") { table.value($0) } == 1007)
        for name in ["", "name/", "name/5000", "Name/1"] { #expect(withBytes(name) { table.value($0) } == nil) }
    }
}
