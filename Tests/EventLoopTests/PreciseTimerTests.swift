import EventLoop
import LoopTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct PreciseTimerTests {
    /// Records when its timer fires.
    private final class Alarm {
        private(set) var firings: [LoopInstant] = []
        private(set) var timer: PreciseTimer!

        init(on loop: EventLoop) throws {
            timer = try PreciseTimer(on: loop) { [unowned self, unowned loop] in firings.append(loop.readClock()) }
        }
    }

    private func after(_ duration: Duration, _ loop: EventLoop) -> LoopInstant { loop.readClock().advanced(by: duration) }

    @Test func `a precise timer fires once, and never before its time`() async throws {
        try await withLoop { loop in
            for microseconds in [1, 50, 333, 1500, 20_000] {
                let alarm = try Alarm(on: loop)
                let due = after(.microseconds(microseconds), loop)
                alarm.timer.arm(at: due)
                try await eventually(on: loop, "the firing") { !alarm.firings.isEmpty }
                try await pause(.milliseconds(3), on: loop)
                #expect(alarm.firings.count == 1 && alarm.firings[0] >= due)
                alarm.timer.close()
            }
        }
    }

    @Test func `a precise timer armed for the past fires in a later turn`() async throws {
        try await withLoop { loop in
            let alarm = try Alarm(on: loop)
            alarm.timer.arm(at: LoopInstant(nanoseconds: 0))
            #expect(alarm.firings.isEmpty)
            try await eventually(on: loop, "the firing") { alarm.firings.count == 1 }
            alarm.timer.close()
        }
    }

    @Test func `armed again, it fires only at the new time`() async throws {
        try await withLoop { loop in
            let alarm = try Alarm(on: loop)
            alarm.timer.arm(at: after(.milliseconds(1), loop))
            let due = after(.milliseconds(30), loop)
            alarm.timer.arm(at: due)
            try await eventually(on: loop, "the firing") { !alarm.firings.isEmpty }
            #expect(alarm.firings.count == 1 && alarm.firings[0] >= due)
            alarm.timer.arm(at: after(.seconds(60), loop))
            alarm.timer.arm(at: after(.microseconds(10), loop))
            try await eventually(on: loop, "the earlier one") { alarm.firings.count == 2 }
            alarm.timer.close()
        }
    }

    @Test func `disarmed or closed, it does not fire`() async throws {
        try await withLoop { loop in
            let (disarmed, closed) = (try Alarm(on: loop), try Alarm(on: loop))
            for alarm in [disarmed, closed] { alarm.timer.arm(at: after(.milliseconds(2), loop)) }
            disarmed.timer.disarm()
            closed.timer.close()
            closed.timer.close()
            closed.timer.arm(at: after(.microseconds(1), loop))
            closed.timer.disarm()
            try await pause(.milliseconds(10), on: loop)
            #expect(disarmed.firings.isEmpty && closed.firings.isEmpty)
            disarmed.timer.close()
        }
    }
}
