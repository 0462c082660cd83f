internal import EventLoop
internal import Gateway

/// The store's status, written by its thread and readable from any other.
final class StatusBoard: Sendable {
    private let status: Locked<StoreStatus>

    init(_ status: StoreStatus) { self.status = Locked(status) }

    var current: StoreStatus { status.withLock { $0 } }

    func set(_ new: StoreStatus) { status.withLock { $0 = new } }
}
