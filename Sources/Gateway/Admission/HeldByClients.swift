internal import EventLoop

/// What the large bodies of each client's requests hold, and the answers that wait for it.
struct HeldByClients {
    private var shares: [VirtualKey.ID: ClientShare] = [:]
    /// Clients that are remembered before those that hold nothing are forgotten. It grows with those that hold something, so that looking for the others
    /// costs each newcomer the same.
    private var most = HeldByClients.least
    private static let least = 1000

    /// Bodies of so many bytes and less are not counted: what all connections together can hold of them is no matter.
    let least = 16 * 1024

    /// How many clients are remembered.
    var count: Int { shares.count }

    /// The share of a client: the same one for as long as somebody has it.
    subscript(key: VirtualKey.ID) -> ClientShare {
        mutating get {
            if let share = shares[key] { return share }
            if shares.count >= most { forgetUnused() }
            let share = ClientShare()
            shares[key] = share
            return share
        }
    }

    /// Forgets the shares that hold nothing and that nobody has: a request whose body or answer is still to come has its own.
    private mutating func forgetUnused() {
        for key in Array(shares.keys) {
            guard var share = shares.removeValue(forKey: key) else { continue }
            if share.bytes > 0 || !isKnownUniquelyReferenced(&share) { shares[key] = share }
        }
        most = max(HeldByClients.least, 2 * shares.count)
    }
}
