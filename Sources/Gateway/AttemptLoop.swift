internal import EventLoop
internal import HTTPServer
internal import Wire

/// Carries requests over their candidates: one attempt after the other, until the client has an answer or nothing is left to try.
final class AttemptLoop {
    /// How long one request may take over all of its attempts.
    private static let requestDeadline = LoopInterval(.seconds(600))

    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let writer: AnswerWriter

    init(on loop: EventLoop, transport: any UpstreamTransport, writer: AnswerWriter) {
        self.loop = loop
        self.transport = transport
        self.writer = writer
    }

    /// Carries one request to its end.
    ///
    /// - Throws: The error for the client when no attempt has brought an answer.
    func run(
        _ candidates: Candidates, for exchange: HTTPExchange, _ context: RequestContext, _ envelope: RequestEnvelope, _ endpoint: Endpoint
    ) async throws(GatewayError) -> RequestContext.Outcome {
        var plan = AttemptPlan(candidates: candidates.deployments.count, deadline: context.receivedAt.advanced(by: AttemptLoop.requestDeadline))
        var failure: FailureClass?
        while true {
            switch plan.step(after: failure, at: loop.now, health: { candidates.deployments[$0].health }) {
            case .giveUp(let soonest):
                throw .exhausted(context.failures, pause: soonest.map { $0.elapsed(since: loop.now) })
            case .attempt(let index):
                let deployment = candidates.deployments[index]
                context.attempts += 1
                context.deployment = deployment
                let attempt = UpstreamAttempt(
                    context, exchange: exchange, envelope: envelope, deployment: deployment, endpoint: endpoint, writer: writer)
                switch await attempt.run(on: transport) {
                case .answered:
                    deployment.health.succeeded()
                    return .answered
                case .clientGone:
                    return .clientGone
                case .broken(let attempt):
                    deployment.health.failed(attempt.verdict, at: loop.now)
                    context.failures.append(attempt)
                    context.detail = attempt.detail
                    return .broken
                case .failed(let attempt):
                    deployment.health.failed(attempt.verdict, at: loop.now)
                    context.failures.append(attempt)
                    context.detail = attempt.detail
                    failure = attempt.failure
                    if !endpoint.isRepeatable, !attempt.verdict.nothingWasDone { throw .exhausted(context.failures, pause: nil) }
                    if exchange.hasLostClient { return .clientGone }
                }
            }
        }
    }
}
