import EventLoop
import LoopTesting
import Testing

@testable import Gateway

/// A gateway's directory of models on a scripted transport.
private final class Discovered {
    let transport: ListTransport
    let observer = RecordingObserver()
    let directory: ModelDirectory
    let loop: EventLoop

    init(
        _ providers: [ProviderConfiguration], on loop: EventLoop, cache: MemoryCache? = nil, _ adjust: (inout DiscoveryOptions) -> Void = { _ in },
        reply: @escaping (ListTransport.Call) -> ListTransport.Reply
    ) {
        self.loop = loop
        var configuration = GatewayConfiguration(providers: providers)
        adjust(&configuration.discovery)
        transport = ListTransport(on: loop)
        transport.reply = reply
        directory = ModelDirectory(
            configuration, on: loop, transport: transport, notices: observer, cache: cache, router: Router(Ranking(configuration.scoring)))
    }

    /// The models that can be asked for, as `provider/id`.
    var models: [String] { names(directory.table.deployments) }

    func stop() async throws {
        directory.stop()
        // What is on its way to another thread comes back first.
        try await pause(.milliseconds(5), on: loop)
    }
}

private func provider(_ name: String, keys: [String] = [], _ adjust: (inout ProviderConfiguration) -> Void = { _ in }) throws -> ProviderConfiguration
{
    var configuration = ProviderConfiguration(name: name, baseURL: try HTTPURL(parsing: "https://\(name)/v1"))
    configuration.keys = keys.map { APIKeyReference(variable: $0.uppercased(), value: Secret($0)) }
    adjust(&configuration)
    return configuration
}

private func list(_ ids: String...) -> ListTransport.Reply {
    .answer(status: 200, "{\"data\":[" + ids.map { "{\"id\":\"\($0)\"}" }.joined(separator: ",") + "]}")
}

private let unreachable = ListTransport.Reply.failure(UpstreamFailure(.connect, "refused"))

@Suite struct DiscoveryTests {
    @Test func `every provider without configured models is asked, and no other`() async throws {
        try await withLoop { loop in
            let fixed = try provider("fixed.test") { $0.models = [ModelConfiguration(id: "f")] }
            let found = Discovered([try provider("a.test"), fixed, try provider("b.test")], on: loop) { call in
                call.host == "a.test" ? list("x", "y") : list("z")
            }
            await found.directory.start()
            #expect(Set(found.models) == ["a.test/x", "a.test/y", "fixed.test/f", "b.test/z"])
            #expect(found.transport.targets("a.test") == ["/v1/models"] && found.transport.targets("fixed.test").isEmpty)
            #expect(Set(found.observer.notices) == ["a.test: 2 models", "b.test: 1 model"])
            try await found.stop()
        }
    }

    @Test func `a provider that is slow or down does not hold up the start, and comes in later`() async throws {
        try await withLoop { loop in
            let attempts = Shared(0)
            let found = Discovered([try provider("down.test"), try provider("slow.test"), try provider("up.test")], on: loop) { options in
                options.patience = .milliseconds(30)
                options.retryInterval = .milliseconds(2)
            } reply: { call in
                if call.host == "up.test" { return list("m") }
                if call.host == "slow.test" { return .silence }
                attempts.update { $0 += 1 }
                return attempts.value < 4 ? unreachable : list("late")
            }
            await found.directory.start()
            // The one that is silent would have held it up for ever.
            try await eventually(on: loop, "the provider that answers is there") { found.models.contains("up.test/m") }
            #expect(found.observer.notices.contains { $0.hasPrefix("still waiting for the models of") && $0.contains("slow.test") })
            try await eventually(on: loop, "the provider that was down comes in") { found.models.contains("down.test/late") }
            #expect(found.observer.notices.contains { $0.contains("down.test: no list of models (connect: refused); asking again in") })
            try await found.stop()
            #expect(found.transport.cancelled == 1)
        }
    }

    @Test func `pages are followed to the end, and not in circles`() async throws {
        try await withLoop { loop in
            let found = Discovered([try provider("paged.test"), try provider("circle.test")], on: loop) { call in
                switch (call.host, call.target) {
                case ("paged.test", "/v1/models"): .answer(status: 200, #"{"models":[{"name":"a"}],"next_page_token":"p 2"}"#)
                case ("paged.test", "/v1/models?page_token=p%202"): .answer(status: 200, #"{"models":[{"name":"b"}],"next_page_token":"p3"}"#)
                case ("paged.test", "/v1/models?page_token=p3"): .answer(status: 200, #"{"models":[{"name":"c"}]}"#)
                case ("circle.test", _): .answer(status: 200, #"{"models":[{"name":"r"}],"next_page_token":"same"}"#)
                default: .answer(status: 404, "")
                }
            }
            await found.directory.start()
            #expect(Set(found.models) == ["paged.test/a", "paged.test/b", "paged.test/c", "circle.test/r"])
            #expect(found.transport.targets("circle.test").count == 2)
            try await found.stop()
        }
    }

    @Test func `a page that fails is no short list`() async throws {
        try await withLoop { loop in
            let found = Discovered([try provider("a.test")], on: loop) { call in
                call.target == "/v1/models" ? .answer(status: 200, #"{"models":[{"name":"a"}],"next_page_token":"p"}"#) : .answer(status: 500, "")
            }
            await found.directory.start()
            #expect(found.models.isEmpty && found.observer.notices.first?.contains("status 500") == true)
            try await found.stop()
        }
    }

    @Test func `an endless list is cut off`() async throws {
        try await withLoop { loop in
            let found = Discovered([try provider("a.test")], on: loop) { _ in .flood }
            await found.directory.start()
            #expect(found.observer.notices.first?.contains("larger than") == true && found.models.isEmpty)
            try await found.stop()
        }
    }

    @Test func `a list is asked for with one key of the pool; the next one only when it is rejected`() async throws {
        try await withLoop { loop in
            let found = Discovered([try provider("pool.test", keys: ["k1", "k2", "k3"]), try provider("fine.test", keys: ["f1", "f2"])], on: loop) {
                call in
                call.fields.contains("authorization: Bearer k1") ? .answer(status: 401, "{}") : list("m")
            }
            await found.directory.start()
            #expect(found.transport.calls.filter { $0.host == "pool.test" }.count == 2 && found.transport.targets("fine.test").count == 1)
            // The models are served with every key all the same.
            #expect(found.models.filter { $0 == "pool.test/m" }.count == 3)
            #expect(found.observer.notices.contains { $0.contains("with K1") && !$0.contains("k1") })
            try await found.stop()
        }
    }

    @Test func `when every key is rejected the provider is left alone for a while`() async throws {
        try await withLoop { loop in
            let found = Discovered([try provider("pool.test", keys: ["k1", "k2"])], on: loop) { _ in .answer(status: 403, "") }
            await found.directory.start()
            #expect(found.transport.calls.count == 2 && found.observer.notices.last?.contains("asking again in") == true)
            try await found.stop()
        }
    }

    @Test func `a new list brings models and retires others, whose state is kept should they return`() async throws {
        try await withLoop { loop in
            let round = Shared(0)
            let found = Discovered([try provider("a.test")], on: loop) {
                $0.refreshInterval = .milliseconds(20)
            } reply: { _ in
                round.update { $0 += 1 }
                return round.value == 1 ? list("stays", "goes") : round.value == 2 ? list("stays", "comes") : list("stays", "comes", "goes")
            }
            await found.directory.start()
            let before = found.directory.table.deployments
            try await eventually(on: loop, "the model goes") { found.models == ["a.test/stays", "a.test/comes"] }
            #expect(found.directory.table.deployments[0] === before[0])
            #expect(found.observer.notices.contains("a.test: 1 new model (comes), 1 gone (goes)"))
            try await eventually(on: loop, "the model returns") { found.models.count == 3 }
            #expect(found.directory.table.deployments[2] === before[1])
            try await found.stop()
        }
    }

    @Test func `a provider that lists nothing all at once keeps its models`() async throws {
        try await withLoop { loop in
            let round = Shared(0)
            let found = Discovered([try provider("a.test")], on: loop) {
                $0.refreshInterval = .milliseconds(10)
            } reply: { _ in
                round.update { $0 += 1 }
                return round.value == 1 ? list("m") : list()
            }
            await found.directory.start()
            try await eventually(on: loop, "the empty list comes") { found.observer.notices.count > 1 }
            #expect(found.models == ["a.test/m"] && found.observer.notices.last?.contains("keeping the 1 models known") == true)
            try await found.stop()
        }
    }

    @Test func `include and exclude choose among what is listed`() async throws {
        try await withLoop { loop in
            let chosen = try provider("a.test") { configuration in
                configuration.include = ["^free/", "keep"]
                configuration.exclude = ["bad"]
            }
            let found = Discovered([chosen], on: loop) { _ in list("free/a", "free/bad", "paid/b", "paid/keep") }
            await found.directory.start()
            #expect(found.models == ["a.test/free/a", "a.test/paid/keep"])
            try await found.stop()
        }
    }

    @Test func `what a list says anew about a model holds from then on`() async throws {
        try await withLoop { loop in
            let round = Shared(0)
            let found = Discovered([try provider("a.test")], on: loop) {
                $0.refreshInterval = .milliseconds(10)
            } reply: { _ in
                round.update { $0 += 1 }
                return .answer(status: 200, "[{\"id\":\"m\",\"context_length\":\(round.value == 1 ? 8192 : 131_072)}]")
            }
            await found.directory.start()
            let deployment = try #require(found.directory.table.deployments.first)
            #expect(deployment.model.contextLength == 8192)
            try await eventually(on: loop, "the context grows") { deployment.model.contextLength == 131_072 }
            try await found.stop()
        }
    }
}

@Suite struct DiscoveryCacheTests {
    @Test func `with a cache the start waits for nobody and asks nobody whose list is fresh`() async throws {
        try await withLoop { loop in
            let cache = MemoryCache()
            let providers = [try provider("a.test"), try provider("b.test")]
            let first = Discovered(providers, on: loop, cache: cache) { _ in list("m") }
            await first.directory.start()
            try await eventually(on: loop, "both lists are kept") { cache.bytes.flatMap { ModelListArchive(reading: $0) }?.lists.count == 2 }
            try await first.stop()

            let second = Discovered(providers, on: loop, cache: cache) {
                $0.patience = .seconds(15)
            } reply: { _ in
                .silence
            }
            await second.directory.start()
            #expect(second.models == ["a.test/m", "b.test/m"] && second.transport.calls.isEmpty)
            #expect(second.observer.notices == ["2 models of 2 providers taken from the cache"])
            try await second.stop()
        }
    }

    @Test func `a list that is old is used and asked for again; one of another place is not used`() async throws {
        try await withLoop { loop in
            let cache = MemoryCache()
            let lists = ["old.test": "https://old.test/v1", "moved.test": "https://elsewhere.test/v1"].map {
                ModelListArchive.List(provider: $0.key, url: $0.value, fetchedAt: 1_700_000_000, models: [ModelConfiguration(id: "before")])
            }
            cache.bytes = ModelListArchive(lists: lists).bytes
            let found = Discovered([try provider("old.test"), try provider("moved.test")], on: loop, cache: cache) { _ in list("after") }
            await found.directory.start()
            #expect(found.models.contains("moved.test/after") && !found.models.contains("moved.test/before"))
            try await eventually(on: loop, "the old list is replaced") { found.models.contains("old.test/after") }
            #expect(found.observer.notices.contains("old.test: 1 new model (after), 1 gone (before)"))
            try await found.stop()
        }
    }

    @Test(arguments: ["", "not json", #"{"version":9,"lists":[]}"#]) func `a spoiled cache is ignored with one line`(text: String) async throws {
        try await withLoop { loop in
            let cache = MemoryCache()
            cache.bytes = Array(text.utf8)
            let found = Discovered([try provider("a.test")], on: loop, cache: cache) { _ in list("m") }
            await found.directory.start()
            #expect(found.models == ["a.test/m"] && found.observer.notices.count { $0.contains("is ignored") } == 1)
            // And it is replaced by a good one.
            try await eventually(on: loop, "the list is kept") { cache.bytes.flatMap { ModelListArchive(reading: $0) }?.lists.count == 1 }
            try await found.stop()
        }
    }

    @Test func `a cache that can't be read or written costs nothing but a line`() async throws {
        try await withLoop { loop in
            let cache = MemoryCache()
            cache.loadFailure = ModelListCacheError("no right to read")
            cache.saveFailure = ModelListCacheError("disk full")
            let found = Discovered([try provider("a.test")], on: loop, cache: cache) {
                $0.refreshInterval = .milliseconds(5)
            } reply: { _ in
                list("m")
            }
            await found.directory.start()
            try await eventually(on: loop, "it is tried again") { cache.saves > 2 }
            #expect(found.models == ["a.test/m"] && found.observer.notices.count { $0.contains("disk full") } == 1)
            #expect(found.observer.notices.contains("the cache is ignored: no right to read"))
            try await found.stop()
        }
    }

    @Test func `the list is kept as it came, so that another choice of models needs no network`() async throws {
        try await withLoop { loop in
            let cache = MemoryCache()
            let narrow = try provider("a.test") { $0.include = ["^one$"] }
            let first = Discovered([narrow], on: loop, cache: cache) { _ in list("one", "two") }
            await first.directory.start()
            try await eventually(on: loop, "the list is kept") { cache.bytes != nil }
            try await first.stop()
            let second = Discovered([try provider("a.test")], on: loop, cache: cache) { _ in .silence }
            await second.directory.start()
            #expect(first.models == ["a.test/one"] && second.models == ["a.test/one", "a.test/two"])
            try await second.stop()
        }
    }
}
