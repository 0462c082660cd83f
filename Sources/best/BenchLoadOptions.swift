internal import ArgumentParser
internal import Bench

/// How much load there is, and for how long.
struct BenchLoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Open loop: so many requests a second.", valueName: "number"))
    var rate: Double?
    @Option(help: ArgumentHelp("Closed loop: so many requests at once (default: 16).", valueName: "count"))
    var concurrency: Int?
    @Option(help: "How the requests of --rate are spread.")
    var arrivals: ArrivalSchedule.Kind = .poisson
    @Option(help: ArgumentHelp("The most connections of an open loop; further requests wait, and the wait counts.", valueName: "count"))
    var maxConnections = 4096
    @Option(help: ArgumentHelp("How long requests are begun for each target (default: 10s).", valueName: "time"))
    var duration: BenchDuration?
    @Option(help: ArgumentHelp("So many requests for each target, instead of a duration.", valueName: "count"))
    var requests: Int?
    @Option(help: ArgumentHelp("How long before anything counts (default: 1s; with --requests: 0s).", valueName: "time"))
    var warmUp: BenchDuration?
    @Option(help: ArgumentHelp("When a request counts as failed.", valueName: "time"))
    var timeout = BenchDuration(seconds: 60)
    @Option(help: ArgumentHelp("The seed of prompts, sizes and arrivals: the same seed offers the same load.", valueName: "number"))
    var seed: UInt64 = 1

    func validate() throws {
        if rate != nil, concurrency != nil { throw ValidationError("--rate is an open loop and --concurrency a closed one: choose") }
        if duration != nil, requests != nil { throw ValidationError("--duration and --requests both end the run: choose") }
        if let rate, !(rate > 0 && rate <= 1_000_000) { throw ValidationError("--rate must be above 0 and at most 1000000") }
        if let concurrency, !(1...100_000).contains(concurrency) { throw ValidationError("--concurrency must be 1 to 100000") }
        if !(1...100_000).contains(maxConnections) { throw ValidationError("--max-connections must be 1 to 100000") }
        if let requests, requests < 1 { throw ValidationError("--requests must be at least 1") }
        if let duration, duration.value < .milliseconds(1) { throw ValidationError("--duration must be at least 1ms") }
        if timeout.value < .milliseconds(1) { throw ValidationError("--timeout must be at least 1ms") }
    }

    /// The stretch they describe.
    var stretch: LoadStretch {
        get {
            let mode: LoadStretch.Mode =
                if let rate {
                    .open(rate: rate, arrivals: arrivals, maximumConnections: maxConnections)
                } else {
                    .closed(concurrency: concurrency ?? 16)
                }
            let length: LoadStretch.Length = if let requests { .requests(requests) } else { .duration(duration?.value ?? .seconds(10)) }
            return LoadStretch(
                mode: mode, length: length, warmUp: warmUp?.value ?? (requests == nil ? .seconds(1) : .zero), timeout: timeout.value, seed: seed)
        }
    }
}
