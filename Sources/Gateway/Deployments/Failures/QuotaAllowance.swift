public import EventLoop

/// One limit of a provider's, as an answer states it.
public struct QuotaAllowance: Equatable, Sendable {
    /// What is counted.
    public enum Resource: UInt8, Hashable, Sendable {
        case requests, tokens, inputTokens, outputTokens
    }

    /// What is counted.
    public let resource: Resource
    /// Over which time.
    public internal(set) var window: RateWindow
    /// The most there can be in a window.
    public var limit: Int?
    /// What is left of it; never negative.
    public var remaining: Int?
    /// How long until more is there, counted from the answer.
    public var reset: LoopInterval?

    /// Makes a limit of which nothing is known.
    public init(_ resource: Resource, _ window: RateWindow) {
        self.resource = resource
        self.window = window
    }

    /// Whether nothing is left.
    public var isExhausted: Bool { remaining == 0 }
}
