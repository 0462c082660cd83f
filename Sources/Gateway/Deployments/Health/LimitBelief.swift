internal import EventLoop

/// What an estimate believes of one limit.
struct LimitBelief {
    var limit: Int
    var window: LoopInterval
    var manner: StaticString
    var since: LoopInstant
    /// How many refusals it was found by, and how often they agreed, 1 to 8.
    var refusals: Int
    var confidence: Int
    var used: Int
    var room: LoopInstant?
}
