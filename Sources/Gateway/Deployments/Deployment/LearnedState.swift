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
    var description: DeploymentDescription?
    /// What requests of somebody use of whom nothing is known, and what its streams are like.
    private var tokens = TokenEstimate()
    /// What those of single clients use, of whom the last are known.
    private var clients: [(client: ClientTag, tokens: TokenEstimate, answers: Int)] = []
    private static let mostClients = 8
    /// After so many answers a client's requests say something about others', and so many such clients do: one alone, or two, may ask for anything.
    private static let (enoughAnswers, enoughClients) = (8, 3)
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

    /// What requests of a client probably use: by its own answers, else by the median over the other clients, each of whom counts once, however much it asks.
    ///
    /// With fewer than three others it is what holds before anything is learnt, so that no client's kind of text moves what another is booked.
    func tokens(for client: ClientTag) -> TokenEstimate {
        guard let place = clients.lastIndex(where: { $0.client == client }) else { return tokens }
        var own = tokens
        own.adoptUse(of: clients[place].tokens)
        return own
    }

    /// Learns from an answer to a client whose tokens were reported, see `TokenEstimate`.
    func learn(bytes count: Int, _ usage: Usage, of client: ClientTag) {
        var place = 0
        while place < clients.count, clients[place].client != client { place += 1 }
        if place == clients.count {
            if place == LearnedState.mostClients { clients.removeFirst() }
            clients.append((client, tokens, 0))
        } else if place < clients.count - 1 {
            clients.append(clients.remove(at: place))
        }
        clients[clients.count - 1].tokens.learn(bytes: count, usage)
        clients[clients.count - 1].answers += 1
        learnOthers()
    }

    private func learnOthers() {
        // Places of those who have told enough, in four bits each: no memory is asked for with each answer.
        var (told, places) = (0, UInt32(0))
        for place in clients.indices where clients[place].answers >= LearnedState.enoughAnswers {
            places |= UInt32(place) << UInt32(told * 4)
            told += 1
        }
        guard told >= LearnedState.enoughClients else { return tokens.adoptUse(of: TokenEstimate()) }
        tokens.adoptMedian(of: told) { clients[Int(places >> UInt32($0 * 4) & 15)].tokens }
    }

    /// Learns from a stream whose tokens were reported, see `TokenEstimate`.
    func learn(events: Int, contentSize: Int, outputTokens: Int) {
        tokens.learn(events: events, contentSize: contentSize, outputTokens: outputTokens)
    }
}
