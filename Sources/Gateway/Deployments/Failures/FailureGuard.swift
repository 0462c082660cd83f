internal import EventLoop

/// Slows down whoever guesses the admin key: wrong keys are counted for each network that they come from.
///
/// | wrong keys of one network in the last 60 s | 1–10 | from 11 on |
/// | --- | --- | --- |
/// | answer to a further wrong one | 401 | 429, until some of them are a minute old |
///
/// The right key is heard all the same. Behind a proxy everybody comes from one address, and whoever guesses must not be able to lock the operator
/// out; that guessing comes to nothing is due to the length of the key, not to this. What it keeps small is the noise.
struct FailureGuard: Sendable {
    /// Wrong keys of one network in a minute that are answered with 401.
    static let most = 10
    /// Most networks that are remembered. When there are more, the one that was quiet for longest is forgotten.
    static let capacity = 1024
    private static let span = LoopInterval(.seconds(60))

    /// When the last wrong keys came, the oldest first; at most `most` for each network.
    private var failures: [ClientNetwork: [LoopInstant]] = [:]

    /// How many networks are remembered.
    var count: Int { failures.count }

    /// Takes a wrong key.
    ///
    /// - Returns: How long further ones are refused unheard; `nil` while they are not.
    mutating func failed(from network: ClientNetwork, at now: LoopInstant) -> Duration? {
        var times = failures[network] ?? []
        times.removeAll { $0.advanced(by: FailureGuard.span) <= now }
        if times.count >= FailureGuard.most { return times[0].advanced(by: FailureGuard.span).elapsed(since: now) }
        if failures[network] == nil, failures.count >= FailureGuard.capacity { makeRoom(at: now) }
        times.append(now)
        failures[network] = times
        return nil
    }

    private mutating func makeRoom(at now: LoopInstant) {
        failures = failures.filter { !$0.value.allSatisfy { $0.advanced(by: FailureGuard.span) <= now } }
        guard failures.count >= FailureGuard.capacity else { return }
        let quietest = failures.min { ($0.value.last ?? now) < ($1.value.last ?? now) }
        if let quietest { failures[quietest.key] = nil }
    }
}
