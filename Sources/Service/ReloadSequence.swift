/// One reload at a time: requests made during a reload are served by one more, which begins when that has
/// ended, because the files may have been read before they were changed.
public struct ReloadSequence: Equatable, Sendable {
    /// What to do now.
    public enum Action: Equatable, Sendable {
        /// Read the files.
        case begin
        /// Nothing: a reload is running, or none is wanted.
        case wait
    }

    private enum State {
        case resting
        case running
        /// A reload is running, and another was requested since it began.
        case runningAndAsked
        case ended
    }

    private var state = State.resting

    /// Makes a sequence without a running reload.
    public init() {}

    /// Whether a reload is running.
    public var isRunning: Bool { state == .running || state == .runningAndAsked }

    /// Whether no reload will begin any more.
    public var hasEnded: Bool { state == .ended }

    /// A reload was requested.
    public mutating func requested() -> Action {
        switch state {
        case .resting:
            state = .running
            return .begin
        case .running, .runningAndAsked:
            state = .runningAndAsked
            return .wait
        case .ended:
            return .wait
        }
    }

    /// The running reload has ended, whatever its outcome.
    public mutating func finished() -> Action {
        switch state {
        case .running:
            state = .resting
            return .wait
        case .runningAndAsked:
            state = .running
            return .begin
        case .resting, .ended:
            return .wait
        }
    }

    /// The process is ending: no reload begins any more.
    public mutating func stopped() { state = .ended }
}
