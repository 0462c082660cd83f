internal import EventLoop

/// How long a deployment takes to its first token, for each client: what one client alone has seen says nothing about another, whose questions may be harder.
///
/// | who asks | by what |
/// | --- | --- |
/// | the client that most of the last samples are of | its own samples |
/// | another | those of all, where no two that follow each other are of one client, so that none has more than half of them |
struct FirstTokenTimes: Sendable, Equatable {
    private var shared = FirstTokenEstimate()
    /// Whose the last sample was.
    private var last: ClientTag?
    private var own = FirstTokenEstimate()
    /// Whose samples `own` has.
    private var owner: ClientTag?
    /// How many more of the owner's there were lately than of others, so that whoever asks no more gives way (Boyer and Moore, MJRTY, 1981).
    private var lead: UInt8 = 0

    /// The owner's lead does not grow beyond this.
    private static let mostLead: UInt8 = 32

    init() {}

    /// Takes a sample of a client's.
    mutating func record(microseconds: Int, of client: ClientTag) {
        if last != client { shared.record(microseconds: microseconds) }
        last = client
        if client == owner {
            own.record(microseconds: microseconds)
            lead = min(lead + 1, FirstTokenTimes.mostLead)
        } else if lead > 1 {
            lead -= 1
        } else {
            (own, owner, lead) = (FirstTokenEstimate(), client, 1)
            own.record(microseconds: microseconds)
        }
    }

    /// After how long an attempt of a client's is given up, see `FirstTokenEstimate`.
    func timeout(for client: ClientTag, least: LoopInterval, most: LoopInterval, unknown: LoopInterval) -> LoopInterval {
        let estimate = client == owner && own.percentile != nil ? own : shared
        return estimate.timeout(least: least, most: most, unknown: unknown)
    }
}
