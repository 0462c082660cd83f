import Gateway
import Testing

@testable import Configuration

@Suite struct DiscoveryOptionsTests {
    private func load(_ text: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
        try ConfigurationFixture(["config/best.yaml": text, "config/meta-providers.yaml": "providers: []\n"]).load(environment)
    }

    @Test func `the section is read`() throws {
        let discovery = try load(
            """
            discovery:
              refresh_interval: 12h
              patience: 0s
              retry_interval: 5s
              maximum_retry_interval: 1m
              timeout: 10s
              cache_file: lists/models.json
            """
        ).readable.discovery
        #expect(discovery.refreshInterval == .seconds(43_200) && discovery.patience == .zero && discovery.retryInterval == .seconds(5))
        #expect(discovery.maximumRetryInterval == .seconds(60) && discovery.timeout == .seconds(10) && discovery.cacheFile == "lists/models.json")
    }

    @Test func `a cap below its base is a problem`() throws {
        let problems = try load("discovery:\n  retry_interval: 2m\n  maximum_retry_interval: 1m\n").problems
        #expect(problems.count == 1 && problems[0].keyPath == "discovery.maximum_retry_interval")
    }

    @Test func `the variable of the original project names the file`() throws {
        let file = "discovery:\n  cache_file: other.json\n"
        #expect(try load(file, ["PROVIDERS_CONFIG_FILENAME": "lists.json"]).readable.discovery.cacheFile?.hasSuffix("lists.json") == true)
        #expect(try load(file, ["PROVIDERS_CONFIG_FILENAME": ""]).readable.discovery.cacheFile == "other.json")
    }
}
