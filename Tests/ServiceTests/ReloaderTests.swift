import EventLoop
import Gateway
import LoopTesting
import Service
import Synchronization
import Testing

/// Files that are read when the test allows it.
private final class Files: Sendable {
    private let reads = Mutex(0)
    private let gate = Gate()

    /// Returns the number of the read.
    func load() -> Int {
        let number = reads.withLock { count in
            count += 1
            return count
        }
        gate.pass()
        return number
    }

    func openGate() { gate.open() }
    var count: Int { reads.withLock { $0 } }
}

private final class Results {
    var applied: [Int] = []
    var began = 0
    var reports: [String] = []
}

@Suite(.timeLimit(.minutes(30))) struct ReloaderTests {
    private static func reloader(_ files: Files, _ results: Results, on loop: EventLoop) -> Reloader<Int> {
        let reloader = Reloader(
            on: loop, load: { files.load() },
            apply: { number in
                #expect(loop.isCurrent)
                results.applied.append(number)
                return ReloadReport(changes: "read \(number)")
            })
        reloader.began = { results.began += 1 }
        return reloader
    }

    @Test func `a request during a reload gets the result of one that began later`() async throws {
        try await withLoop { loop in
            let (files, results) = (Files(), Results())
            let reloader = Self.reloader(files, results, on: loop)
            loop.task((reloader, results)) { $1.reports.append(await $0.reload().changes) }
            try await eventually(on: loop, "the first read") { files.count == 1 }
            for _ in 0..<20 { reloader.request() }
            for _ in 0..<3 { loop.task((reloader, results)) { $1.reports.append(await $0.reload().changes) } }
            try await pause(.milliseconds(5), on: loop)
            #expect(files.count == 1 && results.applied.isEmpty, "one at a time")
            files.openGate()
            try await eventually(on: loop, "the second read") { files.count == 2 && results.reports.count == 1 }
            #expect(results.reports == ["read 1"])
            files.openGate()
            try await eventually(on: loop, "all reports") { results.reports.count == 4 }
            #expect(results.reports[1...].allSatisfy { $0 == "read 2" } as Bool)
            #expect(results.applied == [1, 2] && results.began == 2)
        }
    }

    @Test func `a reload has ended only when its follow-up has`() async throws {
        try await withLoop { loop in
            let (files, results) = (Files(), Results())
            let reloader = Self.reloader(files, results, on: loop)
            let (settling, ended) = (Shared(false), Shared(0))
            reloader.settle = { while !settling.value { try? await pause(.milliseconds(1), on: loop) } }
            reloader.ended = { _ in ended.update { $0 += 1 } }
            files.openGate()
            loop.task((reloader, results)) { $1.reports.append(await $0.reload().changes) }
            try await eventually(on: loop, "it is applied") { results.applied == [1] }
            reloader.request()
            try await pause(.milliseconds(5), on: loop)
            #expect(ended.value == 0 && results.reports.isEmpty && files.count == 1, "the next one waits too")
            settling.update { $0 = true }
            files.openGate()
            try await eventually(on: loop, "both have ended") { ended.value == 2 && results.applied == [1, 2] }
            #expect(results.reports == ["read 1"])
        }
    }

    @Test func `a reload that runs at shutdown is not applied, and its waiting callers are told`() async throws {
        try await withLoop { loop in
            let (files, results) = (Files(), Results())
            let reloader = Self.reloader(files, results, on: loop)
            loop.task((reloader, results)) { $1.reports += await $0.reload().problems }
            try await eventually(on: loop, "the read") { files.count == 1 }
            reloader.stop()
            try await eventually(on: loop, "the report") { results.reports == ["the gateway is shutting down"] }
            files.openGate()
            loop.task((reloader, results)) { $1.reports += await $0.reload().problems }
            try await eventually(on: loop, "the second report") { results.reports.count == 2 }
            try await pause(.milliseconds(5), on: loop)
            #expect(results.applied.isEmpty && files.count == 1)
        }
    }
}
