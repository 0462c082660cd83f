import ArgumentParser
import Gateway
import GatewayTesting
import Testing

@testable import best

/// What stands on the command line.
@Suite struct ArgumentTests {
    @Test(arguments: [("30", 30_000), ("500ms", 500), ("1m30s", 90_000), ("0", 0)])
    func `a time is written as in the configuration`(text: String, milliseconds: Int) {
        #expect(TimeArgument(argument: text)?.duration == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "soon", "-1", "1x"]) func `what is no time is refused`(text: String) { #expect(TimeArgument(argument: text) == nil) }

    private func change(_ arguments: String...) throws -> KeyChange {
        var change = KeyChange()
        try LimitArguments.parse(arguments).apply(to: &change, at: UnixTime(seconds: 1_800_014_400))
        return change
    }

    @Test func `limits are set, taken away or left as they are`() throws {
        var generator = RandomSource(seed: 1)
        var key = StoredKey(ClientKey(using: &generator), name: "a", createdAt: UnixTime(seconds: 0))
        key.limits.tokensPerDay = 7
        key = try change("--requests-per-minute", "5", "--budget", "2.5", "--budget-period", "week", "--weight", "3").applied(to: key)
        #expect(key.limits.requestsPerMinute == 5 && key.limits.tokensPerDay == 7 && key.weight == 3)
        #expect(key.limits.budget == Money(dollars: 2.5) && key.limits.budgetPeriod == .week)
        key = try change("--requests-per-minute", "none", "--tokens-per-day", "none", "--budget", "none").applied(to: key)
        #expect(key.limits.requestsPerMinute == nil && key.limits.tokensPerDay == nil && key.limits.budget == nil && key.weight == 3)
    }

    @Test func `a star alone allows every model`() throws {
        #expect(try change("--model", "*").models == [] && change("--model", "a/*", "--model", "b").models == ["a/*", "b"] && change().models == nil)
        #expect(try change("--tag", "x", "--tag", "y").tags == ["x", "y"])
    }

    @Test func `a key's end is a day or a moment to come, or none`() throws {
        guard case .changed(let time) = try change("--expires", "2027-02-01").expiresAt else { throw ValidationError("nothing was changed") }
        #expect(time?.description == "2027-02-01T00:00:00Z")
        guard case .changed(nil) = try change("--expires", "none").expiresAt else { throw ValidationError("it was not taken away") }
        guard case .unchanged = try change().expiresAt else { throw ValidationError("it was changed") }
        #expect(throws: (any Error).self) { try change("--expires", "2027-01-01") }
    }

    @Test(arguments: [
        ["--requests-per-day", "0"], ["--requests-per-day", "-1"], ["--concurrency", "two"], ["--budget", "0"], ["--budget", "nan"],
        ["--budget-period", "year"], ["--weight", "0"], ["--weight", "1001"], ["--expires", "someday"],
    ])
    func `what is no limit is refused`(arguments: [String]) { #expect(throws: (any Error).self) { try LimitArguments.parse(arguments) } }

    @Test(arguments: [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/admin/keys", "http://127.0.0.1:8000"),
        ("https://gateway.example/best", "https://gateway.example:443/best/admin/keys", "https://gateway.example/best"),
        ("http://[::1]:9001", "http://[::1]:9001/admin/keys", "http://[::1]:9001"),
        ("unix:/run/best/admin.sock", "http://localhost:80/admin/keys", "unix:/run/best/admin.sock"),
    ])
    func `a gateway is found where it is named`(text: String, asked: String, told: String) throws {
        let target = try #require(AdminTarget(parsing: text))
        let origin = target.origin
        #expect("\(origin.isSecure ? "https" : "http")://\(origin.host):\(origin.port)\(target.target("/admin/keys"))" == asked)
        #expect(target.description == told && origin.proxy == "", "no proxy learns the admin key")
        #expect(origin.socketPath == (text.hasPrefix("unix:") ? "/run/best/admin.sock" : nil))
    }

    @Test(arguments: ["", "127.0.0.1", "ftp://a", "unix:", "unix:/run/", "http://"]) func `what names no gateway is none`(text: String) {
        #expect(AdminTarget(parsing: text) == nil)
    }

    @Test func `a gateway of a configuration is found on its operator's listener, else where clients are`() {
        var configuration = GatewayConfiguration()
        #expect(AdminTarget(of: configuration)?.description == "http://127.0.0.1:8000")
        (configuration.server.host, configuration.server.port) = ("0.0.0.0", 9000)
        #expect(AdminTarget(of: configuration)?.description == "http://127.0.0.1:9000", "what listens everywhere is here, too")
        configuration.server.host = "::"
        #expect(AdminTarget(of: configuration)?.description == "http://[::1]:9000")
        configuration.admin.listen = AdminAddress(parsing: "127.0.0.1:9001")
        #expect(AdminTarget(of: configuration)?.description == "http://127.0.0.1:9001")
        configuration.admin.listen = AdminAddress(parsing: "unix:/run/s")
        #expect(AdminTarget(of: configuration) == .socket(path: "/run/s"))
        configuration.admin.listen = AdminAddress(parsing: "127.0.0.1:0")
        #expect(AdminTarget(of: configuration) == nil, "the system has chosen the port")
    }
}
