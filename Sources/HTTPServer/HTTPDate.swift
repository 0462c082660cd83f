internal import Glibc
internal import Wire

/// The value of the `date` field (RFC 9110 §5.6.7), formatted once a second.
struct HTTPDate: ~Copyable {
    private var second: time_t = -1
    private var text = ByteBuffer(capacity: 32)

    /// Appends the whole field line for the current time.
    ///
    /// - Parameter now: Seconds since 1970 (UTC).
    mutating func appendLine(to head: inout ByteBuffer, at now: time_t) {
        if now != second { format(now) }
        head.append(text.bytes)
    }

    private mutating func format(_ now: time_t) {
        second = now
        let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [StaticString] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var now = now
        var parts = tm()
        gmtime_r(&now, &parts)
        text.removeAll()
        text.append("date: ")
        text.append(days[Int(parts.tm_wday)])
        text.append(", ")
        appendTwoDigits(parts.tm_mday)
        text.append(" ")
        text.append(months[Int(parts.tm_mon)])
        text.append(" ")
        text.append(decimal: Int(parts.tm_year) + 1900)
        text.append(" ")
        appendTwoDigits(parts.tm_hour)
        text.append(":")
        appendTwoDigits(parts.tm_min)
        text.append(":")
        appendTwoDigits(parts.tm_sec)
        text.append(" GMT\r\n")
    }

    private mutating func appendTwoDigits(_ value: Int32) {
        if value < 10 { text.append("0") }
        text.append(decimal: Int(value))
    }
}
