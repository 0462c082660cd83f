import Configuration
import Gateway
import HTTPServer
import Testing

@Suite struct ServerOptionsTests {
    private func load(_ environment: [String: String]) throws -> LoadedConfiguration {
        try ConfigurationFixture().load(directory: nil, environment)
    }

    @Test func `the defaults are loopback, port 8000 and open`() throws {
        let configuration = try #require(try load([:]).configuration)
        let server = configuration.server
        #expect(server.host == "127.0.0.1" && server.port == 8000 && server.mayBeOpen && server.isLoopback)
        #expect(server.dataDirectory == "data" && server.limits.maximumBodyBytes == 33_554_432)
        #expect(configuration.logging.format == .text && configuration.logging.requests)
        #expect(configuration.timeouts == UpstreamTimeouts())
    }

    @Test func `HOST, PORT and STATE_DIRECTORY are taken, and empty ones are not`() throws {
        let set = try #require(try load(["HOST": "[::]", "PORT": "0", "STATE_DIRECTORY": "/var/lib/best:/var/lib/other"]).configuration?.server)
        #expect(set.host == "::" && set.port == 0 && set.dataDirectory == "/var/lib/best" && !set.isLoopback)
        let empty = try #require(try load(["HOST": "", "PORT": "", "STATE_DIRECTORY": ""]).configuration?.server)
        #expect(empty.host == "127.0.0.1" && empty.port == 8000 && empty.dataDirectory == "data")
    }

    @Test(arguments: [
        ("HOST", "http://0.0.0.0", "environment: HOST: not an IP address; 127.0.0.1 or localhost serves this machine, 0.0.0.0 or :: every interface"),
        (
            "HOST", "gateway.example",
            "environment: HOST: not an IP address; 127.0.0.1 or localhost serves this machine, 0.0.0.0 or :: every interface"
        ),
        ("PORT", "65536", "environment: PORT: found 65536; expected a whole number in 0...65535"),
        ("PORT", "-1", "environment: PORT: found -1; expected a whole number in 0...65535"),
        ("PORT", "+80", "environment: PORT: found +80; expected a whole number in 0...65535"),
        ("PORT", "sk-secret", "environment: PORT: not a number; expected a whole number in 0...65535"),
        (
            "LLMGW_ADMIN_API_KEY", "",
            "environment: LLMGW_ADMIN_API_KEY: it is set but empty; give a long random key, or leave it unset to turn the admin endpoints off"
        ),
        (
            "LLMGW_ADMIN_API_KEY", " \n",
            "environment: LLMGW_ADMIN_API_KEY: it is set but empty; give a long random key, or leave it unset to turn the admin endpoints off"
        ),
        (
            "LLMGW_ADMIN_API_KEY", "a b",
            "environment: LLMGW_ADMIN_API_KEY: it cannot be sent in a header; expected visible ASCII without spaces, at most 8192 bytes"
        ),
        (
            "ALLOWED_BEARER_TOKENS", "good,b ad",
            "environment: ALLOWED_BEARER_TOKENS: token 2 of the list cannot be sent in a header; expected visible ASCII without spaces, at most 8192 bytes, separated by commas"
        ),
    ])
    func `a bad variable is a problem`(name: String, value: String, problem: String) throws {
        let loaded = try load([name: value])
        #expect(loaded.problems.map(\.description) == [problem])
        #expect(loaded.configuration == nil)
    }

    @Test func `tokens are separated by commas, trimmed, without empty and repeated ones`() throws {
        let server = try #require(try load(["ALLOWED_BEARER_TOKENS": " one, two ,,one,"]).configuration?.server)
        #expect(server.bearerTokens.map { $0.reveal { $0 } } == ["one", "two"])
        #expect(!server.mayBeOpen)
    }

    @Test func `a list without a token is warned of, because the gateway is open then`() throws {
        let loaded = try load(["ALLOWED_BEARER_TOKENS": " , "])
        #expect(loaded.configuration?.server.mayBeOpen == true)
        #expect(loaded.warnings.map(\.keyPath) == ["ALLOWED_BEARER_TOKENS"])
    }

    @Test func `an admin key ends open mode and must not be a client's token`() throws {
        #expect(try load(["LLMGW_ADMIN_API_KEY": "admin"]).configuration?.server.mayBeOpen == false)
        let shared = try load(["LLMGW_ADMIN_API_KEY": "same", "ALLOWED_BEARER_TOKENS": "other,same"])
        #expect(
            shared.problems.map(\.description)
                == ["environment: LLMGW_ADMIN_API_KEY: it is one of ALLOWED_BEARER_TOKENS too; give the admin endpoints a key of their own"])
    }

    @Test func `a problem with a variable of .env names its line`() throws {
        let fixture = try ConfigurationFixture([".env": "# x\nPORT=http\nLLMGW_ADMIN_API_KEY=\n"])
        #expect(
            fixture.load(directory: nil).problems.map { [$0.file, "\($0.line ?? 0)", $0.keyPath] } == [
                [".env", "2", "PORT"], [".env", "3", "LLMGW_ADMIN_API_KEY"],
            ])
    }

    @Test func `admin key and tokens may come from files`() throws {
        let fixture = try ConfigurationFixture(["admin": "from-file\n", "credentials/ALLOWED_BEARER_TOKENS": "a,b\n"])
        let server = fixture.load(directory: nil, ["LLMGW_ADMIN_API_KEY_FILE": "admin", "CREDENTIALS_DIRECTORY": fixture.path + "/credentials"])
            .configuration?.server
        #expect(server?.adminKey?.reveal { $0 } == "from-file")
        #expect(server?.bearerTokens.count == 2)
    }
}
