import EventLoop
import LoopTesting
import Testing

/// Records when its timer fires.
private final class Recorder {
    let loop: EventLoop
    var timer: LoopTimer!
    var fired: [LoopInstant] = []
    var onFire: (LoopTimer) -> Void = { _ in }

    init(_ loop: EventLoop) throws {
        self.loop = loop
        timer = try LoopTimer(on: loop) { [unowned self] timer in
            fired.append(loop.readClock())
            onFire(timer)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct LoopTimerTests {
    @Test func `a timer fires once and not before its time`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            let start = loop.now
            recorder.timer.arm(after: .milliseconds(20))
            #expect(recorder.timer.isArmed)
            try await pause(.milliseconds(50), on: loop)
            try #require(recorder.fired.count == 1)
            #expect(recorder.fired[0].elapsed(since: start) >= .milliseconds(20))
            #expect(!recorder.timer.isArmed)
            recorder.timer.close()
        }
    }

    @Test func `a deadline moved later is kept, however often it moves`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.timer.arm(after: .milliseconds(200))
            for _ in 0..<5 {
                try await pause(.milliseconds(3), on: loop)
                recorder.timer.arm(after: .milliseconds(300))
            }
            #expect(recorder.fired.isEmpty)
            let last = loop.now
            try await eventually(on: loop, "the firing") { !recorder.fired.isEmpty }
            #expect(recorder.fired[0].elapsed(since: last) >= .milliseconds(299))
            try await pause(.milliseconds(30), on: loop)
            #expect(recorder.fired.count == 1)
            recorder.timer.close()
        }
    }

    @Test func `a deadline moved earlier is kept`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.timer.arm(after: .seconds(3600))
            recorder.timer.arm(after: .milliseconds(2))
            try await eventually(on: loop, "the firing") { recorder.fired.count == 1 }
            recorder.timer.close()
        }
    }

    @Test func `a disarmed timer does not fire and can be armed again`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.timer.arm(after: .milliseconds(2))
            recorder.timer.disarm()
            #expect(!recorder.timer.isArmed)
            try await pause(.milliseconds(15), on: loop)
            #expect(recorder.fired.isEmpty)
            recorder.timer.arm(after: .milliseconds(1))
            try await eventually(on: loop, "the firing") { recorder.fired.count == 1 }
            recorder.timer.close()
        }
    }

    @Test func `a timer that is disarmed and armed for later keeps the later time`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.timer.arm(after: .milliseconds(2))
            recorder.timer.disarm()
            let start = loop.now
            recorder.timer.arm(after: .milliseconds(25))
            try await eventually(on: loop, "the firing") { recorder.fired.count == 1 }
            #expect(recorder.fired[0].elapsed(since: start) >= .milliseconds(25))
            recorder.timer.close()
        }
    }

    @Test func `a timer may be closed while it fires, and never fires again`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.onFire = { timer in
                timer.close()
                timer.close()
                timer.arm(after: .milliseconds(1))
            }
            recorder.timer.arm(after: .milliseconds(1))
            try await pause(.milliseconds(15), on: loop)
            #expect(recorder.fired.count == 1)
            #expect(!recorder.timer.isArmed)
        }
    }

    @Test func `a timer may be armed while it fires`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.onFire = { [unowned recorder] timer in if recorder.fired.count < 5 { timer.arm(after: .milliseconds(1)) } }
            recorder.timer.arm(after: .milliseconds(1))
            try await eventually(on: loop, "five firings") { recorder.fired.count == 5 }
            try await pause(.milliseconds(10), on: loop)
            #expect(recorder.fired.count == 5)
            recorder.timer.close()
        }
    }

    @Test func `a timer armed for the past fires in the next turn`() async throws {
        try await withLoop { loop in
            let recorder = try Recorder(loop)
            recorder.timer.arm(after: .seconds(-5))
            #expect(recorder.fired.isEmpty)
            try await eventually(on: loop, "the firing") { recorder.fired.count == 1 }
            recorder.timer.close()
        }
    }

    @Test func `a closed timer releases what its closure holds`() async throws {
        final class Held {}
        try await withLoop { loop in
            weak var held: Held?
            do {
                let kept = Held()
                held = kept
                let timer = try LoopTimer(on: loop) { _ in _ = kept }
                timer.arm(after: .seconds(60))
                timer.close()
            }
            try await eventually(on: loop, "the release") { held == nil }
        }
    }
}
