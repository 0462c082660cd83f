import Testing

@testable import Configuration

@Suite struct PatternReachTests {
    @Test(arguments: [
        "foo^", "o1^", "/o1^", "-exp^", "$foo", "a$b", "(a|b)^", "a|b^c$d", "x+^", "a{1}^", "[a-z]^", "\\d^", "foo\\A", "\\Zfoo", "(?:a)^b",
        "(?i)foo^", "(?=$a)b", "a(?=^)", "\\Qa\\E^", "[^^]^", "(?<name>a)^", "$.+",
    ])
    func `a pattern whose anchors contradict it is found out`(pattern: String) throws {
        _ = try Regex(pattern)
        let alternatives = pattern == "a|b^c$d"
        #expect(PatternReach.canMatch(pattern) == alternatives)
    }

    @Test(arguments: [
        "foo", "^foo", "foo$", "^foo$", "^$", "$^", "(^|/)o1", "a*^b", "a?^", "(a|^)b", "\\^foo", "[$]foo", "foo[^a]", "x{0,3}^", "(?:^a|b$)", "a|^b",
        "$a*", "(?!^)a", "(?<=a)^?b", "\\bfoo\\b", "a(?#^)b", "(?x) ^a", "\\$5", "foo(?=$)", "x(^)?y", "\\p{L}a", "\\u{61}b", "", "a\\E",
    ])
    func `a pattern that can match is left alone`(pattern: String) {
        #expect(PatternReach.canMatch(pattern))
    }
}
