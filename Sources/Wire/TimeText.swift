/// Walks a short text that contains times, byte by byte. Every function leaves the position unchanged when it
/// returns `nil` or `false`.
struct TimeText: ~Escapable {
    let bytes: RawSpan
    /// The offset of the next byte.
    var at = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, at: Int = 0) {
        self.bytes = bytes
        self.at = at
    }

    var isAtEnd: Bool { at >= bytes.byteCount }

    /// The next byte; 0 at the end.
    var next: UInt8 { bytes.byteOrZero(at: at) }

    mutating func skipSpaces() {
        while next == UInt8(ascii: " ") || next == 0x09 || next == 0x0A || next == 0x0D { at += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    /// Passes `word`, which is in lower case, in any mix of cases.
    mutating func take(_ word: StaticString) -> Bool {
        let end = at + word.utf8CodeUnitCount
        guard end <= bytes.byteCount, bytes.extracting(at..<end).equalsIgnoringCase(word) else { return false }
        at = end
        return true
    }

    /// A run of digits as a number, with their count; at most 18, which an `Int` holds.
    mutating func digits() -> (value: Int, count: Int)? {
        var value = 0
        var end = at
        while bytes.byteOrZero(at: end) &- 0x30 < 10, end - at < 18 {
            value = value * 10 + Int(bytes.byteOrZero(at: end) - 0x30)
            end += 1
        }
        guard end > at, bytes.byteOrZero(at: end) &- 0x30 >= 10 else { return nil }
        defer { at = end }
        return (value, end - at)
    }

    /// Exactly `count` digits.
    mutating func digits(_ count: Int) -> Int? {
        let start = at
        guard let (value, found) = digits(), found == count else {
            at = start
            return nil
        }
        return value
    }

    /// A number that may have a fraction, whole part and billionths apart. A longer fraction is cut to nine
    /// digits, rounded up.
    mutating func number() -> (whole: Int, billionths: Int)? {
        let start = at
        guard let (whole, _) = digits() else { return nil }
        guard next == UInt8(ascii: "."), bytes.byteOrZero(at: at + 1) &- 0x30 < 10 else { return (whole, 0) }
        at += 1
        var billionths = 0
        var place = 0
        var isInexact = false
        while next &- 0x30 < 10 {
            let digit = Int(next - 0x30)
            if place < 9 { billionths = billionths * 10 + digit } else if digit > 0 { isInexact = true }
            place += 1
            at += 1
            guard place < 32 else {
                at = start
                return nil
            }
        }
        while place < 9 {
            billionths *= 10
            place += 1
        }
        return (whole, isInexact ? billionths + 1 : billionths)
    }

    /// The letters that come next, as a range.
    mutating func word() -> Range<Int>? {
        var end = at
        while bytes.byteOrZero(at: end) | 0x20 &- 0x61 < 26 { end += 1 }
        guard end > at else { return nil }
        defer { at = end }
        return at..<end
    }
}

extension TimeText {
    /// The unit of time named next, by any of its names, which is passed.
    mutating func unit() -> TimeUnit? {
        let start = at
        // The micro sign is not a letter of ASCII.
        if take("\u{B5}s") || take("\u{3BC}s") { return .microsecond }
        for unit in TimeUnit.allCases where unit.hasForeignName(&self) { return unit }
        guard let range = word() else { return nil }
        let name = bytes.extracting(range)
        for unit in TimeUnit.allCases where unit.isCalled(name) { return unit }
        at = start
        return nil
    }
}

/// A unit in which providers give waiting times.
enum TimeUnit: CaseIterable {
    case nanosecond, microsecond, millisecond, second, minute, hour, day, week

    /// Whether this is a name of the unit, in any mix of cases.
    func isCalled(_ name: RawSpan) -> Bool {
        switch self {
        case .nanosecond: name.equals("ns")
        case .microsecond: name.equals("us")
        case .millisecond:
            name.equalsIgnoringCase("ms") || name.equalsIgnoringCase("millisecond") || name.equalsIgnoringCase("milliseconds")
        case .second:
            name.equalsIgnoringCase("s") || name.equalsIgnoringCase("sec") || name.equalsIgnoringCase("secs") || name.equalsIgnoringCase("second")
                || name.equalsIgnoringCase("seconds")
        case .minute:
            name.equalsIgnoringCase("m") || name.equalsIgnoringCase("min") || name.equalsIgnoringCase("mins") || name.equalsIgnoringCase("minute")
                || name.equalsIgnoringCase("minutes")
        case .hour:
            name.equalsIgnoringCase("h") || name.equalsIgnoringCase("hr") || name.equalsIgnoringCase("hrs") || name.equalsIgnoringCase("hour")
                || name.equalsIgnoringCase("hours")
        case .day: name.equalsIgnoringCase("d") || name.equalsIgnoringCase("day") || name.equalsIgnoringCase("days")
        case .week: name.equalsIgnoringCase("w") || name.equalsIgnoringCase("week") || name.equalsIgnoringCase("weeks")
        }
    }

    /// Passes the unit's name in another language, or the part of it that identifies it. Returns whether one
    /// comes next.
    func hasForeignName(_ text: inout TimeText) -> Bool {
        let found =
            switch self {
            case .second: text.take("sekunde") || text.take("secondes") || text.take("segundo") || text.take("секунд") || text.take("сек")
            case .minute: text.take("minuto") || text.take("минут") || text.take("мин")
            case .hour: text.take("stunde") || text.take("heure") || text.take("hora") || text.take("час")
            case .day:
                text.take("tage") || text.take("jour") || text.take("día") || text.take("dia") || text.take("дней") || text.take("дня")
                    || text.take("день")
            case .nanosecond, .microsecond, .millisecond, .week: false
            }
        guard found else { return false }
        // The rest of the word: `sekunden`, `минуты`.
        while text.next | 0x20 &- 0x61 < 26 || text.next >= 0x80 { text.at += 1 }
        return true
    }

    /// A number of the unit in milliseconds, rounded up and at most `RetryTime.longest`.
    func milliseconds(_ number: (whole: Int, billionths: Int)) -> Int {
        let size: Int
        switch self {
        case .nanosecond: return min((number.whole + 999_999) / 1_000_000, RetryTime.longest)
        case .microsecond: return min((number.whole + 999) / 1000, RetryTime.longest)
        case .millisecond: size = 1
        case .second: size = 1000
        case .minute: size = 60_000
        case .hour: size = 3_600_000
        case .day: size = 86_400_000
        case .week: size = 7 * 86_400_000
        }
        let (whole, overflow) = number.whole.multipliedReportingOverflow(by: size)
        guard !overflow, whole < RetryTime.longest else { return RetryTime.longest }
        return min(whole + (number.billionths * size + 999_999_999) / 1_000_000_000, RetryTime.longest)
    }
}
