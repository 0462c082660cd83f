/// Which provider and key made which answer of `/v1/responses`: a request that goes on from one by `previous_response_id` can be served only
/// there. The oldest are forgotten first.
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
    private var order: [String] = []
    /// The place in `order` of the oldest, once it is full.
    private var oldest = 0

    /// How many answers are remembered.
    var count: Int { homes.count }

    /// Remembers where an answer was made.
    mutating func note(_ id: String, at home: Home) {
        guard !id.isEmpty, id.utf8.count <= ResponseHomes.longestID else { return }
        guard homes.updateValue(home, forKey: id) == nil else { return }
        guard order.count == ResponseHomes.most else { return order.append(id) }
        homes[order[oldest]] = nil
        order[oldest] = id
        oldest = (oldest + 1) % ResponseHomes.most
    }

    /// Where an answer was made.
    func home(of id: String) -> Home? { homes[id] }
}
