import Foundation
import Testing

@Suite struct HealthCommandTests {
    private func best(_ arguments: [String], environment: [String: String] = [:]) throws -> (exit: Program.Exit, text: String) {
        let program = try Program(arguments, environment: environment)
        return (try program.waitForExit(), program.text)
    }

    @Test func `the probe finds the gateway as the gateway finds its address, and says by its exit code whether it is well`() throws {
        try withGateway { gateway throws in
            let named = try best(["health", "--url", "http://127.0.0.1:\(gateway.port)"])
            #expect(named.exit == .code(0) && named.text.contains("/livez: ok"), "\(named.text)")
            let found = try best(["health", "--ready", "--quiet"], environment: ["HOST": "0.0.0.0", "PORT": "\(gateway.port)"])
            #expect(found.exit == .code(0) && found.text.isEmpty, "\(found.text)")
        }
        let closed = try RawUpstream.closedPort()
        defer { close(closed.descriptor) }
        let gone = try best(["health", "--url", "http://127.0.0.1:\(closed.port)"])
        #expect(gone.exit == .code(1) && gone.text.contains("no answer from http://127.0.0.1:\(closed.port)/livez"), "\(gone.text)")
        #expect(try best(["health", "--url", "nowhere"]).exit == .code(64))
    }

    @Test func `one that lives and can't serve is alive and not ready`() throws {
        let refusing = try RawUpstream(answering: "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nnope")
        defer { refusing.stop() }
        let answer = try best(["health", "--ready", "--url", refusing.url.replacingOccurrences(of: "/v1", with: "")])
        #expect(answer.exit == .code(1) && answer.text.contains("says 503: nope"), "\(answer.text)")
        #expect(refusing.received.allSatisfy { $0.hasPrefix("GET /readyz HTTP/1.1\r\n") })
    }

    @Test func `a gateway that hangs is not well within the time given`() throws {
        try withGateway { gateway throws in
            gateway.program.send(SIGSTOP)
            let start = ContinuousClock.now
            let answer = try best(["health", "--url", "http://127.0.0.1:\(gateway.port)", "--timeout", "300ms"])
            #expect(answer.exit == .code(1) && ContinuousClock.now - start < .seconds(5), "\(answer.text)")
            gateway.program.send(SIGCONT)
        }
    }

    @Test func `the version stands first and alone, and what it was built of below`() throws {
        let lines = try best(["--version"]).text.split(separator: "\n").map(String.init)
        #expect(lines.count == 4, "\(lines)")
        #expect(lines.first?.wholeMatch(of: #/best [0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?/#) != nil, "\(lines)")
        #expect(lines[1].hasPrefix("commit: ") && lines[2].hasPrefix("build: ") && lines[3].contains("libcurl ") && lines[3].contains("SQLite 3."))
    }

    @Test func `the manual has every subcommand, and its formatter nothing against it`() throws {
        let page = try best(["manual"]).text
        for command in ["serve", "check", "scores", "keys create", "usage", "rests clear", "mock", "health", "manual"] {
            #expect(page.contains(".Ss \"best \(command)\"\n"), "\(command)")
        }
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/mandoc") else { return }
        let folder = try Folder()
        try folder.write(page, to: "best.1")
        let lint = try Program(["-Tlint", "-Wwarning", "best.1"], directory: folder.path, executable: "/usr/bin/mandoc")
        #expect(try lint.waitForExit() == .code(0), "\(lint.text)")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions know the subcommands`(shell: String) throws {
        let script = try best(["--generate-completion-script", shell])
        #expect(script.exit == .code(0) && script.text.contains("health") && script.text.contains("rests"))
    }
}
