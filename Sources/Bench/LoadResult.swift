/// The measurements of a run.
public struct LoadResult: Sendable {
    /// One target's part.
    public struct Target: Sendable {
        /// The target's name in the report.
        public let name: String
        /// The URL that was called.
        public let url: String
        /// All stretches combined.
        public fileprivate(set) var measurement = LoadMeasurement()
        /// The individual stretches; with two targets, in pairs.
        public fileprivate(set) var stretches: [LoadMeasurement] = []
    }

    /// The load that was asked for.
    public let load: LoadStretch
    /// The targets, in the order of the plan.
    public private(set) var targets: [Target]
    /// Whether a signal ended the run early.
    public internal(set) var wasInterrupted = false

    init(_ plan: LoadPlan) {
        load = plan.load
        targets = plan.targets.map { Target(name: $0.name, url: $0.url) }
    }

    mutating func add(_ measurement: LoadMeasurement, target: Int) {
        targets[target].measurement.merge(measurement)
        targets[target].stretches.append(measurement)
    }

    /// How many requests failed, over all targets.
    public var failed: Int { targets.reduce(0) { $0 + $1.measurement.failed } }
    /// How many requests counted, over all targets.
    public var requests: Int { targets.reduce(0) { $0 + $1.measurement.requests } }

    /// The time that the first of two targets adds to the second's.
    public var added: [AddedTime] {
        guard targets.count == 2 else { return [] }
        let quantities: [(String, KeyPath<LoadMeasurement, HDRHistogram>)] = [
            ("first token", \.firstToken), ("between tokens", \.interToken), ("whole answer", \.latency), ("event transit", \.transit),
        ]
        return quantities.compactMap { name, path in
            AddedTime(
                name, targets[0].measurement[keyPath: path], over: targets[1].measurement[keyPath: path],
                pairs: zip(targets[0].stretches, targets[1].stretches).map { ($0[keyPath: path], $1[keyPath: path]) })
        }
    }
}
