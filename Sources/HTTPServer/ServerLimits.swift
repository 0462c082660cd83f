internal import EventLoop
internal import HTTP1

/// Every limit on what a client may send and how long it may take. Crossing one ends the request with the
/// status named here.
public struct ServerLimits: Sendable {
    /// Longest request target in bytes; beyond it 414.
    public var maximumTargetBytes = 8 * 1024
    /// Largest request line and header fields together in bytes; beyond it 431.
    public var maximumHeadBytes = 32 * 1024
    /// Most header field lines; beyond it 431.
    public var maximumFieldCount = 100
    /// Largest request body in bytes; beyond it 413. 32 MiB, because vision requests carry images inline.
    public var maximumBodyBytes = 32 * 1024 * 1024
    /// Bytes of further requests read ahead while one is answered; beyond it the connection is not read until the answer is out.
    public var maximumPipelinedBytes = 64 * 1024
    /// Bytes of an unwanted body that are read and dropped so that the connection can be reused; longer bodies
    /// end it.
    public var maximumDiscardedBytes = 1024 * 1024
    /// Connections open at once; more wait in the kernel's queue.
    public var maximumConnections = 20_000

    /// From a request's first byte to the end of its head; beyond it 408.
    public var headTimeout: Duration = .seconds(10)
    /// From the end of the head to the end of the body, however the bytes trickle; beyond it 408.
    public var bodyTimeout: Duration = .seconds(60)
    /// How long an open connection without a request is kept; longer than the think time of load tools and connection pools.
    public var idleTimeout: Duration = .seconds(180)
    /// How long a client may take nothing of what is ready for it before it counts as gone; from the last byte
    /// that reached it.
    public var stallTimeout: Duration = .seconds(120)
    /// How long a closing connection still takes bytes, so that the client sees the answer and not a reset.
    public var lingerTimeout: Duration = .seconds(5)

    /// Makes the default limits.
    public init() {}
}

/// The times of the limits in the clock's unit.
struct ServerIntervals {
    private(set) var head, body: LoopInterval
    let idle, stall, linger: LoopInterval
    /// The time between two checks of whether a client takes anything: a part of `stall` and of `linger`, and
    /// the most by which they are exceeded.
    let stallLook, lingerLook: LoopInterval
    /// How long a client may take nothing while no other is admitted: a twelfth of `stall`, ten seconds of two
    /// minutes.
    let crowdedStall: LoopInterval

    init(_ limits: ServerLimits) {
        head = LoopInterval(limits.headTimeout)
        body = LoopInterval(limits.bodyTimeout)
        idle = LoopInterval(limits.idleTimeout)
        stall = LoopInterval(limits.stallTimeout)
        linger = LoopInterval(limits.lingerTimeout)
        stallLook = LoopInterval(limits.stallTimeout / 8)
        crowdedStall = LoopInterval(limits.stallTimeout / 12)
        lingerLook = LoopInterval(limits.lingerTimeout / 4)
    }

    /// The same for a server that drains: an incomplete request is not being answered yet, and gets the time
    /// that a client needs to finish sending it.
    var whileDraining: ServerIntervals {
        var intervals = self
        intervals.head = min(head, LoopInterval(.seconds(1)))
        intervals.body = min(body, LoopInterval(.seconds(1)))
        return intervals
    }
}

extension HTTPHeadLimits {
    /// The limits for the parser.
    init(_ limits: ServerLimits) {
        self.init()
        maximumTargetBytes = limits.maximumTargetBytes
        maximumHeadBytes = limits.maximumHeadBytes
        maximumFieldCount = limits.maximumFieldCount
    }
}
