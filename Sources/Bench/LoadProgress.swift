/// How far a stretch of load has come.
public struct LoadProgress: Sendable, Equatable {
    /// The part done, warm-up included, 0...1.
    public var fraction: Double
    /// Whether no request counts yet.
    public var isWarmingUp: Bool
    /// Good answers a second so far.
    public var requestRate: Double
    /// Requests that failed so far.
    public var failed: Int
    /// Requests in flight.
    public var inFlight: Int

    /// Makes a progress.
    public init(fraction: Double, isWarmingUp: Bool, requestRate: Double, failed: Int, inFlight: Int) {
        self.fraction = fraction
        self.isWarmingUp = isWarmingUp
        self.requestRate = requestRate
        self.failed = failed
        self.inFlight = inFlight
    }
}
