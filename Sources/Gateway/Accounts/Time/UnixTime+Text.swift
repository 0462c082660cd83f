internal import Wire

/// The form of RFC 3339 that files, answers and tables use: UTC, `2026-11-22T21:30:05Z`.
extension UnixTime: CustomStringConvertible {
    /// The moment to the second, in UTC (RFC 3339).
    public var description: String { "\(dayText)T\(two(clock.hour)):\(two(clock.minute)):\(two(clock.second))Z" }

    /// The day in UTC, `2026-11-22`.
    public var dayText: String {
        let date = civil
        let year = String(date.year)
        return "\(String(repeating: "0", count: max(0, 4 - year.count)))\(year)-\(two(date.month))-\(two(date.day))"
    }

    /// Reads a day (`2026-11-22`, its beginning in UTC), a moment of RFC 3339 (`2026-11-22T21:30:05Z`, with fractions and offsets as the RFC has
    /// them), or whole seconds since 1970; what lies behind the year 9999 is its last moment.
    ///
    /// - Returns: `nil` when the text is none of these, or names a day the calendar lacks.
    public init?(parsing text: some StringProtocol) {
        var rest = Array(text.utf8)[...]
        if (1...12).contains(rest.count), rest.allSatisfy({ $0 &- 0x30 < 10 }), let seconds = Int64(String(decoding: rest, as: UTF8.self)) {
            self.init(clamping: seconds * 1000)
            return
        }
        guard let year = UnixTime.digits(4, &rest), UnixTime.skip("-", &rest), let month = UnixTime.digits(2, &rest), UnixTime.skip("-", &rest),
            let day = UnixTime.digits(2, &rest), (1...12).contains(month), (1...UnixTime.length(ofMonth: month, year: year)).contains(day)
        else { return nil }
        let midnight = UnixTime.daysSinceEpoch(year: year, month: month, day: day) * 86_400_000
        if rest.isEmpty {
            self.init(milliseconds: midnight)
            return
        }
        guard UnixTime.skip("T", &rest) || UnixTime.skip("t", &rest) || UnixTime.skip(" ", &rest), let hour = UnixTime.digits(2, &rest),
            UnixTime.skip(":", &rest), let minute = UnixTime.digits(2, &rest), UnixTime.skip(":", &rest), let second = UnixTime.digits(2, &rest),
            hour < 24, minute < 60, second < 61
        else { return nil }
        var milliseconds = Int64((hour * 60 + minute) * 60 + second) * 1000
        if UnixTime.skip(".", &rest) {
            let fraction = rest.prefix { $0 &- 0x30 < 10 }
            guard !fraction.isEmpty else { return nil }
            for (place, digit) in fraction.prefix(3).enumerated() { milliseconds += Int64(digit - 0x30) * [100, 10, 1][place] }
            rest = rest.dropFirst(fraction.count)
        }
        if UnixTime.skip("Z", &rest) || UnixTime.skip("z", &rest) {
            guard rest.isEmpty else { return nil }
        } else {
            let isWest = UnixTime.skip("-", &rest)
            guard isWest || UnixTime.skip("+", &rest), let hours = UnixTime.digits(2, &rest), UnixTime.skip(":", &rest),
                let minutes = UnixTime.digits(2, &rest), rest.isEmpty, hours < 24, minutes < 60
            else { return nil }
            milliseconds -= Int64((hours * 60 + minutes) * 60_000) * (isWest ? -1 : 1)
        }
        self.init(milliseconds: min(midnight + milliseconds, Int64(ForeignNumber.epochMilliseconds)))
    }

    /// The day of the month (UTC), from 1.
    var dayOfMonth: Int { civil.day }

    private var clock: (hour: Int, minute: Int, second: Int) {
        let second = Int((seconds % 86_400 + 86_400) % 86_400)
        return (second / 3600, second / 60 % 60, second % 60)
    }

    /// The date of the proleptic Gregorian calendar, by counting years from 1 March so that the leap day comes last.
    private var civil: (year: Int, month: Int, day: Int) {
        let days = Int(day.milliseconds / 86_400_000) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func digits(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= count, rest.prefix(count).allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func skip(_ letter: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: letter) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
