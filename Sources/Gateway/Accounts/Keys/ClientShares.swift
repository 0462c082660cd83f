/// How much each client has of something that has room for a fixed number of all: when it is full whoever has most gives something up, so that nobody
/// with many makes others lose theirs.
struct ClientShares {
    private var counts: [ClientTag: Int] = [:]
    /// The clients by how much they have.
    private var holders: [Int: Set<ClientTag>] = [:]
    /// The most that one has.
    private var highest = 0

    init() {}

    /// A client has one more.
    mutating func add(_ client: ClientTag) { change(client, by: 1) }

    /// A client has one less.
    mutating func remove(_ client: ClientTag) { change(client, by: -1) }

    /// Who has most; `client` itself where others have as many.
    func largest(preferring client: ClientTag) -> ClientTag? {
        guard let all = holders[highest] else { return nil }
        return all.contains(client) ? client : all.first
    }

    private mutating func change(_ client: ClientTag, by amount: Int) {
        let before = counts[client] ?? 0
        let after = max(0, before + amount)
        holders[before]?.remove(client)
        if holders[before]?.isEmpty == true { holders[before] = nil }
        counts[client] = after > 0 ? after : nil
        if after > 0 { holders[after, default: []].insert(client) }
        highest = max(highest, after)
        // One step at most: who was the only one with most has one less now.
        while highest > 0, holders[highest] == nil { highest -= 1 }
    }
}
