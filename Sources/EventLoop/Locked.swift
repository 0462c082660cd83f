internal import CUV

/// A value that several threads share, behind a lock.
///
/// libuv's mutex and not `Synchronization.Mutex`: the latter waits inside the standard library, where the
/// thread sanitizer does not see it and takes every use for a race.
@safe
public final class Locked<Value: ~Copyable>: @unchecked Sendable {  // `mutex` guards `value`
    private let mutex: UnsafeMutablePointer<uv_mutex_t>
    private var value: Value

    /// Makes a lock around an initial value.
    public init(_ value: consuming sending Value) {
        unsafe mutex = .allocate(capacity: 1)
        self.value = value
        let status = unsafe uv_mutex_init(mutex)
        precondition(status == 0, "a mutex without attributes can't fail to be made (pthread_mutex_init(3))")
    }

    deinit {
        unsafe uv_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Works on the value while no other thread does. `body` must not take the same lock.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe uv_mutex_lock(mutex)
        defer { unsafe uv_mutex_unlock(mutex) }
        return try body(&value)
    }
}
