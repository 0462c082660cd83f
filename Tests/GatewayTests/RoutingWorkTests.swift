import EventLoop
import LoopTesting
import Testing
import Wire

@testable import Gateway

@Suite struct TurnQueueTests {
    @Test func `of many who wait one goes on in each turn, in their order, and others have their turns in between`() async throws {
        try await withLoop { loop in
            let turns = TurnQueue(on: loop)
            let order = Shared<[Int]>([])
            for number in 0..<3 {
                loop.task(turns) { turns in
                    for _ in 0..<3 {
                        await turns.nextTurn()
                        order.update { $0.append(number) }
                    }
                }
            }
            try await eventually(on: loop, "all have gone on") { order.value.count == 9 }
            #expect(order.value == [0, 1, 2, 0, 1, 2, 0, 1, 2])
            turns.close()
        }
    }

    @Test func `a queue that is closed keeps nobody`() async throws {
        try await withLoop { loop in
            let turns = TurnQueue(on: loop)
            let ended = Shared(0)
            for _ in 0..<5 {
                loop.task(turns) { turns in
                    await turns.nextTurn()
                    ended.update { $0 += 1 }
                }
            }
            loop.task(turns) { $0.close() }
            try await eventually(on: loop, "everybody goes on") { ended.value == 5 }
            await turns.nextTurn()
        }
    }
}

@Suite struct AllowanceSearchTests {
    @Test func `many requests of a key wait for one search, also when the queue is closed meanwhile`() async throws {
        try await withLoop { loop in
            for closes in [false, true] {
                let turns = TurnQueue(on: loop)
                let router = makeRouter(of: try (0..<1000).map { try deployment("p", "model-\($0)") })
                let key = grant((0..<50).map { "*el-\($0)*" })
                let ended = Shared(0)
                for _ in 0..<20 {
                    loop.task((router.table, key, turns)) { table, key, turns in
                        await table.searchAllowance(of: key, turns)
                        ended.update { $0 += 1 }
                    }
                }
                if closes { loop.task(turns) { $0.close() } }
                try await eventually(on: loop, "all have ended") { ended.value == 20 }
                #expect(router.table.knownAllowance(of: key)?.allows(7) == true)
                turns.close()
            }
        }
    }
}

@Suite struct ModelListingTests {
    private func text(_ buffer: borrowing ByteBuffer) -> String { buffer.bytes.text }

    @Test func `lists of models are the same in pieces as in one go, for every key`() throws {
        var random = SplitMix(seed: 3)
        let deployments = try (0..<300).map { place in
            // Several have each of them, some in another mix of cases.
            try deployment("p\(place / 60)", "\(place % 7 == 0 ? "Model" : "model")-\(place % 60)")
        }
        let aliases = (0..<40).map { ModelAlias("alias-\($0)", targets: $0 % 4 == 0 ? ["none", "best"] : ["model-\($0 * 2)", "p1/model-\($0)"]) }
        func router() -> Router {
            let router = Router(Ranking(ScoringOptions()))
            router.aliases = ModelAliases(aliases)
            router.adopt(deployments, at: noon)
            return router
        }
        for _ in 0..<40 {
            let (whole, pieces) = (router().table, router().table)
            let words = ["alias-1*", "*-7", "model-1*", "MODEL-2", "p2/*", "*", "best", "*el-3*", "alias-7"]
            let key = grant(words.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)).map(\.self))
            let allowance = try #require(whole.allowance(of: key))
            var search = AllowanceSearch(key, pieces)
            var found: Allowance?
            while found == nil { found = search.advance(steps: Int.random(in: 1...400, using: &random)) }
            let listing = ModelListing(pieces, createdAt: 0)
            while !listing.advance(effort: Int.random(in: 1...40, using: &random)) {}
            let other = ModelListing(whole, createdAt: 0)
            #expect(text(listing.list(found)) == text(other.list(allowance)))
            #expect(listing.withAll { $0.bytes.text } == other.withAll { $0.bytes.text })
            for alias in aliases {
                let isListed = text(listing.list(found)).contains("\"\(alias.name)\"")
                #expect(isListed == (listing.entry(alias.name, allowance, key) != nil), "\(alias.name)")
            }
        }
    }
}

@Suite struct RoutingWorkTests {
    /// Many models with the names that such have.
    private func fleet(_ count: Int) throws -> Router {
        makeRouter(of: try (0..<count).map { try deployment("p\($0 % 7)", "vendor-\($0 % 11)/model-\($0)-instruct") })
    }

    @Test func `parts of ids are found among many as one by one`() throws {
        let router = try fleet(700)
        for part in ["1", "model-6", "MODEL-69", "r-3/m", "instruct", "-instructs", "x", "/model-12-", "vendor-10/model-10-instruct"] {
            let wanted = router.table.deployments.filter { $0.model.id.contains(part.lowercased()) }
            let found = (try? decision(router, part))?.candidates ?? []
            let isExact = router.table.deployments.contains { $0.model.id == part }
            #expect(isExact || Set(found.map(\.model.id)).isSubset(of: wanted.map(\.model.id)) && found.count == min(512, wanted.count), "\(part)")
        }
    }

    @Test func `a list of parts stands for no more candidates than are looked at`() throws {
        let router = try fleet(700)
        let letters = "abcdefghijklmnopqrstuvwxyz012345".map(String.init).joined(separator: ",")
        #expect(try decision(router, letters).candidates.count <= CandidateSet.capacity)
    }

    @Test func `names of a list and of models count together, and empty ones are none`() throws {
        let router = makeRouter(of: [try deployment("a", "m")])
        #expect(try decision(router, "m,,m, ,m", further: ["", " ", "m"]).candidates.count == 1)
        let names = Array(repeating: "m", count: 20)
        #expect(try decision(router, names.joined(separator: ","), further: Array(names.prefix(12))).candidates.count == 1)
        let error = #expect(throws: GatewayError.self) { try decision(router, names.joined(separator: ","), further: Array(names.prefix(13))) }
        #expect(error?.status == 400 && error?.param == "models" && error?.message.contains("33") == true)
        // A comma within a further name is a part of it.
        #expect(throws: GatewayError.self) { try decision(router, "none", further: ["m,m"]) }
    }

    @Test func `the order that a request wants of providers is kept by all their deployments`() throws {
        let router = try fleet(100)
        let order = ["p5", "p2", "p6"]
        let members = "\"provider\":{\"order\":[\(order.map { "\"\($0)\"" }.joined(separator: ","))],\"ignore\":[\"p0\"]}"
        let found = try decision(router, "best", members: members).candidates.map(\.provider.name)
        let ranks = found.map { order.firstIndex(of: $0) ?? 3 }
        #expect(ranks == ranks.sorted() && Set(found) == ["p1", "p2", "p3", "p4", "p5", "p6"])
    }
}
