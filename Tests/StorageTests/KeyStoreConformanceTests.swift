import Cryptography
import EventLoop
import Gateway
import LoopTesting
import Testing

/// What every `KeyStore` must do.
@Suite struct KeyStoreConformanceTests {
    @Test(arguments: Implementation.allCases) func `an empty store has no keys`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let keys = try await store.keys()
            #expect(keys.isEmpty)
        }
    }

    @Test(arguments: Implementation.allCases) func `a key is kept with everything that belongs to it`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            var key = newKey("Ann's key, \"ü\" '; --")
            key.expiresAt = UnixTime(milliseconds: 5_000_001)
            key.models = ["gpt-*", "a,b"]
            key.tags = ["team a", "ü\""]
            key.limits.requestsPerMinute = 1
            key.limits.requestsPerDay = 2
            key.limits.tokensPerMinute = 3
            key.limits.tokensPerDay = .max
            key.limits.concurrency = 5
            key.limits.budget = Money(nanodollars: 6)
            key.limits.budgetPeriod = .week
            key.weight = 1000
            try await store.create(key)
            #expect(try await store.keys().map(facts) == [facts(key)])
        }
    }

    @Test(arguments: Implementation.allCases) func `keys come in the order in which they were made`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            for (name, time) in [("c", 30), ("a", 10), ("b", 20)] as [(String, Int64)] { try await store.create(newKey(name, at: time)) }
            #expect(try await store.keys().map(\.name) == ["a", "b", "c"])
        }
    }

    @Test(arguments: Implementation.allCases) func `an id that is taken is refused, and its key stays`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let key = newKey("first")
            try await store.create(key)
            var second = key
            second.name = "second"
            do {
                try await store.create(second)
                Issue.record("the id was given twice")
            } catch let failure as StoreFailure {
                #expect(failure.code == .idTaken)
            }
            #expect(try await store.keys().map(\.name) == ["first"])
        }
    }

    @Test(arguments: Implementation.allCases) func `a change affects only what it names, and returns the key`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            var key = newKey()
            key.limits.requestsPerDay = 9
            key.tags = ["t"]
            try await store.create(key)
            var change = KeyChange()
            change.name = "bob"
            change.requestsPerDay = .changed(nil)
            change.budget = .changed(Money(dollars: 2))
            change.models = ["m"]
            change.weight = 7
            let changed = try #require(try await store.update(key.id, change))
            #expect(changed.name == "bob" && changed.limits.requestsPerDay == nil && changed.limits.budget == Money(dollars: 2))
            #expect(changed.tags == ["t"] && changed.models == ["m"] && changed.weight == 7 && changed.digest.matches(key.digest))
            #expect(try await store.keys().map(facts) == [facts(changed)])
        }
    }

    @Test(arguments: Implementation.allCases) func `a revoked key stays in the list and can't be changed any more`(kind: Implementation) async throws
    {
        try await kind.run { store, _ in
            let key = newKey()
            try await store.create(key)
            let revoked = try #require(try await store.revoke(key.id, at: UnixTime(seconds: 77)))
            #expect(revoked.revokedAt == UnixTime(seconds: 77))
            #expect(try await store.revoke(key.id, at: UnixTime(seconds: 78)) == nil)
            #expect(try await store.rotate(key.id, to: newKey().digest) == nil)
            var change = KeyChange()
            change.name = "again"
            #expect(try await store.update(key.id, change) == nil)
            #expect(try await store.keys().map(facts) == [facts(revoked)])
        }
    }

    @Test(arguments: Implementation.allCases) func `a new secret takes the old one's place`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let (key, other) = (newKey(), newKey())
            try await store.create(key)
            let rotated = try #require(try await store.rotate(key.id, to: other.digest))
            #expect(rotated.digest.matches(other.digest) && !rotated.digest.matches(key.digest) && rotated.id == key.id)
            #expect(try await store.keys().first?.digest.matches(other.digest) == true)
        }
    }

    @Test(arguments: Implementation.allCases) func `an unknown id is not found`(kind: Implementation) async throws {
        try await kind.run { store, _ in
            let id = newKey().id
            let updated = try await store.update(id, KeyChange())
            let revoked = try await store.revoke(id, at: .now)
            let rotated = try await store.rotate(id, to: newKey().digest)
            #expect(updated == nil && revoked == nil && rotated == nil)
        }
    }

    @Test(arguments: Implementation.allCases) func `changes made at the same time don't undo each other`(kind: Implementation) async throws {
        try await kind.run { store, loop in
            let key = newKey()
            try await store.create(key)
            let done = Shared(0)
            for number in 1...20 {
                loop.task(store) { store in
                    var change = KeyChange()
                    if number % 2 == 0 { change.requestsPerDay = .changed(number) } else { change.tokensPerDay = .changed(number) }
                    _ = try? await store.update(key.id, change)
                    done.update { $0 += 1 }
                }
            }
            try await eventually(on: loop, "all changes end") { done.value == 20 }
            let limits = try #require(try await store.keys().first?.limits)
            #expect(limits.requestsPerDay == 20 && limits.tokensPerDay == 19)
        }
    }

    @Test(arguments: Implementation.allCases) func `a key's last use is recorded`(kind: Implementation) async throws {
        try await kind.run { store, loop in
            let key = newKey()
            try await store.create(key)
            store.append(record(key.id.value, at: 500))
            store.append(record(key.id.value, at: 400))
            _ = try await store.usage(UsageQuery())
            #expect(try await store.keys().first?.lastUsed == UnixTime(seconds: 500))
        }
    }
}
