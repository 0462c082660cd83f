import EventLoop

/// A value that a test's threads share.
public final class Shared<Value: Sendable>: Sendable {
    private let storage: Locked<Value>

    /// Makes a shared value.
    public init(_ value: Value) { storage = Locked(value) }

    /// The current value.
    public var value: Value { storage.withLock { $0 } }

    /// Changes the value.
    public func update(_ change: @Sendable (inout Value) -> Void) { storage.withLock { value in change(&value) } }
}
