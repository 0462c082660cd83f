/// Which limit a request would cross.
public struct LimitRefusal: Sendable {
    /// The limit.
    public let limit: KeyLimitName
    /// When the same request would pass if nothing else came; `nil` where that is not known, as with concurrency, or never, as with a budget
    /// for the key's life or a request larger than the limit itself.
    public let retryAfter: Duration?
    /// How far the limits are used.
    public let standing: LimitStanding
    /// Whether only what is reserved for requests in work stands in the way, so that there may be room as soon as one of them ends.
    public var isHeld = false

    /// Makes a refusal.
    public init(limit: KeyLimitName, retryAfter: Duration?, standing: LimitStanding) {
        self.limit = limit
        self.retryAfter = retryAfter
        self.standing = standing
    }
}
