@testable import Gateway

/// A random provider with its load, and what became of it against an oracle that knows the limit.
struct FleetPlan {
    var provider = HiddenProvider()
    var load = SimulatedLoad()
    var begin = LimitFleet.start
    var learning = 0.0
    var duration = 0.0
    var fallAt: Double?
    var riseAt: Double?

    /// What makes a provider alike to others in a report.
    var category: String {
        if provider.concurrency > 0 { return "in flight" }
        if provider.others > 0 { return "shared with others" }
        return fallAt == nil ? "rates" : "rates that change"
    }

    init(_ seed: UInt64) {
        var random = HealthRandom(state: seed &* 7919 &+ 17)
        for _ in 0..<3 { _ = random.unit() }
        func pick<T>(_ choices: [(Double, T)]) -> T {
            var left = random.unit() * choices.reduce(0) { $0 + $1.0 }
            for (weight, choice) in choices {
                left -= weight
                if left < 0 { return choice }
            }
            return choices[choices.count - 1].1
        }
        func between(_ least: Double, _ most: Double) -> Double {
            // Evenly by the logarithm, nearly: a power of a half at a time.
            var value = least
            let steps = random.unit() * log2(most / least)
            var left = steps
            while left >= 1 { (value, left) = (value * 2, left - 1) }
            return value * (1 + left)
        }
        provider.seed = seed
        provider.manner = pick([(3, .rolling), (2.5, .aligned), (1.5, .fromFirst), (1.5, .bucket), (1, .smallBucket)])
        provider.window = pick([(8, 1), (8, 10), (56, 60), (12, 3600), (16, 86_400)])
        let most: [Double: (Double, Double)] = [1: (1, 20), 10: (2, 100), 60: (3, 600), 3600: (10, 2000), 86_400: (20, 2000)]
        let (least, largest) = most[provider.window]!
        provider.limit = Int(between(least, largest))
        provider.hint = pick([(40, .none), (25, .exact), (35, .seconds)])
        provider.hasHeaders = random.unit() < 0.2
        provider.hasWords = random.unit() < 0.3
        provider.countsRefused = random.unit() < 0.15
        if random.unit() < 0.25 {
            provider.failing = 0.02 + random.unit() * 0.08
            provider.countsFailed = random.unit() < 0.5
        }
        if random.unit() < 0.1 { provider.others = 0.1 + random.unit() * 0.3 }
        load.share = pick([(20, 0.6), (30, 1), (50, 2)])
        if random.unit() < 0.3 { load.burst = max(1, Int(Double(provider.limit) * (0.1 + random.unit()))) }
        load.patience = pick([(1, 0), (1, 2), (1, provider.window / 2)])
        if random.unit() < 0.1 {
            provider.concurrency = 1 + Int(random.unit() * 16)
            // Half of them have no other limit that is felt.
            if random.unit() < 0.5 { (provider.window, provider.limit) = (60, provider.concurrency * 200) }
        }
        begin += random.unit() * 86_400
        learning = max(3 * provider.window, 120)
        let unit = max(provider.window, 30)
        duration = learning + 20 * unit
        if random.unit() < 0.25, provider.limit >= 5 {
            let (fall, rise) = (begin + learning + 5 * unit + random.unit() * unit, begin + learning + 11 * unit + random.unit() * unit)
            provider.changes = [(fall, max(1, provider.limit * 2 / 5)), (rise, provider.limit)]
            (fallAt, riseAt) = (fall, rise)
        }
    }

    private func log2(_ x: Double) -> Double {
        var (x, result) = (x, 0.0)
        while x >= 2 { (x, result) = (x / 2, result + 1) }
        return result + (x - 1)
    }

    var summary: String {
        "\(provider.manner) \(provider.limit)/\(Int(provider.window)) hint \(provider.hint)\(provider.hasHeaders ? " headers" : "")"
            + "\(provider.hasWords ? " words" : "")\(provider.countsRefused ? " counts-refused" : "")"
            + "\(provider.failing > 0 ? " fails \(Int(provider.failing * 100))%\(provider.countsFailed ? "" : " uncounted")" : "")"
            + "\(provider.others > 0 ? " others \(Int(provider.others * 100))%" : "")\(provider.concurrency > 0 ? " in flight \(provider.concurrency)" : "")"
            + " load \(load.share) bursts of \(load.burst) patience \(Int(load.patience))"
    }

    func judge() -> FleetResult {
        let real = LimitFleet.run(provider, load, GatewayPacer(seed: provider.seed), from: begin, for: duration, learning: learning)
        let oracle = LimitFleet.run(provider, load, OraclePacer(), from: begin, for: duration, learning: learning)
        var result = FleetResult(seed: provider.seed, category: category, summary: summary)
        result.kind = "\(Int(provider.window)) s \(provider.hint == .none ? "silent" : "told")\(fallAt == nil ? "" : " changing")"
        result.calls = real.admitted + real.refused
        result.refused = real.refused
        result.wasted = Double(real.refused) / Double(max(1, real.admitted + real.refused))
        result.used = Double(real.admitted) / Double(max(1, oracle.admitted))
        result.told = real.told
        let unit = max(provider.window, 30)
        func share(_ from: Double, _ to: Double) -> Double {
            let range = Int((from - begin) / provider.window)...Int((to - begin) / provider.window)
            return Double(real.admittedBins[range].reduce(0, +)) / Double(max(1, oracle.admittedBins[range].reduce(0, +)))
        }
        func refusals(_ from: Double, _ to: Double) -> Int {
            real.refusedBins[Int((from - begin) / provider.window)...Int((to - begin) / provider.window)].reduce(0, +)
        }
        if let fallAt, let riseAt {
            result.fallCost = refusals(fallAt, fallAt + 2 * provider.window)
            result.usedAfterFall = share(fallAt + provider.window, fallAt + provider.window + 4 * unit)
            result.usedAfterRise = share(riseAt + provider.window, riseAt + provider.window + 4 * unit)
        }
        return result
    }
}

/// What became of one provider.
struct FleetResult {
    var seed: UInt64
    var category: String
    var summary: String
    var kind = ""
    var calls = 0
    var refused = 0
    var wasted = 0.0
    var used = 0.0
    var told: [Double] = []
    var fallCost: Int?
    var usedAfterFall: Double?
    var usedAfterRise: Double?
}

/// Results of many providers as distributions.
struct FleetReport {
    private(set) var results: [FleetResult] = []

    mutating func add(_ result: FleetResult) { results.append(result) }

    static func percentile(_ values: [Double], _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        return values.sorted()[min(values.count - 1, Int(share * Double(values.count)))]
    }

    static func text(_ value: Double, _ places: Int = 1) -> String {
        let scale = places == 1 ? 10.0 : 100.0
        let rounded = (value * scale).rounded() / scale
        return "\(rounded)"
    }

    /// The distributions, a line for each measure of each category; with `isVerbose` by windows and for each provider, too.
    func show(isVerbose: Bool = false) {
        func share(_ results: [FleetResult]) -> String {
            let (refused, calls) = (results.reduce(0) { $0 + $1.refused }, results.reduce(0) { $0 + $1.calls })
            return FleetReport.text(100 * Double(refused) / Double(max(1, calls)), 2)
        }
        func part(_ results: [FleetResult], _ condition: (FleetResult) -> Bool) -> String {
            FleetReport.text(100 * Double(results.count(where: condition)) / Double(max(1, results.count)))
        }
        for category in ["rates", "rates that change", "shared with others", "in flight"] {
            let of = results.filter { $0.category == category }
            guard !of.isEmpty else { continue }
            func line(_ name: String, _ values: [Double], _ scale: Double = 1) {
                let values = values.map { $0 * scale }
                let figures = [0, 0.05, 0.5, 0.95, 1].map { FleetReport.text(FleetReport.percentile(values, $0)) }
                print("  \(name): least \(figures[0])  p5 \(figures[1])  p50 \(figures[2])  p95 \(figures[3])  most \(figures[4])")
            }
            print("\(category): \(of.count) providers; all calls together \(share(of)) % wasted")
            line("wasted %", of.map(\.wasted), 100)
            line("used %", of.map(\.used), 100)
            print("  providers wasting <= 1 %: \(part(of) { $0.wasted <= 0.01 }) %; used >= 95 %: \(part(of) { $0.used >= 0.95 }) %")
            line("told - true s, by provider's p95", of.filter { !$0.told.isEmpty }.map { FleetReport.percentile($0.told, 0.95) })
            line("told - true s, all", of.flatMap { $0.told })
            guard category == "rates that change" else { continue }
            line("calls refused in two windows from the fall", of.compactMap { $0.fallCost.map(Double.init) })
            line("used % from the second window after the fall", of.compactMap { $0.usedAfterFall }, 100)
            line("used % from the second window after the rise", of.compactMap { $0.usedAfterRise }, 100)
        }
        guard isVerbose else { return }
        for kind in Set(results.map(\.kind)).sorted() {
            let of = results.filter { $0.kind == kind && $0.category.hasPrefix("rates") }
            guard !of.isEmpty else { continue }
            let used = FleetReport.text(100 * FleetReport.percentile(of.map(\.used), 0.05))
            let (few, most) = (part(of) { $0.wasted <= 0.01 }, part(of) { $0.used >= 0.95 })
            print("  \(kind): \(of.count), wasted \(share(of)) %, <= 1 %: \(few) %, used >= 95 %: \(most) %, used p5 \(used)")
        }
        for result in results.sorted(by: { $0.used - $0.wasted * 3 < $1.used - $1.wasted * 3 }) {
            let told = FleetReport.text(FleetReport.percentile(result.told, 0.95))
            let used = FleetReport.text(result.used * 100)
            var line = "\(result.seed): wasted \(result.refused)/\(result.calls) used \(used) told95 \(told)"
            if let cost = result.fallCost, let fall = result.usedAfterFall, let rise = result.usedAfterRise {
                line += " fall \(cost) after \(FleetReport.text(fall * 100)) rise \(FleetReport.text(rise * 100))"
            }
            print("\(line): \(result.summary)")
        }
    }
}
