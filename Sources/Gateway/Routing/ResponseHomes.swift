/// Which provider and key made which answer of `/v1/responses`: a request that goes on from one by `previous_response_id` can be served only
/// there.
struct ResponseHomes {
    /// Where an answer is kept, and whose it is.
    struct Home: Equatable {
        /// The provider's name.
        let provider: String
        /// The key's connections, which stay the key's over a reload: what one account keeps, another does not see.
        let origin: UpstreamOrigin
        /// The client that asked. Nobody else goes on from its answer.
        let client: ClientTag

        static func == (left: Self, right: Self) -> Bool {
            left.provider == right.provider && left.origin === right.origin && left.client == right.client
        }
    }

    /// Most answers that are remembered. 10,000: some MB at most, and an hour of three conversations a second.
    static let most = 10_000
    /// Longest id that is remembered, in bytes; OpenAI's have 55.
    private static let longestID = 256

    private var homes: [String: Home] = [:]
    private var shelves: [ClientTag: Shelf] = [:]
    /// The clients by how many of their answers are remembered.
    private var holders: [Int: Set<ClientTag>] = [:]
    /// The most that are remembered of one client.
    private var highest = 0

    /// What is remembered of one client, the oldest at `oldest`.
    private struct Shelf {
        private var ids: [String] = []
        private var oldest = 0

        var count: Int { ids.count - oldest }

        mutating func append(_ id: String) { ids.append(id) }

        mutating func popOldest() -> String {
            defer { oldest += 1 }
            if oldest > 64, oldest * 2 > ids.count {
                ids.removeFirst(oldest)
                oldest = 0
            }
            return ids[oldest]
        }
    }

    /// How many answers are remembered.
    var count: Int { homes.count }

    /// Remembers where an answer was made. Where there is no more room the oldest is forgotten of the client that has most, so that nobody with many
    /// answers makes others' be forgotten.
    mutating func note(_ id: String, at home: Home) {
        guard !id.isEmpty, id.utf8.count <= ResponseHomes.longestID else { return }
        if let known = homes[id] {
            // Another's id is not taken over: it would be counted as his.
            if known.client == home.client { homes[id] = home }
            return
        }
        homes[id] = home
        change(home.client) { $0.append(id) }
        guard homes.count > ResponseHomes.most, let largest = holders[highest] else { return }
        guard let client = largest.contains(home.client) ? home.client : largest.first else { return }
        let forgotten = change(client) { $0.popOldest() }
        homes[forgotten] = nil
    }

    private mutating func change<Result>(_ client: ClientTag, _ body: (inout Shelf) -> Result) -> Result {
        var shelf = shelves.removeValue(forKey: client) ?? Shelf()
        remove(client, at: shelf.count)
        let result = body(&shelf)
        if shelf.count > 0 {
            shelves[client] = shelf
            holders[shelf.count, default: []].insert(client)
        }
        highest = max(highest, shelf.count)
        // One step at most: who was the only one with most has one less now.
        while highest > 0, holders[highest] == nil { highest -= 1 }
        return result
    }

    private mutating func remove(_ client: ClientTag, at count: Int) {
        holders[count]?.remove(client)
        if holders[count]?.isEmpty == true { holders[count] = nil }
    }

    /// Where an answer was made.
    func home(of id: String) -> Home? { homes[id] }
}
