internal import ArgumentParser
internal import Configuration
internal import Gateway

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
