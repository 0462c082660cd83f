import Foundation
import Testing

/// How often the gateway allocates in the steady state. Times differ from machine to machine, allocations do not, so these are held to
/// `Tests/Thresholds/allocations.json`: a figure there is changed only together with the reason.
@Suite(.enabled(if: !Program.isSanitized, "a sanitizer has its own malloc")) struct AllocationTests {
    /// The committed limits of this build.
    private struct Thresholds: Decodable {
        let request: Double
        let chunk: Double

        static func read() throws -> Thresholds {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Thresholds/allocations.json")
            let all = try JSONDecoder().decode([String: Thresholds].self, from: Data(contentsOf: file))
            return try #require(all[Program.path.contains("/release/") ? "release" : "debug"])
        }
    }

    @Test func `a request and a chunk allocate no more than the thresholds say`() throws {
        let thresholds = try Thresholds.read()
        let folder = try Folder()
        let library = folder.path + "/allocation_counter.so"
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "allocation_counter.c").path
        let compiler = try Program(["-shared", "-fPIC", "-O2", "-o", library, source], executable: "/usr/bin/cc")
        #expect(try compiler.waitForExit() == .code(0), "\(compiler.text)")
        let count = folder.path + "/count"
        let environment = ["LD_PRELOAD": library, "ALLOCATION_COUNT_FILE": count]
        let provider = Provider("a", models: [.init(id: "a:tokens=1", aliases: ["short"]), .init(id: "a:tokens=401;gap=1", aliases: ["long"])])
        try withGateway([provider], environment: environment, arguments: ["--quiet"]) { gateway throws in
            let client = try gateway.connect()
            func allocations(of model: String, stream: Bool, times: Int) throws -> Int {
                let before = try Self.read(count)
                for _ in 0..<times {
                    try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(model, stream: stream).utf8))
                    #expect(try client.answer().end == .whole)
                }
                return try Self.read(count) - before
            }
            // The first rounds fill the pools and grow the buffers.
            for (model, stream) in [("short", false), ("short", true), ("long", true)] { _ = try allocations(of: model, stream: stream, times: 30) }
            // What is done beside requests, such as putting in order what they taught, comes with time and not with requests: the slower the machine, the more of
            // it falls on each. It only adds, so the round with the least of it tells what a request takes by itself.
            func least(_ model: String, stream: Bool, rounds: Int, times: Int) throws -> Double {
                Double(try (0..<rounds).map { _ in try allocations(of: model, stream: stream, times: times) }.min() ?? 0) / Double(times)
            }
            let request = try least("short", stream: false, rounds: 10, times: 20)
            let short = try least("short", stream: true, rounds: 5, times: 10)
            let chunk = (try least("long", stream: true, rounds: 5, times: 5) - short) / 400
            print("allocations per request \(request), per stream \(short), per chunk \(chunk)")
            #expect(request <= thresholds.request)
            #expect(chunk <= thresholds.chunk)
        }
    }

    private static func read(_ path: String) throws -> Int {
        try Data(contentsOf: URL(filePath: path)).withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
    }
}
