/// The date in a model's name, in whatever form a vendor writes it: `20241022`, `2024-10-22`, `2410`, `10-2024`, `1022`, or a revision such as `002`.
///
/// Parts that the form does not give are missing; two stamps agree when the parts that both have are equal.
public struct DateStamp: Hashable, Sendable {
    /// The year, 2020…2099.
    public var year: Int?
    /// The month, 1…12.
    public var month: Int?
    /// The day of the month, 1…31.
    public var day: Int?
    /// A number that counts revisions (`gemini-1.5-pro-002`), which is not a date but takes its place.
    public var revision: Int?

    /// Makes a stamp; `nil` if a part is out of its range.
    public init?(year: Int? = nil, month: Int? = nil, day: Int? = nil) {
        if let year, !(2020...2099).contains(year) { return nil }
        if let month, !(1...12).contains(month) { return nil }
        if let day, !(1...31).contains(day) { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Makes a revision.
    init(revision: Int) { self.revision = revision }

    /// The stamp of a run of digits: eight (`yyyymmdd`), six (`yyyymm`, `yymmdd`), four (`yymm` of 2023…2029, otherwise `mmdd`) or three
    /// with a leading zero (a revision).
    init?(digits: String) {
        guard let value = Int(digits) else { return nil }
        switch digits.utf8.count {
        case 8: self.init(year: value / 10_000, month: value / 100 % 100, day: value % 100)
        case 6 where (2020...2099).contains(value / 100): self.init(year: value / 100, month: value % 100)
        case 6: self.init(year: 2000 + value / 10_000, month: value / 100 % 100, day: value % 100)
        case 4:
            let (high, low) = (value / 100, value % 100)
            if (23...29).contains(high), (1...12).contains(low) {
                self.init(year: 2000 + high, month: low)
            } else {
                self.init(month: high, day: low)
            }
        case 3 where digits.hasPrefix("0"): self.init(revision: value)
        default: return nil
        }
    }

    /// Whether the parts that both have are equal, and there is at least one.
    public func agrees(with other: DateStamp) -> Bool {
        if revision != nil || other.revision != nil { return revision == other.revision }
        var common = false
        for part in [\DateStamp.year, \.month, \.day] {
            guard let mine = self[keyPath: part], let its = other[keyPath: part] else { continue }
            guard mine == its else { return false }
            if part != \.year { common = true }
        }
        return common
    }

    /// Days since 2020-01-01 of the stamp, a missing part taken as the middle of its range; `nil` without a year.
    public var dayNumber: Int? {
        guard let year else { return nil }
        return Self.days(year: year, month: month ?? 7, day: day ?? 15)
    }

    /// Days since 2020-01-01 of a date (proleptic Gregorian; the algorithm of Howard Hinnant's `days_from_civil`).
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 737_730
    }

    /// The form used in canonical names: `2024-10-22`, `2024-10`, `1022`, `002`.
    public var text: String {
        func padded(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        if let revision { return padded(revision, 3) }
        switch (year, month, day) {
        case (let year?, let month?, let day?): return "\(year)-\(padded(month, 2))-\(padded(day, 2))"
        case (let year?, let month?, nil): return "\(year)-\(padded(month, 2))"
        case (nil, let month?, let day?): return padded(month, 2) + padded(day, 2)
        case (let year?, _, _): return String(year)
        default: return ""
        }
    }
}
