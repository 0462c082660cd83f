/// One grammar for every form in which a server says when it can be asked again. It never fails: a text that it
/// does not understand gives `nil`.
///
/// | text | from | meaning |
/// |---|---|---|
/// | `7`, `7.66`, `-1` | Retry-After (RFC 9110 §10.2.3), Cerebras, IETF RateLimit | seconds; none when negative |
/// | `1770000000`, `1770000000000` | GitHub, OpenRouter | a point in time: seconds, milliseconds since 1970 |
/// | `Sun, 06 Nov 1994 08:49:37 GMT` and the two older forms | RFC 9110 §5.6.7 | a point in time |
/// | `2026-11-22T08:00:00Z` | Anthropic, RFC 3339 | a point in time |
/// | `6m0s`, `7.66s`, `120ms`, `1h2m3s`, `581981.3s` | OpenAI, Groq, Google | a duration |
/// | `PT5M`, `P1DT2H` | ISO 8601 durations | a duration |
/// | `try again in 2 minutes` | messages | a duration (`RetryTime.inProse`) |
public enum RetryTime {
    /// The longest wait that is returned, in milliseconds. Longer ones are cut to this.
    public static let longest = ForeignNumber.seconds * 1000
    /// From this value on a bare number is a point in time and not a duration: 30 days, in seconds
    /// (conventions, section 3).
    private static let firstEpoch = 30 * 86_400

    /// The wait a header's value asks for.
    ///
    /// - Parameters:
    ///   - now: Milliseconds since 1970, for points in time.
    /// - Returns: Milliseconds from now, 0 for a time in the past; `nil` for a text that is not a time.
    public static func wait(_ text: RawSpan, now: Int) -> Int? {
        var value = text.trimmed
        if value.byteCount >= 2, value[byte: 0] == UInt8(ascii: "\""), value[byte: value.byteCount - 1] == UInt8(ascii: "\"") {
            value = value.extracting(1..<value.byteCount - 1).trimmed
        }
        guard value.byteCount > 0, value.byteCount <= 64 else { return nil }
        if let wait = bareNumber(value, now: now) { return wait }
        if let wait = duration(value) ?? standardDuration(value) { return wait }
        guard let point = internetDate(value) ?? httpDate(value) else { return nil }
        return until(point, now)
    }

    /// The wait of a value in milliseconds, such as `retry-after-ms`.
    public static func waitOfMilliseconds(_ text: RawSpan) -> Int? {
        var scanner = TimeText(text.trimmed)
        if scanner.take(UInt8(ascii: "-")) { return scanner.number() == nil ? nil : 0 }
        guard let number = scanner.number(), scanner.isAtEnd else { return nil }
        return TimeUnit.millisecond.milliseconds(number)
    }

    private static func until(_ point: Int, _ now: Int) -> Int {
        min(max(0, point - now), longest)
    }

    /// Seconds, or a point in time if the number is too large.
    private static func bareNumber(_ text: RawSpan, now: Int) -> Int? {
        var scanner = TimeText(text)
        let isNegative = scanner.take(UInt8(ascii: "-"))
        if !isNegative { _ = scanner.take(UInt8(ascii: "+")) }
        guard let number = scanner.number(), scanner.isAtEnd else { return nil }
        if isNegative { return 0 }
        switch number.whole {
        case ..<firstEpoch: return TimeUnit.second.milliseconds(number)
        // The year 5138 in seconds is 1973 in milliseconds, and so on by factors of a thousand.
        case ..<100_000_000_000: return until(number.whole * 1000 + (number.billionths + 999_999) / 1_000_000, now)
        case ..<100_000_000_000_000: return until(number.whole, now)
        case ..<100_000_000_000_000_000: return until(number.whole / 1000, now)
        default: return until(number.whole / 1_000_000, now)
        }
    }

    /// A duration as Go's `time.Duration` prints it.
    private static func duration(_ text: RawSpan) -> Int? {
        var scanner = TimeText(text)
        guard let total = length(&scanner, spaced: false), scanner.isAtEnd else { return nil }
        return total
    }

    /// A duration as ISO 8601 writes it: `P1DT2H30M`, `PT0.5S`, `P2W`. Years and months, which have no fixed
    /// length, are not accepted.
    static func standardDuration(_ text: RawSpan) -> Int? {
        var scanner = TimeText(text)
        guard scanner.take("p") else { return nil }
        var (total, parts, isTime) = (0, 0, false)
        while !scanner.isAtEnd {
            if !isTime, scanner.take("t") {
                isTime = true
                continue
            }
            guard let number = scanner.number() else { return nil }
            let unit: TimeUnit
            if !isTime, scanner.take("w") {
                unit = .week
            } else if !isTime, scanner.take("d") {
                unit = .day
            } else if isTime, scanner.take("h") {
                unit = .hour
            } else if isTime, scanner.take("m") {
                unit = .minute
            } else if isTime, scanner.take("s") {
                unit = .second
            } else {
                return nil
            }
            total = min(total + unit.milliseconds(number), longest)
            parts += 1
        }
        return parts > 0 ? total : nil
    }

    /// Numbers with units, added up: `1h2m3.5s`, or in words `8 hours 24 minutes`, `1 hour and 5 minutes`.
    static func length(_ scanner: inout TimeText, spaced: Bool) -> Int? {
        var total = 0
        var parts = 0
        while true {
            let start = scanner.at
            if spaced, parts > 0 {
                scanner.skipSpaces()
                if scanner.take("and ") { scanner.skipSpaces() }
                _ = scanner.take(UInt8(ascii: ","))
                scanner.skipSpaces()
            }
            guard let number = scanner.number() else {
                scanner.at = start
                break
            }
            if spaced { scanner.skipSpaces() }
            guard let unit = scanner.unit() else {
                scanner.at = start
                break
            }
            total = min(total + unit.milliseconds(number), longest)
            parts += 1
        }
        return parts > 0 ? total : nil
    }

    /// RFC 3339 §5.6, with a blank allowed in place of the T, and UTC where the offset is missing; in
    /// milliseconds since 1970.
    static func internetDate(_ text: RawSpan) -> Int? {
        var scanner = TimeText(text)
        return internetDate(&scanner)
    }

    static func internetDate(_ scanner: inout TimeText) -> Int? {
        guard let year = scanner.digits(4), scanner.take(UInt8(ascii: "-")), let month = scanner.digits(2), scanner.take(UInt8(ascii: "-")),
            let day = scanner.digits(2), scanner.take("t") || scanner.take(" "), let (hour, minute, second) = clock(&scanner)
        else { return nil }
        var fraction = 0
        if scanner.next == UInt8(ascii: ".") {
            scanner.at += 1
            let start = scanner.at
            guard scanner.digits() != nil else { return nil }
            // Only milliseconds count: the first three digits.
            for place in 0..<3 { fraction = fraction * 10 + (start + place < scanner.at ? Int(scanner.bytes[byte: start + place] - 0x30) : 0) }
        }
        guard let point = CivilTime.milliseconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second) else { return nil }
        if scanner.take("z") || scanner.isAtEnd { return point + fraction }
        let isBehind = scanner.next == UInt8(ascii: "-")
        guard isBehind || scanner.next == UInt8(ascii: "+") else { return point + fraction }
        scanner.at += 1
        guard let hours = scanner.digits(2), scanner.take(UInt8(ascii: ":")), let minutes = scanner.digits(2), hours < 24, minutes < 60 else {
            return nil
        }
        let offset = (hours * 60 + minutes) * 60_000
        return point + fraction + (isBehind ? offset : -offset)
    }

    private static func clock(_ scanner: inout TimeText) -> (Int, Int, Int)? {
        guard let hour = scanner.digits(2), scanner.take(UInt8(ascii: ":")), let minute = scanner.digits(2), scanner.take(UInt8(ascii: ":")),
            let second = scanner.digits(2)
        else { return nil }
        return (hour, minute, second)
    }
}

/// HTTP-dates (RFC 9110 §5.6.7): the current form and the two obsolete ones that recipients must accept. The
/// name of the day is not checked.
extension RetryTime {
    /// A date in milliseconds since 1970.
    static func httpDate(_ text: RawSpan) -> Int? {
        var scanner = TimeText(text)
        guard scanner.word() != nil else { return nil }
        if scanner.take(UInt8(ascii: ",")) {
            scanner.skipSpaces()
            guard let (day, _) = scanner.digits() else { return nil }
            // `06 Nov 1994`, or `06-Nov-94` of RFC 850.
            let isOld = scanner.take(UInt8(ascii: "-"))
            scanner.skipSpaces()
            guard let month = month(&scanner) else { return nil }
            if isOld, !scanner.take(UInt8(ascii: "-")) { return nil }
            scanner.skipSpaces()
            guard let (number, length) = scanner.digits() else { return nil }
            let year = length == 2 ? number + (number < 70 ? 2000 : 1900) : number
            scanner.skipSpaces()
            guard let (hour, minute, second) = clock(&scanner) else { return nil }
            scanner.skipSpaces()
            guard scanner.isAtEnd || scanner.take("gmt") || scanner.take("utc"), scanner.isAtEnd else { return nil }
            return CivilTime.milliseconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        }
        // `Sun Nov  6 08:49:37 1994` of C's asctime.
        scanner.skipSpaces()
        guard let month = month(&scanner) else { return nil }
        scanner.skipSpaces()
        guard let (day, _) = scanner.digits() else { return nil }
        scanner.skipSpaces()
        guard let (hour, minute, second) = clock(&scanner) else { return nil }
        scanner.skipSpaces()
        guard let year = scanner.digits(4), scanner.isAtEnd else { return nil }
        return CivilTime.milliseconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// The number of the month whose name, or its first three letters, comes next.
    static func month(_ scanner: inout TimeText) -> Int? {
        guard let range = scanner.word(), range.count >= 3 else { return nil }
        let name = scanner.bytes.extracting(range.lowerBound..<range.lowerBound + 3)
        let names: InlineArray<12, StaticString> = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        for index in 0..<12 where name.equalsIgnoringCase(names[index]) { return index + 1 }
        return nil
    }
}
