import Testing

@testable import Configuration

@Suite struct NearestNameTests {
    private let keys = ProviderKey.allCases.map(\.rawValue)

    @Test(arguments: [
        ("base_ur", "base_url"), ("baseUrl", "base_url"), ("base-url", "base_url"), ("bsae_url", "base_url"), ("BASE_URL", "base_url"),
        ("api_key", "api_key_env_var"), ("api_key_env", "api_key_env_var"), ("priority", "base_priority"), ("modles", "models"), ("model", "models"),
        ("timeout", "timeouts"), ("header", "headers"), ("quirk", "quirks"), ("teir", "tier"), ("excludes", "exclude"), ("cafile", "ca_file"),
    ])
    func `a slip leads to the key that was meant`(word: String, meant: String) {
        #expect(NearestName.nearest(to: word, among: keys) == meant)
    }

    @Test(arguments: ["", "x", "temperature", "🙂", String(repeating: "base_url", count: 100)])
    func `a word that is like no key leads to the list of keys`(word: String) {
        #expect(NearestName.nearest(to: word, among: keys) == nil)
        #expect(NearestName.suggestion(for: word, among: ["a1", "b2"]) == "valid are a1, b2")
    }

    @Test(arguments: [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xabc", 1), ("abc", "xyz", 3), ("", "ab", 2)])
    func `the distance counts insertions, deletions, replacements and swaps`(first: String, second: String, distance: Int) {
        #expect(NearestName.editDistance(Array(first.utf8), Array(second.utf8)) == distance)
        #expect(NearestName.editDistance(Array(second.utf8), Array(first.utf8)) == distance)
    }
}
