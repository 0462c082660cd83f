internal import EventLoop

/// The one request that finds out whether what rests is well again. The others wait for its end, so that nothing is run over that has just come back; but
/// nobody can say how long a request takes, so those of other clients wait for not long, and who has tried lets the others have the next turn.
///
/// | of a trial that has no end yet | 1st | 2nd beside it | 3rd | 4th and more |
/// | --- | --- | --- | --- | --- |
/// | another client's request may try as well after (s), or once the head of a success is there | 1 | 2 more | 4 more | 8 more each |
/// | one of the same client may after (s) | 10 | 10 | 10 | 10 |
///
/// Whose trial ended without a success may try again a second after its beginning, then two, four and eight.
struct Trial: Equatable, Sendable {
    /// How long it has the place for itself.
    static let longestAlone = LoopInterval(.seconds(1))
    /// How long one keeps others of its client waiting: what a quick answer takes. One that takes longer may be a slow request and no trouble.
    static let longest = LoopInterval(.seconds(10))
    /// The longest time between two who try beside each other, or of one client in a row.
    private static let longestStep = LoopInterval(.seconds(8))

    private var client = ClientTag.everybody
    private var begunAt = LoopInstant(nanoseconds: 0)
    /// Whether its end is still to come.
    private(set) var isUnderWay = false
    /// From when on another client's request may try beside it.
    private var openFrom = LoopInstant(nanoseconds: 0)
    /// How long the last one has the place for itself.
    private var step = Trial.longestAlone
    /// From when on its own client may try again.
    private var againFrom = LoopInstant(nanoseconds: 0)
    /// How long its own client waits for that.
    private var pause = Trial.longestAlone

    init() {}

    /// Whether a client's request waits for the end of it.
    func keepsWaiting(_ other: ClientTag, at now: LoopInstant) -> Bool {
        guard isUnderWay else { return false }
        return now < (isSame(other) ? begunAt.advanced(by: Trial.longest) : openFrom)
    }

    /// Until when a client lets the others try, having had its turn; `nil` where it need not.
    func holdsBack(_ other: ClientTag, at now: LoopInstant) -> LoopInstant? {
        guard !isUnderWay, other != .everybody, other == client, now < againFrom else { return nil }
        return againFrom
    }

    /// A client's request tries.
    mutating func begin(for client: ClientTag, at now: LoopInstant) {
        step = isUnderWay ? Trial.doubled(step) : Trial.longestAlone
        pause = client == self.client ? Trial.doubled(pause) : Trial.longestAlone
        (self.client, begunAt, isUnderWay) = (client, now, true)
        (openFrom, againFrom) = (now.advanced(by: step), now.advanced(by: pause))
    }

    /// The head of a success is there, of the one that began at `instant`: the provider answers.
    mutating func open(begunAt instant: LoopInstant, at now: LoopInstant) {
        if instant >= begunAt { openFrom = min(openFrom, now) }
    }

    /// It has an end, whatever it was.
    ///
    /// - Parameter instant: When it began: one that took too long does not end the one behind it.
    mutating func ended(begunAt instant: LoopInstant) {
        if instant >= begunAt { isUnderWay = false }
    }

    /// All is well: nobody has tried.
    mutating func reset() {
        // Of one that is under way the end is still to come.
        guard isUnderWay else { return self = Trial() }
        (step, pause, againFrom) = (Trial.longestAlone, Trial.longestAlone, begunAt)
    }

    private func isSame(_ other: ClientTag) -> Bool { other == client || other == .everybody || client == .everybody }

    private static func doubled(_ step: LoopInterval) -> LoopInterval {
        LoopInterval(nanoseconds: min(step.nanoseconds * 2, longestStep.nanoseconds))
    }
}
