import Foundation
import Testing

/// A running `best serve` in front of a running `best mock`.
final class Gateway {
    let port: Int
    let program: Program
    let mock: MockProcess
    private let folder: Folder

    /// Starts both; without providers there is one, `a`, with the model `m`.
    fileprivate init(_ providers: [Provider], behaviour: String?, environment: [String: String], arguments: [String]) throws {
        mock = try MockProcess(behaviour: behaviour)
        folder = try Folder()
        let mockURL = mock.url
        try folder.write("providers:\n" + providers.map { $0.yaml(mock: mockURL) }.joined(), to: "meta-providers.yaml")
        program = try Program(
            ["serve", "--config", folder.path, "--port", "0"] + arguments, environment: environment, directory: folder.path)
        port = try program.port(in: " on http://127.0.0.1:")
    }

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

/// Runs a test's story with a gateway and a mock, and ends both in peace.
func withGateway(
    _ providers: [Provider] = [Provider("a")], behaviour: String? = nil, environment: [String: String] = [:], arguments: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (Gateway) throws -> Void
) throws {
    let gateway = try Gateway(providers, behaviour: behaviour, environment: environment, arguments: arguments)
    do {
        try body(gateway)
    } catch {
        Issue.record(error, "the gateway said:\n\(gateway.program.text)", sourceLocation: sourceLocation)
    }
    gateway.program.stop(sourceLocation: sourceLocation)
    gateway.mock.program.stop(sourceLocation: sourceLocation)
}
