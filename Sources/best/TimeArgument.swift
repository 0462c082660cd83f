internal import ArgumentParser
internal import Configuration

/// A span of time on the command line, as configuration files write it: `30` (seconds), `500ms`, `1m30s`.
struct TimeArgument: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }
}
