import Foundation
import Testing

@Suite struct CheckTests {
    /// Runs `best check` with providers at a mock; each has its path there and its variable.
    private func check(
        _ arguments: [String], _ providers: [String], environment: [String: String] = [:]
    ) throws -> (exit: Program.Exit, text: String) {
        let folder = try Folder()
        try folder.write("providers:\n" + providers.map { "  - \($0)\n" }.joined(), to: "meta-providers.yaml")
        let program = try Program(["check", "--config", "."] + arguments, environment: environment, directory: folder.path)
        return (try program.waitForExit(), program.text)
    }

    @Test func `--live asks each provider with each of its keys and says what came back, and spends nothing`() throws {
        let mock = try MockProcess()
        let refusing = try RawUpstream(
            answering: "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: 29\r\n\r\n{\"error\":{\"message\":\"sk-no\"}}")
        let listless = try RawUpstream(answering: "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        let closed = try RawUpstream.closedPort()
        defer {
            refusing.stop()
            listless.stop()
            close(closed.descriptor)
        }
        let providers = [
            "{name: good, base_url: '\(mock.url)', api_key_env_var: [A_KEY, B_KEY]}",
            "{name: fixed, base_url: '\(mock.url)', models: [not-there], api_key_env_var: A_KEY}",
            "{name: refused, base_url: '\(refusing.url)', api_key_env_var: A_KEY}",
            "{name: listless, base_url: '\(listless.url)', models: [m]}",
            "{name: gone, base_url: 'http://127.0.0.1:\(closed.port)/v1'}", "{name: keyless, base_url: '\(mock.url)', api_key_env_var: C_KEY}",
        ]
        let environment = ["A_KEY": "hunter2a", "B_KEY": "hunter2b"]
        let (exit, text) = try check(["--live"], providers, environment: environment)
        #expect(exit == .code(69), "\(text)")
        let rows = text.split(separator: "\n").map { $0.replacing(#/[ ]{2,}/#, with: "|") }
        #expect(rows.count { $0.hasPrefix("good|A_KEY|ok, ") || $0.hasPrefix("good|B_KEY|ok, ") } == 2, "\(text)")
        #expect(rows.contains { $0.hasPrefix("fixed|A_KEY|ok, ") && $0.hasSuffix("; not on its list: not-there") }, "\(text)")
        #expect(rows.contains("refused|A_KEY|key rejected: status 401"), "\(text)")
        #expect(rows.contains("listless|none needed|reached; no list of models (status 404), the file has them"), "\(text)")
        #expect(rows.contains { $0.hasPrefix("gone|none needed|unreachable: connect") }, "\(text)")
        #expect(rows.contains("2 of 6 can't be used now") && !text.contains("hunter") && !text.contains("sk-no"), "\(text)")
        #expect((refusing.received + listless.received).allSatisfy { $0.hasPrefix("GET /v1/models HTTP/1.1\r\n") }, "no other call")
        #expect(try mock.counter("chat") == 0 && mock.counter("completions") == 0 && mock.counter("embeddings") == 0, "nothing that costs")
        #expect(!rows.contains { $0.hasPrefix("keyless|C_KEY") } && text.contains("0 of 1, set C_KEY"))

        let json = try check(["--live", "--json"], providers, environment: environment)
        #expect(json.exit == .code(69) && !json.text.contains("hunter"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any])
        #expect(object["ok"] as? Bool == false && (object["problems"] as? [Any])?.isEmpty == true)
        let listed = try #require(object["providers"] as? [[String: Any]])
        #expect(listed.map { $0["name"] as? String } == ["good", "fixed", "refused", "listless", "gone", "keyless"])
        #expect(listed.map { $0["usable"] as? Bool } == [true, true, true, true, true, false])
        let answers = listed.map { ($0["live"] as? [[String: Any]] ?? []).map { $0["ok"] as? Bool } }
        #expect(answers == [[true, true], [true], [false], [true], [false], []])
        mock.program.stop()
    }

    @Test func `an alias for what no provider has is told, where the models of all are written down`() throws {
        let folder = try Folder()
        let best = "aliases: {house: [llama-3.3-70b, nobody-has-this], quick: fast, other: META-LLAMA/Llama-3.3-70B-Instruct, part: versatile}\n"
        try folder.write(best, to: "best.yaml")
        func check(_ providers: String) throws -> String {
            try folder.write("providers:\n\(providers)", to: "meta-providers.yaml")
            let program = try Program(["check", "--config", "."], directory: folder.path)
            #expect(try program.waitForExit() == .code(0), "\(program.text)")
            return program.text
        }
        let fixed = "  - {name: a, base_url: 'http://127.0.0.1:1/v1', models: [llama-3.3-70b-versatile]}\n"
        let text = try check(fixed)
        #expect(text.contains("aliases: house stands for nobody-has-this, which no provider has"), "\(text)")
        #expect(text.components(separatedBy: "aliases: ").count == 2, "\(text)")
        // What a list will have nobody knows.
        #expect(try !check(fixed + "  - {name: b, base_url: 'http://127.0.0.1:1/v1'}\n").contains("nobody-has-this, which"))
    }

    @Test func `a base address that is a request's is put right, and what is used is said`() throws {
        let mock = try MockProcess()
        for end in ["/chat/completions", "/models", "/v1", "/models/"] {
            let (exit, text) = try check(["--live"], ["{name: odd, base_url: '\(mock.url)\(end)'}"])
            #expect(exit == .code(0) && text.contains("providers[0].base_url") && text.contains("\(mock.url) is used"), "\(text)")
        }
        mock.program.stop()
    }

    @Test func `--live with everything in order exits 0, and with nobody to ask says so`() throws {
        let mock = try MockProcess()
        let fine = try check(["--live"], ["{name: a, base_url: '\(mock.url)'}"])
        #expect(fine.exit == .code(0) && fine.text.contains("all of them answer"), "\(fine.text)")
        let nobody = try check(["--live"], ["{name: a, base_url: '\(mock.url)', api_key_env_var: A_KEY}"])
        #expect(nobody.exit == .code(78) && nobody.text.contains("there is nobody to ask") && nobody.text.contains("set A_KEY"), "\(nobody.text)")
        mock.program.stop()
    }

    @Test func `a broken configuration shows what could be made out, every problem, and asks nobody`() throws {
        let mock = try RawUpstream(answering: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
        defer { mock.stop() }
        let providers = ["{name: a, base_url: '\(mock.url)'}", "{name: b, base_ulr: 'http://h'}"]
        let (exit, text) = try check(["--live"], providers)
        #expect(exit == .code(78))
        #expect(text.contains("a         \(mock.url)") && text.contains("did you mean \"base_url\"?"), "\(text)")
        #expect(mock.received.isEmpty)
        let json = try check(["--json"], providers)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any])
        let problems = try #require(object["problems"] as? [[String: Any]])
        #expect(json.exit == .code(78) && problems.count == 2)
        #expect(problems.allSatisfy { $0["file"] as? String == "./meta-providers.yaml" && $0["line"] as? Int == 3 })
    }

    @Test func `every subcommand's help teaches with examples`() throws {
        let help = try Program(["--help"])
        #expect(try help.waitForExit() == .code(0))
        let commands =
            help.text.components(separatedBy: "SUBCOMMANDS:\n").last?.split(separator: "\n")
            .prefix { $0.hasPrefix("  ") }.compactMap { $0.hasPrefix("   ") ? nil : $0.split(separator: " ").first } ?? []
        #expect(commands.contains("serve") && commands.contains("check") && commands.contains("mock"), "\(help.text)")
        for command in commands where command != "See" {
            let page = try Program([String(command), "--help"])
            #expect(try page.waitForExit() == .code(0))
            #expect(page.text.contains("Examples:\n") && page.text.contains("  best "), "\(page.text)")
        }
    }

    @Test func `every flag that the README, the units, the manual and the help name is there`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let completions = try Program(["--generate-completion-script", "bash"])
        #expect(try completions.waitForExit() == .code(0))
        func flags(_ text: String) -> Set<String> { Set(text.matches(of: #/(?:^|[^\w-])(--[a-z][a-z-]+)/#).map { String($0.output.1) }) }
        let ours = flags(completions.text)
        #expect(ours.contains("--demo") && ours.contains("--drain-timeout"))
        // Of curl and systemctl.
        let others: Set = ["--unix-socket", "--now"]
        for name in ["README.md", "config/systemd/best.service", "config/systemd/best.socket", "config/best.yaml", "config/meta-providers.yaml"] {
            let named = flags(try String(contentsOfFile: root + "/" + name, encoding: .utf8))
            #expect(named.subtracting(ours).subtracting(others).isEmpty, "\(name): \(named)")
        }
        for command in ["serve", "check", "scores", "keys", "usage", "mock", "bench"] {
            let page = try Program([command, "--help"])
            #expect(try page.waitForExit() == .code(0))
            #expect(flags(page.text).subtracting(ours).isEmpty, "\(command): \(flags(page.text).subtracting(ours))")
        }
        // Made-up answers are asked for by whoever tries it, and never by a service.
        #expect(try String(contentsOfFile: root + "/Makefile", encoding: .utf8).contains("serve --demo $(ARGS)"))
        #expect(try !String(contentsOfFile: root + "/config/systemd/best.service", encoding: .utf8).contains("--demo"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are made for the shell, with every subcommand`(shell: String) throws {
        let folder = try Folder()
        let program = try Program(["--generate-completion-script", shell])
        #expect(try program.waitForExit() == .code(0))
        for word in ["serve", "check", "mock", "config", "log-format"] { #expect(program.text.contains(word)) }
        guard shell == "bash" else { return }
        try folder.write(program.text, to: "best.bash")
        let line =
            "source ./best.bash; COMP_WORDS=(best ch); COMP_CWORD=1; COMP_LINE='best ch'; COMP_POINT=7; _best best ch best; echo \"${COMPREPLY[@]}\""
        let completing = try Program(["-c", line], directory: folder.path, executable: "/bin/bash")
        #expect(try completing.waitForExit() == .code(0) && completing.text.contains("check"), "\(completing.text)")
    }
}
