internal import EventLoop

/// What the large bodies of each client's requests hold, and the answers that wait for it.
struct HeldByClients {
    private var shares: [VirtualKey.ID: ClientShare] = [:]
    /// Clients that are remembered before those that hold nothing are forgotten.
    private static let most = 1000

    /// Bodies of so many bytes and less are not counted: what all connections together can hold of them is no matter.
    let least = 16 * 1024

    /// The share of a client.
    subscript(key: VirtualKey.ID) -> ClientShare {
        mutating get {
            if let share = shares[key] { return share }
            if shares.count >= HeldByClients.most { shares = shares.filter { $0.value.bytes > 0 } }
            let share = ClientShare()
            shares[key] = share
            return share
        }
    }
}
