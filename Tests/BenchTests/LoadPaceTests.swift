import Testing

@testable import Bench

@Suite struct LoadPaceTests {
    private func stretch(_ mode: LoadStretch.Mode, _ length: LoadStretch.Length, warmUp: Duration = .zero) -> LoadStretch {
        LoadStretch(mode: mode, length: length, warmUp: warmUp, timeout: .seconds(60), seed: 1)
    }

    @Test func `a closed loop begins requests until its time is over`() {
        var pace = LoadPace(stretch(.closed(concurrency: 2), .duration(.seconds(3)), warmUp: .seconds(1)), start: 1000)
        #expect(pace.window == 1_000_001_000..<4_000_001_000 && pace.isClosed && pace.timeout == 60_000_000_000)
        #expect(pace.begin(at: 1000) && pace.begin(at: 4_000_000_999))
        #expect(!pace.isOver(at: 4_000_000_999))
        #expect(!pace.begin(at: 4_000_001_000) && pace.isOver(at: 4_000_001_000))
    }

    @Test func `a closed loop of a number of requests counts them from the end of the warm-up`() {
        var pace = LoadPace(stretch(.closed(concurrency: 1), .requests(3), warmUp: .nanoseconds(10)), start: 0)
        let warmUp = (UInt64(0)..<10).map { pace.begin(at: $0) }
        #expect(warmUp == Array(repeating: true, count: 10))
        #expect(!pace.isOver(at: 10))
        #expect(pace.begin(at: 10) && pace.begin(at: 11) && pace.begin(at: 12))
        #expect(!pace.begin(at: 13) && pace.isOver(at: 13))
        #expect(pace.window == 10..<UInt64.max)
    }

    @Test func `an open loop begins each request when its time has come, and catches up after a pause`() {
        var pace = LoadPace(stretch(.open(rate: 1e9 / 100, arrivals: .constant, maximumConnections: 1), .duration(.nanoseconds(1000))), start: 5000)
        #expect(pace.nextArrival == 5000 && !pace.isClosed)
        #expect(pace.beginNextArrival(until: 4999) == nil)
        #expect(pace.beginNextArrival(until: 5000) == 5000)
        #expect(pace.beginNextArrival(until: 5000) == nil && pace.nextArrival == 5100)
        // Late by 300 ns: the three requests keep their intended times.
        var begun: [UInt64] = []
        while let time = pace.beginNextArrival(until: 5399) { begun.append(time) }
        #expect(begun == [5100, 5200, 5300])
        while let time = pace.beginNextArrival(until: .max) { begun.append(time) }
        #expect(begun.count == 9 && begun.last == 5900 && pace.nextArrival == nil && pace.isOver(at: 5901))
    }

    @Test func `an open loop of a number of requests begins exactly that many`() {
        var pace = LoadPace(stretch(.open(rate: 1000, arrivals: .poisson, maximumConnections: 1), .requests(25)), start: 0)
        var begun = 0
        while pace.beginNextArrival(until: .max) != nil { begun += 1 }
        #expect(begun == 25 && pace.isOver(at: 0))
    }

    @Test func `an open loop's warm-up does not count towards its number of requests`() {
        var pace = LoadPace(
            stretch(.open(rate: 1e9 / 100, arrivals: .constant, maximumConnections: 1), .requests(5), warmUp: .nanoseconds(1000)), start: 0)
        var begun: [UInt64] = []
        while let time = pace.beginNextArrival(until: .max) { begun.append(time) }
        #expect(begun.count == 15 && begun.count { pace.window.contains($0) } == 5)
    }

    @Test func `a stop ends the window, and no further request begins`() {
        for mode in [LoadStretch.Mode.closed(concurrency: 1), .open(rate: 1000, arrivals: .constant, maximumConnections: 1)] {
            for length in [LoadStretch.Length.duration(.seconds(9)), .requests(1_000_000)] {
                var pace = LoadPace(stretch(mode, length), start: 0)
                pace.stop(at: 2_000_000)
                #expect(pace.window == 0..<2_000_000 && pace.isOver(at: 2_000_000))
                #expect(!pace.begin(at: 2_000_000) && pace.beginNextArrival(until: .max) == nil)
            }
        }
    }

    @Test func `a stop in the warm-up leaves an empty window`() {
        var pace = LoadPace(stretch(.closed(concurrency: 1), .duration(.seconds(9)), warmUp: .seconds(5)), start: 0)
        pace.stop(at: 1)
        #expect(pace.window.isEmpty && pace.isOver(at: 5_000_000_000))
    }

    @Test func `progress goes from 0 to 1`() {
        let pace = LoadPace(stretch(.closed(concurrency: 1), .duration(.seconds(3)), warmUp: .seconds(1)), start: 0)
        var measurement = LoadMeasurement()
        #expect(
            pace.progress(at: 0, measurement, inFlight: 1) == LoadProgress(fraction: 0, isWarmingUp: true, requestRate: 0, failed: 0, inFlight: 1))
        measurement.answersInWindow = 50
        let middle = pace.progress(at: 2_000_000_000, measurement, inFlight: 1)
        #expect(middle == LoadProgress(fraction: 0.5, isWarmingUp: false, requestRate: 50, failed: 0, inFlight: 1))
        #expect(pace.progress(at: 90_000_000_000, measurement, inFlight: 0).fraction == 1)
        var counted = LoadMeasurement()
        counted.requests = 3
        let requests = LoadPace(stretch(.closed(concurrency: 1), .requests(4)), start: 0)
        #expect(requests.progress(at: 1, counted, inFlight: 0).fraction == 0.75)
    }

    @Test func `a backlog is first in, first out, over any length`() {
        var backlog = Backlog()
        #expect(backlog.isEmpty && backlog.popFirst() == nil)
        var next: UInt64 = 0
        var expected: UInt64 = 0
        for round in 0..<200 {
            for _ in 0..<100 + round {
                backlog.append(next)
                next += 1
            }
            for _ in 0..<100 {
                #expect(backlog.first == expected && backlog.popFirst() == expected)
                expected += 1
            }
            #expect(backlog.count == Int(next - expected))
        }
        while let time = backlog.popFirst() {
            #expect(time == expected)
            expected += 1
        }
        #expect(expected == next && backlog.isEmpty)
        backlog.append(1)
        backlog.removeAll()
        #expect(backlog.isEmpty && backlog.first == nil)
    }
}
