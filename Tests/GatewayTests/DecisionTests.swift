import EventLoop
import Foundation
import Testing
import Wire

@testable import Gateway

@Suite struct DecisionTests {
    /// A fleet of many kinds, its models' quality, and a life so far.
    private func livedFleet(_ random: inout SplitMix, size: Int) throws -> (Router, [Deployment]) {
        var known: [String: (canonical: String, mean: Double)] = [:]
        var deployments: [Deployment] = []
        for place in 0..<size {
            let id = "vendor/m\(place % 17)"
            known[id] = ("c\(place % 9)", Double.random(in: -2...2, using: &random))
            deployments.append(
                try deployment("p\(place % 11).test", id) { model in
                    if Bool.random(using: &random) { model.contextLength = [4096, 32_768, 131_072, 1_000_000].randomElement(using: &random) }
                    if Bool.random(using: &random) { model.supportsTools = Bool.random(using: &random) }
                    if Bool.random(using: &random) { model.inputModalities = Bool.random(using: &random) ? [.text] : [.text, .image] }
                    if Bool.random(using: &random) {
                        (model.promptPrice, model.completionPrice) = (
                            Double.random(in: 0...5, using: &random), Double.random(in: 0...20, using: &random)
                        )
                    }
                })
        }
        return (makeRouter(of: deployments, quality: FixedQuality(known)), deployments)
    }

    private func anyQuestion(_ random: inout SplitMix) -> (String, Router.Question) {
        let name = ["best", "fast", "cheap", "code", "priority-auto", "c3", "vendor/m4", "p2.test/vendor/m2", "c1,c2", "m1"].randomElement(
            using: &random)!
        var members: [String] = []
        if Int.random(in: 0..<4, using: &random) == 0 { members.append(#""tools":[{"type":"function"}]"#) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: members.append(#""provider":{"ignore":["p3.test"],"sort":"price"}"#)
        case 1: members.append(#""provider":{"order":["p5.test"],"max_price":{"prompt":3}}"#)
        default: break
        }
        let bytes = [200, 20_000, 300_000].randomElement(using: &random)!
        let conversation: UInt64? = Bool.random(using: &random) ? UInt64.random(in: 0..<30, using: &random) : nil
        return (name, question(name, members: members.joined(separator: ","), bytes: bytes, conversation: conversation))
    }

    @Test func `what is explained is what is executed, for the same snapshot`() throws {
        var random = SplitMix(seed: 11)
        let (router, deployments) = try livedFleet(&random, size: 60)
        var now = noon
        var executed = 0
        var reasons: Set<String> = []
        for _ in 0..<1200 {
            now = now.advanced(by: .milliseconds(Int.random(in: 0...200, using: &random)))
            let (name, question) = anyQuestion(&random)
            let explained = withBytes(name) { router.explain($0, question, at: now) }
            let version = router.ranking.version
            let decided = try? withBytes(name) { try router.decide($0, question, at: now) }
            #expect(router.ranking.version == version, "an explanation and a decision change nothing by themselves")
            #expect((decided == nil) == (explained.decision == nil) && (explained.decision == nil) == (explained.error != nil))
            guard let decided, let told = explained.decision else { continue }
            #expect(decided.candidates.elementsEqual(told.candidates, by: ===) && decided.reason == told.reason && decided.version == told.version)
            router.carriedOut(decided, at: now)
            reasons.insert("\(decided.reason)")
            executed += 1
            let used = decided.candidates[0]
            router.ranking.began(used, at: now)
            let isSuccess = Int.random(in: 0..<10, using: &random) > 0
            router.ranking.record(
                outcome(isSuccess, first: .milliseconds(Int.random(in: 50...5000, using: &random)), startedAt: now), used, at: now)
            if isSuccess { router.answered(decided.conversation, by: used, at: now) }
        }
        #expect(executed > 600 && reasons == ["score", "affinity", "exploration", "load", "request"], "\(executed) \(reasons)")
        _ = deployments
    }

    @Test func `an explanation names every candidate with terms that add up, and everybody else with a reason`() throws {
        var random = SplitMix(seed: 5)
        let (router, deployments) = try livedFleet(&random, size: 40)
        for _ in 0..<200 {
            let (name, question) = anyQuestion(&random)
            let explained = withBytes(name) { router.explain($0, question, at: noon) }
            var explanation = Explanation(name, explained, by: router.ranking, snapshot: "s", state: { _ in .ready })
            // However little is noted and written at a time, it becomes the same.
            while !explanation.note(effort: Int.random(in: 1...20, using: &random)) {}
            let written = explanation.text
            while !written.advance(effort: Int.random(in: 1...20, using: &random)) {}
            let body = written.take()
            let data = body.bytes.withUnsafeBytes { Data($0) }
            let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let candidates = try #require(object["candidates"] as? [[String: Any]])
            let filtered = try #require(object["filtered"] as? [[String: Any]])
            #expect(candidates.count == explained.decision?.candidates.count ?? 0 && object["not_allowed"] as? Int == 0)
            for candidate in candidates {
                let terms = try #require(candidate["terms"] as? [[String: Any]])
                let products = terms.compactMap { $0["product"] as? Double }
                let score = try #require(candidate["score"] as? Double)
                #expect(products.count == terms.count && terms.count == 8 && abs(products.reduce(0, +) - score) < 1e-9)
                for term in terms {
                    let product = (term["normalised"] as? Double ?? .nan) * (term["weight"] as? Double ?? .nan)
                    #expect(abs(product - (term["product"] as? Double ?? .nan)) < 1e-9)
                }
            }
            #expect(filtered.allSatisfy { ($0["reason"] as? String)?.isEmpty == false && ($0["detail"] as? String)?.isEmpty == false })
            if ["best", "fast", "cheap", "code", "priority-auto"].contains(name) { #expect(candidates.count + filtered.count == deployments.count) }
            #expect((object["decision"] == nil) == (object["error"] != nil))
        }
    }

    @Test func `an explanation tells what was decided, whatever is learnt while it is noted and written`() throws {
        var random = SplitMix(seed: 21)
        let (router, deployments) = try livedFleet(&random, size: 40)
        func written(_ learns: Bool) -> String {
            let explained = withBytes("best") { router.explain($0, question("best"), at: noon) }
            var explanation = Explanation("best", explained, by: router.ranking, snapshot: "s", state: { _ in .ready })
            var isNoted = explanation.note(effort: 7)
            if learns {
                for deployment in deployments { router.ranking.record(outcome(false), deployment, at: noon) }
                router.ranking.refreshIfDue(at: noon.advanced(by: .seconds(1)))
            }
            while !isNoted { isNoted = explanation.note(effort: 7) }
            while !explanation.text.advance(effort: 7) {}
            return explanation.text.take().bytes.text
        }
        let undisturbed = written(false)
        #expect(written(true) == undisturbed)
        #expect(written(false) != undisturbed, "what was learnt counts from the next one on")
    }

    @Test func `board rows stand in the explanation with their age`() throws {
        let source = FixedQuality(["m": ("canonical-m", 1)])
        let router = makeRouter(of: [try deployment("a.test", "m")], quality: source)
        let explained = withBytes("m") { router.explain($0, question("m"), at: noon) }
        var explanation = Explanation(
            "m", explained, by: router.ranking, snapshot: "s", state: { _ in Explanation.State(name: "cooling", seconds: 3) })
        let isNoted = explanation.note()
        #expect(isNoted && explanation.text.advance())
        let body = explanation.text.take()
        let text = body.bytes.text
        #expect(text.contains(#""board":"livebench","row":"canonical-m","value":61.5,"weight":0.7,"age_days":1.0"#))
        #expect(text.contains(#""canonical":"canonical-m""#) && text.contains(#""state":"cooling","ready_in_seconds":3.0"#))
        #expect(!text.contains("asked_first"))
    }
}
