internal import Gateway
internal import Glibc
internal import Wire

/// The time of day in log lines, in UTC (RFC 3339); the text of a second is made once.
struct Timestamp: ~Copyable {
    private let clock: () -> UnixTime
    private var second: time_t = -1
    private var text = ByteBuffer(capacity: 32)

    /// Makes the times of a clock, which tells the time of day.
    init(by clock: @escaping () -> UnixTime = { .now }) { self.clock = clock }

    /// Appends the time now, with milliseconds.
    mutating func append(to line: inout ByteBuffer) {
        let now = clock()
        let seconds = time_t(now.seconds)
        if seconds != second { format(seconds) }
        line.append(text.bytes)
        appendDigits(Int(now.milliseconds) - 1000 * seconds, 3, to: &line)
        line.append("Z")
    }

    private mutating func format(_ seconds: time_t) {
        second = seconds
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var line = ByteBuffer(capacity: 32)
        appendDigits(Int(parts.tm_year) + 1900, 4, to: &line)
        line.append("-")
        appendDigits(Int(parts.tm_mon) + 1, 2, to: &line)
        line.append("-")
        appendDigits(Int(parts.tm_mday), 2, to: &line)
        line.append("T")
        appendDigits(Int(parts.tm_hour), 2, to: &line)
        line.append(":")
        appendDigits(Int(parts.tm_min), 2, to: &line)
        line.append(":")
        appendDigits(Int(parts.tm_sec), 2, to: &line)
        line.append(".")
        text = line
    }

    private func appendDigits(_ value: Int, _ width: Int, to line: inout ByteBuffer) {
        var least = 1
        for _ in 1..<width { least *= 10 }
        while least > 1, value < least {
            line.append("0")
            least /= 10
        }
        line.append(decimal: value)
    }
}
