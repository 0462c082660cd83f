import Testing

@testable import Wire

@Suite struct NearestNameTests {
    private let keys = [
        "name", "api_key_env_var", "base_url", "model_url", "base_priority", "tier", "models", "include", "exclude", "limits", "timeouts",
        "headers", "proxy", "ca_file", "quirks",
    ]

    @Test(arguments: [
        ("base_ur", "base_url"), ("baseUrl", "base_url"), ("base-url", "base_url"), ("bsae_url", "base_url"), ("BASE_URL", "base_url"),
        ("api_key", "api_key_env_var"), ("api_key_env", "api_key_env_var"), ("priority", "base_priority"), ("modles", "models"), ("model", "models"),
        ("timeout", "timeouts"), ("header", "headers"), ("quirk", "quirks"), ("teir", "tier"), ("excludes", "exclude"), ("cafile", "ca_file"),
    ])
    func `a misspelling leads to the key that was meant`(word: String, meant: String) {
        #expect(NearestName.nearest(to: word, among: keys) == meant)
    }

    @Test(arguments: ["", "x", "temperature", "🙂", String(repeating: "base_url", count: 100)])
    func `a word unlike every key leads to none`(word: String) {
        #expect(NearestName.nearest(to: word, among: keys) == nil)
    }

    @Test(arguments: [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("abc", "xabc", 1), ("abc", "xyz", 3), ("", "ab", 2)])
    func `the distance counts insertions, deletions, replacements and swaps`(first: String, second: String, distance: Int) {
        #expect(NearestName.editDistance(Array(first.utf8), Array(second.utf8)) == distance)
        #expect(NearestName.editDistance(Array(second.utf8), Array(first.utf8)) == distance)
    }

    @Test func `names near a model's come nearest first, at most three, each once`() {
        let names = ["gpt-4o", "gpt-4o-mini", "gpt-4", "llama-3", "gpt-4o", "mixtral"]
        #expect(NearestName.several(near: "gpt-4p", among: names).prefix(2) == ["gpt-4", "gpt-4o"])
        #expect(NearestName.several(near: "GPT-4O", among: names).first == "gpt-4o")
        #expect(NearestName.several(near: "a-wholly-different-and-much-longer-name", among: ["x"]).isEmpty)
        #expect(NearestName.several(near: "x", among: []).isEmpty)
        #expect(NearestName.several(near: "", among: ["ab"]) == ["ab"])
        #expect(NearestName.several(near: "ab", among: ["aa", "ac", "ad", "ae"]).count == 3)
    }
}
