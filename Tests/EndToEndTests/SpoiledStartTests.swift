import Foundation
import Testing

@Suite struct SpoiledStartTests {
    /// A configuration that must not start: its files, its variables, and the beginnings of the lines that must be said.
    struct Spoiled: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var files: [String: String] = [:]
        var environment: [String: String] = [:]
        var arguments: [String] = []
        let lines: [String]
    }

    private static let right = "providers:\n  - {name: a, base_url: http://127.0.0.1:9/v1, models: [m]}\n"

    @Test(arguments: [
        Spoiled(
            testDescription: "a misspelt key", files: ["meta-providers.yaml": "providers:\n  - base_ulr: http://h\n"],
            lines: [
                "error: ./meta-providers.yaml:2: providers[0].base_url: this key is missing",
                "error: ./meta-providers.yaml:2: providers[0].base_ulr: unknown key; did you mean \"base_url\"?",
            ]),
        Spoiled(
            testDescription: "best.yaml",
            files: ["meta-providers.yaml": right, "best.yaml": "server:\n  prot: 1\ntimeouts: {idle: 9h, total: 1h}\n"],
            lines: [
                "error: ./best.yaml:2: server.prot: unknown key; did you mean \"port\"?",
                "error: ./best.yaml:3: timeouts.idle: 9h is longer than total (1h)",
            ]),
        Spoiled(
            testDescription: "adjustments",
            files: ["meta-providers.yaml": right, "model-adjustments.yaml": "adjustments:\n  a: {priority: 1, regex: '('}\n"],
            lines: ["error: ./model-adjustments.yaml:2: adjustments.a.regex: not a valid regular expression"]),
        Spoiled(
            testDescription: ".env", files: ["meta-providers.yaml": right, ".env": "PORT=0\nA_KEY='hunter2\n"],
            lines: ["error: .env:2: a quotation mark that is not closed"]),
        Spoiled(
            testDescription: "variables", files: ["meta-providers.yaml": right], environment: ["PORT": "http", "LLMGW_ADMIN_API_KEY": ""],
            lines: ["error: environment: PORT: not a number", "error: environment: LLMGW_ADMIN_API_KEY: it is set but empty"]),
        Spoiled(
            testDescription: "a key's file",
            files: ["meta-providers.yaml": "providers:\n  - {base_url: http://h, api_key_env_var: A_KEY}\n", "key": "hunter2\nhunter3\n"],
            environment: ["A_KEY_FILE": "key"], lines: ["error: key: A_KEY: the key cannot be sent in a header"]),
        Spoiled(
            testDescription: "an address for everybody", files: ["meta-providers.yaml": right, "best.yaml": "server: {host: 0.0.0.0}\n"],
            lines: ["error: ./best.yaml:1: server.host: without any key the gateway serves this machine only"]),
        Spoiled(
            testDescription: "no YAML at all, and a directory in place of a file", files: ["meta-providers.yaml": "a: [\n", "best.yaml/x": ""],
            lines: ["error: ./best.yaml: it is a directory", "error: ./meta-providers.yaml:2: not valid YAML"]),
    ])
    func `a spoiled configuration ends serve and check with every problem, exit 78, and no secret`(spoiled: Spoiled) throws {
        let folder = try Folder()
        for (name, text) in spoiled.files {
            if name.contains("/") {
                try FileManager.default.createDirectory(atPath: folder.path + "/best.yaml", withIntermediateDirectories: true)
            }
            try folder.write(text, to: name)
        }
        for command in ["serve", "check"] {
            let program = try Program([command, "--config", "."], environment: spoiled.environment, directory: folder.path)
            #expect(try program.waitForExit() == .code(78), "\(command): \(program.text)")
            let errors = program.text.split(separator: "\n").filter { $0.hasPrefix("error: ") }
            for line in spoiled.lines { #expect(errors.contains { $0.hasPrefix(line) }, "\(command): \(program.text)") }
            #expect(errors.count == spoiled.lines.count, "\(command): \(program.text)")
            #expect(!program.text.contains("hunter"), "\(command) shows a secret")
        }
    }

    @Test func `a file that may not be read is told in one line`() throws {
        let folder = try Folder()
        try folder.write(Self.right, to: "meta-providers.yaml")
        try #require(chmod(folder.path + "/meta-providers.yaml", 0) == 0)
        // The superuser reads it all the same.
        guard geteuid() != 0 else { return }
        let program = try Program(["serve", "--config", "."], directory: folder.path)
        #expect(try program.waitForExit() == .code(78))
        #expect(program.text == "error: ./meta-providers.yaml: no permission to read the file; expected the list of providers\n")
    }

    @Test func `check shows what a right configuration comes to, with keys counted and not shown`() throws {
        let folder = try Folder()
        let text = """
            providers:
              - {name: one, base_url: https://one.example/v1, api_key_env_var: [A_KEY, B_KEY], limits: {requests_per_minute: 20}}
              - {name: two, base_url: http://127.0.0.1:9/v1, models: [m, n]}
              - {name: three, base_url: https://three.example/v1, api_key_env_var: C_KEY}
            """
        try folder.write(text, to: "meta-providers.yaml")
        let program = try Program(["check", "--config", "."], environment: ["A_KEY": "hunter2"], directory: folder.path)
        #expect(try program.waitForExit() == .code(0))
        let rows = program.text.split(separator: "\n").map {
            $0.split(separator: "  ", omittingEmptySubsequences: true).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(rows.contains(["one", "https://one.example/v1", "1 of 2, set B_KEY", "to be discovered", "20 requests/min"]), "\(program.text)")
        #expect(rows.contains(["two", "http://127.0.0.1:9/v1", "none needed", "2 fixed", "-"]), "\(program.text)")
        #expect(rows.contains(["three", "https://three.example/v1", "0 of 1, set C_KEY", "to be discovered", "-"]), "\(program.text)")
        #expect(program.text.contains("2 of 3 providers can be used") && !program.text.contains("hunter"))
    }

    @Test func `the manual that check prints is a configuration that serves`() throws {
        let folder = try Folder()
        let manual = try Program(["check", "--print-defaults"], directory: folder.path)
        #expect(try manual.waitForExit() == .code(0))
        try folder.write(manual.text, to: "best.yaml")
        try folder.write(Self.right, to: "meta-providers.yaml")
        let program = try Program(["serve", "--config", ".", "--port", "0"], directory: folder.path)
        _ = try program.port(in: " on http://127.0.0.1:")
        program.stop()
    }
}
