import Foundation
import Testing

/// The official client against the gateway, in the environments `make venvs` makes; `BEST_VENVS` names their folder.
@Suite(.enabled(if: venvs != nil, "BEST_VENVS is not set: `make test` sets it"))
struct PythonTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Python").path

    /// The models the scripts ask for.
    private static let providers = [
        Provider(
            "p",
            models: [
                .init(id: "m"), .init(id: "vendor/x"), .init(id: "vectors", lines: ["kind: embedding"]), .init(id: "t:tool", aliases: ["tool"]),
                .init(id: "d:status=500", aliases: ["down"]), .init(id: "l:status=429;retry-after=3600", aliases: ["limited"]),
                .init(id: "k:status=401", aliases: ["locked"]), .init(id: "r:reset=2", aliases: ["broken"]),
                .init(id: "s:stall=head", aliases: ["slow"]),
                .init(id: "b:status=400;code=context_length_exceeded;message=too%20long", aliases: ["bad"]),
                .init(id: "o:status=422", aliases: ["odd"]),
                .init(id: "f:status=429;retry-after=1;times=1", aliases: ["brief"]),
            ], lines: ["timeouts: {first_byte: 300ms}"])
    ]

    /// Runs a script to its end and expects that it is content.
    private func run(_ script: String, in venv: String, _ providers: [Provider] = providers) throws {
        try withGateway(providers, environment: ["ALLOWED_BEARER_TOKENS": "good"]) { gateway throws in
            let arguments = [Self.folder + "/" + script, "http://127.0.0.1:\(gateway.port)/v1"]
            let program = try Program(
                arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"], executable: "\(venvs ?? "")/\(venv)/bin/python")
            #expect(try program.waitForExit(Deadline(.seconds(60))) == .code(0), "\(program.text)")
            print("\(script): \(program.text)", terminator: "")
        }
    }

    @Test func `today's official client is served in all it does`() throws { try run("current.py", in: "current") }

    @Test func `the official client of the original README is served unchanged`() throws { try run("legacy.py", in: "legacy") }

    @Test func `a hundred streams at once arrive whole`() throws {
        try run("concurrent_streams.py", in: "current", [Provider("a", "tokens=100;gap=5")])
    }
}

private let venvs: String? = {
    let path = ProcessInfo.processInfo.environment["BEST_VENVS"] ?? ""
    return path.isEmpty ? nil : path
}()
