internal import EventLoop
internal import Wire

/// What was learnt about a deployment while it served.
///
/// The deployments that stand for the same provider, key and model in successive configurations share one object, so that a reload forgets
/// nothing, and what a request finds out that began before the reload still counts after it.
final class LearnedState {
    /// When it was seen to refuse `stream_options` that the gateway added, and to answer without.
    var refusedStreamOptionsAt: LoopInstant?
    /// What it was when the ranking saw it last; `nil` when that has not seen it.
    var description: Ranking.Description?
    /// What requests to it probably use, by the answers of all clients.
    private(set) var tokens = TokenEstimate()
    /// What those of single clients use, of whom the last are known, so that each counts as much as any other, however much it asks.
    private var clients: [(client: ClientTag, tokens: TokenEstimate)] = []
    private static let mostClients = 8
    /// What it has done since the start.
    var statistics = DeploymentStatistics()
    /// What was measured of it for the ranking, and its scores.
    var standing = Standing()
    /// Refusals in a row that do not say what is wrong.
    var unclearRefusals = UnclearRefusals()
    /// How long its streams take to the first token, by the size of the request and by how much it asks to think.
    var firstTokens = Array(repeating: FirstTokenTimes(), count: FirstTokenBucket.count)

    /// For how long it is not asked again for what it has refused: providers learn, too.
    private static let memory = LoopInterval(.seconds(24 * 3600))

    /// Whether `stream_options` are to be kept from it.
    func refusesStreamOptions(at now: LoopInstant) -> Bool {
        guard let seen = refusedStreamOptionsAt else { return false }
        return now < seen.advanced(by: LearnedState.memory)
    }

    /// Learns from an answer to a client whose tokens were reported, see `TokenEstimate`.
    func learn(bytes count: Int, _ usage: Usage, of client: ClientTag) {
        var place = 0
        while place < clients.count, clients[place].client != client { place += 1 }
        if place == clients.count {
            if place == LearnedState.mostClients { clients.removeFirst() }
            clients.append((client, tokens))
        } else if place < clients.count - 1 {
            clients.append(clients.remove(at: place))
        }
        clients[clients.count - 1].tokens.learn(bytes: count, usage)
        tokens.beginMean()
        let share = 1 / Double(clients.count)
        for place in 0..<clients.count { tokens.addToMean(clients[place].tokens, share: share) }
    }

    /// Learns from a stream whose tokens were reported, see `TokenEstimate`.
    func learn(events: Int, contentSize: Int, outputTokens: Int) {
        tokens.learn(events: events, contentSize: contentSize, outputTokens: outputTokens)
    }
}
