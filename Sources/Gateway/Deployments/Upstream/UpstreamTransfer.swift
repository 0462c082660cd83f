internal import EventLoop

/// One request on its way. Every call is made on the loop.
public protocol UpstreamTransfer: AnyObject {
    /// Whether anything of the request has been handed to the provider's connection. Not while the connection is being opened; it keeps its value when the
    /// transfer has ended.
    var hasBegunSending: Bool { get }
    /// Goes on with an answer whose consumer had asked for a pause.
    func resume()
    /// Ends the request at once, in this turn of the loop; the consumer hears nothing more.
    func cancel()
    /// The consumer has seen what it waited for: from now on only silence and the end are timed.
    func contentArrived()
    /// Lets the connection end by itself: the consumer has all it wants of the answer and hears nothing more.
    func detach()
}

extension UpstreamTransfer {
    /// A transfer that can't tell may have sent something.
    public var hasBegunSending: Bool { true }
    /// Does nothing: a transfer that does not time the phases of an answer need not know.
    public func contentArrived() {}
}
