import Foundation
import Testing

@Suite struct ServiceManagerTests {
    /// Microseconds of the monotonic clock.
    private func monotonic() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
    }

    @Test(arguments: [false, true])
    func `the manager hears of the start, of reloads and of the end`(isAbstract: Bool) throws {
        let manager = try NotifyListener(isAbstract: isAbstract)
        try withGateway(environment: ["NOTIFY_SOCKET": manager.name]) { gateway throws in
            let ready = try manager.next(with: "READY=1\n")
            #expect(ready == "READY=1\nSTATUS=serving 1 model of 1 provider on http://127.0.0.1:\(gateway.port)\n")
            #expect(!manager.messages.contains { $0.contains("WATCHDOG") || $0.contains("RELOADING") })

            let before = monotonic()
            try gateway.write([Provider("a"), Provider("b")])
            gateway.program.send(SIGHUP)
            let reloading = try manager.next(with: "RELOADING=1\n")
            let lines = reloading.split(separator: "\n")
            let time = try #require(lines.first { $0.hasPrefix("MONOTONIC_USEC=") }.flatMap { UInt64($0.dropFirst(15)) })
            #expect((before...monotonic()).contains(time))
            #expect(try manager.next(with: "READY=1\n").contains("STATUS=serving 2 models of 2 providers on "))

            try gateway.write(text: "providers:\n  - base_ulr: x\n")
            gateway.program.send(SIGHUP)
            try manager.next(with: "RELOADING=1\n")
            let refused = try manager.next(with: "READY=1\n")
            #expect(refused.contains("STATUS=serving 2 models of 2 providers on ") && refused.contains("; reload refused: "))
            #expect(refused.contains("meta-providers.yaml:2"), "\(refused)")

            try gateway.write([Provider("a")])
            gateway.program.send(SIGHUP)
            try manager.next(with: "RELOADING=1\n")
            #expect(try !manager.next(with: "READY=1\n").contains("refused"))

            gateway.program.send(SIGTERM)
            #expect(try manager.next(with: "STOPPING=1\n").contains("STATUS=stopping"))
            #expect(try gateway.program.waitForExit() == .code(0))
            manager.drain()
            #expect(manager.messages.count { $0.contains("READY=1") } == 4)
        }
    }

    @Test func `the status follows the models`() throws {
        let manager = try NotifyListener()
        let late = try RawUpstream(answering: "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{\"data\":[{\"id\":\"x\"},{\"id\":\"y\"}]}")
        defer { late.stop() }
        try withGateway(environment: ["NOTIFY_SOCKET": manager.name]) { gateway throws in
            try manager.next(with: "READY=1\n")
            try gateway.write([Provider("a"), Provider("late", models: nil, url: late.url)])
            gateway.program.send(SIGHUP)
            try manager.next(with: "STATUS=serving 3 models of 2 providers")
        }
    }

    @Test func `the loop feeds the watchdog, and a process that stands still does not`() throws {
        let manager = try NotifyListener()
        try withGateway(environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"]) { gateway throws in
            try manager.next(with: "READY=1\n")
            for _ in 0..<5 { try manager.next(with: "WATCHDOG=1\n") }
            gateway.program.send(SIGSTOP)
            try #require(Deadline.usual.until { gateway.program.isStopped })
            manager.drain()
            #expect(manager.receive(before: Deadline(.milliseconds(600))) == nil, "three limits long")
            gateway.program.send(SIGCONT)
            for _ in 0..<3 { try manager.next(with: "WATCHDOG=1\n") }
            #expect(try gateway.chat().status == 200)
        }
    }

    @Test func `a watchdog of another process is not fed`() throws {
        let manager = try NotifyListener()
        let variables = ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"]
        try withGateway(environment: variables) { gateway throws in
            try manager.next(with: "READY=1\n")
            #expect(manager.receive(before: Deadline(.milliseconds(300))) == nil)
        }
    }

    @Test(arguments: ["", "relative/path", "/nowhere/at/all", "@", "vsock:2:1234", "/" + String(repeating: "x", count: 200)])
    func `a manager that can't be reached changes nothing`(name: String) throws {
        try withGateway(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "100000"]) { gateway throws in
            #expect(try gateway.chat().status == 200)
            try gateway.reload([Provider("b")])
            #expect(try gateway.chat("b").status == 200)
        }
    }

    @Test func `in the journal lines carry no time of their own`() throws {
        let folder = try Folder()
        try folder.write("providers:\n  - {name: a, base_url: \"http://127.0.0.1:9/v1\", models: [m]}\n", to: "meta-providers.yaml")
        // A file stands for the journal's socket: what counts is that the variable names what is behind the descriptor.
        for (number, (variable, hasTime)) in [("$(stat -c %d:%i log0)", false), ("1:1", true), ("nonsense", true), ("", true)].enumerated() {
            let log = "log\(number)"
            try folder.write("", to: log)
            let line = "export JOURNAL_STREAM=\"\(variable)\"; exec \"$0\" serve --config . --port 0 2>\(log)"
            let program = try Program(["-c", line, Program.path], directory: folder.path, executable: "/bin/sh")
            func text() throws -> String { try String(contentsOfFile: folder.path + "/" + log, encoding: .utf8) }
            #expect(try Deadline.usual.until { try text().contains("curl -N") })
            program.send(SIGHUP)
            #expect(try Deadline.usual.until { try text().contains("reloaded (") })
            program.stop()
            let notice = try #require(try text().split(separator: "\n").first { $0.contains("reloaded (") })
            #expect(notice.hasPrefix("reloaded (") != hasTime, "\(variable): \(notice)")
        }
    }

    @Test func `a socket of the manager's is served, also while nobody runs, and stands for host and port`() throws {
        let mock = try MockProcess()
        let folder = try Folder()
        try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "meta-providers.yaml")
        let (port, listener) = try RawUpstream.closedPort()
        defer { close(listener) }
        listen(listener, 16)
        // The shell does what the manager does: the variables name the process it becomes.
        let line = "export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" serve --config . --port 1 --host 192.0.2.1"
        for round in 1...2 {
            // It waits in the kernel's queue, as clients do during a restart.
            let early = try WireClient(port: port)
            try early.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
            let program = try Program(["-c", line, Program.path], directory: folder.path, executable: "/bin/sh", handing: listener)
            #expect(try early.answer().status == 200, "round \(round)")
            #expect(try program.port(in: " on http://127.0.0.1:") == port)
            try early.send("GET", "/readyz")
            #expect(try early.answer().status == 200)
            program.stop()
        }
        mock.program.stop()
    }

    @Test func `what is handed over but is no listening socket is refused in one line`() throws {
        let folder = try Folder()
        for (before, count) in [("exec 3</dev/null; ", 1), ("", 1), ("exec 3</dev/null 4</dev/null; ", 2)] {
            let line = "\(before)export LISTEN_FDS=\(count) LISTEN_PID=$$; exec \"$0\" serve"
            let program = try Program(["-c", line, Program.path], directory: folder.path, executable: "/bin/sh")
            #expect(try program.waitForExit() == .code(78))
            #expect(program.text.split(separator: "\n").count == 1 && program.text.contains("error: the s"), "\(program.text)")
        }
    }
}
