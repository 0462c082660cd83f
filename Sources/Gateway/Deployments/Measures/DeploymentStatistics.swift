public import Wire

/// What a deployment has done since the start: counts and sums for people and metrics. No decision is taken from it.
public struct DeploymentStatistics: Sendable {
    /// Attempts that brought a whole answer.
    public private(set) var successes = 0
    /// Attempts that failed, without those that were the client's mistake or ours.
    public private(set) var failures = 0
    /// Attempts that failed, by the name of the failure's class; all of them.
    public private(set) var failuresByName: [String: Int] = [:]
    /// Prompt tokens, as far as they were reported.
    public private(set) var inputTokens = 0
    /// Completion tokens, as far as they were reported.
    public private(set) var outputTokens = 0
    /// What the tokens cost, where the prices are known.
    public private(set) var cost = Money.zero
    /// Whole attempts that succeeded.
    public private(set) var durations = DurationHistogram(DurationHistogram.requests)
    /// From the attempt to the first content.
    public private(set) var firstTokens = DurationHistogram(DurationHistogram.firstToken)

    /// Makes the statistics of a deployment that has done nothing.
    public init() {}

    /// Attempts, without those that were the client's mistake or ours.
    public var attempts: Int { successes + failures }

    /// Counts a whole answer.
    public mutating func succeeded(microseconds: Int, firstToken: Int?, usage: Usage?, cost: Money) {
        successes += 1
        durations.record(microseconds: microseconds)
        if let firstToken { firstTokens.record(microseconds: firstToken) }
        if let usage {
            inputTokens = inputTokens.addingCount(usage.inputTokens)
            outputTokens = outputTokens.addingCount(usage.outputTokens)
        }
        self.cost += cost
    }

    /// Counts a failed attempt.
    public mutating func failed(_ verdict: FailureVerdict) {
        failuresByName["\(verdict.kind.name)", default: 0] += 1
        if verdict.countsAgainstProvider { failures += 1 }
    }

    /// Adds what another deployment has done.
    public mutating func merge(_ other: DeploymentStatistics) {
        successes += other.successes
        failures += other.failures
        failuresByName.merge(other.failuresByName, uniquingKeysWith: +)
        inputTokens = inputTokens.addingCount(other.inputTokens)
        outputTokens = outputTokens.addingCount(other.outputTokens)
        cost += other.cost
        durations.merge(other.durations)
        firstTokens.merge(other.firstTokens)
    }
}
