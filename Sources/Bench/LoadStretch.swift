/// One stretch of load on one target: how much, and for how long.
public struct LoadStretch: Sendable {
    /// What decides when a request is sent.
    public enum Mode: Sendable, Equatable {
        /// Closed loop: each of so many users sends the next request when the last answer is whole.
        case closed(concurrency: Int)
        /// Open loop: so many requests a second, whatever the answers do, over at most so many connections.
        case open(rate: Double, arrivals: ArrivalSchedule.Kind, maximumConnections: Int)
    }

    /// What ends it.
    public enum Length: Sendable, Equatable {
        /// No request is begun after so long; those that were are waited for.
        case duration(Duration)
        /// So many requests.
        case requests(Int)
    }

    /// What decides when a request is sent.
    public var mode: Mode
    /// What ends it, the warm-up not counted.
    public var length: Length
    /// How long requests are sent before any counts.
    public var warmUp: Duration
    /// The most time from a request's intended start to the end of its answer.
    public var timeout: Duration
    /// The seed of the arrivals.
    public var seed: UInt64
    /// Which of the prepared requests is sent first; the others follow in order.
    var firstRequest = 0

    /// Makes a stretch.
    public init(mode: Mode, length: Length, warmUp: Duration, timeout: Duration, seed: UInt64) {
        self.mode = mode
        self.length = length
        self.warmUp = warmUp
        self.timeout = timeout
        self.seed = seed
    }
}
