import EventLoop
import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// A provider at a host of its name; without models they are asked for.
private func provider(_ name: String, _ models: [String]? = ["m"], keys: [String] = [], path: String = "/v1") throws -> ProviderConfiguration {
    var made = ProviderConfiguration(name: name, baseURL: try HTTPURL(parsing: "https://\(name).test\(path)"))
    made.models = models.map { $0.map(ModelConfiguration.init) }
    made.keys = keys.map { APIKeyReference(variable: "KEY", value: Secret($0)) }
    return made
}

/// A directory on a simulated loop, with the transport it asks.
private final class Fixture {
    let loop = EventLoop(simulatedFrom: noon)
    let transport: ScriptedTransport
    let observer = RecordingObserver()
    let health = HealthRegistry()
    let directory: ModelDirectory

    init(_ providers: [ProviderConfiguration]) {
        transport = ScriptedTransport(on: loop)
        directory = ModelDirectory(GatewayConfiguration(providers: providers), on: loop, transport: transport, notices: observer, health: health)
    }

    func apply(_ providers: [ProviderConfiguration]) {
        loop.step { [self] in directory.apply(GatewayConfiguration(providers: providers), health: health) }
    }

    var names: [String] { GatewayTests.names(directory.table.deployments) }
    func deployment(_ name: String) throws -> Deployment {
        try #require(directory.table.deployments.first { "\($0.provider.name)/\($0.model.id)" == name })
    }
}

@Suite struct ReloadTests {
    /// Runs a story with a directory and ends it.
    private func withDirectory(_ providers: [ProviderConfiguration], _ body: (Fixture) throws -> Void) throws {
        let fixture = Fixture(providers)
        try body(fixture)
        fixture.loop.step { fixture.directory.stop() }
        #expect(fixture.loop.close().total == 0 && fixture.transport.live == 0)
    }

    @Test func `what is learnt of a deployment outlives a change of everything around it`() throws {
        try withDirectory([try provider("a", ["m", "n"], keys: ["one", "two"]), try provider("b")]) { fixture in
            let before = fixture.directory.table.deployments
            let known = before.filter { $0.provider.name == "a" && $0.model.id == "m" }
            #expect(known.count == 2)
            var changed = try provider("a", ["m"], keys: ["three", "two"])
            changed.basePriority = 5
            fixture.apply([try provider("c"), changed])
            let after = fixture.directory.table.deployments
            try #require(names(after) == ["c/m", "a/m", "a/m"])
            let (new, kept) = (after[1], after[2])
            #expect(kept.keyIndex == 1)
            #expect(kept.health.keyModel === known[1].health.keyModel && kept.health.key === known[1].health.key)
            #expect(kept.health.provider === known[1].health.provider && kept.learned === known[1].learned)
            let isNew = known.filter { $0.health.key === new.health.key || $0.learned === new.learned }.isEmpty
            #expect(isNew, "a new key begins without a past")
            let origins = (known[1].upstream(for: .chatCompletions).origin, kept.upstream(for: .chatCompletions).origin)
            #expect(origins.0 === origins.1, "connections stay")
            #expect(fixture.transport.calls.isEmpty)
        }
    }

    @Test func `what was learnt of models that an operator renames for ever is forgotten in time`() throws {
        try withDirectory([try provider("a", ["first"])]) { fixture in
            weak let first = try fixture.deployment("a/first").learned
            var generation = 0
            func rename() throws {
                generation += 1
                let (number, most) = (generation, DiscoveryLimits.maximumRetired)
                fixture.apply([try provider("a", (0..<most).map { "m\(number)-\($0)" })])
            }
            try rename()
            #expect(first != nil, "it may come back")
            try rename()
            try rename()
            #expect(first == nil)
        }
    }

    @Test func `the origins of what is gone are retired, and only those`() throws {
        try withDirectory([try provider("a", keys: ["one", "two"]), try provider("b"), try provider("c")]) { fixture in
            fixture.apply([try provider("b"), try provider("a", keys: ["two", "three"]), try provider("c", path: "/v2")])
            #expect(fixture.transport.retired.map(\.host) == ["a.test"])
            let retired = fixture.transport.retired.filter { $0.isRetired }
            #expect(retired.count == 1)
            fixture.apply([try provider("b")])
            #expect(fixture.transport.retired.map(\.host).sorted() == ["a.test", "a.test", "a.test", "c.test"])
            var proxied = try provider("b")
            proxied.proxy = try HTTPURL(parsing: "http://proxy.test:3128")
            fixture.apply([proxied])
            #expect(fixture.transport.retired.last?.host == "b.test" && fixture.transport.retired.count == 5)
        }
    }

    @Test func `the same configuration again changes nothing`() throws {
        let providers = [try provider("a", ["m", "n"], keys: ["one"]), try provider("b")]
        try withDirectory(providers) { fixture in
            let before = fixture.directory.table.deployments.map { $0.upstream(for: .chatCompletions).origin }
            for _ in 0..<3 { fixture.apply(providers) }
            let after = fixture.directory.table.deployments.map { $0.upstream(for: .chatCompletions).origin }
            #expect(before.map { ObjectIdentifier($0) } == after.map { ObjectIdentifier($0) })
            #expect(fixture.transport.retired.isEmpty && fixture.transport.calls.isEmpty)
        }
    }

    @Test func `a new provider without models is asked for them, and they come in`() throws {
        try withDirectory([try provider("a")]) { fixture in
            fixture.apply([try provider("a"), try provider("b", nil)])
            #expect(fixture.names == ["a/m"])
            #expect(fixture.transport.calls.count == 1)
            let call = try #require(fixture.transport.takeCalls().first)
            #expect(call.request.endpoint.origin.host == "b.test")
            call.answer(200, #"{"data":[{"id":"x"},{"id":"y"}]}"#)
            #expect(fixture.names == ["a/m", "b/x", "b/y"])
            // The list is known now: other filters need no question.
            var filtered = try provider("b", nil)
            filtered.exclude = ["^x$"]
            fixture.apply([try provider("a"), filtered])
            #expect(fixture.names == ["a/m", "b/y"])
            fixture.apply([try provider("a"), try provider("b", nil)])
            #expect(fixture.names == ["a/m", "b/x", "b/y"])
            fixture.loop.advance(by: .seconds(1))
            #expect(fixture.transport.calls.isEmpty)
        }
    }

    @Test func `a provider that moved is asked again and keeps its models until it has answered`() throws {
        try withDirectory([try provider("a", nil)]) { fixture in
            fixture.apply([try provider("a", nil)])
            #expect(fixture.transport.calls.count == 1)
            fixture.transport.takeCalls()[0].answer(200, #"[{"id":"old"}]"#)
            #expect(fixture.names == ["a/old"])
            fixture.apply([try provider("a", nil, path: "/v2")])
            #expect(fixture.names == ["a/old"])
            #expect(fixture.transport.calls.count == 1)
            let call = fixture.transport.takeCalls()[0]
            #expect(call.request.endpoint.target == "/v2/models")
            call.answer(200, #"[{"id":"new"}]"#)
            #expect(fixture.names == ["a/new"])
        }
    }

    @Test func `the list of a provider that has gone meanwhile is not taken`() throws {
        try withDirectory([try provider("a")]) { fixture in
            fixture.apply([try provider("b", nil)])
            #expect(fixture.transport.calls.count == 1)
            fixture.apply([try provider("a")])
            fixture.transport.takeCalls()[0].answer(200, #"[{"id":"late"}]"#)
            #expect(fixture.names == ["a/m"])
        }
    }
}

@Suite struct ConfigurationChangeTests {
    private func configuration(_ names: [String], host: String = "127.0.0.1", tokens: [String] = []) throws -> GatewayConfiguration {
        var made = GatewayConfiguration(providers: try names.map { try provider($0) })
        made.server.host = host
        made.server.bearerTokens = tokens.map { Secret($0) }
        return made
    }

    @Test func `what is bound or opened at the start stays, and is said`() throws {
        let old = try configuration(["a"], tokens: ["t"])
        var new = try configuration(["a"], host: "0.0.0.0", tokens: ["u"])
        new.server.port = 9
        new.server.dataDirectory = "elsewhere"
        new.server.maximumConnections = 7
        new.admin.listen = .socket(path: "s")
        new.admin.socketMode = 0o660
        new.timeouts.connect = .seconds(7)
        new.discovery.cacheFile = "elsewhere"
        (new.store.kind, new.store.busyTimeout, new.usage.keepRequests) = (.memory, .seconds(9), .seconds(60))
        let change = ConfigurationChange(from: old, to: new)
        #expect(change.problems.isEmpty)
        #expect(change.restartNotes == ["PROVIDERS_CONFIG_FILENAME has changed, which takes effect when the gateway is restarted"])
        #expect(change.applicable.store.kind == .sqlite && change.applicable.store.busyTimeout == .seconds(5))
        #expect(change.applicable.usage.keepRequests == .zero && change.applicable.discovery.cacheFile == nil)
        let applied = change.applicable.server
        #expect(applied.host == "127.0.0.1" && applied.port == 8000 && applied.dataDirectory == "data" && applied.maximumConnections == nil)
        #expect(change.applicable.admin == AdminOptions())
        #expect(applied.bearerTokens[0].reveal { $0 == "u" } && change.applicable.timeouts.connect == .seconds(7))
    }

    @Test func `a reload does not open the operator's listener to everybody`() throws {
        var old = try configuration(["a"], tokens: ["t"])
        old.admin.listen = AdminAddress(parsing: "0.0.0.0:9001")
        let open = try configuration(["a"])
        #expect(ConfigurationChange(from: old, to: open).problems.count == 1)
        old.admin.listen = AdminAddress(parsing: "unix:/s")
        #expect(ConfigurationChange(from: old, to: open).problems.isEmpty)
    }

    @Test func `the last provider is not given up, but the first may still be missing`() throws {
        let (some, none) = (try configuration(["a"]), try configuration([]))
        #expect(ConfigurationChange(from: some, to: none).problems.count == 1)
        #expect(ConfigurationChange(from: none, to: none).problems.isEmpty)
        #expect(ConfigurationChange(from: none, to: some).problems.isEmpty)
        var skipped = none
        skipped.skipped = [SkippedProvider(name: "a", variable: "A_KEY")]
        #expect(ConfigurationChange(from: some, to: skipped).problems[0].contains("A_KEY"))
    }

    @Test func `without any key the gateway does not go on serving other machines`() throws {
        for host in ["0.0.0.0", "::", "192.0.2.1"] {
            let old = try configuration(["a"], host: host, tokens: ["t"])
            #expect(ConfigurationChange(from: old, to: try configuration(["a"], host: "127.0.0.1")).problems.count == 1)
            #expect(ConfigurationChange(from: old, to: try configuration(["a"], host: host, tokens: ["u"])).problems.isEmpty)
        }
        #expect(ConfigurationChange(from: try configuration(["a"], tokens: ["t"]), to: try configuration(["a"])).problems.isEmpty)
    }

    @Test func `the summary names who came and who went`() throws {
        func summary(_ old: [String], _ new: [String]) throws -> String {
            ConfigurationChange(from: try configuration(old), to: try configuration(new)).summary
        }
        #expect(try summary(["a", "b"], ["b", "c", "d"]) == "new: c, d; gone: a")
        #expect(try summary(["a"], ["a", "b"]) == "new: b")
        #expect(try summary(["a", "b"], ["a"]) == "gone: b")
        #expect(try summary(["a", "b"], ["b", "a"]) == "the same providers")
    }
}
