/// Why a request of a load run counts as failed.
public enum LoadFailure: Hashable, Sendable {
    /// No connection could be opened.
    case connect
    /// No whole answer in time.
    case timeout
    /// The answer has another status than 200.
    case status(Int)
    /// The connection was closed or reset before the answer was whole.
    case broken
    /// The answer is not HTTP, not JSON, not a stream of events where one was asked for, or ends without saying that it is whole.
    case malformed
    /// A stream tells of an error, or a whole answer does in spite of its status.
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
