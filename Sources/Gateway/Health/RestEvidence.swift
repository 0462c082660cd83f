internal import EventLoop

/// Why something rests: since when, and on what evidence.
struct RestEvidence: Equatable, Sendable {
    /// What a rest is founded on.
    enum Source: UInt8, Sendable {
        /// The provider named the time itself, in a header field or in a member made for programs.
        case stated
        /// The status, or a member made for programs, of an answer.
        case answer
        /// The error's message alone.
        case message
        /// No connection.
        case connection
        /// Several failures, none of which says much.
        case failures
        /// An earlier run of the program.
        case earlierRun
    }

    /// What kind of trouble it is.
    var cause: Cooldown.Cause
    /// What went wrong last.
    var failure: FailureClass?
    var source: Source
    /// How far a second sign confirmed the first.
    var confirmation = HealthTrack.Confirmation.none
    /// When it began.
    var since: LoopInstant
}
