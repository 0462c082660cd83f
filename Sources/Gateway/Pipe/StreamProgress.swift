internal import Wire

/// What the events of a stream have said so far about its content and its end.
struct StreamProgress: Equatable, Sendable {
    private(set) var hasContent = false
    private(set) var hasFinished = false
    private var finished: UInt64 = 0
    private var isTerminal = false

    mutating func note(_ event: StreamEvent) {
        if event.carriesContent { hasContent = true }
        if event.finishedChoices != 0 || event.finishesFurtherChoice { hasFinished = true }
        finished |= event.finishedChoices
        if event.isTerminal {
            isTerminal = true
            hasFinished = true
        }
    }

    /// Whether an end now is a success: a `finish_reason` for each choice, or the event that ends a `/v1/responses` stream.
    func isComplete(choices: Int, dialect: StreamEvent.Dialect) -> Bool {
        dialect == .responses ? isTerminal : finished.nonzeroBitCount >= min(max(choices, 1), 64)
    }
}
