internal import ArgumentParser
internal import Configuration
internal import Gateway

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
