internal import ArgumentParser
internal import Bench
internal import Configuration
internal import Gateway

/// The URL of an endpoint to bench.
struct BenchURL: ExpressibleByArgument {
    let host: String
    let port: UInt16
    let authority: String
    let path: String
    let endpoint: LoadEndpoint
    /// Whether it is reached without TLS.
    let isPlain: Bool

    init?(argument: String) {
        guard let url = try? HTTPURL(parsing: argument) else { return nil }
        isPlain = url.scheme == .http
        host = url.host
        port = url.port
        authority = url.authority
        (endpoint, path) = LoadEndpoint.resolve(path: url.path)
    }

    var defaultValueDescription: String { "http://\(authority)\(path)" }
}
