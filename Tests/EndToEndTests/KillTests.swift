import Foundation
import Testing

/// `kill -9` under load. `BEST_KILLS=50` makes it the long proof; the usual run has a few.
@Suite struct KillTests {
    private static var kills: Int { ProcessInfo.processInfo.environment["BEST_KILLS"].flatMap { Int($0) } ?? 3 }

    @Test func `no key whose making was answered is lost, no revoked key comes back, and the books lack at most the last second`() throws {
        let store = try StoreHarness()
        var made: [String: String] = [:]
        var revoked: Set<String> = []
        // What was asked for when the process died: nobody was told what became of it.
        var unanswered: (made: Int, revoked: Set<String>) = (0, [])
        func check(_ store: StoreHarness, _ keys: [String: String]) throws {
            let known = keys.filter { !unanswered.revoked.contains($0.key) }
            let statuses = try store.statuses(of: known.map(\.value))
            for ((id, _), status) in zip(known, statuses) { #expect(status == (revoked.contains(id) ? 401 : 200), "\(id)") }
        }
        var allowance = 0
        var answered = 0
        for round in 0..<KillTests.kills {
            let load = Load(port: store.port, token: StoreHarness.token)
            let churn = KeyChurn(port: store.port, adminKey: StoreHarness.adminKey, named: "round \(round)")
            // The moment of the kill moves through the second in which usage is written, and finds keys being made and revoked.
            let second = Deadline(.milliseconds(1200))
            #expect(Deadline(.seconds(20)).until { second.hasPassed && load.answered >= 20 + 7 * (round % 10) && churn.count >= 3 + round % 5 })
            let end = ContinuousClock.now
            try store.kill()
            let (times, _) = load.stop()
            let outcome = churn.stop()
            #expect(outcome.troubles.isEmpty, "\(outcome.troubles)")
            made.merge(outcome.made) { $1 }
            revoked.formUnion(outcome.revoked)
            unanswered.made += outcome.openCreations
            unanswered.revoked.formUnion(outcome.openRevocations)
            answered += times.count
            // What was under way at the end is neither answered nor booked, one for each client.
            allowance += times.count { $0 > end.advanced(by: .seconds(-1)) } + 4
            try store.restart()
            // Those of this round, and some of all rounds; all of them at the end.
            try check(store, outcome.made.merging(made.shuffled().prefix(100).map { ($0.key, $0.value) }) { $1 })
        }
        try check(store, made)
        let listed = try #require(try store.admin("GET", "/admin/keys?include_revoked=true").object["data"] as? [[String: Any]])
        let keys = try #require(try store.object(["keys", "list", "--all"])["data"] as? [[String: Any]])
        #expect(Set(listed.compactMap { $0["id"] as? String }) == Set(keys.compactMap { $0["id"] as? String }))
        let ids = Set(keys.compactMap { $0["id"] as? String })
        #expect(ids.isSuperset(of: made.keys) && ids.count <= made.count + unanswered.made, "\(ids.count), made \(made.count)")
        let gone = Set(keys.filter { $0["revoked_at"] is String }.compactMap { $0["id"] as? String })
        #expect(gone.isSuperset(of: revoked) && gone.subtracting(revoked).isSubset(of: unanswered.revoked))
        #expect(made.count >= 3 * KillTests.kills && revoked.count >= KillTests.kills)
        let (served, booked) = (try store.mock.counter("requests"), try store.bookedRequests())
        #expect(booked <= served && served - booked <= allowance, "served \(served), answered \(answered), booked \(booked), allowance \(allowance)")
        #expect(booked > 0)
        for plaintext in made.values {
            let secret = try #require(plaintext.split(separator: "-").last)
            let files = try store.files(with: String(secret))
            #expect(files.isEmpty)
        }
        print(
            "kill -9: \(KillTests.kills) times, \(made.count) keys made, \(revoked.count) revoked, \(unanswered.made) creations and "
                + "\(unanswered.revoked.count) revocations cut off; \(served) requests served, \(booked) in the books, \(allowance) might lack")
        store.stop()
    }
}
