internal import EventLoop

/// What a refusal says about the limit it met: by its fields, by its words, by the time it names.
struct RefusalSigns: Sendable, Equatable {
    /// The pause the provider named: until its window ends, or until one place is free.
    var wait: LoopInterval?
    /// The window that its words or figures name; `unknown` where they name none. A window that was only guessed from the wait must not be given.
    var window = RateWindow.unknown
    /// What is counted; requests where nothing is said.
    var resource = LimitedResource.requests
    /// The limit that its words state; `nil` where they state none.
    var limit: Int?
}
