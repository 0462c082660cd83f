internal import Wire

/// What the events of a stream have said so far about its content and its end.
struct StreamProgress: Equatable, Sendable {
    private(set) var hasContent = false
    private(set) var hasFinished = false
    private var finished: UInt64 = 0
    private var begun: UInt64 = 0
    private var isTerminal = false
    private var finishedOtherwise = false

    /// Whether the answer has ended without a word: by `stop`, and with nothing for the user.
    var isBlank: Bool { finished != 0 && begun & ~finished == 0 && !hasContent && !finishedOtherwise && !isTerminal }

    mutating func note(_ event: StreamEvent) {
        if event.carriesContent { hasContent = true }
        if event.finishedChoices != 0 || event.finishesFurtherChoice { hasFinished = true }
        finished |= event.finishedChoices
        begun |= event.begunChoices
        if event.finishesOtherwise { finishedOtherwise = true }
        if event.isTerminal {
            isTerminal = true
            hasFinished = true
        }
    }

    /// Takes note of an event that was passed on in pieces; its choice is the first.
    mutating func note(_ event: borrowing LargeEvent) {
        hasContent = true
        begun |= 1
        guard event.isFinished else { return }
        hasFinished = true
        finished |= 1
        if event.finishesOtherwise { finishedOtherwise = true }
    }

    /// Whether an event brings the counts and nothing else that is new: no choice, or behind the end of the answer.
    func isOnlyUsage(_ event: StreamEvent) -> Bool {
        if event.isUsageOnly { return true }
        return event.usage != nil && hasFinished && !event.carriesContent && !event.finishesFurtherChoice && event.begunChoices & ~finished == 0
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
