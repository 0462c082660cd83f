internal import Wire

/// A limit that the mock enforces and, unless its behaviour says otherwise, does not announce: this many
/// requests in a window.
public struct MockQuota: Equatable, Sendable {
    /// Where the window lies.
    public enum Kind: String, Equatable, Sendable, CaseIterable {
        /// From the first request after the last window.
        case fixed
        /// From one multiple of its length to the next, on the machine's monotonic clock.
        case aligned
        /// The time before each request.
        case rolling
    }

    /// The most requests in one window.
    public var requests: Int
    /// The window's length.
    public var window: Duration
    /// Where the window lies.
    public var kind: Kind
    /// Whether all keys share it; otherwise each has its own.
    public var isShared: Bool

    /// Makes a quota.
    public init(requests: Int, window: Duration, kind: Kind = .fixed, isShared: Bool = false) {
        self.requests = requests
        self.window = window
        self.kind = kind
        self.isShared = isShared
    }

    /// Parses `5/60`, requests per seconds, preceded by optional words: `rolling:5/60`, `account:aligned:5/60`.
    init?(_ text: some StringProtocol) {
        var words = text.split(separator: ":", omittingEmptySubsequences: false)[...]
        guard let parts = words.popLast()?.split(separator: "/", omittingEmptySubsequences: false), parts.count == 2,
            let requests = Int(parts[0]), requests >= 0, let seconds = MockDistribution.number(parts[1]), seconds > 0
        else { return nil }
        self.init(requests: requests, window: .microseconds(max(1, Int64(clamping: seconds * 1_000_000))))
        for word in words {
            if word == "account" {
                isShared = true
            } else if let kind = Kind(rawValue: String(word)) {
                self.kind = kind
            } else {
                return nil
            }
        }
    }
}

/// What is left of the quotas of one provider.
struct MockQuotaLedger {
    private struct Window {
        var endsAt: UInt64
        var used: Int
        /// When the requests of a rolling window came, the oldest first.
        var times: [UInt64] = []
    }

    /// Beyond this many keys, the ledger drops the windows that are over, or all if none is.
    private static let mostKeys = 4096

    private var windows: [UInt64: Window] = [:]

    /// Counts a request.
    ///
    /// - Parameters:
    ///   - key: The key whose quota it is, as a hash.
    ///   - now: Nanoseconds on a monotonic clock.
    /// - Returns: `nil` when it is within the quota, otherwise the milliseconds until there is room, rounded up.
    mutating func admit(_ key: UInt64, quota: MockQuota, now: UInt64) -> Int? {
        let length = UInt64(clamping: quota.window.nanoseconds)
        let end = quota.kind == .aligned ? (now / length + 1) * length : now &+ length
        let key = quota.isShared ? 0 : key
        var window = windows[key] ?? Window(endsAt: end, used: 0)
        if quota.kind == .rolling {
            window.times.removeAll { $0 &+ length <= now }
            window.used = window.times.count
            window.endsAt = (window.times.first ?? now) &+ length
        } else if window.endsAt <= now {
            window = Window(endsAt: end, used: 0)
        }
        guard window.used < quota.requests else { return Int((window.endsAt - now + 999_999) / 1_000_000) }
        window.used += 1
        if quota.kind == .rolling { window.times.append(now) }
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
