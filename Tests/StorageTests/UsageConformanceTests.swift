import Gateway
import LoopTesting
import Testing
import Wire

/// What every `UsageLedger` with its `UsageReader`, and every `CheckpointStore`, must do.
@Suite struct UsageConformanceTests {
    private static let day: Int64 = 86_400

    private static func rows(_ store: any DataStore, by groups: Set<UsageQuery.Grouping>, _ edit: (inout UsageQuery) -> Void = { _ in }) async throws
        -> [UsageRow]
    {
        var query = UsageQuery()
        query.groups = groups
        edit(&query)
        return try await store.usage(query)
    }

    @Test(arguments: Implementation.allCases) func `without usage there are no rows`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let rows = try await store.usage(UsageQuery()) + Self.rows(store, by: [])
            #expect(rows.isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases) func `appended usage is in the very next answer, summed`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let key = newKey("ann")
            try await store.create(key)
            for _ in 0..<1500 { store.append(record(key.id.value, at: 100)) }
            store.append(record(key.id.value, at: 200, failed: true, source: .estimated))
            let row = try #require(try await store.usage(UsageQuery()).first)
            #expect(row.key == key.id && row.name == "ann" && row.requests == 1501 && row.failedRequests == 1 && row.estimatedRequests == 1)
            #expect(row.usage.inputTokens == 15_010 && row.usage.outputTokens == 7_505 && row.usage.totalTokens == 22_515)
            #expect(row.usage.cachedTokens == 3_002 && row.usage.reasoningTokens == 1_501)
            #expect(row.cost == Money(nanodollars: 1501 * 7) && row.lastUsed == UnixTime(seconds: 200))
            #expect(row.model == nil && row.provider == nil && row.day == nil)
        }
    }

    @Test(arguments: Implementation.allCases) func `a key that the store does not know is shown by its id`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            store.append(record("token-1"))
            let row = try await store.usage(UsageQuery()).first
            #expect(row?.name == "token-1")
        }
    }

    @Test(arguments: Implementation.allCases) func `rows are grouped as asked for`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            for (key, provider, model, time) in [
                ("a", "p", "m", 0), ("a", "p", "m", 61), ("a", "q", "m", 0), ("b", "p", "n", Self.day), ("b", "", "", Self.day * 2 - 1),
            ] as [(String, String, String, Int64)] {
                store.append(record(key, provider: provider, model: model, at: time))
            }
            let byKey = try await Self.rows(store, by: [.key])
            #expect(byKey.map(\.key?.value) == ["a", "b"] && byKey.map(\.requests) == [3, 2])
            let byModel = try await Self.rows(store, by: [.model])
            #expect(byModel.map(\.model) == ["", "m", "n"] && byModel.map(\.requests) == [1, 3, 1] && byModel.allSatisfy { $0.key == nil })
            let byDay = try await Self.rows(store, by: [.day])
            #expect(byDay.map(\.day?.dayText) == ["1970-01-01", "1970-01-02"] && byDay.map(\.requests) == [3, 2])
            let everything = try await Self.rows(store, by: Set(UsageQuery.Grouping.allCases))
            #expect(everything.map { "\($0.key!.value)/\($0.provider!)/\($0.model!)/\($0.requests)" } == ["a/p/m/2", "a/q/m/1", "b///1", "b/p/n/1"])
            let total = try await Self.rows(store, by: [])
            #expect(total.map(\.requests) == [5] && total.first?.key == nil)
        }
    }

    @Test(arguments: Implementation.allCases) func `a span of time includes its first minute but not its last`(kind: Implementation)
        async throws
    {
        try await kind.run { store, _ in
            for time in [0, 59, 60, 119, 120] as [Int64] { store.append(record(at: time)) }
            let middle = try await Self.rows(store, by: [.key]) { query in
                query.from = UnixTime(seconds: 65)
                query.to = UnixTime(seconds: 125)
            }
            #expect(middle.map(\.requests) == [2])
            #expect(try await Self.rows(store, by: [.key]) { $0.to = UnixTime(seconds: 60) }.map(\.requests) == [2])
            #expect(try await Self.rows(store, by: [.key]) { $0.from = UnixTime(seconds: 180) }.isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases) func `usage can be queried for one key`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            for key in ["a", "b", "a"] { store.append(record(key)) }
            let mine = try await Self.rows(store, by: [.model]) { $0.key = VirtualKey.ID("a") }
            let none = try await Self.rows(store, by: [.key]) { $0.key = VirtualKey.ID("' OR 1=1 --") }
            #expect(mine.map(\.requests) == [2] && none.isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases) func `impossible usage is kept at its limit, beside all other usage`(
        kind: Implementation
    ) async throws {
        try await kind.run { store, _ in
            var extremes = Usage()
            (extremes.inputTokens, extremes.outputTokens, extremes.totalTokens, extremes.cachedTokens) = (.max, .max, .max, .min)
            for time in [Int64.min, 61_000, 61_001, 61_002, .max] {
                store.append(record("ann", at: 61))
                store.append(
                    UsageRecord(
                        key: VirtualKey.ID("bad"), provider: "p", model: "m", startedAt: UnixTime(milliseconds: time), status: .max, hasFailed: false,
                        usage: extremes, source: .upstream, cost: Money(nanodollars: .max)))
                // A query writes everything first, so that sums meet in the store.
                _ = try await store.usage(UsageQuery())
            }
            let rows = try await Self.rows(store, by: [.key])
            #expect(rows.map(\.key?.value) == ["ann", "bad"] && rows.map(\.requests) == [5, 5] && rows[0].usage.totalTokens == 75)
            #expect(rows[1].usage.totalTokens == 5 * ForeignNumber.count && rows[1].usage.cachedTokens == 0 && rows[1].cost > .zero)
            #expect(rows[1].lastUsed?.description == "9999-12-31T23:59:59Z")
            let days = try await Self.rows(store, by: [.day])
            #expect(days.map(\.day?.dayText) == ["1970-01-01", "9999-12-31"])
        }
    }

    @Test(arguments: Implementation.allCases) func `names of any text are kept as they are`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let odd = "a/b:ü' \" ; DROP TABLE usage_minutes; --"
            store.append(record(provider: odd, model: odd))
            let row = try await Self.rows(store, by: [.model, .provider]).first
            #expect(row?.model == odd && row?.provider == odd)
        }
    }

    @Test(arguments: Implementation.allCases) func `the last bytes under a name are kept`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let before = try await store.restore("health")
            #expect(before == nil)
            store.checkpoint("health", [1, 2, 3])
            store.checkpoint("limits", [])
            store.checkpoint("health", [0, 255])
            #expect(try await store.restore("health") == [0, 255])
            #expect(try await store.restore("limits") == [])
            #expect(try await store.restore("other") == nil)
            // What is recorded is there when that returns, in place of what still waits.
            store.checkpoint("health", [4])
            try await store.record("health", [5])
            #expect(try await store.restore("health") == [5])
        }
    }

    @Test(arguments: Implementation.allCases) func `costs are separated by the source of their prices, and unpriced requests are counted`(
        kind: Implementation
    ) async throws {
        try await kind.run { store, _ in
            for (cost, source) in [(1, .configured), (20, .provider), (300, .catalogue), (0, .unknown), (4000, .catalogue)] as [(Int64, PriceSource)]
            {
                store.append(record(cost: cost, by: source))
            }
            let row = try #require(try await store.usage(UsageQuery()).first)
            #expect(row.cost == Money(nanodollars: 4321) && row.costConfigured == Money(nanodollars: 1))
            #expect(row.costByProvider == Money(nanodollars: 20) && row.costByCatalogue == Money(nanodollars: 4300) && row.unpricedRequests == 1)
        }
    }
}
