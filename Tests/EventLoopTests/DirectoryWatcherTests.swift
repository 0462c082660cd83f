import EventLoop
import Foundation
import LoopTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct DirectoryWatcherTests {
    private final class Names {
        var seen: [String] = []
    }

    @Test func `a new entry in a directory is reported by name, and nothing after the watch ends`() async throws {
        let path = NSTemporaryDirectory() + "best-watch-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await withLoop { loop in
            let names = Names()
            let watcher = try DirectoryWatcher(path, on: loop) { names.seen.append($0) }
            try Data().write(to: URL(fileURLWithPath: path + "/one"))
            try FileManager.default.createDirectory(atPath: path + "/two", withIntermediateDirectories: false)
            try await eventually(on: loop, "both reports") { names.seen.contains("one") && names.seen.contains("two") }
            watcher.close()
            watcher.close()
            names.seen = []
            try Data().write(to: URL(fileURLWithPath: path + "/three"))
            try await pause(.milliseconds(5), on: loop)
            #expect(names.seen.isEmpty)
        }
    }

    @Test func `a directory that does not exist can't be watched, and leaves nothing behind`() async throws {
        try await withLoop { loop in
            #expect(throws: UVError.self) { _ = try DirectoryWatcher("/nowhere/at/all", on: loop) { _ in } }
        }
    }
}
