import Testing

@testable import Upstream

@Suite struct TransferStateTests {
    @Test func `a reused connection that ends before a byte of the answer is replaced once`() {
        var state = TransferState(mayBeRepeated: true)
        state.connected(isReused: true)
        let first = state.connectionLost(endsBody: false, sent: .init())
        #expect(first == .sendAgain && state.phase == .connecting)
        state.connected(isReused: false)
        let second = state.connectionLost(endsBody: false, sent: .init())
        #expect(second == .failed(.closedBeforeAnswer) && state.phase == .ended)
    }

    @Test func `not even a second reused connection is replaced again`() {
        var state = TransferState(mayBeRepeated: true)
        state.connected(isReused: true)
        _ = state.connectionLost(endsBody: false, sent: .init())
        state.connected(isReused: true)
        let loss = state.connectionLost(endsBody: false, sent: .init())
        #expect(loss == .failed(.closedBeforeAnswer))
    }

    /// The course of a request, and whether it is sent again.
    struct Race: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let mayBeRepeated: Bool
        let sent: TransferState.Sent
        let isSentAgain: Bool

        init(_ name: String, repeatable: Bool = true, begun: Bool = true, after milliseconds: Int, roundTrip: Int = 0, again: Bool) {
            testDescription = name
            mayBeRepeated = repeatable
            sent = TransferState.Sent(hasBegun: begun, elapsed: .milliseconds(milliseconds), roundTrip: .milliseconds(roundTrip))
            isSentAgain = again
        }
    }

    @Test(arguments: [
        Race("an end at once", after: 0, again: true),
        Race("an end after the time of a busy machine", after: 25, again: true),
        Race("an end after more than that", after: 26, again: false),
        Race("an end after a second", after: 1000, again: false),
        Race("an end within two round trips", after: 105, roundTrip: 40, again: true),
        Race("an end after two round trips", after: 106, roundTrip: 40, again: false),
        Race("an end within two very long round trips", after: 250, roundTrip: 500, again: true),
        Race("an end that would be within two very long round trips", after: 251, roundTrip: 500, again: false),
        Race("an end at once, for a request that must not be repeated", repeatable: false, after: 0, again: false),
        Race("an end before any of a request that must not be repeated was taken", repeatable: false, begun: false, after: 0, again: true),
        Race("an end long after, and nothing was taken", begun: false, after: 5000, again: true),
    ])
    func `a request is sent again only when the provider can't have acted on it`(race: Race) {
        var state = TransferState(mayBeRepeated: race.mayBeRepeated)
        state.connected(isReused: true)
        let loss = state.connectionLost(endsBody: false, sent: race.sent)
        #expect(loss == (race.isSentAgain ? .sendAgain : .failed(.closedBeforeAnswer)))
    }

    @Test func `a new connection is never replaced`() {
        var state = TransferState(mayBeRepeated: true)
        state.connected(isReused: false)
        let loss = state.connectionLost(endsBody: false, sent: .init())
        #expect(loss == .failed(.closedBeforeAnswer))
    }

    @Test(arguments: [false, true]) func `after a byte of the answer nothing is sent again`(isReused: Bool) {
        var state = TransferState(mayBeRepeated: true)
        state.connected(isReused: isReused)
        state.bytesArrived()
        #expect(state.phase == .answering)
        let loss = state.connectionLost(endsBody: false, sent: .init())
        #expect(loss == .failed(.truncated))
    }

    @Test func `an end of the connection that ends the body completes the answer`() {
        var state = TransferState(mayBeRepeated: true)
        state.connected(isReused: false)
        state.bytesArrived()
        let loss = state.connectionLost(endsBody: true, sent: .init())
        #expect(loss == .complete && state.phase == .ended)
    }

    @Test func `a transfer that is over or has not begun ignores the connection's end`() {
        var state = TransferState(mayBeRepeated: true)
        var loss = state.connectionLost(endsBody: true, sent: .init())
        #expect(loss == .ignored)
        state.connected(isReused: true)
        state.ended()
        loss = state.connectionLost(endsBody: false, sent: .init())
        #expect(loss == .ignored)
        state.bytesArrived()
        #expect(state.phase == .ended)
    }
}
