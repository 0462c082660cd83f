import Foundation
import Testing

/// A gateway with a store, and the shell commands that work on it. The gateway can be killed and started again on the same data.
final class StoreHarness {
    static let token = "static-token-of-the-test"
    static let adminKey = "admin-key-of-the-test"

    let mock: MockProcess
    let folder: Folder
    private(set) var gateway: Program
    private(set) var port: Int
    private var wrapper: [String]

    /// Starts the mock and the gateway.
    ///
    /// - Parameters:
    ///   - wrapper: A program and its arguments that becomes the gateway: `["/bin/sh", "-c", "...; exec \"$@\""]`.
    init(wrapper: [String] = []) throws {
        self.wrapper = wrapper
        mock = try MockProcess()
        folder = try Folder()
        try folder.write("providers:\n" + Provider("a").yaml(mock: mock.url), to: "meta-providers.yaml")
        (gateway, port) = try StoreHarness.start(folder, wrapper)
    }

    private static func start(_ folder: Folder, _ wrapper: [String]) throws -> (Program, Int) {
        let arguments = ["serve", "--config", folder.path, "--port", "0", "--quiet"]
        let environment = ["ALLOWED_BEARER_TOKENS": token, "LLMGW_ADMIN_API_KEY": adminKey]
        let program =
            if let first = wrapper.first {
                try Program(
                    Array(wrapper.dropFirst()) + [Program.path] + arguments, environment: environment, directory: folder.path, executable: first)
            } else {
                try Program(arguments, environment: environment, directory: folder.path)
            }
        return (program, try program.port(in: " on http://127.0.0.1:"))
    }

    var database: String { folder.path + "/data/best.db" }

    /// Ends the gateway without a warning.
    func kill() throws {
        gateway.send(SIGKILL)
        _ = try gateway.waitForExit()
    }

    /// Starts the gateway again; `wrapper` as at the start, or another from now on.
    func restart(wrapper: [String]? = nil) throws {
        if let wrapper { self.wrapper = wrapper }
        (gateway, port) = try StoreHarness.start(folder, self.wrapper)
    }

    /// Ends everything in peace.
    func stop() {
        gateway.stop()
        mock.program.stop()
    }

    /// What `best` answers on the same data, which must succeed.
    func best(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let program = try Program(arguments, directory: folder.path)
        let exit = try program.waitForExit(Deadline(.seconds(20)))
        try #require(exit == .code(0), "\(arguments): \(program.text)", sourceLocation: sourceLocation)
        return program.text
    }

    /// The same as a JSON object.
    func object(_ arguments: [String]) throws -> [String: Any] {
        let text = try best(arguments + ["--json"])
        return (try JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// Makes a key; its id and its text.
    func createKey(_ name: String) throws -> (id: String, plaintext: String) {
        let key = try object(["keys", "create", name])
        return (try #require(key["id"] as? String), try #require(key["plaintext_key"] as? String))
    }

    /// A request to the admin API.
    func admin(_ method: String, _ target: String, _ body: String? = nil) throws -> Answer {
        let client = try WireClient(port: port)
        try client.send(method, target, ["X-Admin-API-Key: \(StoreHarness.adminKey)"], body: body.map { Array($0.utf8) })
        return try client.answer()
    }

    /// The status that the gateway answers to a key.
    func status(of plaintext: String) throws -> Int { try statuses(of: [plaintext])[0] }

    /// The same for many keys, one after the other on one connection.
    func statuses(of plaintexts: [String]) throws -> [Int] {
        let client = try WireClient(port: port)
        return try plaintexts.map { plaintext in
            try client.send("GET", "/v1/models", ["Authorization: Bearer \(plaintext)"])
            return try client.answer().status
        }
    }

    /// The requests of all keys together in the books.
    func bookedRequests() throws -> Int {
        let rows = try object(["usage", "--group-by", "none"])["data"] as? [[String: Any]]
        return rows?.first?["requests"] as? Int ?? 0
    }

    /// What `/readyz` says of the store; it must be 200 whatever that is.
    func storeStatus() throws -> [String: Any] {
        let client = try WireClient(port: port)
        try client.send("GET", "/readyz")
        let answer = try client.answer()
        #expect(answer.status == 200)
        return answer.object["store"] as? [String: Any] ?? [:]
    }

    /// Waits until the store is in a state.
    func waitForStore(
        _ state: String, trouble: String? = nil, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation
    )
        throws
    {
        var last: [String: Any] = [:]
        let came = try Deadline(limit).until {
            last = try storeStatus()
            return last["state"] as? String == state && (trouble == nil || last["trouble"] as? String == trouble)
        }
        #expect(came, "waited for \(state) \(trouble ?? ""), but it is \(last); \(gateway.text)", sourceLocation: sourceLocation)
    }

    /// Everything in the gateway's folder that holds `text`.
    func files(with text: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
            FileManager.default.contents(atPath: folder.path + "/" + name)?.range(of: Data(text.utf8)) != nil
        }
    }
}
