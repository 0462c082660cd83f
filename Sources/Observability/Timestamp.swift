internal import Glibc
internal import Wire

/// The time of day in log lines, in UTC (RFC 3339); the text of a second is made once.
struct Timestamp: ~Copyable {
    private var second: time_t = -1
    private var text = ByteBuffer(capacity: 32)

    /// Appends the time now, with milliseconds.
    mutating func append(to line: inout ByteBuffer) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        if now.tv_sec != second { format(now.tv_sec) }
        line.append(text.bytes)
        appendDigits(now.tv_nsec / 1_000_000, 3, to: &line)
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
