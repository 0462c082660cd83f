import EventLoop
import Testing
import Wire

@testable import Gateway

@Suite struct RankingTests {
    private func first(_ router: Router, _ name: String = "best", at now: LoopInstant) throws -> String {
        String(try decision(router, name, at: now).candidates[0].provider.name.prefix(1))
    }

    /// Three providers of the same quality, none of which is known yet.
    private func fleet(_ adjust: (inout ScoringOptions) -> Void = { _ in }) throws -> (Router, [Deployment]) {
        var options = ScoringOptions()
        options.exploration.enabled = false
        adjust(&options)
        let deployments = try ["a", "b", "c"].map { try deployment("\($0).test", "m-\($0)") }
        return (makeRouter(of: deployments, options), deployments)
    }

    @Test func `the terms of a score add up to it, under every profile and size`() throws {
        let (router, deployments) = try fleet { $0.profiles.own = ["odd": ScoringProfile()] }
        var random = SplitMix(seed: 7)
        var now = noon
        for _ in 0..<500 {
            now = now.advanced(by: .milliseconds(Int.random(in: 1...3000, using: &random)))
            let deployment = deployments.randomElement(using: &random)!
            router.ranking.record(
                outcome(
                    Bool.random(using: &random), first: .milliseconds(Int.random(in: 1...20_000, using: &random)),
                    tokens: Int.random(in: 0...900, using: &random), size: PromptSize.allCases.randomElement(using: &random)!,
                    isStream: Bool.random(using: &random), startedAt: now), deployment, at: now)
            router.ranking.refreshIfDue(at: now.advanced(by: .seconds(1)))
            for profile in router.ranking.profiles.indices {
                for size in PromptSize.allCases {
                    let sum = router.ranking.terms(of: deployment, profile: profile, size: size).reduce(0) { $0 + $1.product }
                    #expect(abs(sum - deployment.standing.scores[router.ranking.place(profile: profile, size: size)]) < 1e-9)
                    #expect(sum.isFinite)
                }
            }
        }
    }

    @Test func `one that fails gives its place away and gets it back`() throws {
        let (router, deployments) = try fleet()
        var now = noon
        #expect(try first(router, at: now) == "a")
        var failures = 0
        while try first(router, at: now) == "a" {
            now = now.advanced(by: .seconds(1))
            router.ranking.record(outcome(false, startedAt: now), deployments[0], at: now)
            failures += 1
        }
        #expect(failures == 1, "among equals one failure decides")
        // Hours later that is forgotten.
        #expect(try first(router, at: now.advanced(by: .seconds(48 * 3600))) == "a")
    }

    @Test func `a better model stays first through a failure or two, not through ten`() throws {
        let source = FixedQuality(["m-a": ("a", 1.5), "m-b": ("b", 0.5), "m-c": ("c", 0)])
        let deployments = try ["c", "b", "a"].map { try deployment("\($0).test", "m-\($0)") }
        var options = ScoringOptions()
        options.exploration.enabled = false
        let router = makeRouter(of: deployments, options, quality: source)
        #expect(try decision(router, "best").candidates.map(\.model.id) == ["m-a", "m-b", "m-c"])
        var now = noon
        var failures = 0
        while try first(router, at: now) == "a" {
            now = now.advanced(by: .seconds(1))
            router.ranking.record(outcome(false, startedAt: now), deployments[2], at: now)
            failures += 1
        }
        #expect((2...10).contains(failures), "after \(failures)")
    }

    @Test func `profiles weigh differently`() throws {
        let source = FixedQuality(["m-a": ("a", 2), "m-b": ("b", 0), "m-c": ("c", -1)])
        let a = try deployment("a.test", "m-a") { ($0.promptPrice, $0.completionPrice) = (30, 90) }
        let b = try deployment("b.test", "m-b") { ($0.promptPrice, $0.completionPrice) = (1, 1) }
        let c = try deployment("c.test", "m-c") { ($0.promptPrice, $0.completionPrice) = (0, 0) }
        let router = makeRouter(of: [c, b, a], quality: source)
        for _ in 0..<10 {
            for (deployment, milliseconds) in [(a, 3000), (b, 60), (c, 3000)] {
                router.ranking.record(
                    outcome(first: .milliseconds(milliseconds), total: .milliseconds(milliseconds * 2)), deployment, at: noon)
            }
        }
        let later = noon.advanced(by: .seconds(1))
        #expect(try first(router, "best", at: later) == "a" && first(router, "priority-auto", at: later) == "a")
        #expect(try first(router, "fast", at: later) == "b" && first(router, "cheap", at: later) == "c")
        // Of code the worst in general knows most.
        var code = ScoringOptions()
        code.profiles.code.speed = 0
        code.profiles.code.price = 0
        #expect(try first(makeRouter(of: [a, b, c], code, quality: source), "code", at: noon) == "c")
    }

    @Test func `a profile of the user's own is a model's name`() throws {
        var options = ScoringOptions()
        var own = ScoringProfile()
        (own.quality, own.success, own.speed, own.price) = (0, 0, 0, 5)
        options.profiles.own = ["thrift": own]
        let dear = try deployment("a.test", "m-a") { ($0.promptPrice, $0.completionPrice) = (30, 90) }
        let free = try deployment("b.test", "m-b") { ($0.promptPrice, $0.completionPrice) = (0, 0) }
        let router = makeRouter(of: [dear, free], options)
        #expect(try first(router, "thrift", at: noon) == "b" && router.table.presets.last == "thrift")
    }

    @Test func `the file's factor and priority move a deployment`() throws {
        let plain = try deployment("a.test", "m")
        let liked = try deployment("b.test", "m") { $0.priority = 2 }
        let doubled = try deployment("c.test", "m", provider: { $0.basePriority = 2 })
        let banned = try deployment("d.test", "m", provider: { $0.basePriority = 0 })
        #expect(names(try decision(makeRouter(of: [banned, plain, doubled, liked]), "m").candidates).map { $0.first } == ["b", "c", "a", "d"])
    }

    @Test func `a limit that runs out moves a deployment down until its window is over`() throws {
        let (router, deployments) = try fleet()
        var quota = QuotaReading()
        quota.note(.requests, .minute) {
            $0.limit = 100
            $0.remaining = 1
            $0.reset = LoopInterval(.seconds(20))
        }
        router.ranking.record(quota, deployments[0], at: noon.advanced(by: .seconds(1)))
        #expect(try first(router, at: noon.advanced(by: .seconds(2))) == "b")
        #expect(try first(router, at: noon.advanced(by: .seconds(30))) == "a")
    }

    @Test func `the original's mode knows no measurement`() throws {
        let (router, deployments) = try fleet { $0.mode = .original }
        for deployment in deployments { deployment.standing.quality.original = deployment.provider.name == "b.test" ? 120 : 80 }
        router.ranking.adopt(deployments, at: noon)
        for _ in 0..<20 { router.ranking.record(outcome(false), deployments[1], at: noon.advanced(by: .seconds(1))) }
        #expect(try first(router, at: noon.advanced(by: .seconds(2))) == "b")
        #expect(router.ranking.terms(of: deployments[1], profile: 0, size: .small).map(\.kind) == [.original])
    }

    @Test func `what was learnt stays when the deployments are adopted anew`() throws {
        let (router, deployments) = try fleet()
        for _ in 0..<5 { router.ranking.record(outcome(false), deployments[0], at: noon) }
        router.adopt(deployments, at: noon.advanced(by: .seconds(1)))
        #expect(try first(router, at: noon.advanced(by: .seconds(1))) == "b")
    }

    @Test func `a refresh follows a success within a tenth of a second and a failure at once`() throws {
        let (router, deployments) = try fleet()
        var due: [LoopInstant] = []
        router.ranking.refreshBecameDue = { due.append($0) }
        let version = router.ranking.version
        let now = noon.advanced(by: .milliseconds(1))
        router.ranking.record(outcome(), deployments[0], at: now)
        #expect(router.ranking.version == version && due == [noon.advanced(by: .milliseconds(100))])
        router.ranking.record(outcome(), deployments[0], at: now)
        #expect(due.count == 1)
        router.ranking.record(outcome(false), deployments[0], at: noon.advanced(by: .milliseconds(10)))
        #expect(router.ranking.version == version + 1)
    }
}

@Suite struct ExplorationTests {
    private func router(_ enabled: Bool = true) throws -> (Router, [Deployment]) {
        var options = ScoringOptions()
        options.exploration.enabled = enabled
        let source = FixedQuality(["m-a": ("a", 1.5), "m-b": ("b", 1)])
        let deployments = try ["a", "b"].map { try deployment("\($0).test", "m-\($0)") }
        return (makeRouter(of: deployments, options, quality: source), deployments)
    }

    /// Makes `a` bad and carries out requests, one a second, with `b` answering well; returns how often `a` was tried.
    private func tries(_ router: Router, _ deployments: [Deployment], requests: Int) throws -> Int {
        var now = noon
        for _ in 0..<20 {
            now = now.advanced(by: .milliseconds(200))
            router.ranking.began(deployments[0], at: now)
            router.ranking.record(outcome(false, startedAt: now), deployments[0], at: now)
        }
        var count = 0
        for _ in 0..<requests {
            now = now.advanced(by: .seconds(1))
            let decided = try decision(router, "best", at: now)
            router.carriedOut(decided, at: now)
            let used = decided.candidates[0]
            if used === deployments[0] { count += 1 }
            router.ranking.began(used, at: now)
            router.ranking.record(outcome(used === deployments[1], startedAt: now), used, at: now)
        }
        return count
    }

    @Test func `one that was better once is tried now and then, within the bounds`() throws {
        let (router, deployments) = try router()
        let count = try tries(router, deployments, requests: 600)
        // Not more than one a minute, and not more than two of a hundred beside the five that were saved up.
        #expect((3...11).contains(count), "\(count) tries")
    }

    @Test func `without exploration it is not tried`() throws {
        let (router, deployments) = try router(false)
        #expect(try tries(router, deployments, requests: 600) == 0)
    }
}

@Suite struct NeedsTests {
    @Test func `deployments that can't take a request are left out before any score`() throws {
        let small = try deployment("a.test", "m") { $0.contextLength = 8192 }
        let blind = try deployment("b.test", "m") {
            $0.inputModalities = [.text]
            $0.supportsTools = false
            $0.contextLength = 131_072
        }
        let able = try deployment("c.test", "m") {
            $0.inputModalities = [.text, .image]
            $0.contextLength = 131_072
        }
        let unknown = try deployment("d.test", "m")
        let router = makeRouter(of: [small, blind, able, unknown])
        func first(_ members: String = "", bytes: Int? = nil) throws -> String {
            names(try decision(router, "m", members: members, bytes: bytes).candidates).map { String($0.prefix(1)) }.joined()
        }
        #expect(try first() == "abcd")
        #expect(try first(bytes: 100_000) == "bcd")
        #expect(try first(#""max_tokens":9000"#) == "bcd")
        #expect(try first(#""tools":[{"type":"function"}]"#) == "acd")
        // Those that say that they see go before those that may.
        let picture = #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}]"#
        let envelope = withBytes("{\"model\":\"m\",\(picture)}") { try? RequestEnvelope(scanning: $0) }
        let question = Router.Question(needs: RequestNeeds(try #require(envelope), endpoint: .chatCompletions, bytes: 9_000_000))
        let seen = try withBytes("m") { try router.decide($0, question, at: noon) }
        #expect(names(seen.candidates).map { String($0.prefix(1)) }.joined() == "cad")
    }

    @Test func `what is too long for all is said with the largest context, and what may just fit is tried`() throws {
        let router = makeRouter(of: [
            try deployment("a.test", "m") { $0.contextLength = 8192 }, try deployment("b.test", "m") { $0.contextLength = 4096 },
        ])
        // 12,000 tokens by the rule of thumb, 6,000 at best.
        #expect(names(try decision(router, "m", bytes: 48_000).candidates) == ["a.test/m"])
        let error = #expect(throws: GatewayError.self) { try decision(router, "m", bytes: 100_000) }
        #expect(error?.status == 400 && error?.code == "context_length_exceeded" && error?.message.contains("8192") == true)
        #expect(error?.shouldRetry == false)
    }

    @Test func `a request no deployment can take says what stands in the way`() throws {
        let router = makeRouter(of: [
            try deployment("a.test", "m") {
                $0.supportsTools = false
                $0.supportsSchemas = false
            }
        ])
        let tools = #expect(throws: GatewayError.self) { try decision(router, "m", members: #""tools":[{}]"#) }
        #expect(tools?.status == 400 && tools?.param == "tools")
        let schema = #expect(throws: GatewayError.self) { try decision(router, "m", members: #""response_format":{"type":"json_schema"}"#) }
        #expect(schema?.status == 400 && schema?.param == "response_format")
    }
}
