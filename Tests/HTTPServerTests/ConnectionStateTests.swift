import Testing

@testable import HTTPServer

@Suite struct ConnectionStateTests {
    /// A state after a complete request was handed to the responder.
    private func responding() -> ConnectionState {
        var state = ConnectionState()
        state.headBegan()
        state.headEnded()
        let message = state.messageEnded()
        #expect(message == .answer)
        state.requestTaken()
        return state
    }

    /// A state while a body is coming in.
    private func readingBody() -> ConnectionState {
        var state = ConnectionState()
        state.headBegan()
        state.headEnded()
        return state
    }

    @Test func `a request goes through every phase and back to idle`() {
        var state = ConnectionState()
        #expect(state.phase == .idle)
        state.headBegan()
        #expect(state.phase == .head)
        state.headEnded()
        #expect(state.phase == .body)
        let message = state.messageEnded()
        #expect(message == .answer && state.requestIsReady)
        state.requestTaken()
        #expect(state.phase == .responding && !state.requestIsReady)
        let afterAnswer = state.answerFinished(close: false, bodyIsShort: true)
        #expect(afterAnswer == .wait)
        let afterReturn = state.responderReturned()
        #expect(afterReturn == .next)
        state.becameIdle()
        #expect(state.phase == .idle)
    }

    @Test func `an answer that closes ends the connection when the responder returns`() {
        var state = responding()
        let afterAnswer = state.answerFinished(close: true, bodyIsShort: true)
        #expect(afterAnswer == .wait)
        let afterReturn = state.responderReturned()
        #expect(afterReturn == .close)
    }

    @Test func `a responder that returns without an answer ends the connection`() {
        var state = responding()
        let next = state.responderReturned()
        #expect(next == .close)
    }

    @Test func `an early answer drops a short rest of the body and continues`() {
        var state = readingBody()
        let afterAnswer = state.answerFinished(close: false, bodyIsShort: true)
        #expect(afterAnswer == .wait && state.phase == .discarding)
        let message = state.messageEnded()
        #expect(message == .next)
    }

    @Test(arguments: [(true, true), (true, false), (false, false)])
    func `an early answer ends the connection if it closes or if the rest of the body is long`(close: Bool, bodyIsShort: Bool) {
        var state = readingBody()
        let next = state.answerFinished(close: close, bodyIsShort: bodyIsShort)
        #expect(next == .close)
    }

    @Test func `an answer before the end of the head ends the connection`() {
        var state = ConnectionState()
        state.headBegan()
        let next = state.answerFinished(close: true, bodyIsShort: true)
        #expect(next == .close)
    }

    @Test func `a closed or lingering connection begins no further request`() {
        for isClosed in [false, true] {
            var state = responding()
            if isClosed { state.closed() } else { state.lingered() }
            #expect(state.isClosed == isClosed)
            let afterAnswer = state.answerFinished(close: false, bodyIsShort: true)
            #expect(afterAnswer == .wait)
            let afterReturn = state.responderReturned()
            #expect(afterReturn == .wait)
            let message = state.messageEnded()
            #expect(message == .close)
        }
    }

    @Test func `a request that has to wait begins as if it had come later`() {
        var state = responding()
        _ = state.answerFinished(close: false, bodyIsShort: true)
        _ = state.responderReturned()
        state.becameIdle()
        state.nextRequestDeferred()
        #expect(state.phase == .waiting && !state.requestIsReady && !state.isClosed)
        state.becameIdle()
        state.headBegan()
        state.headEnded()
        let message = state.messageEnded()
        #expect(message == .answer && state.requestIsReady)
    }

    @Test func `a new request forgets how the last one ended`() {
        var state = responding()
        _ = state.answerFinished(close: true, bodyIsShort: true)
        _ = state.responderReturned()
        state.becameIdle()
        state.headBegan()
        state.headEnded()
        _ = state.messageEnded()
        state.requestTaken()
        let next = state.responderReturned()
        #expect(next == .close)
    }
}
