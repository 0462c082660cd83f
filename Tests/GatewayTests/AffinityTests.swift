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
        for number in UInt64(1)...3 { table.note(Conversation(number: number), a, at: noon) }
        table.note(Conversation(number: 1), a, at: noon)
        table.note(Conversation(number: 4), a, at: noon)
        #expect(table.deployment(of: Conversation(number: 2), at: noon) == nil && table.count == 3)
        for number: UInt64 in [1, 3, 4] { #expect(table.deployment(of: Conversation(number: number), at: noon) === a) }
    }

    @Test func `whoever has many conversations makes nobody else's be forgotten`() throws {
        let (a, table) = (try deployment("a.test", "m"), table(100))
        let (ann, bob) = (ClientTag(VirtualKey.ID("ann")), ClientTag(VirtualKey.ID("bob")))
        for number in UInt64(1)...10 { table.note(Conversation(number: number), of: bob, a, at: noon) }
        for number in UInt64(1000)..<5000 { table.note(Conversation(number: number), of: ann, a, at: noon) }
        #expect(table.count == 100 && (UInt64(1)...10).allSatisfy { table.deployment(of: Conversation(number: $0), at: noon) != nil })
        #expect((UInt64(4910)..<5000).allSatisfy { table.deployment(of: Conversation(number: $0), at: noon) != nil })
        for number in UInt64(100)..<200 { table.note(Conversation(number: number), of: bob, a, at: noon) }
        #expect((UInt64(150)..<200).allSatisfy { table.deployment(of: Conversation(number: $0), at: noon) != nil }, "half of the room is his")
        #expect((UInt64(4951)..<5000).allSatisfy { table.deployment(of: Conversation(number: $0), at: noon) != nil })
    }

    @Test func `the end of a request that began before the table was made anew is no other one's`() throws {
        let (a, before) = (try deployment("a.test", "m"), table())
        before.note(Conversation(number: 1), a, at: noon)
        let ticket = try #require(before.began(Conversation(number: 1)))
        let after = AffinityTable(AffinityOptions(), after: before.serials)
        after.note(Conversation(number: 1), a, at: noon)
        _ = after.began(Conversation(number: 1))
        after.ended(ticket)
        #expect(after.underWay(Conversation(number: 1)) == 1)
    }

    @Test func `a conversation moves with its last answer and is forgotten after its lifetime`() throws {
        let (a, b, table) = (try deployment("a.test", "m"), try deployment("b.test", "m"), table())
        table.note(Conversation(number: 1), a, at: noon)
        table.note(Conversation(number: 1), b, at: noon.advanced(by: .seconds(50)))
        #expect(table.deployment(of: Conversation(number: 1), at: noon.advanced(by: .seconds(110))) === b)
        #expect(table.deployment(of: Conversation(number: 1), at: noon.advanced(by: .seconds(111))) == nil)
    }

    @Test func `a conversation that goes on is found by its last two requests, and takes one place`() throws {
        let (a, b, table) = (try deployment("a.test", "m"), try deployment("b.test", "m"), table(2))
        table.note(Conversation(number: 100), b, at: noon)
        table.note(Conversation(number: 1), a, at: noon)
        for number in UInt64(2)...9 {
            #expect(table.deployment(of: Conversation(number: number, earlier: number - 1), at: noon) === a)
            table.note(Conversation(number: number, earlier: number - 1), a, at: noon)
        }
        #expect(table.count == 2 && table.deployment(of: Conversation(number: 100), at: noon) === b)
        #expect(table.deployment(of: Conversation(number: 20, earlier: 8), at: noon) === a, "the last one once more")
        #expect(table.deployment(of: Conversation(number: 20, earlier: 7), at: noon) == nil)
        // Another one that goes on from the same request has a place of its own.
        table.note(Conversation(number: 20, earlier: 8), b, at: noon)
        #expect(table.deployment(of: Conversation(number: 10, earlier: 9), at: noon) === a)
        #expect(table.deployment(of: Conversation(number: 21, earlier: 20), at: noon) === b)
        // What is forgotten is so by both of its numbers.
        for number: UInt64 in [30, 31] { table.note(Conversation(number: number), b, at: noon) }
        for number: UInt64 in [8, 9, 20, 100] { #expect(table.deployment(of: Conversation(number: number), at: noon) == nil) }
    }

    @Test func `any use of a table keeps what a plain list of the last conversations keeps`() throws {
        let (a, table) = (try deployment("a.test", "m"), table(8))
        var random = SplitMix(seed: 3)
        var recent: [UInt64] = []
        for _ in 0..<5000 {
            let number = UInt64.random(in: 0..<20, using: &random)
            table.note(Conversation(number: number), a, at: noon)
            recent.removeAll { $0 == number }
            recent.append(number)
            if recent.count > 8 { recent.removeFirst() }
            for candidate in UInt64(0)..<20 {
                #expect((table.deployment(of: Conversation(number: candidate), at: noon) != nil) == recent.contains(candidate))
            }
        }
    }
}

@Suite struct ConversationTests {
    private func identify(_ members: String, key: UInt64 = 1, session: String? = nil) throws -> Conversation? {
        let text = "{\"model\":\"m\"\(members.isEmpty ? "" : ",\(members)")}"
        return try withBytes(text) { body in
            let envelope = try RequestEnvelope(scanning: body)
            guard let session else { return Conversation.identify(envelope, in: body, key: key) }
            return withBytes(session) { Conversation(number: Conversation.identify(session: $0, key: key)) }
        }
    }

    private let system = #"{"role":"system","content":"Be brief."}"#
    private let hello = #"{"role":"user","content":"Hello"}"#
    private let answer = #"{"role":"assistant","content":"Hi"},{"role":"user","content":"How are you?"}"#

    @Test func `each request of a conversation goes on from the one before it`() throws {
        let first = try #require(try identify("\"messages\":[\(system),\(hello)]"))
        let second = try #require(try identify("\"messages\":[\(system),\(hello),\(answer)]"))
        let called = #"{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"4"},{"role":"tool","content":"5"}"#
        let third = try #require(try identify("\"messages\":[\(system),\(hello),\(answer),\(called)]"))
        let fourth = try #require(try identify("\"messages\":[\(system),\(hello),\(answer),\(called),\(answer)]"))
        #expect(first.earlier == nil && second.earlier == first.number && third.earlier == second.number && fourth.earlier == third.number)
        #expect(try identify("\"messages\":[\(system),{\"role\":\"user\",\"content\":\"Hallo\"},\(answer)]")?.earlier != first.number)
        #expect(try identify("\"messages\":[\(hello),\(answer)]")?.earlier != first.number)
        #expect(try identify("\"messages\":[\(system),\(hello),\(answer)]", key: 2)?.earlier != first.number, "another client's key")
    }

    @Test func `requests that share examples of questions and answers are no conversation`() throws {
        func task(_ text: String) throws -> Conversation {
            try #require(try identify("\"messages\":[\(system),\(hello),\(answer),\(answer.replacing("How", with: text))]"))
        }
        let (one, other) = (try task("Who"), try task("Where"))
        #expect(one.number != other.number && one.earlier == other.earlier && one.earlier != one.number && other.earlier != one.number)
    }

    @Test func `what many messages end with is found behind any number of them`() throws {
        let many = Array(repeating: answer, count: 40)
        let before = try identify("\"messages\":[\(system),\(hello),\(many.joined(separator: ","))]")
        #expect(try identify("\"messages\":[\(system),\(hello),\((many + [answer]).joined(separator: ","))]")?.earlier == before?.number)
        let results = Array(repeating: #"{"role":"tool","content":"4"}"#, count: 20).joined(separator: ",")
        #expect(try identify("\"messages\":[\(system),\(hello),\(answer),\(results)]")?.earlier == nil, "too much is behind it")
        // Texts that are longer than what is looked at differ by their ends.
        let long = String(repeating: "x", count: 10_000)
        func ends(_ end: String) throws -> UInt64? { try identify("\"messages\":[{\"role\":\"user\",\"content\":\"\(long)\(end)\"}]")?.number }
        #expect(try ends("a") != ends("b"))
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
        router.answered(Conversation(number: 7), by: deployments[1], at: noon)
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
        off.answered(Conversation(number: 7), by: deployments[1], at: noon)
        #expect(try decision(off, "m", conversation: 7).candidates[0] === deployments[0])
        let (on, others) = try router()
        on.answered(Conversation(number: 7), by: others[1], at: noon)
        #expect(try decision(on, "m", members: #""provider":{"order":["a.test"]}"#, conversation: 7).candidates[0] === others[0])
        #expect(try names(decision(on, "a.test/m", conversation: 7).candidates) == ["a.test/m"])
    }
}
