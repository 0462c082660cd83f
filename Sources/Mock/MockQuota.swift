/// A limit the mock keeps and, unless its behaviour says otherwise, does not speak of: so many requests in a window for each key.
public struct MockQuota: Equatable, Sendable {
    /// The most requests in one window.
    public var requests: Int
    /// The window's length; it begins with the first request after the last window.
    public var window: Duration

    /// Makes a quota.
    public init(requests: Int, window: Duration) {
        self.requests = requests
        self.window = window
    }

    /// Parses `5/60`: so many requests in so many seconds.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let requests = Int(parts[0]), requests >= 0, let seconds = MockDistribution.number(parts[1]), seconds > 0 else {
            return nil
        }
        self.init(requests: requests, window: .microseconds(Int64(seconds * 1_000_000)))
    }
}

/// What is left of the quotas of one provider.
struct MockQuotaLedger {
    private struct Window {
        var endsAt: UInt64
        var used: Int
    }

    /// Keys beyond this many make the ledger forget the windows that are over, and if none is, all.
    private static let mostKeys = 4096

    private var windows: [UInt64: Window] = [:]

    /// Counts a request.
    ///
    /// - Parameters:
    ///   - key: Whose quota it is, as a hash.
    ///   - now: Nanoseconds on a monotonic clock.
    /// - Returns: `nil` when the request is within the quota, otherwise the milliseconds until the window ends.
    mutating func admit(_ key: UInt64, quota: MockQuota, now: UInt64) -> Int? {
        let length = UInt64(clamping: quota.window.nanoseconds)
        var window = windows[key] ?? Window(endsAt: now &+ length, used: 0)
        if window.endsAt <= now { window = Window(endsAt: now &+ length, used: 0) }
        guard window.used < quota.requests else { return Int((window.endsAt - now + 999_999) / 1_000_000) }
        window.used += 1
        if windows.count >= MockQuotaLedger.mostKeys, windows[key] == nil { forget(before: now) }
        windows[key] = window
        return nil
    }

    private mutating func forget(before now: UInt64) {
        windows = windows.filter { $0.value.endsAt > now }
        if windows.count >= MockQuotaLedger.mostKeys { windows.removeAll() }
    }
}

extension Duration {
    /// The duration in whole nanoseconds.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
