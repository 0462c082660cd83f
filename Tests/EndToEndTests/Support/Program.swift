import Foundation
import Testing

/// A running `best`: its standard error, its signals and its end.
final class Program {
    /// The executable under test: beside the test bundle, or what `BEST_BINARY` names.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["BEST_BINARY"], !named.isEmpty { return named }
        return (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])).deletingLastPathComponent()
            .appendingPathComponent("best").path
    }()
    /// Whether it was built with a sanitizer, which keeps freed memory; `make` gives such builds a folder of their own.
    static var isSanitized: Bool { path.contains("/asan/") || path.contains("/tsan/") }
    /// What a program under test keeps of the environment; the rest, such as providers' keys, must not decide a test.
    private static let keptVariables = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"]
    /// Bytes of log lines that may lie in the pipe unread, `F_SETPIPE_SZ`.
    private static let pipeSize: Int32 = 1024 * 1024

    private static let starting = NSLock()

    enum Exit: Equatable {
        case code(Int32)
        case signal(Int32)
    }

    let processID: pid_t
    private let errorPipe: Int32
    private var output: [UInt8] = []
    private var hasEnded = false
    private var exit: Exit?

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - arguments: What follows its name.
    ///   - environment: Variables beside the few that are kept.
    ///   - directory: The working directory.
    ///   - executable: Another program than `best`.
    ///   - descriptor: One that it inherits as its descriptor 3.
    init(
        _ arguments: [String], environment: [String: String] = [:], directory: String = "/", executable: String = Program.path,
        handing descriptor: Int32? = nil
    ) throws {
        // A pipe that another program inherited would not end with this one.
        Program.starting.lock()
        defer { Program.starting.unlock() }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw HarnessError.system("pipe") }
        errorPipe = ends[0]
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], 1031, Program.pipeSize)  // F_SETPIPE_SZ, fcntl(2)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        // One that is put onto itself loses its close-on-exec flag (posix_spawn_file_actions_adddup2, POSIX).
        if let descriptor { posix_spawn_file_actions_adddup2(&actions, descriptor, 3) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var own = ProcessInfo.processInfo.environment.filter { Program.keptVariables.contains($0.key) }
        // What lives until the end is not given back before it, and no leak.
        own["ASAN_OPTIONS", default: ""] += ":detect_leaks=0"
        let variables = own.merging(environment) { $1 }.map { strdup("\($0.key)=\($0.value)") }
        // The shell changes the directory and becomes the program.
        let words = (["sh", "-c", "cd \"$0\" && exec \"$@\"", directory, executable] + arguments).map { strdup($0) }
        defer { for text in variables + words { free(text) } }
        var started: pid_t = 0
        let status = posix_spawn(&started, "/bin/sh", &actions, &attributes, words + [nil], variables + [nil])
        guard status == 0 else {
            close(ends[0])
            throw HarnessError("/bin/sh can't be started: \(String(cString: strerror(status)))")
        }
        processID = started
    }

    deinit {
        if exit == nil {
            kill(processID, SIGKILL)
            waitpid(processID, nil, 0)
        }
        close(errorPipe)
    }

    /// Everything it has said so far.
    var text: String {
        while !hasEnded, Deadline(.zero).wait(for: errorPipe, POLLIN) { read() }
        return String(decoding: output, as: UTF8.self)
    }

    /// The first line that holds `part`, as soon as it is there.
    func line(with part: String) throws -> String {
        let deadline = Deadline.usual
        while true {
            let lines = String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.contains(part) }) { return String(line) }
            guard !hasEnded, deadline.wait(for: errorPipe, POLLIN) else {
                throw HarnessError("no line with `\(part)` came, but:\n\(String(decoding: output, as: UTF8.self))")
            }
            read()
        }
    }

    /// How often it has said `part` so far.
    func count(of part: String) -> Int { text.components(separatedBy: part).count - 1 }

    /// Whether it stands still after `SIGSTOP` (state T, proc(5)).
    var isStopped: Bool {
        let text = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        return text.split(separator: ")").last?.hasPrefix(" T") ?? false
    }

    func send(_ signal: Int32) {
        if exit == nil { kill(processID, signal) }
    }

    /// Waits for its end; one that does not come in time is made.
    func waitForExit(_ deadline: Deadline = .usual) throws -> Exit {
        if let exit { return exit }
        // The pipe ends with the last descriptor, and that with the process.
        while !hasEnded {
            guard deadline.wait(for: errorPipe, POLLIN) else { throw HarnessError("process \(processID) has not ended; it said:\n\(text)") }
            read()
        }
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        let end = status & 0x7F == 0 ? Exit.code(status >> 8 & 0xFF) : Exit.signal(status & 0x7F)
        exit = end
        return end
    }

    /// Ends it as a service manager does, and expects that it goes in peace.
    func stop(sourceLocation: SourceLocation = #_sourceLocation) {
        send(SIGTERM)
        do {
            let end = try waitForExit()
            #expect(end == .code(0), "the end of \(processID), which said:\n\(text)", sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, sourceLocation: sourceLocation)
        }
    }

    /// The memory of its own in KiB: what it has written, without the pages of programs and libraries (proc(5)).
    var anonymousKiB: Int {
        let status = (try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line.flatMap { Int($0.split(separator: " ", omittingEmptySubsequences: true)[1]) } ?? 0
    }

    /// The processor time it has used, in seconds; the clock ticks of proc(5) are hundredths on every Linux.
    var processorSeconds: Double {
        let text = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        // The name, in brackets, may hold spaces; user and system time are the 14th and 15th field.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / 100 : 0
    }

    private func read() {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(errorPipe, &piece, piece.count)
        if count > 0 { output += piece[..<count] } else if count == 0 || errno != EINTR { hasEnded = true }
    }
}
