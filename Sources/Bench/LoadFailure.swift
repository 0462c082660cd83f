/// Why a request of a load run counts as failed.
public enum LoadFailure: Hashable, Sendable {
    /// No connection could be opened.
    case connect
    /// No complete answer in time.
    case timeout
    /// The answer has another status than 200.
    case status(Int)
    /// The connection was closed or reset before the answer was complete.
    case broken
    /// The answer is not HTTP, not JSON, not a stream of events where one was asked for, or does not say that
    /// it is complete.
    case malformed
    /// A stream reports an error, or a whole answer does so in spite of its status.
    case errorInAnswer

    /// The class as files and tables name it; a status is one class for each number.
    public var name: String {
        switch self {
        case .connect: "connect"
        case .timeout: "timeout"
        case .status(let status): "status \(status)"
        case .broken: "broken"
        case .malformed: "malformed"
        case .errorInAnswer: "error in the answer"
        }
    }
}
