public import EventLoop

/// Whether a deployment may be used now: a short fixed pause after a failure, or the one the provider asked for.
public struct DeploymentHealth: Sendable {
    /// The pause after a failure for which the provider named none.
    public static let pause: Duration = .seconds(5)
    /// The longest pause taken from a provider's word.
    public static let maximumPause: Duration = .seconds(24 * 3600)

    /// Until when the deployment is left alone.
    public private(set) var coolsUntil: LoopInstant?
    /// Whether the provider itself asked for the pause, so that asking earlier would be wasted.
    public private(set) var isLimited = false

    /// Makes the state of a deployment nothing is known about.
    public init() {}

    /// Whether the deployment rests at `now`.
    public func isCooling(at now: LoopInstant) -> Bool {
        coolsUntil.map { now < $0 } ?? false
    }

    /// Learns from a failed attempt. A pause never becomes shorter by a later failure.
    public mutating func failed(_ verdict: FailureVerdict, at now: LoopInstant) {
        guard verdict.scope != .request else { return }
        var pause = DeploymentHealth.pause
        let limited = verdict.kind.isLimit
        if limited, let asked = verdict.hint.wait { pause = min(max(asked, .seconds(1)), DeploymentHealth.maximumPause) }
        let until = now.advanced(by: pause)
        if isCooling(at: now) {
            isLimited = isLimited || limited
        } else {
            isLimited = limited
        }
        coolsUntil = max(coolsUntil ?? until, until)
    }

    /// Learns from a success.
    public mutating func succeeded() {
        coolsUntil = nil
        isLimited = false
    }
}
