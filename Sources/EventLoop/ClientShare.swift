/// What is held and done for one client, so that the data it sends or leaves unread leaves room for the others.
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
    /// - Parameter isOfMany: Whether it may stand for several clients that can't be told apart: they may hold
    ///   more, bodies included, while half of the budget is free.
    public init(ofMany isOfMany: Bool = false) {
        self.isOfMany = isOfMany
    }

    /// The part of the loop's budget that one client may hold; always at least one body of the largest size.
    private static let part = 4

    /// Whether this many more bytes of a body are within what one client may hold.
    ///
    /// - Parameter largest: The size of the largest body, in bytes.
    public func mayHold(_ count: Int, largest: Int, of budget: HeldBytes) -> Bool {
        bytes + count <= max(largest, budget.most / ClientShare.part) || isOfMany && budget.used + count <= budget.most / 2
    }

    /// Whether this many more bytes may wait for the client or belong to its requests: what one client may
    /// hold, and more while half of the budget is free, since a large answer is not the client's fault.
    func mayWait(_ count: Int, in budget: HeldBytes) -> Bool {
        bytes + count <= budget.most / ClientShare.part || budget.used + count <= budget.most / 2
    }
}
