public import EventLoop

/// What a server asks and tells the program behind it, always on the loop.
public protocol HTTPResponder: AnyObject {
    /// Looks at a request's head before its body is read.
    func screen(_ exchange: HTTPExchange) -> Screening
    /// Answers a request whose body is complete. The answer is finished when the call returns; a client that has gone cancels it through
    /// `exchange.observer`.
    func respond(to exchange: HTTPExchange) async
    /// Answers what is not a request, or not one the server takes. The connection is closed after the answer when the refusal says so.
    func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange)
    /// Whose the answer is that begins to wait for its client; `nil` where that is only known by the network it comes from.
    func share(of exchange: HTTPExchange) -> ClientShare?
}

extension HTTPResponder {
    /// Nobody's: clients are told apart by their networks.
    public func share(of exchange: HTTPExchange) -> ClientShare? { nil }
}

/// The outcome of a look at a request's head.
public enum Screening: Sendable {
    /// Read the body, at most so many bytes.
    case proceed(maximumBodyBytes: Int)
    /// The responder has answered already; the body is read and dropped, or the connection closed.
    case answered
}

/// Why the server does not take a request.
public struct HTTPRefusal: Error, Equatable, Sendable {
    /// The status to answer with.
    public let status: Int
    /// What was wrong, lower case, without a full stop.
    public let reason: String

    /// Makes a refusal.
    public init(status: Int, reason: String) {
        self.status = status
        self.reason = reason
    }
}

/// What the answerer of a request is told while it works.
public protocol HTTPExchangeObserver: AnyObject {
    /// The client has taken what waited for it; writing may go on.
    func exchangeDidDrain()
    /// The client has gone; nothing that is written reaches it.
    func exchangeDidLoseClient()
    /// The server's time is up: what can be said to the client in place of the rest must be said in this call. The connection is closed soon
    /// after it, whatever became of the answer.
    func exchangeMustEnd()
}

extension HTTPExchangeObserver {
    /// Says nothing: the client sees the end of the connection.
    public func exchangeMustEnd() {}
}
