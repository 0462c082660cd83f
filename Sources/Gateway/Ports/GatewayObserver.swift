public import Wire

/// Told what happened to requests: the log, the metrics and the decision record stand behind it. Called on the loop; it must not block.
public protocol GatewayObserver: AnyObject {
    /// A request has ended, however it ended; called once for each.
    func requestCompleted(_ request: RequestContext)
    /// Something an operator should know, said once and not for each request.
    func notice(_ message: String)
}

/// Takes what a request used, for keys' limits and for accounting. Called on the loop; it never waits.
public protocol UsageLedger: AnyObject {
    /// Takes the record of one request.
    func append(_ record: UsageRecord)
}

/// Where the figures of a usage record come from.
public enum UsageSource: String, Sendable {
    /// The provider reported them.
    case upstream
    /// They are estimated from bytes.
    case estimated
    /// There are none.
    case none
}

/// What one request used.
public struct UsageRecord: Sendable {
    /// The key that made the request.
    public let key: VirtualKey.ID
    /// The provider and the model that answered; empty when none did.
    public let provider: String
    /// The provider's id of the model.
    public let model: String
    /// The status the client got.
    public let status: Int
    /// The tokens, zero where unknown.
    public let usage: Usage
    /// Where the tokens come from.
    public let source: UsageSource
}
