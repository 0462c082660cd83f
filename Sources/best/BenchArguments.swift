public import ArgumentParser
public import Bench
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

/// A span of time: `10s`, `500ms`, `1m30s`.
struct BenchDuration: ExpressibleByArgument {
    let value: Duration

    init(seconds: Int) { value = .seconds(seconds) }

    init?(argument: String) {
        guard let value = DurationText.parse(argument), value <= .seconds(7 * 86_400) else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { "\(value / .seconds(1))s" }
}

/// How many requests of a run may fail: `3`, or `0.5%`.
enum BenchErrorAllowance: ExpressibleByArgument {
    case count(Int)
    case percent(Double)

    init?(argument: String) {
        if argument.hasSuffix("%") {
            guard let percent = Double(argument.dropLast()), (0...100).contains(percent) else { return nil }
            self = .percent(percent)
        } else {
            guard let count = Int(argument), count >= 0 else { return nil }
            self = .count(count)
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .count(let count): "\(count)"
        case .percent(let percent): "\(percent)%"
        }
    }

    func allows(_ failed: Int, of requests: Int) -> Bool {
        switch self {
        case .count(let count): failed <= count
        case .percent(let percent): Double(failed) <= Double(requests) * percent / 100
        }
    }
}

extension SizeDistribution: ExpressibleByArgument {
    /// Reads the argument's text form.
    public init?(argument: String) { self.init(argument) }
    /// The text form, for the help.
    public var defaultValueDescription: String { description }
}

extension ArrivalSchedule.Kind: ExpressibleByArgument {}
