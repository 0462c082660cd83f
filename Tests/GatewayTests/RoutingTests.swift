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
            ("/v1/route/explain", .explanation), ("/v1/models", .models), ("/models", .models), ("/v1/models/a/b", .modelDetail(idOffset: 11)),
            ("/models/x", .modelDetail(idOffset: 8)),
            ("/ok", .liveness), ("/health", .liveness), ("/livez", .liveness), ("/readyz", .readiness), ("/v1/ok", .unknown), ("/", .unknown),
            ("", .unknown), ("*", .unknown), ("/v1", .unknown), ("/v1/", .unknown), ("/v1/models/", .models),
            ("/v1/chat/completions/", .model(.chatCompletions)),
            ("/v2/chat/completions", .unknown), ("/v1/v1/models", .models),
            ("//v1/v1/models/x", .modelDetail(idOffset: 15)), ("//admin/keys", .unknown), ("//metrics", .unknown), ("/V1/models", .unknown),
        ] as [(String, Route)])
    func `a path has its route`(path: String, expected: Route) {
        #expect(withBytes(path) { Route(path: $0) } == expected)
    }

    @Test func `every endpoint's path leads to it`() {
        for endpoint in Endpoint.allCases { #expect(withBytes("/v1" + endpoint.path) { Route(path: $0) } == .model(endpoint)) }
    }
}

@Suite struct RouteTableTests {
    private let router: Router

    init() throws {
        router = makeRouter(of: [
            try deployment("a.test", "big/one", aliases: ["one"]), try deployment("b.test", "big/one"),
            try deployment("b.test", "small-two", kind: .chat),
            try deployment("c.test", "embed-x", kind: .embedding), try deployment("d.test", "embed-y", kind: .embedding, aliases: ["vectors"]),
            try deployment("c.test", "embed-y", kind: .embedding, aliases: ["vectors"]),
        ])
    }

    private func decide(_ name: String, further: [String] = [], _ endpoint: Endpoint = .chatCompletions) throws(GatewayError) -> Decision {
        try decision(router, name, further: further, endpoint: endpoint)
    }

    @Test func `an id means every provider of it, an alias and provider-slash-id one`() throws {
        #expect(names(try decide("big/one").candidates) == ["a.test/big/one", "b.test/big/one"])
        #expect(names(try decide("one").candidates) == ["a.test/big/one"])
        #expect(names(try decide("b.test/big/one").candidates) == ["b.test/big/one"])
    }

    @Test func `a list is tried in its order, without repetition`() throws {
        #expect(names(try decide("small-two, big/one").candidates) == ["b.test/small-two", "a.test/big/one", "b.test/big/one"])
        #expect(names(try decide("one", further: ["big/one", "small-two"]).candidates) == ["a.test/big/one", "b.test/big/one", "b.test/small-two"])
        #expect(names(try decide("unknown-model,one").candidates) == ["a.test/big/one"])
    }

    @Test func `a preset means every chat model`() throws {
        #expect(router.table.presets == ["priority-auto", "best", "fast", "cheap", "code"])
        for preset in router.table.presets {
            #expect(names(try decide(preset).candidates) == ["a.test/big/one", "b.test/big/one", "b.test/small-two"])
        }
    }

    @Test func `part of an id is the last resort, and says so`() throws {
        let found = try decide("SMALL")
        #expect(found.match == .substring && names(found.candidates) == ["b.test/small-two"])
        #expect(try decide("small-two").match == .exact)
        #expect(try decide("small-two,SMALL").match == .substring)
    }

    @Test func `embeddings stay with one model`() throws {
        #expect(names(try decide("embed", .embeddings).candidates) == ["c.test/embed-x"])
        #expect(names(try decide("vectors", .embeddings).candidates) == ["d.test/embed-y", "c.test/embed-y"])
    }

    @Test func `what can't be served is refused with a reason`() throws {
        let unknown = #expect(throws: GatewayError.self) { try decide("big/won") }
        #expect(unknown?.status == 404 && unknown?.code == "model_not_found" && unknown?.message.contains("big/one") == true)
        let wrong = #expect(throws: GatewayError.self) { try decide("embed-x") }
        #expect(wrong?.status == 400 && wrong?.param == "model")
        let preset = #expect(throws: GatewayError.self) { try decide("best", .embeddings) }
        #expect(preset?.status == 400)
        let long = #expect(throws: GatewayError.self) { try decide(Array(repeating: "one", count: 33).joined(separator: ",")) }
        #expect(long?.status == 400)
        for name in ["", " ", ","] { #expect(throws: GatewayError.self) { try decide(name) } }
    }

    @Test func `a preset without a provider is not the client's fault`() throws {
        let empty = makeRouter(of: [])
        let error = #expect(throws: GatewayError.self) { try decision(empty, "best") }
        #expect(error?.status == 503)
    }

    @Test func `a canonical name means the model whatever its providers call it, in any spelling`() throws {
        let source = FixedQuality(["vendor/Llama-3.3-70B-Instruct:free": ("llama-3.3-70b", 1), "llama-3.3-70b-versatile": ("llama-3.3-70b", 1)])
        source.spellings = ["Llama 3.3 (70B)": "llama-3.3-70b"]
        let router = makeRouter(
            of: [try deployment("a.test", "vendor/Llama-3.3-70B-Instruct:free"), try deployment("b.test", "llama-3.3-70b-versatile")], quality: source
        )
        for (name, match) in [("llama-3.3-70b", NameMatch.exact), ("Llama 3.3 (70B)", .spelling)] {
            let found = try decision(router, name)
            #expect(found.candidates.count == 2 && found.match == match, "\(name)")
        }
        // A provider's own id goes before.
        #expect(try decision(router, "llama-3.3-70b-versatile").candidates.count == 1)
    }
}

@Suite struct PreferencesTests {
    private func apply(_ json: String, _ router: Router? = nil) throws -> [String] {
        let router = try router ?? makeRouter(of: ["a", "b", "c"].map { try deployment("\($0).test", "m") })
        return try decision(router, "m", members: "\"provider\":\(json)").candidates.map { String($0.provider.name.prefix(1)) }
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

    @Test func `prices are compared, and what nobody prices is too expensive for a limit`() throws {
        let priced = try [("a", 5.0), ("b", 1.0)].map { name, price in
            try deployment("\(name).test", "m") {
                $0.promptPrice = price
                $0.completionPrice = price
            }
        }
        let router = makeRouter(of: priced + [try deployment("c.test", "m")])
        #expect(try apply(#"{"max_price":{"prompt":2}}"#, router) == ["b"])
        #expect(try apply(#"{"max_price":{"prompt":"9","completion":6}}"#, router).sorted() == ["a", "b"])
        #expect(try apply(#"{"sort":"price"}"#, router) == ["b", "a", "c"])
        #expect(throws: GatewayError.self) { try apply(#"{"max_price":{"completion":0.5}}"#, router) }
    }

    @Test func `parameters can be demanded to be stated`() throws {
        let stated = try deployment("b.test", "m") { $0.supportsTools = true }
        let router = makeRouter(of: [try deployment("a.test", "m"), stated, try deployment("c.test", "m") { $0.supportsTools = false }])
        let tools = #""tools":[{"type":"function"}]"#
        #expect(try names(decision(router, "m", members: tools).candidates).sorted() == ["a.test/m", "b.test/m"])
        #expect(try names(decision(router, "m", members: tools + #","provider":{"require_parameters":true}"#).candidates) == ["b.test/m"])
    }
}

@Suite struct NameTableTests {
    @Test func `a table of many names finds each and no other`() {
        var table = NameTable()
        for number in 0..<5000 { #expect(table.insert("name/\(number)") == number) }
        #expect(table.insert("name/7") == 7 && table.count == 5000)
        for number in 0..<5000 {
            #expect(withBytes("name/\(number)") { table.number(of: $0) } == number)
            #expect(table.name(number).elementsEqual("name/\(number)".utf8) && table.length(number) == "name/\(number)".utf8.count)
        }
        for name in ["", "name/", "name/5000", "Name/1"] { #expect(withBytes(name) { table.number(of: $0) } == nil) }
    }
}
