internal import EventLoop

/// How requests are let go after a rest: 1 that finds out, then 2, 4, 8 at a time, so that what has just come back is not run over by all who wait. Each
/// success lets one more go, and each second doubles it, as nobody can say how long an answer takes. Who is held back by it waits as where others would only
/// queue: nobody is refused for it.
struct Ramp: Sendable {
    private let begin: LoopInstant
    private var successes = 0

    /// From so many at a time on nothing is held back.
    private static let enough = 64

    init(at now: LoopInstant) { begin = now }

    /// How many may be under way; `nil` where it is over.
    func allowed(at now: LoopInstant) -> Int? {
        let seconds = (now.nanoseconds - min(begin, now).nanoseconds) / 1_000_000_000
        let allowed = (2 + successes) << Int(min(seconds, 8))
        return allowed < Ramp.enough ? allowed : nil
    }

    /// One was let in.
    mutating func succeeded() { successes = min(successes + 1, Ramp.enough) }
}
