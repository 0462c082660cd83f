import Gateway
import Testing
import Wire

@testable import Observability

@Suite struct TimestampTests {
    private func texts(_ milliseconds: [Int64]) -> [String] {
        var times = milliseconds.makeIterator()
        var timestamp = Timestamp { UnixTime(milliseconds: times.next() ?? 0) }
        return milliseconds.map { _ in
            var line = ByteBuffer()
            timestamp.append(to: &line)
            return line.bytes.text
        }
    }

    @Test func `a time is of RFC 3339, in UTC and with milliseconds`() {
        #expect(texts([0, 1_800_014_400_007]) == ["1970-01-01T00:00:00.000Z", "2027-01-15T12:00:00.007Z"])
        #expect(texts([951_782_400_000, 4_107_542_399_999]) == ["2000-02-29T00:00:00.000Z", "2100-02-28T23:59:59.999Z"])
        #expect(texts([253_402_300_799_999]) == ["9999-12-31T23:59:59.999Z"])
    }

    @Test func `within a second, over its end and back again each line has its own time`() {
        let times: [Int64] = [1_800_014_400_000, 1_800_014_400_001, 1_800_014_400_999, 1_800_014_401_000, 1_800_014_400_500]
        #expect(texts(times).map { $0.suffix(7) } == ["00.000Z", "00.001Z", "00.999Z", "01.000Z", "00.500Z"])
    }
}
