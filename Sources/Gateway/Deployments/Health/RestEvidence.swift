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
    /// When the provider's message says that it is over, where that is later than it is believed without a second sign: what clients are told.
    var named: LoopInstant?
    /// When it began, or was taken from an earlier run.
    var since: LoopInstant
    /// How long it had gone on before `since`, in an earlier run.
    var age = LoopInterval(nanoseconds: 0)

    /// The name of the failure's class.
    var reason: StaticString { failure?.name ?? cause.usualFailure }

    /// When it began, by the calendar.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func began(at now: LoopInstant, epoch: Int) -> UnixTime {
        UnixTime(milliseconds: Int64(epoch)).advanced(by: .zero - now.elapsed(since: since) - .nanoseconds(Int64(clamping: age.nanoseconds)))
    }
}
