internal import Wire

/// What one attempt's answer said beside its content. It belongs to the attempt: what another deployment is told or said is none of it.
struct AttemptFindings {
    /// The tokens, as the provider reports them.
    var usage: Usage?
    /// By what a later request may go on from it.
    var ids = AnswerIDs()
    /// How many pictures are in an answer that came whole, where it lists them.
    var pieces = 0
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
    /// How much text stands for what was in them and is no text of the model's: pictures, quotations (see `StreamEvent.otherSize`).
    var otherSize = 0
    /// How much text the items of a `/v1/responses` stream had when they were complete.
    var itemSize = 0
    /// Whether there were sound or pictures in them.
    var hasMedia = false
    /// Whether a picture was shown that is still being made, and is paid for whoever waits for it.
    var hasUnfinishedPicture = false
    /// How many of those events had come when the last counts came.
    var eventsAtUsage = 0

    /// Whether there was anything for the user.
    var hasContent: Bool { isAnswer || contentEvents > 0 }
    /// The size of a token of text (see `StreamEvent.contentSize`), about.
    private static let tokenSize = 4.5

    /// Tokens beside those of the content as it came: of what is no text of the model's, and of items of which no piece came before they were complete.
    var otherTokens: Int {
        let unfinished = hasUnfinishedPicture ? StreamEvent.pictureSize : 0
        return Int(Double(otherSize.addingCount(unfinished).addingCount(max(0, itemSize - contentSize))) / AttemptFindings.tokenSize)
    }

    /// Takes in an event of a stream.
    ///
    /// - Parameter most: How much text counts in one.
    mutating func take(_ event: StreamEvent, atMost most: Int) {
        if event.carriesContent {
            // An item that is complete repeats what its pieces have brought.
            let repeats = event.itemSize > 0 && event.otherSize == 0 && itemSize.addingCount(event.itemSize) <= contentSize
            if !repeats { contentEvents &+= 1 }
            contentSize &+= min(event.contentSize, most)
            otherSize = otherSize.addingCount(min(event.otherSize, most))
            itemSize = itemSize.addingCount(min(event.itemSize, most))
            if event.hasMedia { (hasMedia, hasUnfinishedPicture) = (true, event.isPartialPicture) }
        }
        if let usage = event.usage {
            self.usage.take(usage)
            eventsAtUsage = contentEvents
        }
    }

    /// Events with content behind the last counts.
    var eventsSinceUsage: Int { usage == nil ? 0 : contentEvents - eventsAtUsage }
}
