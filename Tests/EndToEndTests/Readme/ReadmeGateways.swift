import Foundation
import Testing

/// Gateways that the tests of the README share: starting one for each claim would take a minute.
enum ReadmeGateways {
    static let adminKey = "adm1n"
    static let token = "good"
    static let admin = "X-Admin-API-Key: adm1n"
    static let bearer = "Authorization: Bearer good"

    /// What the presets should not choose.
    private static let last = ["priority: -100"]

    /// The models of both: `shared` is at each provider, `moved` fails at the first, what fails otherwise has a name of its own.
    static let providers = [
        Provider(
            "one",
            models: [
                .init(id: "small", aliases: ["shared"], lines: ["prompt_price: 1", "completion_price: 2"]),
                .init(id: "one-moved:status=503", aliases: ["moved"]), .init(id: "one-shaky:status=503", aliases: ["shaky"]),
                .init(id: "mistake:status=400", lines: last), .init(id: "mistaken:status=400", lines: last),
                .init(id: "broken:error-event=2", lines: last),
                .init(id: "limited:status=429;retry-after=3600", lines: last), .init(id: "late:ttft=700", lines: last),
                .init(id: "silent:stall=head", lines: last), .init(id: "vendor/llama-9-70b"),
            ]),
        Provider(
            "two",
            models: [.init(id: "large", aliases: ["shared"]), .init(id: "two-moved", aliases: ["moved"]), .init(id: "two-shaky", aliases: ["shaky"])]),
    ]

    /// One that nobody needs a key for.
    static let open = SharedGateway(providers, environment: [:])
    /// One of which no other test has made a model rest.
    static let fresh = SharedGateway(providers, environment: [:])
    /// One with a static token and an admin key, whose operator has a socket.
    static let keyed = SharedGateway(
        providers, environment: ["LLMGW_ADMIN_API_KEY": adminKey, "ALLOWED_BEARER_TOKENS": token],
        best: "streaming: {keep_alive_after: 300ms}\n")
}

/// A gateway that lives as long as the test program.
final class SharedGateway: @unchecked Sendable {
    private let lock = NSLock()
    private let make: () throws -> Gateway
    private var made: Gateway?

    init(_ providers: [Provider], environment: [String: String], best: String = "") {
        make = { try Gateway.started(providers, best: Gateway.inOrder + best, environment: environment) }
    }

    /// Runs a story with it, one at a time; it is started for the first.
    func run(sourceLocation: SourceLocation = #_sourceLocation, _ body: (Gateway) throws -> Void) throws {
        lock.lock()
        defer { lock.unlock() }
        let gateway: Gateway
        if let made {
            gateway = made
        } else {
            gateway = try make()
            made = gateway
            SharedGateway.end(gateway)
        }
        do { try body(gateway) } catch {
            Issue.record(error, "the gateway said:\n\(gateway.program.text.suffix(4000))", sourceLocation: sourceLocation)
        }
    }

    /// Ends its programs with this one.
    private static func end(_ gateway: Gateway) {
        registry.lock()
        defer { registry.unlock() }
        processes.append(contentsOf: [gateway.program.processID, gateway.mock.program.processID])
        guard processes.count == 2 else { return }
        atexit { for process in SharedGateway.processes { kill(process, SIGKILL) } }
    }

    private static let registry = NSLock()
    nonisolated(unsafe) private static var processes: [pid_t] = []
}
