import Foundation

/// An operator who makes keys and revokes some of them through the admin API, one after the other, until the gateway is gone.
final class KeyChurn: @unchecked Sendable {  // `lock` guards the outcome
    struct Outcome {
        /// The keys whose making was answered, with their texts.
        var made: [String: String] = [:]
        /// The keys whose revoking was answered.
        var revoked: Set<String> = []
        /// How many keys were asked for without an answer, 0 or 1.
        var openCreations = 0
        /// The keys whose revoking was asked for without an answer, none or one.
        var openRevocations: Set<String> = []
        /// Answers that were not as they should be.
        var troubles: [String] = []
    }

    private let lock = NSLock()
    private let group = DispatchGroup()
    private var outcome = Outcome()
    private var isStopping = false

    init(port: Int, adminKey: String, named name: String) {
        group.enter()
        let thread = Thread { [self] in
            run(port: port, adminKey: adminKey, named: name)
            group.leave()
        }
        thread.start()
    }

    /// Keys made and revoked so far.
    var count: Int { lock.withLock { outcome.made.count + outcome.revoked.count } }

    /// Waits for its end, which comes with that of the gateway or with this.
    func stop() -> Outcome {
        lock.withLock { isStopping = true }
        group.wait()
        return outcome
    }

    private func run(port: Int, adminKey: String, named name: String) {
        var open: [String] = []
        var number = 0
        while !lock.withLock({ isStopping }) {
            number += 1
            // Every third step revokes the oldest one of its own.
            let victim = number % 3 == 0 ? open.first : nil
            lock.withLock { if let victim { outcome.openRevocations = [victim] } else { outcome.openCreations = 1 } }
            guard let client = try? WireClient(port: port), let answer = try? ask(client, adminKey, victim, "\(name) key \(number)") else { return }
            lock.withLock {
                (outcome.openCreations, outcome.openRevocations) = (0, [])
                if let victim {
                    if answer.status == 200 { outcome.revoked.insert(victim) } else { outcome.troubles.append(answer.text) }
                } else if answer.status == 201, let id = answer.object["id"] as? String, let key = answer.object["plaintext_key"] as? String {
                    outcome.made[id] = key
                    open.append(id)
                } else {
                    outcome.troubles.append("\(answer.statusLine) \(answer.text)")
                }
            }
            if victim != nil { open.removeFirst() }
        }
    }

    /// An answer that was cut off is none.
    private func ask(_ client: WireClient, _ adminKey: String, _ victim: String?, _ name: String) throws -> Answer? {
        let field = "X-Admin-API-Key: \(adminKey)"
        if let victim {
            try client.send("DELETE", "/admin/keys/\(victim)", [field])
        } else {
            try client.send("POST", "/admin/keys", [field], body: Array("{\"name\":\"\(name)\"}".utf8))
        }
        let answer = try client.answer()
        return answer.end == .whole ? answer : nil
    }
}
