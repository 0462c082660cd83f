import Foundation
import Testing

/// Signals at every time: none ends a gateway but those that are meant to.
@Suite struct SignalTests {
    /// A program whose start stands still at its first file, a pipe that nobody has written to yet.
    private final class HeldStart {
        let program: Program
        private let folder: Folder
        private let file: String
        private var descriptor: Int32 = -1

        init() throws {
            folder = try Folder()
            file = folder.path + "/meta-providers.yaml"
            try #require(mkfifo(file, 0o600) == 0)
            program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
            // Nobody can write before the program reads.
            let isReading = Deadline.usual.until {
                descriptor = open(file, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
                return descriptor >= 0
            }
            try #require(isReading)
        }

        /// Gives it the file, which is an ordinary one from then on.
        func goOn() throws {
            let text = "providers:\n  - name: a\n    base_url: http://127.0.0.1:9/v1\n    models: [{id: m}]\n"
            try FileManager.default.removeItem(atPath: file)
            try folder.write(text, to: "meta-providers.yaml")
            let bytes = Array(text.utf8)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
        }
    }

    @Test func `a reload that is asked for while the files are read for the first time is made once they are`() throws {
        let start = try HeldStart()
        for _ in 0..<20 { start.program.send(SIGHUP) }
        try start.goOn()
        _ = try start.program.line(with: " on http://127.0.0.1:")
        _ = try start.program.line(with: "reloaded (")
        start.program.stop()
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGQUIT])
    func `a start that is told to end does so in peace`(signal: Int32) throws {
        let start = try HeldStart()
        start.program.send(signal)
        try start.goOn()
        #expect(try start.program.waitForExit() == .code(0), "\(start.program.text)")
    }

    @Test func `reloads asked for at any moment of a start end none, and each is made`() throws {
        for round in 0..<12 {
            let folder = try Folder()
            try folder.write("providers:\n  - name: a\n    base_url: http://127.0.0.1:9/v1\n    models: [{id: m}]\n", to: "meta-providers.yaml")
            let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
            try waitUntilCovered(program)
            for _ in 0..<round { poll(nil, 0, 5) }
            program.send(SIGHUP)
            _ = try program.line(with: "reloaded (")
            program.send(SIGTERM)
            #expect(try program.waitForExit() == .code(0), "\(program.text)")
        }
    }

    @Test func `ends asked for at any moment of a start are heard`() throws {
        for round in 0..<12 {
            let folder = try Folder()
            try folder.write("providers:\n  - name: a\n    base_url: http://127.0.0.1:9/v1\n    models: [{id: m}]\n", to: "meta-providers.yaml")
            let program = try Program(["serve", "--config", folder.path, "--port", "0"], directory: folder.path)
            try waitUntilCovered(program)
            for _ in 0..<round { poll(nil, 0, 5) }
            program.send(SIGTERM)
            #expect(try program.waitForExit() == .code(0), "\(program.text)")
        }
    }

    @Test func `a serving process takes no notice of signals that mean nothing to it`() throws {
        try withGateway { gateway throws in
            let numbers = [
                SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPIPE, SIGIO, SIGPWR, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGCHLD, SIGURG, SIGWINCH,
            ]
            for number in numbers + Array(34...64) {
                gateway.program.send(number)
                #expect(try gateway.get("/livez").status == 200, "after signal \(number)")
            }
            #expect(try gateway.chat().status == 200)
        }
    }

    /// Waits until the program's own code runs: what is sent earlier meets the loader of programs, which knows no signals.
    private func waitUntilCovered(_ program: Program) throws {
        let isCovered = Deadline.usual.until {
            let status = (try? String(contentsOfFile: "/proc/\(program.processID)/status", encoding: .utf8)) ?? ""
            let masks = status.split(separator: "\n").filter { $0.hasPrefix("SigBlk:") || $0.hasPrefix("SigCgt:") }
            return masks.contains { (UInt64($0.split(separator: "\t").last ?? "", radix: 16) ?? 0) & 1 == 1 }
        }
        try #require(isCovered, "signal 1 is neither blocked nor caught")
    }
}
