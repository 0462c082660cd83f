internal import EventLoop

/// What one answer's header fields say about the provider's limits. A value without memory of its own: reading it allocates nothing.
public struct QuotaReading: Equatable, Sendable {
    /// Most limits of one answer. Anthropic names four, Azure and Groq two, Cerebras up to six.
    public static let capacity = 6

    /// How many limits there are.
    public private(set) var count = 0
    private var storage = InlineArray<6, QuotaAllowance>(repeating: QuotaAllowance(.requests, .unknown))

    /// Makes a reading of nothing.
    public init() {}

    /// Whether the answer said nothing.
    public var isEmpty: Bool { count == 0 }

    /// The limit at a place below `count`.
    public subscript(index: Int) -> QuotaAllowance {
        precondition(index >= 0 && index < count)
        return storage[index]
    }

    /// The limit on `resource` in `window`, if it was named.
    public func allowance(of resource: QuotaAllowance.Resource, in window: RateWindow) -> QuotaAllowance? {
        for index in 0..<count where storage[index].resource == resource && storage[index].window == window { return storage[index] }
        return nil
    }

    /// Changes the limit on `resource` in `window`, adding it when it is new; nothing when there is no room for it.
    mutating func note(_ resource: QuotaAllowance.Resource, _ window: RateWindow, _ change: (inout QuotaAllowance) -> Void) {
        for index in 0..<count where storage[index].resource == resource && storage[index].window == window { return change(&storage[index]) }
        guard count < QuotaReading.capacity else { return }
        storage[count] = QuotaAllowance(resource, window)
        change(&storage[count])
        count += 1
    }

    /// Gives the limit at a place a window, unless that limit is there already.
    mutating func rename(at index: Int, _ window: RateWindow) {
        guard allowance(of: storage[index].resource, in: window) == nil else { return }
        storage[index].window = window
    }

    /// Whether both say the same.
    public static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }
}
