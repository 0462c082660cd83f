import Testing

@testable import Wire

@Suite struct RetryTimeTests {
    /// 2026-11-22T12:00:00Z
    private static let now = 1_795_348_800_000

    private func wait(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return RetryTime.wait(bytes.span.bytes, now: Self.now)
    }

    private func inProse(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        return RetryTime.inProse(bytes.span.bytes, now: Self.now)
    }

    @Test(
        arguments: [
            ("7", 7000), ("0", 0), ("1.5", 1500), ("0.0001", 1), ("33011.382", 33_011_382), ("-1", 0), ("-0.5", 0), ("+3", 3000), (" 7 ", 7000),
            ("\"7\"", 7000), ("2591999", 2_591_999_000),
            // From 30 days on it is a point in time.
            ("2592000", 0), ("1795348860", 60_000), ("1795348860.25", 60_250), ("1795348800", 0), ("1795348860000", 60_000),
            ("1795348860000000", 60_000), ("99999999", 0), ("99999999999", RetryTime.longest),
            // HTTP-dates, the form in use and the two old ones.
            ("Sun, 22 Nov 2026 12:00:30 GMT", 30_000), ("Sunday, 22-Nov-26 12:00:30 GMT", 30_000), ("Sun Nov 22 12:00:30 2026", 30_000),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("sun, 22 nov 2026 12:00:30 gmt", 30_000), ("Tue Nov  3 12:00:30 2026", 0),
            // RFC 3339.
            ("2026-11-22T12:00:30Z", 30_000), ("2026-11-22T12:00:30.25Z", 30_250), ("2026-11-22t14:00:30+02:00", 30_000),
            ("2026-11-22 12:00:30", 30_000), ("2026-11-22T07:30:30-04:30", 30_000), ("2020-01-01T00:00:00Z", 0),
            ("2028-02-29T00:00:00Z", RetryTime.longest),
            // Go's durations.
            ("7.66s", 7660), ("6m0s", 360_000), ("120ms", 120), ("1h2m3s", 3_723_000), ("2m59.56s", 179_560), ("581981.300432511s", 581_981_301),
            ("161h39m41.300432511s", 581_981_301), ("500us", 1), ("12\u{B5}s", 1), ("1ns", 1), ("0s", 0), ("1d", 86_400_000),
            ("1.9999999999s", 2000), ("6.780999999s", 6781),
        ] as [(String, Int?)]) func `every form is read`(text: String, expected: Int?)
    {
        #expect(wait(text) == expected, "\(text)")
    }

    @Test(arguments: [
        "", " ", "soon", "nan", "inf", "1e3", "7 s x", "7x", "--1", "1..5", "1.", ".5", "s", "1h2", "99999999999999999999999",
        "Sun, 32 Nov 2026 12:00:30 GMT", "Sun, 22 Foo 2026 12:00:30 GMT", "Sun, 22 Nov 2026 25:00:30 GMT", "2026-13-01T00:00:00Z", "2026-11-22",
        "2026-11-22T12:00", "0000-01-01T00:00:00Z", "2026-11-22T12:00:30+99:00", "{}", "\"", "12:30", "1,5", "default;r=0;t=7",
    ]) func `a text that is not a time has none`(text: String) {
        #expect(wait(text) == nil, "\(text)")
    }

    @Test(
        arguments: [
            ("Please try again in 7.66s.", 7660), ("Please try again in 9m38.016s. Need more tokens?", 578_016), ("try again in 6m0s", 360_000),
            ("Try again in 2 minutes", 120_000), ("Please retry after 2 seconds. Please contact", 2000),
            ("Please retry after 86400 seconds.", 86_400_000), ("Please retry in 45.578569677s.", 45_579),
            ("Your quota will reset after 8h44m7s.", 31_447_000), ("Please wait 8 hours 24 minutes and try again", 30_240_000),
            ("Please wait 43200 seconds before retrying.", 43_200_000), ("retry after 30", 30_000), ("Retry-After: 12", 12_000),
            ("rate limited; retry after 30 requests", nil), ("again in 1 hour and 5 minutes.", 3_900_000), ("resets in 2h", 7_200_000),
            ("Try again in 120ms", 120), ("try again in about 20 secs", 20_000), ("wait a moment", nil), ("Please try again later.", nil),
            ("limit 5 per minute", nil), ("try again in 58 hours", 208_800_000), ("resets at 2026-11-22T12:01:00Z.", 60_000),
            ("Limit 7000, Used 0, Requested 12903. Please try again in 50.597142857s. Visit", 50_598), ("", nil), ("again in", nil),
            ("again in 99999999999999999999 s", nil), ("again in 999999999999 days", RetryTime.longest), ("waiting 5s", nil),
            ("rate limit exceeded, try again at 2026-11-22T13:00:00+01:00", 0),
            ("You will regain access on 2026-11-23 at 00:00 UTC.", 43_200_000), ("You will regain access on 2026-11-23.", 43_200_000),
            ("Your quota resets on 2026-11-22, 13:30 UTC", 5_400_000), ("available again at 2026/11/22 12:01:00", 60_000),
            ("Try again at Nov 22nd, 2026 1:35 PM.", 5_700_000), ("Your limit resets on November 23, 2026 at 12:00 AM UTC", 43_200_000),
            ("blocked until 23 November 2026", 43_200_000), ("back on Mon, 23 Nov 2026 12:00 GMT", 86_400_000),
            ("Limit resets at 00:00 UTC", 43_200_000), ("resets at midnight UTC", 43_200_000), ("your limit resets 3pm (UTC)", 10_800_000),
            ("resets at 11:59 UTC", 86_340_000), ("resets at 12:00 UTC", 86_400_000), ("resets at 3pm", nil), ("resets at 13:00", nil),
            ("resets at 25:00 UTC", nil), ("resets at 13pm UTC", nil), ("until 2026-13-01", nil), ("resets 5 of them", nil),
            ("access on 2026-11-23 at 7 requests", 43_200_000), ("resets at 10:00 Uzbek", nil),
            ("Your limit resets in 2 hours 13 minutes.", 7_980_000), ("Please wait 41234 seconds before retrying.", 41_234_000),
            ("Повторите через 30 секунд", 30_000), ("Повторите через 5 минут", 300_000), ("Bitte erneut in 20 Sekunden versuchen", 20_000),
            ("Veuillez réessayer dans 2 heures", 7_200_000), ("Intenta de nuevo en 3 minutos", 180_000), ("30초 후 다시 시도", 30_000),
            ("resets at 4:00 AM PST", 86_400_000), ("resets at 5:00 AM PST", 3_600_000), ("try again at 5am PDT", 86_400_000),
            ("resets at 3:00 PM EST", 28_800_000), ("resets at 21:00 (Asia/Shanghai)", 3_600_000), ("resets at 21:00 UTC+8", 3_600_000),
            ("resets at 21:30 UTC+08:00", 5_400_000), ("resets at 05:00 GMT-8", 3_600_000), ("resets at 21:00 +08:00", 3_600_000),
            ("resets at 21:00 +0800", 3_600_000), ("resets 2pm (Europe/Berlin)", 3_600_000), ("resets at 10pm JST", 3_600_000),
            ("resets at 6:30 PM IST", 3_600_000), ("resets at 5am Pacific Time.", 3_600_000), ("resets at 21:00 Beijing time", 3_600_000),
            ("try again at 2026-11-22 21:00 +08:00", 3_600_000), ("resets on Nov 22, 2026 at 5:00 AM PT", 3_600_000),
            ("until 2026-11-22T21:00:00+08:00", 3_600_000), ("resets at 2026-11-22 21:00:00 CST", 3_600_000),
            ("resets at 2026-11-22 19:00:00 CST", 46_800_000), ("resets at 7pm CST", 46_800_000), ("resets at 7am CST", 3_600_000),
            ("resets Nov 22 at 2pm (Europe/Berlin)", 3_600_000), ("resets Nov 21, 12pm UTC", 0), ("resets 5 marbles", nil),
            // Without a year: in the past if that is less than a month ago, else the next.
            ("resets Nov 22, 11:59am UTC", 0), ("back on 22 October at noon UTC", 0), ("back on 20 October at noon UTC", RetryTime.longest),
            ("resets Nov 24, 12pm UTC", 172_800_000), ("until may 5 requests", nil), ("resets at 12:30 UTC - 5 requests", 1_800_000),
            ("resets at 10:00 Asia/Nowhere", nil),
            ("請在 5 分鐘後重試", 300_000), ("将在 2026-11-22 21:00 重置", 3_600_000),
        ] as [(String, Int?)]) func `waiting times are found in sentences`(text: String, expected: Int?)
    {
        #expect(inProse(text) == expected, "\(text)")
    }

    @Test func `no prefix of a time traps or gives more than the longest wait`() {
        let texts = [
            "Sun, 22 Nov 2026 12:00:30 GMT", "Sunday, 22-Nov-26 12:00:30 GMT", "Sun Nov 22 12:00:30 2026", "2026-11-22T12:00:30.123456789+02:00",
            "161h39m41.300432511s", "Please wait 8 hours, 24 minutes and 3 seconds", "1795348860000000", "retry after about 12 \u{B5}s",
        ]
        for text in texts {
            for end in 0...text.utf8.count {
                let prefix = String(decoding: text.utf8.prefix(end), as: UTF8.self)
                for wait in [wait(prefix), inProse(prefix), inProse("again in \(prefix)")] {
                    #expect(wait.map { $0 >= 0 && $0 <= RetryTime.longest } ?? true, "\(prefix)")
                }
            }
        }
    }

    @Test(
        arguments: [
            // On each side of the changes of 2026: 8 March and 1 November, 29 March and 25 October, 5 April and
            // 4 October.
            ("2026-03-07 12:00 PT", "2026-03-07T20:00:00Z"), ("2026-03-09 12:00 PT", "2026-03-09T19:00:00Z"),
            ("2026-10-31 12:00 America/New_York", "2026-10-31T16:00:00Z"), ("2026-11-02 12:00 America/New_York", "2026-11-02T17:00:00Z"),
            ("2026-03-28 12:00 Europe/Paris", "2026-03-28T11:00:00Z"), ("2026-03-30 12:00 Europe/Paris", "2026-03-30T10:00:00Z"),
            ("2026-10-24 12:00 Europe/London", "2026-10-24T11:00:00Z"), ("2026-10-26 12:00 Europe/London", "2026-10-26T12:00:00Z"),
            ("2026-04-04 12:00 Australia/Sydney", "2026-04-04T01:00:00Z"), ("2026-04-06 12:00 Australia/Sydney", "2026-04-06T02:00:00Z"),
        ]) func `summer time counts in zones that have it`(text: String, point: String)
    {
        let (text, point) = (Array("until \(text)".utf8), Array("until \(point)".utf8))
        let now = 1_767_225_600_000  // 2026-01-01
        let wait = RetryTime.inProse(text.span.bytes, now: now)
        #expect(wait != nil && wait == RetryTime.inProse(point.span.bytes, now: now))
    }

    @Test(arguments: [
        ("2026-01-01T00:30:00Z", "resets Dec 31, 11:59pm UTC", 0), ("2026-01-01T00:30:00Z", "resets January 1 at 1:00 AM UTC", 1_800_000),
        ("2025-12-31T23:30:00Z", "resets Jan 1, 12:00 AM UTC", 1_800_000), ("2025-12-31T23:30:00Z", "resets Dec 31, 11pm UTC", 0),
    ]) func `a date without a year may be on either side of New Year`(now: String, text: String, wait: Int) throws {
        let date = Array(now.utf8)
        let told = RetryTime.internetDate(date.span.bytes)
        let point = try #require(told)
        let bytes = Array(text.utf8)
        #expect(RetryTime.inProse(bytes.span.bytes, now: point) == wait)
    }

    @Test func `each day falls in the year of the calendar`() {
        for year in [1969, 1970, 1999, 2000, 2024, 2026, 2100] {
            #expect(CivilTime.year(ofDay: CivilTime.days(year: year, month: 1, day: 1)) == year)
            #expect(CivilTime.year(ofDay: CivilTime.days(year: year, month: 12, day: 31)) == year)
            #expect(CivilTime.year(ofDay: CivilTime.days(year: year, month: 3, day: 1)) == year)
        }
    }

    @Test(arguments: [
        (1970, 1, 1, 0), (2000, 2, 29, 11_016), (2026, 11, 22, 20_779), (1969, 12, 31, -1), (2100, 3, 1, 47_541), (1, 1, 1, -719_162),
    ]) func `days are counted as in the calendar`(year: Int, month: Int, day: Int, expected: Int) {
        #expect(CivilTime.days(year: year, month: month, day: day) == expected)
    }

    @Test(
        arguments: [
            ("250", 250), ("1.2", 2), ("-5", 0), ("0", 0), ("", nil), ("x", nil), ("1s", nil), ("-", nil), ("999999999999999999999", nil),
        ] as [(String, Int?)]) func `milliseconds have no other unit`(text: String, expected: Int?)
    {
        let bytes = Array(text.utf8)
        #expect(RetryTime.waitOfMilliseconds(bytes.span.bytes) == expected)
    }
}
