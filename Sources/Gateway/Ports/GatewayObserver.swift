/// Told what happened to requests: the log, the metrics and the decision record stand behind it. Called on the loop; it must not block.
public protocol GatewayObserver: Notices {
    /// A request has ended, however it ended; called once for each.
    func requestCompleted(_ request: RequestContext)
}
