import LoopTesting
import Testing

@testable import EventLoop

/// Records its turns, and does in each what the test asks for.
private final class Taker: TurnTaker {
    let loop: EventLoop
    var turns: [UInt64] = []
    var onTurn: (Taker) -> Void

    init(_ loop: EventLoop, _ onTurn: @escaping (Taker) -> Void = { _ in }) {
        self.loop = loop
        self.onTurn = onTurn
    }

    func takeTurn() {
        turns.append(loop.turnNumber)
        onTurn(self)
    }
}

@Suite(.timeLimit(.minutes(1))) struct TurnTests {
    @Test func `work that asks for turn after turn delays neither timers nor other threads' jobs`() async throws {
        try await withLoop { loop in
            var isDone = false
            let taker = Taker(loop) { taker in if !isDone { loop.queueTurn(for: taker) } }
            loop.queueTurn(for: taker)
            let asked = loop.turnNumber
            try await pause(.milliseconds(2), on: loop)
            try await offLoop {}
            #expect(taker.turns.count > 1 && taker.turns[0] > asked)
            isDone = true
            // The last turn that was asked for may still come.
            for _ in 0..<2 { try await pause(.milliseconds(1), on: loop) }
            let count = taker.turns.count
            #expect(Set(taker.turns).count == count, "one turn of the loop for each")
            try await pause(.milliseconds(1), on: loop)
            #expect(taker.turns.count == count)
        }
    }

    @Test func `turns come in the order they were asked for, and asking again goes to the end`() async throws {
        try await withLoop { loop in
            var order: [Int] = []
            let takers = (0..<3).map { number in
                Taker(loop) { taker in
                    order.append(number)
                    if taker.turns.count < 3 { loop.queueTurn(for: taker) }
                }
            }
            for taker in takers { loop.queueTurn(for: taker) }
            #expect(order.isEmpty, "not from within the call that asked")
            try await eventually(on: loop, "all turns") { order.count == 9 }
            #expect(order == [0, 1, 2, 0, 1, 2, 0, 1, 2])
        }
    }

    @Test func `a long turn runs one more taker, and the next ones after the sockets were polled`() async throws {
        try await withLoop { loop in
            let takers = (0..<3).map { _ in
                Taker(loop) { _ in
                    while !loop.turnIsLong {}
                }
            }
            for taker in takers { loop.queueTurn(for: taker) }
            try await eventually(on: loop, "all turns") { takers.allSatisfy { $0.turns.count == 1 } }
            #expect(Set(takers.map { $0.turns[0] }).count == 3)
        }
    }

    @Test func `a crowd of newcomers is admitted within few turns, however long these are and whatever else waits`() async throws {
        try await withLoop { loop in
            var turns: [UInt64] = []
            var connections: [TCPConnection] = []
            let listener = try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)!, maximumConnections: 1000) { connection in
                turns.append(loop.turnNumber)
                connections.append(connection)
                // Half a millisecond of the loop for each of them.
                let end = loop.readClock().advanced(by: .microseconds(500))
                while loop.readClock() < end {}
            }
            let peers = try (0..<100).map { _ in try Peer(port: listener.address!.port) }
            let takers = (0..<100).map { _ in
                Taker(loop) { taker in
                    while !loop.turnIsLong {}
                    if turns.count < 100 { loop.queueTurn(for: taker) }
                }
            }
            for taker in takers { loop.queueTurn(for: taker) }
            try await eventually(on: loop, "all of them") { turns.count == 100 }
            #expect(turns[99] - turns[0] <= 40, "at least four in each turn, not one after all the others")
            for connection in connections { connection.close() }
            for peer in peers { peer.close() }
            listener.close()
            try await eventually(on: loop, "the end of all turns") { takers.allSatisfy { !$0.turns.isEmpty } }
        }
    }

    @Test func `the length of a turn counts from its first callback`() {
        var turn = TurnStatistics()
        let limit = LoopInterval(.milliseconds(2))
        #expect(!turn.lasts(longerThan: limit, at: LoopInstant(nanoseconds: 9_000_000)), "no callback has run")
        turn.callbackBegan("first", at: LoopInstant(nanoseconds: 1_000_000))
        turn.callbackBegan("second", at: LoopInstant(nanoseconds: 2_900_000))
        #expect(!turn.lasts(longerThan: limit, at: LoopInstant(nanoseconds: 3_000_000)))
        #expect(turn.lasts(longerThan: limit, at: LoopInstant(nanoseconds: 3_000_001)))
    }

    @Test func `a queue of turns keeps its order however it grows and shrinks`() async throws {
        try await withLoop { loop in
            var queue = TurnQueue()
            let takers = (0..<100).map { _ in Taker(loop) }
            var (added, taken) = (0, 0)
            // Two in, one out; then one in, two out.
            while taken < takers.count {
                let isGrowing = added < 60
                for _ in 0..<(isGrowing ? 2 : 1) where added < takers.count {
                    queue.append(takers[added], in: 1)
                    added += 1
                }
                for _ in 0..<(isGrowing ? 1 : 2) where taken < added {
                    let early = queue.popFirst(askedBefore: 1)
                    let next = queue.popFirst(askedBefore: 2)
                    #expect(early == nil && next === takers[taken])
                    taken += 1
                }
                #expect(queue.count == added - taken && queue.isEmpty == (added == taken))
            }
            let none = queue.popFirst(askedBefore: 2)
            #expect(none == nil)
        }
    }
}
