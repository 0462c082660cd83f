internal import Wire

/// What the events of a stream have said so far about its content and its end.
struct StreamProgress: Equatable, Sendable {
    private(set) var hasContent = false
    private(set) var hasFinished = false
    private var finished: UInt64 = 0
    private var begun: UInt64 = 0
    private var isTerminal = false

    mutating func note(_ event: StreamEvent) {
        if event.carriesContent { hasContent = true }
        if event.finishedChoices != 0 || event.finishesFurtherChoice { hasFinished = true }
        finished |= event.finishedChoices
        begun |= event.begunChoices
        if event.isTerminal {
            isTerminal = true
            hasFinished = true
        }
    }

    /// Whether an end now is a success: a `finish_reason` for each choice, or the event that ends a `/v1/responses` stream.
    ///
    /// - Parameter isFramed: Whether the end was announced by the framing, so that nothing can be missing behind it. Then a provider that gives fewer choices
    ///   than were asked for has given all it has.
    func isComplete(choices: Int, dialect: StreamEvent.Dialect, isFramed: Bool) -> Bool {
        if dialect == .responses { return isTerminal }
        if isFramed, finished != 0, begun & ~finished == 0 { return true }
        return finished.nonzeroBitCount >= min(max(choices, 1), 64)
    }
}
