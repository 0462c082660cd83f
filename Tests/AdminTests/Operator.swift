import Foundation
import Gateway
import GatewayTesting
import Testing

@testable import Admin

/// An operator before a gateway in memory: asks the endpoints below `/admin/` with the admin key.
struct Operator {
    static let key = "adm1n"

    let simulation: GatewaySimulation
    let store: RecordingStore

    /// Asks on a connection of its own.
    ///
    /// - Parameter key: What is sent as the admin key.
    func ask(
        _ method: String, _ target: String, _ body: String? = nil, key: String? = Operator.key, fields: [(name: String, value: String)] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ReceivedAnswer {
        let client = simulation.client()
        client.request(method, target, fields: (key.map { [("x-admin-api-key", $0)] } ?? []) + fields, body: body)
        return try #require(client.answer, sourceLocation: sourceLocation)
    }

    /// Makes a key.
    ///
    /// - Returns: Its identity, and what its client sends.
    func makeKey(_ body: String = #"{"name":"team"}"#, sourceLocation: SourceLocation = #_sourceLocation) throws -> (id: String, token: String) {
        let answer = try ask("POST", "/admin/keys", body, sourceLocation: sourceLocation)
        try #require(answer.status == 201, "\(answer.text)", sourceLocation: sourceLocation)
        return (
            try #require(answer.values(of: "id").first, sourceLocation: sourceLocation),
            try #require(answer.values(of: "plaintext_key").first, sourceLocation: sourceLocation)
        )
    }

    /// The names of the keys that are listed.
    func listedNames(_ query: String = "") throws -> [String] { try ask("GET", "/admin/keys\(query)").values(of: "name") }

    /// What a client is answered that sends a token.
    func status(of token: String) -> Int? {
        let client = simulation.client(token)
        client.chat()
        return client.answer?.status
    }
}

/// Runs a story with a gateway that has an operator, a store and one provider.
///
/// - Parameter reload: What reads the configuration again.
func withOperator(
    _ provider: ScriptedProvider = .script("a", .completion("x")), reload: (() async -> ReloadReport)? = nil,
    configure: (inout GatewayConfiguration) -> Void = { _ in }, _ body: (Operator) throws -> Void
) throws {
    try withGateway([provider], hasStore: true) { configuration in
        configuration.server.adminKey = Secret(Operator.key)
        configure(&configuration)
    } _: { simulation in
        let store = try #require(simulation.store)
        let responder = AdminResponder(simulation.gateway, store: store, reload: reload)
        simulation.gateway.admin = responder
        try body(Operator(simulation: simulation, store: store))
    }
}

/// The error object of an answer, read by another reader than the product's.
func errorObject(_ answer: ReceivedAnswer) -> [String: Any] {
    let object = (try? JSONSerialization.jsonObject(with: Data(answer.body))) as? [String: Any]
    return object?["error"] as? [String: Any] ?? [:]
}
