/// One reload after the other: what is asked for while one runs is done by one more, which begins when that has ended, because the files may
/// have been read before they were changed.
public struct ReloadSequence: Equatable, Sendable {
    /// What to do now.
    public enum Action: Equatable, Sendable {
        /// Read the files.
        case begin
        /// Nothing: a reload runs, or none is wanted.
        case wait
    }

    private enum State {
        case resting
        case running
        /// A reload runs, and another was asked for since it began.
        case runningAndAsked
        case ended
    }

    private var state = State.resting

    /// Makes a sequence in which nothing runs.
    public init() {}

    /// Whether a reload runs.
    public var isRunning: Bool { state == .running || state == .runningAndAsked }

    /// Whether nothing will be begun any more.
    public var hasEnded: Bool { state == .ended }

    /// Somebody wants the files to be read again.
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

    /// The reload that ran has ended, whatever came of it.
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

    /// The process ends: nothing is begun any more.
    public mutating func stopped() { state = .ended }
}
