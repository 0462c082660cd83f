public import Gateway

/// An observer that remembers.
public final class CompletionRecorder: GatewayObserver {
    /// The requests that have ended, in order.
    public private(set) var completed: [RequestContext] = []
    /// What an operator was told, in order.
    public private(set) var notices: [String] = []
    /// What ended more than once, each in a line.
    public private(set) var problems: [String] = []
    private var seen: Set<ObjectIdentifier> = []
    /// Whether it keeps what it is told; otherwise it only counts, for long runs.
    public var remembers = true
    /// How many requests have ended.
    public private(set) var count = 0

    /// Makes an observer to which nothing has happened.
    public init() {}

    /// A request has ended.
    public func requestCompleted(_ request: RequestContext) {
        count += 1
        guard remembers else { return }
        // Kept, so that no other object gets its identity.
        completed.append(request)
        if !seen.insert(ObjectIdentifier(request)).inserted { problems.append("\(request.requestedModel): a request ended twice") }
    }

    /// Something an operator should know.
    public func notice(_ message: String) {
        if remembers { notices.append(message) }
    }
}
