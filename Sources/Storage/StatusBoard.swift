internal import EventLoop
internal import Gateway

/// Where the store's thread writes how the store is, and anybody reads it.
final class StatusBoard: Sendable {
    private let status: Locked<StoreStatus>

    init(_ status: StoreStatus) { self.status = Locked(status) }

    var current: StoreStatus { status.withLock { $0 } }

    func set(_ new: StoreStatus) { status.withLock { $0 = new } }
}
