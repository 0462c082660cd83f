import Configuration
import Gateway
import Testing

@Suite struct SecrecyTests {
    private let secret = "sk-proj-TopSecret0123456789"

    /// Everything that printing, interpolation and `dump` make of a value.
    private func shown(_ value: Any) -> String {
        var text = "\(value) \(String(reflecting: value)) \(String(describing: value))"
        dump(value, to: &text)
        return text
    }

    @Test func `a secret shows nowhere`() {
        let value = Secret(secret)
        #expect(!shown(value).contains("TopSecret"))
        #expect(!shown([value as Secret?]).contains("TopSecret"))
        #expect(Mirror(reflecting: value).children.isEmpty)
        #expect(value.reveal { $0 } == secret && !value.isEmpty && Secret("").isEmpty)
    }

    @Test func `a loaded configuration shows none of its keys, tokens and header values`() throws {
        let yaml = "providers:\n  - {api_key_env_var: [A_KEY, B_KEY], base_url: https://a.example, headers: {X-Key: \(secret)}}"
        let environment = ["A_KEY": secret, "LLMGW_ADMIN_API_KEY": secret + "a", "ALLOWED_BEARER_TOKENS": secret + "b," + secret + "c"]
        let fixture = try ConfigurationFixture(["config/meta-providers.yaml": yaml, ".env": "B_KEY=\(secret)d"])
        let loaded = fixture.load(environment)
        #expect(loaded.configuration?.providers.first?.keys.count == 2)
        #expect(!shown(loaded).contains("TopSecret"))
    }

    @Test(arguments: [
        "api_key_env_var: SECRET", "api_key_env_var: [SECRET]", "api_key_env_var: {SECRET: 1}", "SECRET: 1", "api_key: SECRET", "name: SECRET/x",
        "tier: SECRET",
        "base_priority: SECRET", "base_url: https://u:SECRET@a", "model_url: https://a.example/?key=SECRET", "model_url: SECRET",
        "proxy: http://SECRET@p:1",
        "models: {SECRET: 1}", "models: [{id: a, kind: SECRET}]", "models: [{id: a, SECRET: 1}]", "include: '(SECRET'", "limits: {scope: SECRET}",
        "limits: SECRET", "timeouts: {idle: SECRET}", "headers: {X-A: \"SECRET\\n\"}", "headers: {Authorization: Bearer SECRET}",
        "headers: {'X SECRET': a}",
        "headers: [X-A: SECRET]", "headers: SECRET", "ca_file: SECRET", "quirks: [SECRET]", "quirks: *SECRET", "name: &SECRET [", "x: !SECRET y",
        "name: 'SECRET", "\tname: SECRET", "name: \"\\q SECRET\"", "SECRET: 1\n    SECRET: 2",
    ])
    func `a credential in a wrong place is a problem that does not show it`(line: String) throws {
        for secret in [secret, "gsk_abc", "AIzaSyTopSecret-_x", "0123456789abcdef0123456789abcdef", "xkeysib-abcdefghijklmnop1234"] {
            let loaded = try loadProviders("providers:\n  - base_url: https://a.example\n    " + line.replacing("SECRET", with: secret) + "\n")
            #expect(!loaded.problems.isEmpty)
            #expect(!shown(loaded).contains(secret), "\(loaded.problems)")
        }
    }

    @Test func `a key given in place of its variable's name is not shown as the missing variable`() throws {
        let loaded = try loadProviders("providers:\n  - {api_key_env_var: gsk_AbCdEfGh1234, base_url: https://a.example}")
        #expect(loaded.problems.count == 1)
        #expect(!shown(loaded).contains("gsk_"))
    }

    @Test func `an ordinary name of a variable is accepted, also a long or a lower-case one`() throws {
        for name in ["groq_api_key", "MY_COMPANY_PRODUCTION_LLM_GATEWAY_KEY_2024", "_K1"] {
            #expect(try loadProviders("providers:\n  - {api_key_env_var: \(name), base_url: https://a.example}", [name: "k"]).problems.isEmpty)
        }
    }
}
