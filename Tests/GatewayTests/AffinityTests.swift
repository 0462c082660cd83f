import EventLoop
import Testing
import Wire

@testable import Gateway

@Suite struct AffinityTableTests {
    private func table(_ capacity: Int = 3) -> AffinityTable {
        var options = AffinityOptions()
        options.capacity = capacity
        options.lifetime = .seconds(60)
        return AffinityTable(options)
    }

    @Test func `the conversation unused for longest is forgotten first`() throws {
        let (a, table) = (try deployment("a.test", "m"), table())
        for number in UInt64(1)...3 { table.note(number, a, at: noon) }
        table.note(1, a, at: noon)
        table.note(4, a, at: noon)
        #expect(table.deployment(of: 2, at: noon) == nil && table.count == 3)
        for number: UInt64 in [1, 3, 4] { #expect(table.deployment(of: number, at: noon) === a) }
    }

    @Test func `whoever has many conversations makes nobody else's be forgotten`() throws {
        let (a, table) = (try deployment("a.test", "m"), table(100))
        let (ann, bob) = (ClientTag(VirtualKey.ID("ann")), ClientTag(VirtualKey.ID("bob")))
        for number in UInt64(1)...10 { table.note(number, of: bob, a, at: noon) }
        for number in UInt64(1000)..<5000 { table.note(number, of: ann, a, at: noon) }
        #expect(table.count == 100 && (UInt64(1)...10).allSatisfy { table.deployment(of: $0, at: noon) != nil })
        #expect((UInt64(4910)..<5000).allSatisfy { table.deployment(of: $0, at: noon) != nil })
        for number in UInt64(100)..<200 { table.note(number, of: bob, a, at: noon) }
        #expect((UInt64(150)..<200).allSatisfy { table.deployment(of: $0, at: noon) != nil }, "half of the room is his")
        #expect((UInt64(4951)..<5000).allSatisfy { table.deployment(of: $0, at: noon) != nil })
    }

    @Test func `a conversation moves with its last answer and is forgotten after its lifetime`() throws {
        let (a, b, table) = (try deployment("a.test", "m"), try deployment("b.test", "m"), table())
        table.note(1, a, at: noon)
        table.note(1, b, at: noon.advanced(by: .seconds(50)))
        #expect(table.deployment(of: 1, at: noon.advanced(by: .seconds(110))) === b)
        #expect(table.deployment(of: 1, at: noon.advanced(by: .seconds(111))) == nil)
    }

    @Test func `any use of a table keeps what a plain list of the last conversations keeps`() throws {
        let (a, table) = (try deployment("a.test", "m"), table(8))
        var random = SplitMix(seed: 3)
        var recent: [UInt64] = []
        for _ in 0..<5000 {
            let number = UInt64.random(in: 0..<20, using: &random)
            table.note(number, a, at: noon)
            recent.removeAll { $0 == number }
            recent.append(number)
            if recent.count > 8 { recent.removeFirst() }
            for candidate in UInt64(0)..<20 { #expect((table.deployment(of: candidate, at: noon) != nil) == recent.contains(candidate)) }
        }
    }
}

@Suite struct ConversationTests {
    private func identify(_ members: String, key: UInt64 = 1, session: String? = nil) throws -> UInt64? {
        let text = "{\"model\":\"m\"\(members.isEmpty ? "" : ",\(members)")}"
        return try withBytes(text) { body in
            let envelope = try RequestEnvelope(scanning: body)
            guard let session else { return Conversation.identify(envelope, in: body, key: key) }
            return withBytes(session) { Conversation.identify(session: $0, key: key) }
        }
    }

    private let system = #"{"role":"system","content":"Be brief."}"#
    private let hello = #"{"role":"user","content":"Hello"}"#
    private let answer = #"{"role":"assistant","content":"Hi"},{"role":"user","content":"How are you?"}"#

    @Test func `a conversation is the same from its first request to its last`() throws {
        let first = try identify("\"messages\":[\(system),\(hello)]")
        #expect(try first == identify("\"messages\":[\(system),\(hello),\(answer)]") && first != nil)
        #expect(try first != identify("\"messages\":[\(system),{\"role\":\"user\",\"content\":\"Hallo\"}]"))
        #expect(try first != identify("\"messages\":[\(hello)]"))
        #expect(try first != identify("\"messages\":[\(system),\(hello)]", key: 2), "another client's key")
    }

    @Test func `what the client says goes before what its messages say`() throws {
        let messages = "\"messages\":[\(hello)]"
        let other = "\"messages\":[\(system)]"
        #expect(try identify(#""user":"u1","# + messages) == identify(#""user":"u1","# + other))
        #expect(try identify(#""user":"u1","# + messages) != identify(#""user":"u2","# + messages))
        #expect(try identify(#""prompt_cache_key":"k","# + messages) == identify(#""prompt_cache_key":"k","# + other))
        #expect(try identify(#""prompt_cache_key":"k","user":"a","# + messages) != identify(#""prompt_cache_key":"k","user":"b","# + messages))
        #expect(try identify(messages, session: "s") == identify(other, session: "s"))
        #expect(try identify(messages, session: "s") != identify(messages, session: "t"))
        #expect(try identify("") == nil)
    }
}

@Suite struct AffinityTests {
    private func router(_ adjust: (inout ScoringOptions) -> Void = { _ in }) throws -> (Router, [Deployment]) {
        var options = ScoringOptions()
        options.exploration.enabled = false
        adjust(&options)
        let deployments = try ["a", "b"].map { try deployment("\($0).test", "m") }
        return (makeRouter(of: deployments, options), deployments)
    }

    @Test func `a conversation stays while its deployment is not much worse than the best`() throws {
        let (router, deployments) = try router()
        router.answered(7, by: deployments[1], at: noon)
        let stays = try decision(router, "m", conversation: 7)
        #expect(stays.candidates[0] === deployments[1] && stays.reason == .affinity && stays.best === deployments[0])
        #expect(try decision(router, "m", conversation: 8).candidates[0] === deployments[0])
        // It goes when the other is better by more than is tolerated.
        var now = noon
        for _ in 0..<30 {
            now = now.advanced(by: .seconds(1))
            router.ranking.record(outcome(false, startedAt: now), deployments[1], at: now)
        }
        #expect(try decision(router, "m", conversation: 7, at: now).candidates[0] === deployments[0])
    }

    @Test func `it can be switched off, and the request's own wishes go before it`() throws {
        let (off, deployments) = try router { $0.affinity.enabled = false }
        off.answered(7, by: deployments[1], at: noon)
        #expect(try decision(off, "m", conversation: 7).candidates[0] === deployments[0])
        let (on, others) = try router()
        on.answered(7, by: others[1], at: noon)
        #expect(try decision(on, "m", members: #""provider":{"order":["a.test"]}"#, conversation: 7).candidates[0] === others[0])
        #expect(try names(decision(on, "a.test/m", conversation: 7).candidates) == ["a.test/m"])
    }
}
