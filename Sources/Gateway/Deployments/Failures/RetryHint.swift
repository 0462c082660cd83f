/// When a provider says it can be asked again.
public struct RetryHint: Hashable, Sendable {
    /// What the time was read from.
    public enum Source: UInt8, Hashable, Sendable {
        /// Nothing: there is no time.
        case none
        /// `retry-after`, `retry-after-ms`, `x-ms-retry-after-ms`.
        case retryAfter
        /// The reset of a limit of which nothing remains, in a header field.
        case reset
        /// A member of the error's body made for programs: Google's `RetryInfo`, OpenRouter's `metadata`.
        case body
        /// The error's message: "try again in 7.66s".
        case prose
    }

    /// How long to wait from now, more than 0 and at most the configured cap; `nil` when the provider does not say.
    public var wait: Duration?
    /// The window of the limit that was met.
    public var window: RateWindow
    /// The window that the answer names, by words or by a limit of which nothing is left; `unknown` where `window` was only told by the length of the wait.
    public var named = RateWindow.unknown
    /// What `wait` was read from.
    public var source: Source

    /// Makes a hint.
    public init(wait: Duration? = nil, window: RateWindow = .unknown, source: Source = .none) {
        self.wait = wait
        self.window = window
        self.source = source
    }

    /// Nothing was said.
    public static let none = RetryHint()
}
