import EventLoop
import Testing

@testable import Gateway

@Suite struct SnapshotTests {
    private func fleet(_ options: ScoringOptions = ScoringOptions()) throws -> (Router, [Deployment]) {
        let source = FixedQuality(["m-a": ("a", 1.5), "m-b": ("b", 1)])
        let deployments = try ["a", "b"].map { try deployment("\($0).test", "m-\($0)") }
        return (makeRouter(of: deployments, options, quality: source), deployments)
    }

    /// A key that may use models of these names.
    private func stored(_ models: [String]) -> StoredKey {
        var generator = SystemRandomNumberGenerator()
        var key = StoredKey(ClientKey(using: &generator), name: "ann", createdAt: UnixTime(seconds: 0))
        key.models = models
        return key
    }

    @Test func `what is read again and is the same changes no version`() throws {
        let (router, deployments) = try fleet()
        let version = router.ranking.version
        for second in 1...20 {
            router.configure(ScoringOptions())
            router.adopt(deployments, at: noon.advanced(by: .seconds(second)))
            _ = try decision(router, "best", at: noon.advanced(by: .seconds(second)))
        }
        #expect(router.ranking.version == version)
        // The same from new files, as after a reload.
        let again = try ["a", "b"].map { try deployment("\($0).test", "m-\($0)") }
        router.adopt(again, at: noon.advanced(by: .seconds(30)))
        #expect(try decision(router, "best", at: noon.advanced(by: .seconds(30))).candidates.first === again[0])
        #expect(router.ranking.version > version, "nothing of these was scored before")
    }

    @Test func `whatever can change a decision changes the version`() throws {
        let (router, deployments) = try fleet()
        var version = router.ranking.version
        func expectChange(_ what: String) {
            #expect(router.ranking.version > version, "\(what)")
            version = router.ranking.version
        }
        var options = ScoringOptions()
        options.caution += 0.25
        router.configure(options)
        router.adopt(deployments, at: noon)
        expectChange("options")
        router.adopt([deployments[1]], at: noon)
        expectChange("a deployment is gone")
        router.adopt([deployments[1], deployments[0]], at: noon)
        expectChange("the order of the files")
        deployments[0].model.contextLength = 4096
        router.adopt([deployments[1], deployments[0]], at: noon)
        expectChange("what a deployment can take")
        router.ranking.record(outcome(false), deployments[0], at: noon.advanced(by: .seconds(1)))
        expectChange("a failure")
        // Left alone for long enough, another one is tried although no score has changed.
        router.ranking.began(deployments[1], at: noon.advanced(by: .seconds(2)))
        router.ranking.refreshIfDue(at: noon.advanced(by: .seconds(8)))
        version = router.ranking.version
        router.ranking.refreshIfDue(at: noon.advanced(by: .seconds(1000)))
        expectChange("a trial is due")
    }

    @Test func `a key that may not use a deployment has it filtered, before anything else is said of it`() throws {
        let (router, deployments) = try fleet()
        deployments[1].abilities.contextLength = 10
        var asked = question("best")
        let key = stored(["m-b", "none*"])
        asked.grant = KeyGrant(key)
        let bytes = Array("best".utf8)
        let explained = router.explain(bytes.span.bytes, asked, at: noon)
        #expect(explained.decision?.candidates.map(\.model.id) == ["m-b"] && explained.error == nil)
        #expect(explained.notes.refused.isEmpty && explained.notes.notAllowed == 1, "what it may not use is counted, and not named")
        asked.grant = KeyGrant(stored(["other"]))
        let denied = router.explain(bytes.span.bytes, asked, at: noon)
        #expect(denied.decision == nil && denied.error?.status == 403 && denied.error?.code == "model_not_allowed")
        #expect(denied.notes.refused.isEmpty && denied.notes.notAllowed == 2)
        // Of those that it may use the reason is told.
        asked = question("best", bytes: 4096)
        asked.grant = KeyGrant(key)
        let tooLong = router.explain(bytes.span.bytes, asked, at: noon)
        #expect(tooLong.error?.code == "context_length_exceeded" && tooLong.notes.notAllowed == 1)
    }
}
