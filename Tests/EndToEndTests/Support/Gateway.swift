import Foundation
import Testing

/// A running `best serve` in front of a running `best mock`.
final class Gateway {
    /// What best.yaml says so that deployments are tried in the order of the file, whatever was measured.
    static let inOrder = """
        scoring:
          profiles: {best: {success: 0, speed: 0}}
          exploration: {enabled: false}
          affinity: {enabled: false}

        """

    /// What best.yaml says so that nothing differs from what a user has who wrote none.
    static let byDefault = "# Nothing.\n"

    let port: Int
    let program: Program
    let mock: MockProcess
    private let folder: Folder

    /// Starts both; without providers there is one, `a`, with the model `m`.
    ///
    /// - Parameter best: What best.yaml says; several providers are tried in the order of the file where nothing is given.
    /// - Parameter files: Further files in the working directory, by name.
    fileprivate init(
        _ providers: [Provider], best: String?, behaviour: String?, environment: [String: String], files: [String: String], arguments: [String]
    ) throws {
        mock = try MockProcess(behaviour: behaviour)
        folder = try Folder()
        for (name, text) in files { try folder.write(text, to: name) }
        let mockURL = mock.url
        try folder.write("providers:\n" + providers.map { $0.yaml(mock: mockURL) }.joined(), to: "meta-providers.yaml")
        // How quick a provider seems on a busy machine is no part of what is tried, but where a test says so itself.
        if let best = best ?? (providers.count > 1 ? Gateway.inOrder : nil) { try folder.write(best, to: "best.yaml") }
        program = try Program(
            ["serve", "--config", folder.path, "--port", "0"] + arguments, environment: environment, directory: folder.path)
        port = try program.port(in: " on http://127.0.0.1:")
    }

    /// Starts both, for tests that share them.
    static func started(_ providers: [Provider], best: String? = nil, environment: [String: String] = [:]) throws -> Gateway {
        try Gateway(providers, best: best, behaviour: nil, environment: environment, files: [:], arguments: [])
    }

    /// The working directory, with the configuration and the data.
    var directory: String { folder.path }

    // MARK: Reloads

    /// Writes the providers' file anew.
    func write(_ providers: [Provider]) throws {
        try write(text: "providers:\n" + providers.map { $0.yaml(mock: mock.url) }.joined())
    }

    /// Writes a file in the configuration and working directory.
    func write(text: String, to name: String = "meta-providers.yaml") throws { try folder.write(text, to: name) }

    /// Removes a file of the configuration.
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: folder.path + "/" + name) }

    /// Has the files read again, with these providers if there are any, and waits until they are in use.
    func reload(_ providers: [Provider]? = nil) throws {
        if let providers { try write(providers) }
        let before = program.count(of: "reloaded (")
        program.send(SIGHUP)
        guard Deadline.usual.until({ program.count(of: "reloaded (") > before }) else { throw HarnessError("no reload:\n\(program.text)") }
    }

    // MARK: Requests

    /// A new connection to it.
    func connect(receiveBuffer: Int32? = nil) throws -> WireClient {
        try WireClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Sends bytes on a new connection and reads one answer.
    func exchange(_ bytes: String) throws -> Answer {
        let client = try connect()
        try client.send(bytes)
        return try client.answer()
    }

    /// A request without a body on a new connection.
    func get(_ target: String, _ fields: [String] = [], method: String = "GET") throws -> Answer {
        let client = try connect()
        try client.send(method, target, fields)
        return try client.answer(toHead: method == "HEAD")
    }

    /// A POST of JSON on a new connection.
    func post(_ target: String, _ body: String, _ fields: [String] = []) throws -> Answer {
        let client = try connect()
        try client.send("POST", target, fields, body: Array(body.utf8))
        return try client.answer()
    }

    /// A chat request on a new connection.
    func chat(_ model: String = "m", stream: Bool = false, _ members: String = "", _ fields: [String] = []) throws -> Answer {
        try post("/v1/chat/completions", Chat.body(model, stream: stream, members), fields)
    }
}

/// Runs a test's story with a gateway and a mock, and ends both in peace. `best` is what best.yaml says.
func withGateway(
    _ providers: [Provider] = [Provider("a")], best: String? = nil, behaviour: String? = nil, environment: [String: String] = [:],
    files: [String: String] = [:], arguments: [String] = [], sourceLocation: SourceLocation = #_sourceLocation, _ body: (Gateway) throws -> Void
) throws {
    let gateway = try Gateway(providers, best: best, behaviour: behaviour, environment: environment, files: files, arguments: arguments)
    do {
        try body(gateway)
    } catch {
        Issue.record(error, "the gateway said:\n\(gateway.program.text)", sourceLocation: sourceLocation)
    }
    gateway.program.stop(sourceLocation: sourceLocation)
    gateway.mock.program.stop(sourceLocation: sourceLocation)
}
