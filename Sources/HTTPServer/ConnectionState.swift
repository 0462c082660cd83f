/// Where a client connection is between requests and answers: decides when the next request may be read and
/// when the connection ends.
///
/// | phase | bytes that come in | the answer |
/// | --- | --- | --- |
/// | idle | begin a head | – |
/// | head, body | belong to the request | may already be sent (a refusal) |
/// | ready, responding | belong to later requests | is being made |
/// | waiting | wait in the kernel | earlier ones are still to be taken, or other clients come first |
/// | discarding | are the rest of a refused request's body | is sent |
/// | lingering | are dropped | is sent, and the last one |
///
/// ```swift
/// var state = ConnectionState()
/// state.headBegan()
/// state.headEnded()
/// let message = state.messageEnded()  // .answer: hand the request to the responder
/// state.requestTaken()
/// let answer = state.answerFinished(close: false, bodyIsShort: true)  // .wait: the responder has not returned
/// let end = state.responderReturned()  // .next: read the next request
/// ```
struct ConnectionState: Equatable, Sendable {
    enum Phase: Equatable, Sendable {
        case idle, head, body, ready, responding, waiting, discarding, lingering, closed
    }

    /// What to do after an answer or a body has ended.
    enum Next: Equatable, Sendable {
        /// Part of this exchange is still to come.
        case wait
        /// The exchange is over: continue with the next request.
        case next
        /// End the connection.
        case close
    }

    /// What to do after a whole message has been read.
    enum Message: Equatable, Sendable {
        /// Hand the request to the responder.
        case answer
        /// It was answered before: continue with the next request.
        case next
        /// End the connection.
        case close
    }

    private(set) var phase = Phase.idle
    private var answerIsOut = false
    private var closesAfterAnswer = false

    var isClosed: Bool { phase == .closed }
    var requestIsReady: Bool { phase == .ready }

    mutating func headBegan() {
        phase = .head
        answerIsOut = false
        closesAfterAnswer = false
    }

    /// The next request has arrived but has to wait.
    mutating func nextRequestDeferred() { phase = .waiting }

    mutating func headEnded() { phase = .body }

    mutating func becameIdle() { phase = .idle }

    /// The request's last byte has been read.
    mutating func messageEnded() -> Message {
        switch phase {
        case .discarding: return closesAfterAnswer ? .close : .next
        case .lingering, .closed: return .close
        case .idle, .head, .body, .ready, .responding, .waiting:
            phase = .ready
            return .answer
        }
    }

    mutating func requestTaken() { phase = .responding }

    /// The answer's last byte has been handed on.
    ///
    /// - Parameters:
    ///   - close: Whether the connection ends after it.
    ///   - bodyIsShort: Whether the rest of the request's body may be read and dropped.
    mutating func answerFinished(close: Bool, bodyIsShort: Bool) -> Next {
        answerIsOut = true
        closesAfterAnswer = close
        switch phase {
        case .responding, .ready: return .wait  // the responder's return ends the exchange
        case .body where !close && bodyIsShort:
            phase = .discarding
            return .wait
        case .idle, .head, .body, .waiting, .discarding: return .close
        case .lingering, .closed: return .wait
        }
    }

    /// The responder is done with the request, whatever the outcome.
    mutating func responderReturned() -> Next {
        switch phase {
        case .closed, .lingering: .wait
        case .idle, .head, .body, .ready, .responding, .waiting, .discarding: closesAfterAnswer || !answerIsOut ? .close : .next
        }
    }

    mutating func lingered() { phase = .lingering }
    mutating func closed() { phase = .closed }
}
