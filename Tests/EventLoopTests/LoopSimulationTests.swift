import EventLoop
import Testing

/// What happened in a simulated loop, and when.
private final class Diary {
    let loop: EventLoop
    let start: LoopInstant
    private(set) var entries: [String] = []

    init(from start: UInt64 = 1_000_000_000) {
        self.start = LoopInstant(nanoseconds: start)
        loop = EventLoop(simulatedFrom: self.start)
    }

    func note(_ what: String) { entries.append("\(what) \(loop.now.microseconds(since: start) / 1000)") }

    func timer(_ name: String, _ then: @escaping (LoopTimer) -> Void = { _ in }) throws -> LoopTimer {
        try LoopTimer(on: loop) { [unowned self] timer in
            note(name)
            then(timer)
        }
    }
}

@Suite struct LoopSimulationTests {
    @Test func `time stands still until it is advanced`() {
        let diary = Diary()
        diary.loop.step {}
        #expect(diary.loop.now == diary.start && diary.loop.readClock() == diary.start)
        let epoch = diary.loop.millisecondsSinceEpoch
        diary.loop.advance(by: .seconds(90))
        #expect(diary.loop.now == diary.start.advanced(by: .seconds(90)) && diary.loop.readClock() == diary.loop.now)
        #expect(diary.loop.millisecondsSinceEpoch == epoch + 90_000 && diary.loop.secondsSinceEpoch == (epoch + 90_000) / 1000)
        diary.loop.moveWallClock(by: -7_200_000)
        #expect(diary.loop.millisecondsSinceEpoch == epoch + 90_000 - 7_200_000)
    }

    @Test func `each timer fires at its own time, and of two at the same time the one armed first comes first`() throws {
        let diary = Diary()
        let timers = try ["late", "early", "first", "second"].map { try diary.timer($0) }
        timers[0].arm(after: .milliseconds(30))
        timers[1].arm(after: .milliseconds(10))
        timers[2].arm(after: .milliseconds(20))
        timers[3].arm(after: .milliseconds(20))
        diary.loop.advance(by: .milliseconds(29))
        #expect(diary.entries == ["early 10", "first 20", "second 20"])
        diary.loop.advance(by: .milliseconds(1))
        #expect(diary.entries.last == "late 30" && diary.loop.nextEvent == nil)
        #expect(diary.loop.liveHandles["timer"] == 4)
        for timer in timers { timer.close() }
        #expect(diary.loop.close().total == 0)
    }

    @Test func `a timer follows its last deadline, whether that was moved, cancelled or closed`() throws {
        let diary = Diary()
        let (out, inward, disarmed, closed) = (
            try diary.timer("out"), try diary.timer("in"), try diary.timer("disarmed"), try diary.timer("closed")
        )
        out.arm(after: .milliseconds(10))
        out.arm(after: .milliseconds(25))
        inward.arm(after: .seconds(3600))
        inward.arm(after: .milliseconds(5))
        disarmed.arm(after: .milliseconds(5))
        disarmed.disarm()
        closed.arm(after: .milliseconds(5))
        closed.close()
        diary.loop.advance(by: .seconds(2 * 3600))
        #expect(diary.entries == ["in 5", "out 25"])
        for timer in [out, inward, disarmed] { timer.close() }
    }

    @Test func `a timer that arms itself for now fires a millisecond later, and not forever`() throws {
        let diary = Diary()
        let timer = try diary.timer("again") { $0.arm(after: .zero) }
        timer.arm(after: .zero)
        diary.loop.step {}
        #expect(diary.entries == ["again 0"])
        diary.loop.advance(by: .milliseconds(3))
        #expect(diary.entries == ["again 0", "again 1", "again 2", "again 3"])
        timer.close()
    }

    @Test func `a step ends when every ready job is done, in the order in which they became ready`() {
        let diary = Diary()
        diary.loop.step {
            for number in 1...300 {
                diary.loop.task(diary) { diary in
                    if number == 1 { diary.loop.task(diary) { $0.note("made by a job") } }
                    if number % 100 == 0 { diary.note("job \(number)") }
                }
            }
            diary.note("body")
        }
        #expect(diary.entries == ["body 0", "job 100 0", "job 200 0", "job 300 0", "made by a job 0"])
    }

    @Test func `a waiting task continues in the turn in which it is woken`() {
        let diary = Diary()
        final class Box { var continuation: UnsafeContinuation<Void, Never>? }
        let box = Box()
        diary.loop.step {
            diary.loop.task((diary, box)) { diary, box in
                await withUnsafeContinuation { box.continuation = $0 }
                diary.note("woken")
            }
        }
        diary.loop.schedule(after: .milliseconds(7)) { box.continuation?.resume() }
        diary.loop.advance(by: .milliseconds(6))
        #expect(diary.entries.isEmpty)
        diary.loop.advance(by: .milliseconds(6))
        #expect(diary.entries == ["woken 7"])
    }

    @Test func `a step within a callback runs after it, as a callback of its own`() {
        let diary = Diary()
        diary.loop.step {
            diary.loop.step { diary.note("inner") }
            diary.loop.task(diary) { $0.note("job") }
            diary.note("outer")
        }
        #expect(diary.entries == ["outer 0", "job 0", "inner 0"])
    }

    @Test func `blocking work is done synchronously`() {
        let diary = Diary()
        diary.loop.step {
            diary.loop.task(diary) { diary in
                let sum = await LoopWork.run(on: diary.loop) { (1...10).reduce(0, +) }
                diary.note("sum \(sum)")
            }
        }
        #expect(diary.entries == ["sum 55 0"])
    }

    @Test func `random numbers depend only on the seed`() {
        func draw(_ seed: UInt64) -> [UInt64] {
            let loop = EventLoop(simulatedFrom: LoopInstant(nanoseconds: 1), seed: seed)
            return (0..<4).map { _ in loop.makeSeed() }
        }
        #expect(draw(1) == draw(1) && draw(1) != draw(2) && Set(draw(3)).count == 4)
        let real = EventLoop()
        #expect(real.makeSeed() != real.makeSeed())
        real.close()
    }

    @Test func `deferred work continues at the same time, in a callback of its own`() {
        final class Taker: TurnTaker {
            let loop: EventLoop
            var turns: [UInt64] = []
            init(_ loop: EventLoop) { self.loop = loop }
            func takeTurn() {
                turns.append(loop.turnNumber)
                if turns.count < 3 { loop.queueTurn(for: self) }
            }
        }
        let loop = EventLoop(simulatedFrom: LoopInstant(nanoseconds: 5))
        let taker = Taker(loop)
        loop.step {
            loop.queueTurn(for: taker)
            #expect(taker.turns.isEmpty)
        }
        #expect(taker.turns.count == 3 && Set(taker.turns).count == 3 && loop.now == LoopInstant(nanoseconds: 5))
        #expect(!loop.turnIsLong)
    }

    @Test func `a thousand timers armed in any order fire in order of time`() throws {
        let diary = Diary()
        var state: UInt64 = 1
        var timers: [LoopTimer] = []
        var fired: [LoopInstant] = []
        for _ in 0..<1000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let timer = try LoopTimer(on: diary.loop) { _ in fired.append(diary.loop.now) }
            timer.arm(after: .microseconds(Int64(state >> 44)))
            timers.append(timer)
        }
        diary.loop.advance(by: .seconds(2))
        #expect(fired.count == 1000 && fired == fired.sorted())
        for timer in timers { timer.close() }
    }
}
