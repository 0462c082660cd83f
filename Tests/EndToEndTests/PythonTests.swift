import Foundation
import Testing

/// The official client against the gateway, in the environments `make venvs` makes; `BEST_VENVS` names their folder.
@Suite(.enabled(if: venvs != nil, "BEST_VENVS is not set: `make test` sets it"))
struct PythonTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Python").path

    /// The models the scripts ask for. What fails stands on a provider of its own, so that nothing else rests with it.
    private static let providers: [Provider] =
        [
            Provider(
                "p",
                models: [
                    .init(id: "m"), .init(id: "endless:tokens=1000;gap=20", aliases: ["endless"]),
                    .init(id: "dear", lines: ["prompt_price: 1000", "completion_price: 100000"]), .init(id: "vendor/x"),
                    .init(id: "vectors", lines: ["kind: embedding"]), .init(id: "t:tool", aliases: ["tool"]),
                ])
        ]
        + [
            Provider(
                "single", models: [.init(id: "single:tokens=1000;gap=20", aliases: ["single"])], lines: ["limits: {concurrency: 1}"])
        ]
        + failing.enumerated().map { place, model in
            Provider(
                "f\(place)", models: [.init(id: "\(model.name)\(place):\(model.script)", aliases: [model.name])],
                lines: ["timeouts: {first_byte: 300ms}"])
        }

    /// Names and what happens to those who ask for them.
    private static let failing: [(name: String, script: String)] = [
        ("down", "status=500"), ("limited", "status=429;retry-after=3600"), ("locked", "status=401"), ("broken", "reset=2"),
        ("slow", "stall=head"), ("slow-stream", "stall=head"), ("bad", "status=400;code=context_length_exceeded;message=too%20long"),
        ("odd", "status=422"), ("rejects", "status=400;code=invalid_value"), ("gone", "status=404"), ("gone-stream", "status=404"),
        ("mum", "status=429"), ("mum-stream", "status=429"), ("mixed", "status=500"), ("mixed", "status=404"), ("mixed-stream", "status=500"),
        ("mixed-stream", "status=404"), ("poor", "status=402"), ("poor-stream", "status=402"), ("brief", "status=429;retry-after=ms:1.5;times=1"),
        ("barred", "status=403"), ("barred-stream", "status=403"),
    ]

    /// Runs a script to its end and expects that it is content.
    private func run(_ script: String, in venv: String, _ providers: [Provider] = providers) throws {
        let environment = ["ALLOWED_BEARER_TOKENS": "good", "LLMGW_ADMIN_API_KEY": "adm1n"]
        try withGateway(providers, best: "server: {body_timeout: 2s}\n", environment: environment) { gateway throws in
            let arguments = [Self.folder + "/" + script, "http://127.0.0.1:\(gateway.port)/v1", "\(gateway.program.processID)", "adm1n"]
            let program = try Program(
                arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"], executable: "\(venvs ?? "")/\(venv)/bin/python")
            #expect(try program.waitForExit(Deadline(.seconds(60))) == .code(0), "\(program.text)")
            print("\(script): \(program.text)", terminator: "")
        }
    }

    @Test func `today's official client is served in all it does`() throws { try run("current.py", in: "current") }

    @Test func `the official client raises the class of every failure, and waits as it is told`() throws { try run("errors.py", in: "current") }

    @Test func `the official client of the original README is served unchanged`() throws { try run("legacy.py", in: "legacy") }

    @Test func `the description of the API is valid, and answers are as it says`() throws { try run("openapi.py", in: "openapi") }

    @Test func `a hundred streams at once arrive whole`() throws {
        try run("concurrent_streams.py", in: "current", [Provider("a", "tokens=100;gap=5")])
    }
}

private let venvs: String? = {
    let path = ProcessInfo.processInfo.environment["BEST_VENVS"] ?? ""
    return path.isEmpty ? nil : path
}()
