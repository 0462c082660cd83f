/// Points in time as sentences have them.
///
/// | text | from |
/// |---|---|
/// | `2026-12-01T00:00:00Z`, `2026-12-01 00:00` | RFC 3339, with less |
/// | `2026-12-01 at 00:00 UTC`, `2026-12-01` | Anthropic |
/// | `December 1, 2026 at 3:45 PM UTC`, `Dec 1st, 2026 3:45 PM`, `1 December 2026` | OpenAI's Codex, GitHub |
/// | `00:00 UTC`, `3pm (UTC)`, `midnight UTC` | the next of the kind |
///
/// Where no zone is named it is UTC. Other names of zones are not known: who is told a time some hours wrong tries too early, or comes too late.
extension RetryTime {
    /// A point in time, in milliseconds since 1970; passes it.
    ///
    /// - Parameter now: Milliseconds since 1970, for a time of day.
    static func pointInProse(_ scanner: inout TimeText, now: Int) -> Int? {
        let start = scanner.at
        if let day = dayInProse(&scanner) {
            let time = timeBehindDay(&scanner)
            return CivilTime.milliseconds(
                year: day.year, month: day.month, day: day.day, hour: time.hour, minute: time.minute, second: time.second
            ).map { $0 + time.offset }
        }
        scanner.at = start
        guard let time = timeOfDay(&scanner), let offset = zone(&scanner) else {
            scanner.at = start
            return nil
        }
        let length = 86_400_000
        let wanted = ((time.hour * 60 + time.minute) * 60 + time.second) * 1000 + offset
        let wait = ((wanted - now) % length + length) % length
        return now + (wait == 0 ? length : wait)
    }

    private static func dayInProse(_ scanner: inout TimeText) -> (year: Int, month: Int, day: Int)? {
        let start = scanner.at
        if let year = scanner.digits(4), scanner.take(UInt8(ascii: "-")) || scanner.take(UInt8(ascii: "/")), let month = scanner.digits(2),
            scanner.take(UInt8(ascii: "-")) || scanner.take(UInt8(ascii: "/")), let day = scanner.digits(2)
        {
            return (year, month, day)
        }
        scanner.at = start
        // `Tue, 1 December 2026`
        if scanner.word() != nil {
            _ = scanner.take(UInt8(ascii: ","))
            scanner.skipSpaces()
        }
        for at in [start, scanner.at] {
            scanner.at = at
            if let month = month(&scanner) {
                _ = scanner.take(UInt8(ascii: "."))
                scanner.skipSpaces()
                if let day = dayOfMonth(&scanner), let year = yearBehind(&scanner) { return (year, month, day) }
            }
            scanner.at = at
            if let day = dayOfMonth(&scanner) {
                scanner.skipSpaces()
                if let month = month(&scanner), let year = yearBehind(&scanner) { return (year, month, day) }
            }
        }
        scanner.at = start
        return nil
    }

    /// `1`, `01`, `1st`, `22nd`.
    private static func dayOfMonth(_ scanner: inout TimeText) -> Int? {
        guard let (day, count) = scanner.digits(), count <= 2, day <= 31 else { return nil }
        _ = scanner.take("st") || scanner.take("nd") || scanner.take("rd") || scanner.take("th")
        return day
    }

    private static func yearBehind(_ scanner: inout TimeText) -> Int? {
        _ = scanner.take(UInt8(ascii: ","))
        scanner.skipSpaces()
        return scanner.digits(4)
    }

    /// The time behind a day, with its zone; midnight in UTC where there is none. What is no time is left for others.
    private static func timeBehindDay(_ scanner: inout TimeText) -> (hour: Int, minute: Int, second: Int, offset: Int) {
        let start = scanner.at
        if !scanner.take("t") {
            _ = scanner.take(UInt8(ascii: ","))
            scanner.skipSpaces()
            if scanner.take("at ") || scanner.take("@") { scanner.skipSpaces() }
        }
        guard let time = timeOfDay(&scanner) else {
            scanner.at = start
            return (0, 0, 0, 0)
        }
        return (time.hour, time.minute, time.second, zone(&scanner) ?? 0)
    }

    /// `00:00`, `08:30:15.25`, `3:45 PM`, `3pm`, `midnight`, `noon`.
    private static func timeOfDay(_ scanner: inout TimeText) -> (hour: Int, minute: Int, second: Int)? {
        let start = scanner.at
        if scanner.take("midnight") { return (0, 0, 0) }
        if scanner.take("noon") { return (12, 0, 0) }
        guard let (number, count) = scanner.digits(), count <= 2 else {
            scanner.at = start
            return nil
        }
        var (hour, minute, second, hasMinutes) = (number, 0, 0, false)
        if scanner.take(UInt8(ascii: ":")) {
            guard let value = scanner.digits(2) else {
                scanner.at = start
                return nil
            }
            (minute, hasMinutes) = (value, true)
            let behind = scanner.at
            if scanner.take(UInt8(ascii: ":")), let (whole, _) = scanner.number() { second = whole } else { scanner.at = behind }
        }
        let behind = scanner.at
        scanner.skipSpaces()
        if hour <= 12, scanner.take("am") || scanner.take("a.m.") {
            hour %= 12
        } else if hour <= 12, scanner.take("pm") || scanner.take("p.m.") {
            hour = hour % 12 + 12
        } else {
            scanner.at = behind
            guard hasMinutes else {
                scanner.at = start
                return nil
            }
        }
        guard hour < 24, minute < 60, second <= 60 else {
            scanner.at = start
            return nil
        }
        return (hour, minute, min(second, 59))
    }

    /// What a zone adds to its time to make it UTC's, in milliseconds; `nil` where none is named.
    private static func zone(_ scanner: inout TimeText) -> Int? {
        let start = scanner.at
        scanner.skipSpaces()
        let isBracketed = scanner.take(UInt8(ascii: "("))
        if scanner.take("utc") || scanner.take("gmt") || scanner.take("z") {
            if isBracketed { _ = scanner.take(UInt8(ascii: ")")) }
            // "zurich" is none of them.
            guard scanner.next | 0x20 &- 0x61 >= 26 else {
                scanner.at = start
                return nil
            }
            return 0
        }
        let isBehind = scanner.next == UInt8(ascii: "-")
        if isBehind || scanner.next == UInt8(ascii: "+") {
            scanner.at += 1
            if let hours = scanner.digits(2), scanner.take(UInt8(ascii: ":")), let minutes = scanner.digits(2), hours < 24, minutes < 60 {
                return (hours * 60 + minutes) * (isBehind ? 60_000 : -60_000)
            }
        }
        scanner.at = start
        return nil
    }
}
