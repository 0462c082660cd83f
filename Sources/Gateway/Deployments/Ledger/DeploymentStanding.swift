public import EventLoop

/// The health of a deployment at one moment, for statistics, metrics and people.
public struct DeploymentStanding: Sendable, Equatable {
    /// The state in a word; the raw values are those of the metric `best_deployment_state`.
    public enum State: Int, Sendable {
        /// In use.
        case ok = 0
        /// In use, but not long after failures.
        case degraded = 1
        /// Left alone, after failures or by a limit.
        case cooling = 2
        /// Its key is rejected, or its model is gone.
        case quarantined = 3
    }

    /// The state.
    public var state: State
    /// How long the deployment itself, its model or its key is still left alone.
    public var remaining: Duration
    /// How long its whole provider is still left alone.
    public var providerRemaining: Duration
    /// Failures in a row, less the successes since, of the deployment, its model or its key.
    public var failures: Int
    /// The same of its provider.
    public var providerFailures: Int
    /// Requests under way.
    public var inFlight: Int
    /// A limit that was learnt from refusals: requests in a window, and how sure that is, 1 to 8.
    public var learntLimit: (requests: Int, window: LoopInterval, confidence: Int)? {
        limit == 0 ? nil : (limit, window, confidence)
    }
    private var limit = 0
    private var window = LoopInterval(nanoseconds: 0)
    private var confidence = 0

    init(_ nodes: HealthNodes, _ availability: Availability, at now: LoopInstant) {
        let own = [nodes.keyModel, nodes.model, nodes.key]
        remaining = own.map { $0.cooldown.until.elapsed(since: now) }.max() ?? .zero
        providerRemaining = nodes.provider.cooldown.until.elapsed(since: now)
        failures = own.map { Int($0.cooldown.rung) }.max() ?? 0
        providerFailures = Int(nodes.provider.cooldown.rung)
        inFlight = nodes.keyModel.inFlight
        switch availability {
        case .ready, .busy, .crowded: state = failures + providerFailures > 0 ? .degraded : .ok
        case .cooling, .denied, .limited, .unpaid: state = .cooling
        case .gone, .rejected: state = .quarantined
        }
        for node in own + [nodes.provider] {
            guard let length = node.quota.estimate.window else { continue }
            (limit, window, confidence) = (node.quota.estimate.limit, length, Int(node.quota.estimate.confidence))
        }
    }
}

extension Deployment {
    /// The health now.
    public func standing(at now: LoopInstant) -> DeploymentStanding {
        DeploymentStanding(health, health.availability(for: .everybody, tokens: .none, spacing: LoopInterval(nanoseconds: 0), at: now), at: now)
    }
}
