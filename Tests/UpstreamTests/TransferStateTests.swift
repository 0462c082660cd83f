import Testing

@testable import Upstream

@Suite struct TransferStateTests {
    @Test func `a reused connection that ends before a byte of the answer is replaced once`() {
        var state = TransferState()
        state.connected(isReused: true)
        let first = state.connectionLost(endsBody: false)
        #expect(first == .sendAgain && state.phase == .connecting)
        state.connected(isReused: false)
        let second = state.connectionLost(endsBody: false)
        #expect(second == .failed(.closedBeforeAnswer) && state.phase == .ended)
    }

    @Test func `not even a second reused connection is replaced again`() {
        var state = TransferState()
        state.connected(isReused: true)
        _ = state.connectionLost(endsBody: false)
        state.connected(isReused: true)
        let loss = state.connectionLost(endsBody: false)
        #expect(loss == .failed(.closedBeforeAnswer))
    }

    @Test func `a new connection is never replaced`() {
        var state = TransferState()
        state.connected(isReused: false)
        let loss = state.connectionLost(endsBody: false)
        #expect(loss == .failed(.closedBeforeAnswer))
    }

    @Test(arguments: [false, true]) func `after a byte of the answer nothing is sent again`(isReused: Bool) {
        var state = TransferState()
        state.connected(isReused: isReused)
        state.bytesArrived()
        #expect(state.phase == .answering)
        let loss = state.connectionLost(endsBody: false)
        #expect(loss == .failed(.truncated))
    }

    @Test func `an end that ends the body completes the answer`() {
        var state = TransferState()
        state.connected(isReused: false)
        state.bytesArrived()
        let loss = state.connectionLost(endsBody: true)
        #expect(loss == .complete && state.phase == .ended)
    }

    @Test func `what is over or not begun ignores the connection's end`() {
        var state = TransferState()
        var loss = state.connectionLost(endsBody: true)
        #expect(loss == .ignored)
        state.connected(isReused: true)
        state.ended()
        loss = state.connectionLost(endsBody: false)
        #expect(loss == .ignored)
        state.bytesArrived()
        #expect(state.phase == .ended)
    }
}
