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
    private var shares = ClientShares()

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
        // The first to give an id keeps it: neither another client nor another provider takes over what goes on from it.
        guard homes[id] == nil else { return }
        homes[id] = home
        shelves[home.client, default: Shelf()].append(id)
        shares.add(home.client)
        guard homes.count > ResponseHomes.most, let client = shares.largest(preferring: home.client),
            let forgotten = shelves[client]?.popOldest()
        else { return }
        shares.remove(client)
        homes[forgotten] = nil
        if shelves[client]?.count == 0 { shelves[client] = nil }
    }

    /// Where an answer was made.
    func home(of id: String) -> Home? { homes[id] }
}
