import Foundation
import Testing

/// A running `best mock`: what it was asked, and how it is told what to do.
final class MockProcess {
    let port: Int
    let program: Program

    /// Starts one.
    ///
    /// - Parameter behaviour: What requests without instructions get, in the language of `x-mock`.
    init(behaviour: String? = nil) throws {
        program = try Program(["mock", "--port", "0"] + (behaviour.map { ["--behaviour", $0] } ?? []))
        port = try program.port(in: "best mock listens on http://127.0.0.1:")
    }

    /// The base URL of its one provider.
    var url: String { "http://127.0.0.1:\(port)/v1" }

    /// Its counters.
    func statistics() throws -> [String: Any] {
        let client = try WireClient(port: port)
        try client.send("GET", "/mock/stats")
        return try client.answer().object
    }

    /// One of its counters.
    func counter(_ name: String) throws -> Int {
        try statistics()[name] as? Int ?? -1
    }

    /// How many requests named this model; a script behind the name does not count.
    func requests(for model: String) throws -> Int {
        let providers = try statistics()["providers"] as? [String: [String: Any]]
        let models = providers?["mock"]?["models"] as? [String: [String: Any]]
        return models?[model]?["requests"] as? Int ?? 0
    }

    /// The last request for text or vectors, as it came: its body, and path and authorization in `x-mock-*`.
    func lastRequest() throws -> Answer {
        let client = try WireClient(port: port)
        try client.send("GET", "/mock/last")
        return try client.answer()
    }

    /// Changes what requests without instructions get.
    func change(_ script: String) throws {
        let client = try WireClient(port: port)
        try client.send("POST", "/mock/config?\(script)", body: [])
        try #require(try client.answer().status == 200)
    }
}

extension Program {
    /// The port behind `text` in the line that tells the address.
    func port(in text: String) throws -> Int {
        let line = try line(with: text)
        let digits = line[line.range(of: text)!.upperBound...].prefix { $0.isNumber }
        guard let port = Int(digits) else { throw HarnessError("no port in `\(line)`") }
        return port
    }
}
