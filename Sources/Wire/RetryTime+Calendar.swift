/// Points in time as sentences give them.
///
/// | text | from |
/// |---|---|
/// | `2026-12-01T00:00:00Z`, `2026-12-01 00:00` | RFC 3339, also shortened |
/// | `2026-12-01 at 00:00 UTC`, `2026-12-01` | Anthropic |
/// | `December 1, 2026 at 3:45 PM UTC`, `Dec 1st, 2026 3:45 PM`, `1 December 2026` | OpenAI's Codex, GitHub |
/// | `December 1 at 3pm (Europe/Berlin)`, `Dec 1, 9am PST` | Claude Code: the next such date, or the last if that is less than a month ago |
/// | `00:00 UTC`, `3pm (Asia/Shanghai)`, `midnight UTC+8` | the next such time |
///
/// Times without a zone, or with one that is not in the table of `ZoneOfTime`, are taken as UTC: a time that is
/// some hours wrong means a retry too early or too late.
extension RetryTime {
    /// A point in time, in milliseconds since 1970, which is passed.
    ///
    /// - Parameter now: Milliseconds since 1970, for a time of day.
    static func pointInProse(_ scanner: inout TimeText, now: Int) -> Int? {
        let start = scanner.at
        if let day = dayInProse(&scanner) {
            let time = timeBehindDay(&scanner)
            // A month and a number alone might not be a date.
            guard day.year != nil || time.isTold else { return nil }
            let thisYear = CivilTime.year(ofDay: now / 86_400_000)
            let years = day.year.map { $0...$0 } ?? thisYear - 1...thisYear + 1
            var point: Int?
            for year in years where point.map({ $0 < now - longest }) ?? true {
                let clock = CivilTime.milliseconds(
                    year: year, month: day.month, day: day.day, hour: time.hour, minute: time.minute, second: time.second)
                point = clock.map { time.zone.point($0, now: now) } ?? point
            }
            return point
        }
        scanner.at = start
        guard let time = timeOfDay(&scanner), let zone = ZoneOfTime.named(&scanner) else {
            scanner.at = start
            return nil
        }
        let length = 86_400_000
        let clock = zone.clock(now)
        let wanted = clock - clock % length + ((time.hour * 60 + time.minute) * 60 + time.second) * 1000
        for day in -1...2 {
            let point = zone.point(wanted + day * length, now: now)
            if point > now { return point }
        }
        return nil
    }

    /// A date; its year is `nil` if it has none.
    private static func dayInProse(_ scanner: inout TimeText) -> (year: Int?, month: Int, day: Int)? {
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
                if let day = dayOfMonth(&scanner) { return (yearBehind(&scanner), month, day) }
            }
            scanner.at = at
            if let day = dayOfMonth(&scanner) {
                scanner.skipSpaces()
                if let month = month(&scanner) { return (yearBehind(&scanner), month, day) }
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
        let start = scanner.at
        _ = scanner.take(UInt8(ascii: ","))
        scanner.skipSpaces()
        if let year = scanner.digits(4) { return year }
        scanner.at = start
        return nil
    }

    /// The time after a date, with its zone; midnight in UTC if there is none. Anything else is left unread.
    private static func timeBehindDay(_ scanner: inout TimeText) -> (hour: Int, minute: Int, second: Int, zone: ZoneOfTime, isTold: Bool) {
        let start = scanner.at
        if !scanner.take("t") {
            _ = scanner.take(UInt8(ascii: ","))
            scanner.skipSpaces()
            if scanner.take("at ") || scanner.take("@") { scanner.skipSpaces() }
        }
        guard let time = timeOfDay(&scanner) else {
            scanner.at = start
            return (0, 0, 0, .utc, false)
        }
        return (time.hour, time.minute, time.second, ZoneOfTime.named(&scanner) ?? .utc, true)
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
}
