import Testing

@testable import Configuration

@Suite struct ScalarTests {
    @Test(arguments: [
        ("0", 0), ("1", 1), ("-3", -3), ("+7", 7), ("1.5", 1.5), (".5", 0.5), ("2.", 2), ("1e3", 1000), ("1.5E-1", 0.15), ("250_000", 250_000),
        (".inf", .infinity),
        ("-.Inf", -.infinity),
    ])
    func `a number of the core schema is one`(text: String, value: Double) {
        #expect(CoreScalar.number(text) == value)
    }

    @Test(arguments: [
        "", "-", ".", "1_", "_1", "1__0", "0x10", "0b1", "1e", "1 000", "1,5", "nan", ".nan", "inf", "1:30", "--1", "1.2.3", "2024-01-01", "١",
    ])
    func `other text is no number`(text: String) {
        #expect(CoreScalar.number(text) == nil)
    }

    @Test(arguments: [("12", 12), ("1e6", 1_000_000), ("1_000", 1000), ("9223372036854775807", Int.max), ("2.0", 2)])
    func `a whole number is exact`(text: String, value: Int) {
        #expect(CoreScalar.integer(text) == value)
    }

    @Test(arguments: ["1.5", "1e300", "9223372036854775808", "1e17", ".inf", "x"])
    func `what is no exact whole number is none`(text: String) {
        #expect(CoreScalar.integer(text) == nil)
    }

    @Test(arguments: [
        ("5", 5000), ("0.5", 500), ("500ms", 500), ("5s", 5000), ("1m30s", 90_000), ("2h", 7_200_000), ("1.5s", 1500), ("1h1m1s1ms", 3_661_001),
        ("0", 0), ("5 s", 5000), ("500 ms", 500), ("1m 30s", 90_000), ("1 h 30 m", 5_400_000), ("1d", 86_400_000), ("1w", 604_800_000),
        ("1w2d3h", 788_400_000), ("7 d", 604_800_000),
    ])
    func `a span of time is read in milliseconds`(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "s", " s", "5  s", "5s ", " 5s", "5x", "1d1w", "1y", "-5", "-5s", "30s1m", "1s1s", "1..2s", "1m30", "1e99", ".inf", "5S", "ms5",
    ])
    func `other text is no span of time`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}
