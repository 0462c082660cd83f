internal import EventLoop

/// The last two clients of which something is known: enough to tell whether anybody but a given one was among them.
struct RecentClients {
    private var last: (client: ClientTag, at: LoopInstant)?
    /// The last one but those of `last`.
    private var other: (client: ClientTag, at: LoopInstant)?

    /// Notes a client.
    mutating func note(_ client: ClientTag, at now: LoopInstant) {
        if let last, last.client != client { other = last }
        last = (client, now)
    }

    /// Whether another client was noted at most `age` ago.
    func hasOther(than client: ClientTag, at now: LoopInstant, within age: LoopInterval) -> Bool {
        for known in [last, other] { if let known, known.client != client, now < known.at.advanced(by: age) { return true } }
        return false
    }
}
