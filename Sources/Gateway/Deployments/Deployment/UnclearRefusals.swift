/// Refusals of a deployment as the client's mistake that do not say which, in a row: of single clients, the last of which are known, so that none of them
/// changes what becomes of another's requests. The same request again is the same mistake again.
struct UnclearRefusals: Sendable {
    /// After so many requests that differ, without an answer to the same client between them, it is the deployment that is doubted, and another one is asked
    /// before the client is told: hardly anybody makes five mistakes in a row that nobody can name.
    static let most = 5
    private static let mostClients = 8

    private var clients: [(client: ClientTag, count: Int, request: UInt64)] = []

    init() {}

    /// Takes a refusal.
    ///
    /// - Parameter request: The digest of the request's body.
    /// - Returns: Whether another deployment is to be asked.
    mutating func refused(_ client: ClientTag, _ request: UInt64) -> Bool {
        guard let place = clients.firstIndex(where: { $0.client == client }) else {
            if clients.count == UnclearRefusals.mostClients { clients.removeFirst() }
            clients.append((client, 1, request))
            return false
        }
        defer { clients[place].request = request }
        guard clients[place].request != request else { return clients[place].count > UnclearRefusals.most }
        clients[place].count = min(clients[place].count + 1, UnclearRefusals.most + 1)
        return clients[place].count > UnclearRefusals.most
    }

    /// A client was answered.
    mutating func answered(_ client: ClientTag) {
        if !clients.isEmpty { clients.removeAll { $0.client == client } }
    }
}
