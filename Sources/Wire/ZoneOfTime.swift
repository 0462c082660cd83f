/// A time zone as providers' sentences name it: how far its clocks are ahead of UTC, in winter and in summer.
///
/// The rules of summer time are those of the tz database (https://www.iana.org/time-zones, `northamerica`,
/// `europe`, `australasia`) since 2007, to the day: within a few hours of a change a time may be one hour
/// wrong.
struct ZoneOfTime: Equatable {
    /// When clocks are an hour ahead.
    enum Summer {
        case never
        /// From the second Sunday of March to the first of November.
        case american
        /// From the last Sunday of March to the last of October.
        case european
        /// From the first Sunday of October to the first of April.
        case australian
    }

    /// UTC itself.
    static let utc = ZoneOfTime(minutes: 0)

    /// Minutes ahead of UTC, in winter.
    var minutes: Int
    var summer = Summer.never
    /// A second meaning of the name, in minutes ahead of UTC: CST is both China's and central America's.
    var other: Int?

    /// The point in time, in milliseconds since 1970, at which clocks show a time, which is given as if it were
    /// in UTC.
    ///
    /// - Parameter now: Of two points that an ambiguous name may mean, the first after `now` counts: retrying
    ///   too early wastes a call, too late loses the day.
    func point(_ clock: Int, now: Int) -> Int {
        let point = clock - (minutes + (isSummer(clock) ? 60 : 0)) * 60_000
        guard let other else { return point }
        let (first, second) = (min(point, clock - other * 60_000), max(point, clock - other * 60_000))
        return first > now ? first : second
    }

    /// What clocks show at a point in time, as if it were in UTC.
    func clock(_ point: Int) -> Int {
        let clock = point + minutes * 60_000
        return isSummer(clock) ? clock + 3_600_000 : clock
    }

    private func isSummer(_ clock: Int) -> Bool {
        guard summer != .never else { return false }
        let day = Int((Double(clock) / 86_400_000).rounded(.down))
        let year = CivilTime.year(ofDay: day)
        switch summer {
        case .never: return false
        case .american: return (sunday(2, 3, year)..<sunday(1, 11, year)).contains(day)
        case .european: return (lastSunday(3, year)..<lastSunday(10, year)).contains(day)
        case .australian: return day >= sunday(1, 10, year) || day < sunday(1, 4, year)
        }
    }

    /// The day of a month's first Sunday, second, and so on. 1970 began on a Thursday.
    private func sunday(_ number: Int, _ month: Int, _ year: Int) -> Int {
        let first = CivilTime.days(year: year, month: month, day: 1)
        return first + (10 - (first % 7 + 7) % 7) % 7 + (number - 1) * 7
    }

    /// The day of the last Sunday of a month of 31 days.
    private func lastSunday(_ month: Int, _ year: Int) -> Int {
        let last = sunday(5, month, year)
        return last > CivilTime.days(year: year, month: month, day: 31) ? last - 7 : last
    }
}

extension ZoneOfTime {
    /// Passes the name of a zone, in brackets or not, and returns the zone; `nil` if none comes next.
    ///
    /// | text | from |
    /// |---|---|
    /// | `UTC`, `GMT`, `Z`, `UTC+8`, `GMT-07:00`, `+08:00`, `-0700` | most |
    /// | `PST`, `PT`, `Pacific Time`, `CET`, `JST` | people |
    /// | `America/Los_Angeles`, `Asia/Shanghai` | Claude Code, tools that ask the system |
    static func named(_ scanner: inout TimeText) -> ZoneOfTime? {
        let start = scanner.at
        scanner.skipSpaces()
        let isBracketed = scanner.take(UInt8(ascii: "("))
        if isBracketed { scanner.skipSpaces() }
        guard let zone = offset(&scanner) ?? name(&scanner) else {
            scanner.at = start
            return nil
        }
        if isBracketed { _ = scanner.take(UInt8(ascii: ")")) }
        return zone
    }

    /// `UTC`, `UTC+8`, `+08:00`.
    private static func offset(_ scanner: inout TimeText) -> ZoneOfTime? {
        let start = scanner.at
        let isNamed = scanner.take("utc") || scanner.take("gmt") || scanner.take("z")
        // "zurich" is not one of these.
        guard !isNamed || !scanner.isInWord else {
            scanner.at = start
            return nil
        }
        let behind = scanner.at
        if isNamed { scanner.skipSpaces() }
        let isBehind = scanner.next == UInt8(ascii: "-")
        if isBehind || scanner.next == UInt8(ascii: "+") {
            scanner.at += 1
            if let (value, count) = scanner.digits(), count <= 2 || count == 4, isNamed || count > 1 {
                var (hours, minutes) = count == 4 ? (value / 100, value % 100) : (value, 0)
                let colon = scanner.at
                if count <= 2, scanner.take(UInt8(ascii: ":")) {
                    if let rest = scanner.digits(2) { minutes = rest } else { scanner.at = colon }
                }
                if hours <= 14, minutes < 60, !scanner.isInWord {
                    hours = hours * 60 + minutes
                    return ZoneOfTime(minutes: isBehind ? -hours : hours)
                }
            }
        }
        scanner.at = isNamed ? behind : start
        return isNamed ? .utc : nil
    }

    private static func name(_ scanner: inout TimeText) -> ZoneOfTime? {
        let start = scanner.at
        for (name, zone) in names {
            guard scanner.take(name) else { continue }
            if !scanner.isInWord { return zone }
            scanner.at = start
        }
        return nil
    }

    /// Names in lower case, the longer of two that begin alike first.
    private static let names: [(StaticString, ZoneOfTime)] = [
        ("pacific standard time", ZoneOfTime(minutes: -480)), ("pacific daylight time", ZoneOfTime(minutes: -420)),
        ("pacific time", pacific), ("pacific", pacific), ("pst", ZoneOfTime(minutes: -480)), ("pdt", ZoneOfTime(minutes: -420)), ("pt", pacific),
        ("mountain time", mountain), ("mst", ZoneOfTime(minutes: -420)), ("mdt", ZoneOfTime(minutes: -360)), ("mt", mountain),
        ("central time", central), ("cst", ZoneOfTime(minutes: -360, other: 480)), ("cdt", ZoneOfTime(minutes: -300)), ("ct", central),
        ("eastern standard time", ZoneOfTime(minutes: -300)), ("eastern daylight time", ZoneOfTime(minutes: -240)),
        ("eastern time", eastern), ("eastern", eastern), ("est", ZoneOfTime(minutes: -300)), ("edt", ZoneOfTime(minutes: -240)), ("et", eastern),
        ("akst", ZoneOfTime(minutes: -540)), ("akdt", ZoneOfTime(minutes: -480)), ("hst", ZoneOfTime(minutes: -600)),
        ("brt", ZoneOfTime(minutes: -180)), ("wet", western), ("west", ZoneOfTime(minutes: 60)), ("bst", ZoneOfTime(minutes: 60)),
        ("cet", ZoneOfTime(minutes: 60)), ("cest", ZoneOfTime(minutes: 120)), ("eet", ZoneOfTime(minutes: 120)), ("eest", ZoneOfTime(minutes: 180)),
        ("msk", ZoneOfTime(minutes: 180)), ("gst", ZoneOfTime(minutes: 240)), ("ist", ZoneOfTime(minutes: 330)),
        ("beijing time", china), ("china standard time", china), ("bjt", china), ("hkt", china), ("sgt", china), ("awst", china),
        ("北京时间", china), ("jst", japan), ("kst", japan), ("aest", ZoneOfTime(minutes: 600)), ("aedt", ZoneOfTime(minutes: 660)),
        ("nzst", ZoneOfTime(minutes: 720)), ("nzdt", ZoneOfTime(minutes: 780)),
        ("america/los_angeles", pacific), ("america/vancouver", pacific), ("us/pacific", pacific), ("america/denver", mountain),
        ("us/mountain", mountain), ("america/phoenix", ZoneOfTime(minutes: -420)), ("america/chicago", central), ("us/central", central),
        ("america/mexico_city", ZoneOfTime(minutes: -360)), ("america/new_york", eastern), ("us/eastern", eastern), ("america/toronto", eastern),
        ("america/bogota", ZoneOfTime(minutes: -300)), ("america/sao_paulo", ZoneOfTime(minutes: -180)),
        ("america/argentina/buenos_aires", ZoneOfTime(minutes: -180)), ("europe/london", western), ("europe/dublin", western),
        ("europe/lisbon", western), ("europe/berlin", middle), ("europe/paris", middle), ("europe/madrid", middle), ("europe/rome", middle),
        ("europe/amsterdam", middle), ("europe/brussels", middle), ("europe/zurich", middle), ("europe/vienna", middle), ("europe/warsaw", middle),
        ("europe/prague", middle), ("europe/stockholm", middle), ("europe/oslo", middle), ("europe/copenhagen", middle),
        ("europe/budapest", middle), ("europe/athens", east), ("europe/bucharest", east), ("europe/helsinki", east), ("europe/kyiv", east),
        ("europe/kiev", east), ("europe/sofia", east), ("europe/moscow", ZoneOfTime(minutes: 180)), ("europe/istanbul", ZoneOfTime(minutes: 180)),
        ("asia/dubai", ZoneOfTime(minutes: 240)), ("asia/karachi", ZoneOfTime(minutes: 300)), ("asia/kolkata", ZoneOfTime(minutes: 330)),
        ("asia/calcutta", ZoneOfTime(minutes: 330)), ("asia/dhaka", ZoneOfTime(minutes: 360)), ("asia/bangkok", ZoneOfTime(minutes: 420)),
        ("asia/jakarta", ZoneOfTime(minutes: 420)), ("asia/ho_chi_minh", ZoneOfTime(minutes: 420)), ("asia/shanghai", china),
        ("asia/chongqing", china), ("asia/hong_kong", china), ("asia/singapore", china), ("asia/taipei", china), ("asia/manila", china),
        ("asia/kuala_lumpur", china), ("australia/perth", china), ("asia/tokyo", japan), ("asia/seoul", japan),
        ("australia/sydney", sydney), ("australia/melbourne", sydney), ("australia/brisbane", ZoneOfTime(minutes: 600)),
        ("africa/cairo", ZoneOfTime(minutes: 120)), ("africa/johannesburg", ZoneOfTime(minutes: 120)), ("africa/lagos", ZoneOfTime(minutes: 60)),
        ("africa/nairobi", ZoneOfTime(minutes: 180)), ("etc/utc", .utc), ("etc/gmt", .utc),
    ]

    private static let pacific = ZoneOfTime(minutes: -480, summer: .american)
    private static let mountain = ZoneOfTime(minutes: -420, summer: .american)
    private static let central = ZoneOfTime(minutes: -360, summer: .american)
    private static let eastern = ZoneOfTime(minutes: -300, summer: .american)
    private static let western = ZoneOfTime(minutes: 0, summer: .european)
    private static let middle = ZoneOfTime(minutes: 60, summer: .european)
    private static let east = ZoneOfTime(minutes: 120, summer: .european)
    private static let china = ZoneOfTime(minutes: 480)
    private static let japan = ZoneOfTime(minutes: 540)
    private static let sydney = ZoneOfTime(minutes: 600, summer: .australian)
}

extension TimeText {
    /// Whether the next byte continues the word or name before it.
    fileprivate var isInWord: Bool { next | 0x20 &- 0x61 < 26 || next == UInt8(ascii: "_") || next == UInt8(ascii: "/") }
}
