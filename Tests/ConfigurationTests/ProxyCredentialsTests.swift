import Foundation
import Gateway
import Testing

@testable import Configuration

@Suite struct ProxyCredentialsTests {
    private func found(_ environment: [String: String]) -> Set<String> { Set(ProxyCredentials.find(in: environment).map { $0.reveal { $0 } }) }

    @Test(arguments: [
        ("http://user:p4ss@proxy.example:3128", ["user:p4ss", "p4ss", "dXNlcjpwNHNz"]),
        ("user:p4ss@proxy.example:3128", ["user:p4ss", "p4ss", "dXNlcjpwNHNz"]),
        ("socks5h://token@proxy.example", ["token", "dG9rZW4="]),
        ("http://u:p%40ss%2F1@proxy.example/", ["u:p%40ss%2F1", "p%40ss%2F1", "u:p@ss/1", "p@ss/1"]),
        ("http://u:p/ss@proxy.example", ["u:p/ss", "p/ss"]), ("http://u:p@ss@proxy.example", ["u:p@ss", "p@ss"]),
        ("http://u:p@proxy.example", ["u:p", "dTpw"]),
    ]) func `credentials are found in every form in which they are sent or quoted`(url: String, forms: [String]) {
        for variable in ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            let found = found([variable: url])
            for form in forms { #expect(found.contains(form), "\(variable): \(found)") }
        }
    }

    @Test(arguments: ["", "http://proxy.example:3128", "proxy.example", "http://@proxy.example", "http://proxy.example/?a=b"])
    func `where there are none, none are found`(url: String) {
        #expect(found(["https_proxy": url, "no_proxy": "user:p4ss@host"]).isEmpty)
    }

    @Test func `every provider and the leaderboards know them`() throws {
        let loaded = try loadProviders(
            "providers:\n  - {name: a, base_url: http://a.test/v1}\n  - {name: b, base_url: http://b.test/v1}\n",
            ["https_proxy": "http://user:p4ss@proxy.example"])
        let configuration = try #require(loaded.configuration)
        for secrets in [configuration.proxyCredentials] + configuration.providers.map(\.proxyCredentials) {
            #expect(secrets.contains { $0.reveal { $0 == "user:p4ss" } })
        }
    }
}
