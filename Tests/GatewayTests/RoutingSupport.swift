import EventLoop
import Wire

@testable import Gateway

/// The clock's start in tests of routing.
let noon = LoopInstant(nanoseconds: 1_000_000_000_000)

/// A router over deployments, in this order, rated by a source.
func makeRouter(of deployments: [Deployment], _ options: ScoringOptions = ScoringOptions(), quality: (any QualitySource)? = nil) -> Router {
    let router = Router(Ranking(options, quality: quality))
    if let rate = quality?.rater {
        for deployment in deployments { deployment.standing.quality = rate(deployment.model, deployment.provider.name) }
    }
    router.adopt(deployments, at: noon)
    return router
}

/// What a request asks of a router.
///
/// - Parameters:
///   - members: Further members of the body, without braces.
///   - bytes: How long the body is taken to be, if not as long as it is.
///   - conversation: The conversation that the request goes on with.
func question(
    _ name: String, further: [String] = [], endpoint: Endpoint = .chatCompletions, members: String = "", bytes: Int? = nil,
    conversation: UInt64? = nil
) -> Router.Question {
    let text = "{\"model\":\"x\",\"messages\":[]\(members.isEmpty ? "" : ",\(members)")}"
    return withBytes(text) { body in
        guard let envelope = try? RequestEnvelope(scanning: body) else { preconditionFailure("the body is at fault: \(text)") }
        var question = Router.Question(needs: RequestNeeds(envelope, endpoint: endpoint, bytes: bytes ?? body.byteCount))
        question.further = further
        question.preferences = envelope.providerPreferences(in: body)
        question.conversation = conversation.map { number in
            var conversation = Conversation(number: number)
            conversation.goesOn = true
            return conversation
        }
        return question
    }
}

/// Decides about a request.
func decision(
    _ router: Router, _ name: String, further: [String] = [], endpoint: Endpoint = .chatCompletions, members: String = "", bytes: Int? = nil,
    conversation: UInt64? = nil, at now: LoopInstant = noon
) throws(GatewayError) -> Decision {
    let question = question(name, further: further, endpoint: endpoint, members: members, bytes: bytes, conversation: conversation)
    let bytes = Array(name.utf8)
    return try router.decide(bytes.span.bytes, question, at: now)
}

/// A source of quality that says what it is told to.
final class FixedQuality: QualitySource {
    let snapshot = "fixed"
    /// Canonical names by what a client may write.
    var spellings: [String: String] = [:]
    /// What the original's formula says of all of them.
    var original: Double?
    private let known: [String: (canonical: String, mean: Double)]

    /// Knows these ids.
    init(_ known: [String: (canonical: String, mean: Double)]) { self.known = known }

    var rater: @Sendable (ModelConfiguration, String) -> QualityRating {
        { [known, original] model, _ in
            var quality = QualityRating()
            guard let entry = known[model.id] else { return quality }
            quality.canonical = entry.canonical
            quality.original = original
            quality.general = QualityRating.Ability(mean: entry.mean, deviation: 0.2, evidence: 3)
            quality.tasks[.code] = QualityRating.Ability(mean: -entry.mean, deviation: 0.2, evidence: 1)
            return quality
        }
    }

    func canonicalName(of text: String) -> String? { spellings[text] }

    let evidence: @Sendable (String) -> [QualityEvidence] = { canonical in
        [QualityEvidence(board: "livebench", row: canonical, value: 61.5, weight: 0.7, age: .seconds(86_400))]
    }
}

/// One request's outcome.
func outcome(
    _ isSuccess: Bool? = true, first: Duration = .milliseconds(500), total: Duration = .seconds(5), tokens: Int = 300, size: PromptSize = .small,
    isStream: Bool = true, startedAt: LoopInstant = noon
) -> LiveRecord.Outcome {
    LiveRecord.Outcome(
        isSuccess: isSuccess, size: size, startedAt: startedAt, firstContent: isSuccess == true ? Int(first / .microseconds(1)) : nil,
        total: Int(total / .microseconds(1)), isStream: isStream, outputTokens: tokens)
}
