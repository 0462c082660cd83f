internal import HTTPServer

/// What the large bodies of each client's requests hold.
struct BodyShares {
    private var shares: [VirtualKey.ID: BodyShare] = [:]
    /// Clients that are remembered before those that hold nothing are forgotten.
    private static let most = 1000

    /// Bodies of so many bytes and less are not counted: what all connections together can hold of them is no matter.
    let least = 16 * 1024

    /// The share of a client.
    subscript(key: VirtualKey.ID) -> BodyShare {
        mutating get {
            if let share = shares[key] { return share }
            if shares.count >= BodyShares.most { shares = shares.filter { $0.value.bytes > 0 } }
            let share = BodyShare()
            shares[key] = share
            return share
        }
    }
}
