import LoopTesting
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct SlowTurnTests {
    @Test func `a callback that takes too long is reported with its name`() async throws {
        let reports = Shared<[SlowTurn]>([])
        try await withLoop(prepare: { loop in
            loop.slowTurn = (limit: .milliseconds(10), report: { turn in reports.update { $0.append(turn) } })
        }) { loop in
            let timer = try LoopTimer(on: loop) { timer in
                let start = loop.readClock()
                while loop.readClock().elapsed(since: start) < .milliseconds(15) {}
                timer.close()
            }
            timer.arm(after: .milliseconds(1))
            try await eventually(on: loop, "a report") { reports.value.contains { $0.longest == "timer" } }
        }
        let turn = try #require(reports.value.first { $0.longest == "timer" })
        #expect(turn.duration >= .milliseconds(15))
        #expect(turn.longestDuration >= .milliseconds(15) && turn.longestDuration <= turn.duration)
        #expect(turn.callbacks >= 1)
    }

    @Test func `the sleep between two turns does not count towards a turn`() async throws {
        let reports = Shared<[SlowTurn]>([])
        try await withLoop(prepare: { loop in
            loop.slowTurn = (limit: .milliseconds(500), report: { turn in reports.update { $0.append(turn) } })
        }) { loop in
            try await pause(.milliseconds(700), on: loop)
            try await pause(.milliseconds(1), on: loop)
        }
        #expect(reports.value.isEmpty)
    }

    @Test func `a turn ends once and names its longest callback`() throws {
        var turn = TurnStatistics()
        let nothing = turn.end(limit: .zero)
        #expect(nothing == nil)
        let now = LoopInstant.read()
        turn.callbackBegan("short", at: LoopInstant(nanoseconds: now.nanoseconds - 9_000_000))
        turn.callbackBegan("long", at: LoopInstant(nanoseconds: now.nanoseconds - 8_000_000))
        turn.callbackBegan("last", at: LoopInstant(nanoseconds: now.nanoseconds - 1_000))
        let ended = turn.end(limit: .milliseconds(5))
        let report = try #require(ended)
        #expect(report.longest == "long" && report.callbacks == 3)
        #expect(report.duration >= .milliseconds(9))
        let again = turn.end(limit: .zero)
        #expect(again == nil)
    }
}
