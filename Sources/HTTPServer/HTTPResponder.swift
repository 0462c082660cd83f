public import EventLoop

/// The program behind a server, as the server calls it, always on the loop.
public protocol HTTPResponder: AnyObject {
    /// Screens a request's head before its body is read.
    func screen(_ exchange: HTTPExchange) -> Screening
    /// Answers a request whose body is complete. The answer is finished when the call returns; a client that
    /// leaves cancels it through `exchange.observer`.
    func respond(to exchange: HTTPExchange) async
    /// Answers something that is not a request, or not one the server accepts. The connection is closed after
    /// the answer if the refusal says so.
    func refuse(_ refusal: HTTPRefusal, on exchange: HTTPExchange)
    /// The client whose answer begins to wait; `nil` if only its network is known.
    func share(of exchange: HTTPExchange) -> ClientShare?
}

extension HTTPResponder {
    /// None: clients are distinguished only by their networks.
    public func share(of exchange: HTTPExchange) -> ClientShare? { nil }
}

/// The outcome of screening a request's head.
public enum Screening: Sendable {
    /// Read the body, at most this many bytes.
    case proceed(maximumBodyBytes: Int)
    /// The responder has answered already; the body is read and dropped, or the connection closed.
    case answered
}

/// Why the server does not accept a request.
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

/// How the server informs the code that answers a request.
public protocol HTTPExchangeObserver: AnyObject {
    /// The client has taken what waited for it; writing may continue.
    func exchangeDidDrain()
    /// The client has gone; nothing that is written reaches it.
    func exchangeDidLoseClient()
    /// The server's time is up: whatever the client should be sent in place of the rest must be sent in this
    /// call. The connection is closed soon after it, whether or not the answer is complete.
    func exchangeMustEnd()
}

extension HTTPExchangeObserver {
    /// Sends nothing: the client sees the end of the connection.
    public func exchangeMustEnd() {}
}
