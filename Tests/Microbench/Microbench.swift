import EventLoop
import Wire

@testable import Gateway

/// Measures what ranking costs: how long a decision over 500 deployments takes, and a refresh of their scores. `make bench-ranking` builds it
/// optimised and prints the figures; nothing is asserted, since a busy machine would decide that.
@main
enum Microbench {
    private static let count = 500
    static let start = LoopInstant(nanoseconds: 1_000_000_000_000)

    static func main() {
        let deployments = makeDeployments()
        let router = Router(Ranking(ScoringOptions(), quality: SpreadQuality()))
        rate(deployments)
        router.adopt(deployments, at: start)
        live(router, deployments)
        print("ranking \(count) deployments of 20 providers, 5 presets (median of 31 batches)")

        let body = scan(#"{"model":"best","messages":[{"role":"user","content":"Hello"}]}"#)
        measure("decide, plain request", 20_000) { ask(router, body) }
        let tools = scan(#"{"model":"best","tools":[{"type":"function"}],"messages":[{"role":"user","content":"Hello"}]}"#)
        measure("decide, with tools and 20,000 tokens of prompt", 2000) { ask(router, tools, bytes: 80_000) }
        measure("decide, one model of 25 providers' keys", 20_000) { ask(router, body, name: "model-3") }
        measure("identify a conversation of 5 messages, 2 KB", 20_000) { identify() }
        measure("decide, in a conversation that stays elsewhere", 2000) {
            ask(router, body, conversation: 9) { router.answered(Conversation(number: 9), by: deployments[17], at: start) }
        }
        var now = start.advanced(by: .seconds(10))
        measure("note an outcome", 20_000) {
            router.ranking.record(outcome(now), deployments[3], at: now)
        }
        measure("note an outcome and put all 500 in order anew", 100) {
            now = now.advanced(by: .seconds(6))
            router.ranking.record(outcome(now), deployments[3], at: now)
            router.ranking.refreshIfDue(at: now)
            ask(router, body, at: now)
        }
        measureMany()
    }

    private static func ask(
        _ router: Router, _ envelope: RequestEnvelope, name: StaticString = "best", bytes: Int? = nil, conversation: UInt64? = nil,
        at now: LoopInstant = start,
        before: () -> Void = {}
    ) {
        if conversation != nil { before() }
        var question = Router.Question(needs: RequestNeeds(envelope, endpoint: .chatCompletions, bytes: bytes ?? 100))
        question.conversation = conversation.map { Conversation(number: $0) }
        guard let decision = try? router.decide(name.span, question, at: now) else { preconditionFailure("nobody can take the request") }
        sink = sink &+ decision.candidates.count
    }

    /// What keeps the optimiser from leaving the work out.
    nonisolated(unsafe) static var sink = 0

    static func scan(_ body: String) -> RequestEnvelope {
        guard let envelope = Array(body.utf8).withBytes({ try? RequestEnvelope(scanning: $0) }) else { preconditionFailure("the body is at fault") }
        return envelope
    }

    private static let chat: [UInt8] = {
        let text = String(repeating: "word ", count: 80)
        let messages = ["system", "user", "assistant", "user", "assistant"].map { "{\"role\":\"\($0)\",\"content\":\"\(text)\"}" }
        return Array("{\"model\":\"best\",\"messages\":[\(messages.joined(separator: ","))]}".utf8)
    }()
    private static let chatEnvelope = chat.withBytes { try? RequestEnvelope(scanning: $0) }

    private static func identify() {
        guard let envelope = chatEnvelope else { return }
        sink = sink &+ Int(truncatingIfNeeded: chat.withBytes { Conversation.identify(envelope, in: $0, key: 1)?.number } ?? 0)
    }

    private static func outcome(_ now: LoopInstant) -> LiveRecord.Outcome {
        LiveRecord.Outcome(
            isSuccess: true, size: .small, startedAt: now, firstContent: 400_000, total: 3_000_000, isStream: true, outputTokens: 200)
    }

    private static func makeDeployments() -> [Deployment] {
        (0..<count).map { place in
            let name = "provider-\(place % 20)"
            guard let url = try? HTTPURL(parsing: "https://\(name).test/v1") else { preconditionFailure("the URL must parse") }
            let provider = Provider(ProviderConfiguration(name: name, baseURL: url), defaults: UpstreamTimeouts())
            var model = ModelConfiguration(id: "model-\(place / 20)")
            model.contextLength = [8192, 32_768, 131_072, 1_000_000][place % 4]
            model.supportsTools = place % 3 == 0 ? nil : place % 3 == 1
            return Deployment(provider: provider, model: model, keyIndex: 0, origin: provider.origin(for: url))
        }
    }

    /// Rates models as they would have been before they are adopted.
    private static func rate(_ deployments: [Deployment]) {
        let rate = SpreadQuality().rater
        for deployment in deployments { deployment.standing.quality = rate(deployment.model, deployment.provider.name) }
    }

    private static func live(_ router: Router, _ deployments: [Deployment]) {
        for (place, deployment) in deployments.enumerated() {
            var outcome = outcome(start)
            outcome.firstContent = 100_000 + place * 1000
            router.ranking.record(outcome, deployment, at: start)
        }
        router.ranking.refreshIfDue(at: start.advanced(by: .seconds(1)))
    }

    private static func measure(_ name: String, _ repetitions: Int, _ body: () -> Void) {
        let clock = ContinuousClock()
        body()
        let batches = (0..<31).map { _ in
            clock.measure { for _ in 0..<repetitions { body() } } / repetitions
        }.sorted()
        let nanoseconds = Int(batches[15] / .nanoseconds(1))
        let padded = name + String(repeating: " ", count: max(0, 52 - name.count))
        print("  \(padded) \(nanoseconds >= 10_000 ? "\(nanoseconds / 1000) µs" : "\(nanoseconds) ns")")
    }
}

/// Abilities spread over the models.
final class SpreadQuality: QualitySource {
    let snapshot = "spread"

    var rater: @Sendable (ModelConfiguration, String) -> QualityRating {
        { model, _ in
            var quality = QualityRating()
            let number = Double(abs(model.id.utf8.reduce(0) { $0 &* 31 &+ Int($1) } % 100))
            quality.canonical = model.id
            quality.general = QualityRating.Ability(mean: number / 25 - 2, deviation: 0.3, evidence: 4)
            return quality
        }
    }

    func canonicalName(of text: String) -> String? { nil }
    let evidence: @Sendable (String) -> [QualityEvidence] = { _ in [] }
}
