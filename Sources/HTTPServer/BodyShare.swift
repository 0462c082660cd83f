public import EventLoop

/// What the bodies of one client's requests hold together, so that one client's uploads leave room for the others'.
public final class BodyShare {
    /// Bytes that are held now.
    public internal(set) var bytes = 0

    /// Makes the share of a client that holds nothing.
    public init() {}

    /// One client may hold this part of the loop's budget, and always one body of the largest size.
    private static let part = 4

    /// Whether so many bytes more are within what one client may hold.
    ///
    /// - Parameter largest: The size of the largest body, in bytes.
    func mayHold(_ count: Int, largest: Int, of budget: HeldBytes) -> Bool { bytes + count <= max(largest, budget.most / BodyShare.part) }
}
