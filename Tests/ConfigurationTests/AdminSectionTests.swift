import Gateway
import Testing

@testable import Configuration

@Suite struct AdminSectionTests {
    private func load(_ text: String, _ environment: [String: String] = [:]) throws -> LoadedConfiguration {
        try ConfigurationFixture(["config/best.yaml": text, "config/meta-providers.yaml": "providers: []\n"]).load(environment)
    }

    @Test(
        arguments: [
            ("127.0.0.1:9001", AdminAddress.tcp(host: "127.0.0.1", port: 9001)), ("localhost:0", .tcp(host: "localhost", port: 0)),
            ("0.0.0.0:65535", .tcp(host: "0.0.0.0", port: 65535)), ("'[::1]:9001'", .tcp(host: "::1", port: 9001)),
            ("unix:/run/best/admin.sock", .socket(path: "/run/best/admin.sock")), ("unix:admin.sock", .socket(path: "admin.sock")),
            ("\"unix:a: b\"", .socket(path: "a: b")), ("null", nil), ("", nil),
        ] as [(String, AdminAddress?)])
    func `an address of the operator's listener`(text: String, expected: AdminAddress?) throws {
        let loaded = try load("admin: {listen: \(text)}\n", ["LLMGW_ADMIN_API_KEY": "a"])
        #expect(loaded.problems.isEmpty && loaded.readable.admin.listen == expected, "\(loaded.problems)")
        if let expected { #expect(AdminAddress(parsing: expected.description) == expected) }
    }

    @Test(arguments: [
        "", ":", ":9", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "127.0.0.1:9001x", "::1:9001", "[127.0.0.1]:1", "[::1]",
        "name:1",
        "unix:", "unix:/run/", "unix", "tcp:127.0.0.1:1", "http://127.0.0.1:1", "unix:" + String(repeating: "x", count: 108), "unix:a\0b",
    ])
    func `what is none`(text: String) {
        #expect(AdminAddress(parsing: text) == nil)
    }

    @Test(arguments: [("0600", 0o600), ("'0660'", 0o660), ("0o666", 0o666), ("00", 0), ("0777", 0o777)])
    func `a mode is an octal number however it is written`(text: String, mode: Int) throws {
        let loaded = try load("admin: {socket_mode: \(text)}\n")
        #expect(loaded.problems.isEmpty && loaded.readable.admin.socketMode == UInt16(mode), "\(loaded.problems)")
    }

    @Test(arguments: ["600", "0800", "0x1F", "rw", "-0600", "0+60", "07777", "0", "true", "0o"])
    func `what is no mode`(text: String) throws {
        #expect(try load("admin: {socket_mode: \(text)}\n").problems.map(\.keyPath) == ["admin.socket_mode"])
    }

    @Test func `without any key the operator's listener is for this machine only too`() throws {
        let text = "admin:\n  listen: 0.0.0.0:9001\n"
        #expect(try load(text).exposure?.description.hasPrefix("config/best.yaml:2: admin.listen: without any key") == true)
        #expect(try load(text, ["LLMGW_ADMIN_API_KEY": "a"]).exposure == nil)
        for address in ["127.0.0.1:9001", "unix:/run/s"] { #expect(try load("admin: {listen: \(address)}\n").exposure == nil) }
    }

    @Test func `the operator's listener can't have the clients' address`() throws {
        let key = ["LLMGW_ADMIN_API_KEY": "a"]
        for (host, listen) in [("127.0.0.1", "localhost:9"), ("0.0.0.0", "127.0.0.1:9"), ("127.0.0.1", "0.0.0.0:9"), ("'::'", "'[::]:9'")] {
            let problems = try load("server: {host: \(host), port: 9}\nadmin: {listen: \(listen)}\n", key).problems
            #expect(problems.map(\.keyPath) == ["admin.listen"], "\(host) and \(listen)")
        }
        #expect(try load("server: {port: 9}\nadmin: {listen: 127.0.0.1:10}\n", key).problems.isEmpty)
        #expect(try load("server: {port: 9}\nadmin: {listen: 127.0.0.2:9}\n", key).problems.isEmpty)
        #expect(try load("server: {port: 0}\nadmin: {listen: 127.0.0.1:0}\n", key).problems.isEmpty)
        #expect(try load("server: {port: 8}\nadmin: {listen: 127.0.0.1:9}\n", key.merging(["PORT": "9"]) { $1 }).problems.count == 1)
    }
}
