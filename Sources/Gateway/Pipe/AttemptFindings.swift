internal import Wire

/// What one attempt's answer said beside its content. It belongs to the attempt: what another deployment is told or said is none of it.
struct AttemptFindings {
    /// The tokens, as the provider reports them.
    var usage: Usage?
    /// The id of an answer of `/v1/responses`, by which a later request may go on from it.
    var responseID: String?
    /// Bytes of a whole answer that has come.
    var answerBytes = 0
    /// Bytes of a stream that have come.
    var streamBytes = 0
    /// Whether the answer says that it is still being made, whoever waits for it.
    var isUnderWay = false
    /// Whether it is only the beginning of one.
    var isBrokenOff = false
    /// Whether that is an answer with content.
    var isAnswer = false
    /// Events of the stream that carried content.
    var contentEvents = 0
    /// How much text was in them, or in a whole answer (see `StreamEvent.contentSize`).
    var contentSize = 0
    /// How many of those events had come when the last counts came.
    var eventsAtUsage = 0

    /// Whether there was anything for the user.
    var hasContent: Bool { isAnswer || contentEvents > 0 }
    /// Events with content behind the last counts.
    var eventsSinceUsage: Int { usage == nil ? 0 : contentEvents - eventsAtUsage }
}
