internal import EventLoop

/// What single clients' failures say about a node, for those clients alone. Bounded: the client that matters least is forgotten first.
struct ClientTracks: Sendable {
    /// Clients with trouble of their own at one node that are remembered. Whoever is forgotten asks, and meets the failure, once more.
    static let most = 16

    private var tracks: [(client: ClientTag, track: HealthTrack)] = []

    /// Whether no client has trouble of its own.
    var isEmpty: Bool { tracks.isEmpty }

    /// What is known of a client's failures.
    subscript(client: ClientTag) -> HealthTrack? { tracks.first { $0.client == client }?.track }

    /// Whether a client other than `client` fulfils a condition.
    func contains(otherThan client: ClientTag, where condition: (HealthTrack) -> Bool) -> Bool {
        tracks.contains { $0.client != client && condition($0.track) }
    }

    /// Whether any client fulfils a condition.
    func contains(where condition: (HealthTrack) -> Bool) -> Bool { tracks.contains { condition($0.track) } }

    /// Forgets whose trouble is long over.
    mutating func forgetOld(at now: LoopInstant) { tracks.removeAll { $0.track.isForgotten(at: now) } }

    /// Notes, for every client, that a request of so many tokens was let in.
    mutating func fitted(_ demand: TokenDemand, startedAt: LoopInstant) {
        for index in tracks.indices { tracks[index].track.fitted(demand, startedAt: startedAt) }
        tracks.removeAll { $0.track.isQuiet }
    }

    /// Notes, for every client but `client`, that this one was let in.
    mutating func otherSucceeded(than client: ClientTag, startedAt: LoopInstant, at now: LoopInstant) {
        for index in tracks.indices where tracks[index].client != client { tracks[index].track.otherSucceeded(startedAt: startedAt, at: now) }
    }

    /// Calls `body` with each.
    func forEach(_ body: (ClientTag, HealthTrack) -> Void) {
        for entry in tracks { body(entry.client, entry.track) }
    }

    /// Changes what is known of a client; what says nothing any more is forgotten.
    ///
    /// - Parameter adding: Whether a client of which nothing is known is added.
    @discardableResult
    mutating func change<R>(_ client: ClientTag, adding: Bool, _ body: (inout HealthTrack) -> R) -> R? {
        if let index = tracks.firstIndex(where: { $0.client == client }) {
            defer { if tracks[index].track.isQuiet { tracks.remove(at: index) } }
            return body(&tracks[index].track)
        }
        guard adding else { return nil }
        var track = HealthTrack()
        let result = body(&track)
        guard !track.isQuiet else { return result }
        if tracks.count >= ClientTracks.most {
            let least = tracks.indices.min {
                (tracks[$0].track.cooldown.until, tracks[$0].track.test.level) < (tracks[$1].track.cooldown.until, tracks[$1].track.test.level)
            }
            if let least { tracks.remove(at: least) }
        }
        tracks.append((client, track))
        return result
    }

    /// Forgets everything.
    mutating func removeAll() { tracks.removeAll() }
}
