/// One stretch of load on one target: how much, and for how long.
public struct LoadStretch: Sendable {
    /// What decides when a request is sent.
    public enum Mode: Sendable, Equatable {
        /// Closed loop: each of this many users sends the next request once the last answer is complete.
        case closed(concurrency: Int)
        /// Open loop: this many requests a second, whatever the answers do, over at most this many connections.
        case open(rate: Double, arrivals: ArrivalSchedule.Kind, maximumConnections: Int)
    }

    /// What ends the stretch.
    public enum Length: Sendable, Equatable {
        /// No request is started after this long; those in flight are waited for.
        case duration(Duration)
        /// This many requests.
        case requests(Int)
    }

    /// What decides when a request is sent.
    public var mode: Mode
    /// What ends it, not counting the warm-up.
    public var length: Length
    /// How long requests are sent before any of them counts.
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
