import EventLoop
import Foundation
import LoopTesting
import Testing

@concurrent private func elsewhere() async -> Int { 1 }
private func inherited() async -> Int { 2 }
private func failing() async throws { throw LoopTestFailure.neverHappened("on purpose") }

/// The thread on which a task continues after each kind of suspension: on 6.3.1 the preference alone keeps it
/// on the loop's thread.
@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
    @Test func `a task begins on the loop's thread`() async throws {
        try await withLoop { loop in #expect(loop.isCurrent) }
    }

    @Test func `a continuation resumes on the loop's thread`() async throws {
        try await withLoop { loop in
            await withUnsafeContinuation { $0.resume() }
            #expect(loop.isCurrent)
            await withCheckedContinuation { continuation in Thread.detachNewThread { continuation.resume() } }
            #expect(loop.isCurrent)
            try await withUnsafeThrowingContinuation { $0.resume() }
            #expect(loop.isCurrent)
            await withTaskCancellationHandler {
                await withUnsafeContinuation { continuation in Thread.detachNewThread { continuation.resume() } }
            } onCancel: {
            }
            #expect(loop.isCurrent)
        }
    }

    @Test func `functions of every isolation return to the loop's thread`() async throws {
        try await withLoop { loop in
            #expect(await elsewhere() == 1)
            #expect(loop.isCurrent)
            #expect(await inherited() == 2)
            #expect(loop.isCurrent)
            await #expect(throws: LoopTestFailure.self) { try await failing() }
            #expect(loop.isCurrent)
        }
    }

    @Test func `a call to an actor of the global pool returns to the loop's thread`() async throws {
        actor Counter {
            var count = 0
            func add() -> Int {
                count += 1
                return count
            }
        }
        try await withLoop { loop in
            let counter = Counter()
            for turn in 1...100 {
                #expect(await counter.add() == turn)
                #expect(loop.isCurrent)
            }
        }
    }

    @Test func `the value of another task is received on the loop's thread`() async throws {
        try await withLoop { loop in
            #expect(await Task { 3 }.value == 3)
            #expect(loop.isCurrent)
            #expect(await Task(executorPreference: loop) { loop.isCurrent }.value)
            #expect(loop.isCurrent)
            await #expect(throws: LoopTestFailure.self) { try await Task { try await failing() }.value }
            #expect(loop.isCurrent)
        }
    }

    @Test func `each element of a stream is received on the loop's thread`() async throws {
        try await withLoop { loop in
            let (stream, feed) = AsyncStream.makeStream(of: Int.self)
            Thread.detachNewThread {
                for element in 0..<100 { feed.yield(element) }
                feed.finish()
            }
            var next = 0
            for await element in stream {
                #expect(element == next && loop.isCurrent)
                next += 1
            }
            #expect(next == 100 && loop.isCurrent)
        }
    }

    @Test func `a task group's children and its end are on the loop's thread`() async throws {
        try await withLoop { loop in
            let onLoop = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        await Task.yield()
                        return loop.isCurrent
                    }
                }
                var count = 0
                for await isOnLoop in group where isOnLoop && loop.isCurrent { count += 1 }
                return count
            }
            #expect(onLoop == 50)
            #expect(loop.isCurrent)
            async let one = inherited()
            #expect(await one == 2)
            #expect(loop.isCurrent)
        }
    }

    @Test func `a yield and a sleep end on the loop's thread`() async throws {
        try await withLoop { loop in
            for _ in 0..<1000 {
                await Task.yield()
                #expect(loop.isCurrent)
            }
            // This does not wait for anything: where a sleep ends is what is tested.
            try await ContinuousClock().sleep(for: .milliseconds(1))
            #expect(loop.isCurrent)
        }
    }

    @Test func `blocking work runs elsewhere and ends on the loop's thread`() async throws {
        try await withLoop { loop in
            for turn in 0..<50 {
                let (result, wasOnLoop) = await LoopWork.run(on: loop) { (turn * 2, loop.isCurrent) }
                #expect(result == turn * 2 && !wasOnLoop)
                #expect(loop.isCurrent)
            }
        }
    }

    @Test func `jobs from many threads wake the loop and all of them run`() async throws {
        try await withLoop { loop in
            let ran = Shared(0)
            let astray = Shared(0)
            for _ in 0..<8 {
                Thread.detachNewThread {
                    for _ in 0..<500 {
                        Task(executorPreference: loop) {
                            ran.update { $0 += 1 }
                            if !loop.isCurrent { astray.update { $0 += 1 } }
                        }
                    }
                }
            }
            try await eventually(on: loop, within: .seconds(10), "4,000 jobs") { ran.value == 4000 }
            #expect(astray.value == 0)
        }
    }

    @Test func `a job that is always ready again does not starve timers`() async throws {
        try await withLoop { loop in
            final class Flag { var isSet = false }
            let flag = Flag()
            let timer = try LoopTimer(on: loop) { timer in
                flag.isSet = true
                timer.close()
            }
            timer.arm(after: .milliseconds(5))
            var rounds = 0
            while !flag.isSet {
                await Task.yield()
                rounds += 1
            }
            #expect(rounds > 0)
        }
    }

    @Test func `a task that receives a confined value runs after the one that passed it`() async throws {
        try await withLoop { loop in
            final class Order { var steps: [Int] = [] }
            let order = Order()
            loop.task(order) { $0.steps.append(2) }
            order.steps.append(1)
            try await eventually(on: loop, "the second step") { order.steps.count == 2 }
            #expect(order.steps == [1, 2])
        }
    }
}
