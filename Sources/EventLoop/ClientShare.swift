/// What is held and done for one client, so that what one of them sends or leaves unread leaves room for the others.
///
/// Confined to the loop's thread, as the budget is.
public final class ClientShare {
    /// Bytes that are held now.
    public internal(set) var bytes = 0
    /// The client's share of the loop's turns.
    public let turns = ClientTurns()

    private let isOfMany: Bool

    /// Makes the share of a client that holds nothing.
    ///
    /// - Parameter isOfMany: Whether it may be several clients that nobody can tell apart: of bodies, too, they may hold more while half of the budget is free.
    public init(ofMany isOfMany: Bool = false) {
        self.isOfMany = isOfMany
    }

    /// One client may hold this part of the loop's budget, of bodies always one of the largest size.
    private static let part = 4

    /// Whether so many bytes more of a body are within what one client may hold.
    ///
    /// - Parameter largest: The size of the largest body, in bytes.
    public func mayHold(_ count: Int, largest: Int, of budget: HeldBytes) -> Bool {
        bytes + count <= max(largest, budget.most / ClientShare.part) || isOfMany && budget.used + count <= budget.most / 2
    }

    /// Whether so many bytes more may wait for the client or of its requests: what one client may hold, and more while half of the budget is free, since a
    /// large answer is nobody's fault.
    func mayWait(_ count: Int, in budget: HeldBytes) -> Bool {
        bytes + count <= budget.most / ClientShare.part || budget.used + count <= budget.most / 2
    }
}
