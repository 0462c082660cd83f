import Gateway
import Testing

@testable import Storage

@Suite struct UsageBufferTests {
    @Test func `records are kept as rows and as sums of their minute`() {
        var buffer = UsageBuffer(maximumRows: 10)
        buffer.append([record(at: 0), record(at: 59), record(at: 60), record("other", at: 0)])
        #expect(buffer.rows.count == 4 && buffer.sums.count == 3 && buffer.count == 4)
        #expect(buffer.sums.values.map(\.requests).sorted() == [1, 1, 2])
        buffer.removeAll()
        #expect(buffer.rows.isEmpty && buffer.sums.isEmpty && buffer.count == 0)
    }

    @Test func `beyond the bound the oldest rows are dropped, but not from the sums`() {
        var buffer = UsageBuffer(maximumRows: 10)
        buffer.append((0..<25).map { record("k\($0)") })
        #expect(buffer.rows.count == 10 && buffer.droppedRows == 15 && buffer.dropped == 0)
        #expect(buffer.rows.last?.key.value == "k24" && buffer.rows.first?.key.value == "k15")
        #expect(buffer.sums.count == 25 && buffer.count == 25)
    }

    @Test func `when there are too many sums, a record of a new group is dropped and counted`() {
        var buffer = UsageBuffer(maximumRows: 0)
        buffer.append((0..<UsageBuffer.maximumSums + 3).map { record("k\($0)") })
        #expect(buffer.sums.count == UsageBuffer.maximumSums && buffer.dropped == 3)
        buffer.append([record("k0")])
        #expect(buffer.dropped == 3 && buffer.count == UsageBuffer.maximumSums + 1)
    }

    @Test func `rows that are not wanted are not kept`() {
        var buffer = UsageBuffer(maximumRows: 0)
        buffer.append([record(), record()])
        #expect(buffer.rows.isEmpty && buffer.count == 2 && buffer.droppedRows == 0)
    }
}

@Suite struct RetryScheduleTests {
    private let start = UnixTime(seconds: 1_000)

    @Test(arguments: [(1, 250), (2, 500), (3, 1000), (4, 2000), (5, 4000), (6, 8000), (7, 10_000), (70, 10_000)] as [(Int, Int64)])
    func `the pause doubles up to the longest`(failures: Int, milliseconds: Int64) {
        var schedule = RetrySchedule(longest: .seconds(10))
        for _ in 0..<failures { schedule.failed(at: start) }
        #expect(schedule.next?.milliseconds == start.milliseconds + milliseconds)
        #expect(!schedule.isDue(at: start) && schedule.isDue(at: schedule.next!))
    }

    @Test func `success resets the pause`() {
        var schedule = RetrySchedule(longest: .seconds(10))
        schedule.failed(at: start)
        schedule.failed(at: start)
        schedule.succeeded()
        #expect(schedule.isDue(at: start))
        schedule.failed(at: start)
        #expect(schedule.next == start.advanced(by: .milliseconds(250)))
    }

    @Test func `a clock that was set back does not stop the tries`() {
        var schedule = RetrySchedule(longest: .seconds(10))
        schedule.failed(at: start)
        #expect(schedule.isDue(at: UnixTime(seconds: 1)))
    }
}
