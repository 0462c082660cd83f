internal import Glibc
internal import Wire

/// The clocks and date forms of the mock.
enum MockTime {
    /// Microseconds on `CLOCK_MONOTONIC`, the clock another process on the machine can compare with.
    static func monotonicMicroseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }

    /// Milliseconds since the Unix epoch.
    static func epochMilliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

extension ByteBuffer {
    /// Appends a time as an HTTP-date (RFC 9110 §5.6.7).
    mutating func append(httpDate epochSeconds: Int) {
        let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [StaticString] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var seconds = time_t(epochSeconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        append(days[Int(parts.tm_wday)])
        append(", ")
        append(padded: UInt64(parts.tm_mday), digits: 2)
        append(" ")
        append(months[Int(parts.tm_mon)])
        append(" ")
        append(decimal: Int(parts.tm_year) + 1900)
        append(" ")
        append(clockOf: parts)
        append(" GMT")
    }

    /// Appends a time in the form of RFC 3339.
    mutating func append(rfc3339 epochSeconds: Int) {
        var seconds = time_t(epochSeconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        append(decimal: Int(parts.tm_year) + 1900)
        append("-")
        append(padded: UInt64(parts.tm_mon) + 1, digits: 2)
        append("-")
        append(padded: UInt64(parts.tm_mday), digits: 2)
        append("T")
        append(clockOf: parts)
        append("Z")
    }

    /// Appends a duration as Go prints it: `6m0s`, `7.66s`, `120ms`.
    mutating func append(goDuration milliseconds: Int) {
        guard milliseconds >= 1000 else {
            append(decimal: milliseconds)
            return append(milliseconds == 0 ? "s" : "ms")
        }
        let minutes = milliseconds / 60_000
        if minutes >= 60 {
            append(decimal: minutes / 60)
            append("h")
        }
        if minutes > 0 {
            append(decimal: minutes % 60)
            append("m")
        }
        append(seconds: milliseconds % 60_000)
        append("s")
    }

    /// Appends milliseconds as seconds, with as many decimal places as are needed.
    mutating func append(seconds milliseconds: Int) {
        append(decimal: milliseconds / 1000)
        var rest = milliseconds % 1000
        guard rest > 0 else { return }
        append(".")
        var digits = 3
        while rest % 10 == 0 {
            rest /= 10
            digits -= 1
        }
        append(padded: UInt64(rest), digits: digits)
    }

    /// Appends the last `digits` decimal digits of `value`, with leading zeros; at most 16.
    mutating func append(padded value: UInt64, digits: Int) {
        let low = ByteBuffer.eightDigits(value % 100_000_000)
        guard digits > 8 else {
            return appendUninitialized(8) { room in
                room.storeBytes(of: low >> UInt64(64 - digits * 8), as: UInt64.self)
                return digits
            }
        }
        let high = ByteBuffer.eightDigits(value / 100_000_000 % 100_000_000) >> UInt64(128 - digits * 8)
        appendUninitialized(16) { room in
            room.storeBytes(of: high, as: UInt64.self)
            room.storeBytes(of: low, toByteOffset: digits - 8, as: UInt64.self)
            return digits
        }
    }

    /// The eight decimal digits of a number below 100,000,000 in ASCII, the first one in the lowest byte:
    /// halves, then quarters, then single digits are split side by side in one word, by multiplications instead
    /// of divisions.
    private static func eightDigits(_ value: UInt64) -> UInt64 {
        let halves = value / 10_000 | (value % 10_000) << 32
        let hundreds = (halves &* 10_486) >> 20 & 0x7F_0000_007F
        let pairs = hundreds | (halves &- 100 &* hundreds) << 16
        let tens = (pairs &* 103) >> 10 & 0x000F_000F_000F_000F
        return (tens | (pairs &- 10 &* tens) << 8) &+ 0x3030_3030_3030_3030
    }

    /// Appends the letter x `size` times; nothing if `size` is negative.
    mutating func append(filler size: Int) {
        guard size > 0 else { return }
        appendUninitialized(size) { room in
            memset(room.baseAddress!, CInt(UInt8(ascii: "x")), size)
            return size
        }
    }

    private mutating func append(clockOf parts: tm) {
        append(padded: UInt64(parts.tm_hour), digits: 2)
        append(":")
        append(padded: UInt64(parts.tm_min), digits: 2)
        append(":")
        append(padded: UInt64(parts.tm_sec), digits: 2)
    }
}
