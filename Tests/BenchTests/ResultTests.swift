import EventLoop
import Testing
import Wire

@testable import Bench

@Suite struct ResultTests {
    private static let load = LoadStretch(mode: .closed(concurrency: 8), length: .requests(10), warmUp: .zero, timeout: .seconds(60), seed: 3)

    private func target(_ name: String) throws -> LoadTarget {
        LoadTarget(
            name: name, address: try #require(SocketAddress(host: "127.0.0.1", port: 1)), authority: "127.0.0.1:1", path: "/v1/chat/completions",
            recipe: RequestRecipe(
                prompts: .synthetic(.constant(1)), endpoint: .chat, model: "m", streams: false, outputTokens: nil, seed: 1), bearer: "sk-secret")
    }

    /// A measurement with times around this many milliseconds.
    private func measurement(_ milliseconds: UInt64, failures: [LoadFailure: Int] = [:]) -> LoadMeasurement {
        var m = LoadMeasurement()
        for number in UInt64(0)..<100 { m.latency.record((milliseconds + number) * 1_000_000) }
        m.requests = 100 + failures.values.reduce(0, +)
        m.succeeded = 100
        m.failures = failures
        for failure in failures.keys { m.samples[failure] = "a \"sample\",\nof two lines" }
        m.answersInWindow = 100
        m.windowLength = 2_000_000_000
        m.processorTime = 1_900_000_000
        return m
    }

    private func result(_ names: [String], _ stretches: [[LoadMeasurement]], _ load: LoadStretch = load) throws -> LoadResult {
        var result = LoadResult(LoadPlan(targets: try names.map(target), load: load, pairs: stretches[0].count))
        for (target, list) in stretches.enumerated() { for measurement in list { result.add(measurement, target: target) } }
        return result
    }

    private func json(_ result: LoadResult) -> ByteBuffer {
        var buffer = ByteBuffer()
        ResultJSON.append(result, to: &buffer)
        return buffer
    }

    // MARK: Plans

    @Test func `pairs take turns, share their seeds and add up to the load`() throws {
        let targets = [try target("gateway"), try target("direct")]
        var load = ResultTests.load
        load.length = .requests(13)
        let stretches = LoadPlan(targets: targets, load: load, pairs: 5).stretches
        #expect(stretches.map(\.target) == [0, 1, 1, 0, 0, 1, 1, 0, 0, 1])
        #expect(stretches.map(\.pair) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
        #expect(stretches.map(\.load.seed) == [3, 3, 4, 4, 5, 5, 6, 6, 7, 7])
        for target in 0...1 {
            let counts = stretches.filter { $0.target == target }.map { if case .requests(let count) = $0.load.length { count } else { -1 } }
            #expect(counts == [3, 3, 3, 2, 2])
            #expect(stretches.filter { $0.target == target }.map(\.load.firstRequest) == [0, 3, 6, 9, 11])
        }
        load.length = .duration(.seconds(10))
        #expect(LoadPlan(targets: targets, load: load, pairs: 4).stretches.allSatisfy { $0.load.length == .duration(.milliseconds(2500)) })
        #expect(LoadPlan(targets: [targets[0]], load: load, pairs: 4).stretches.count == 1)
    }

    // MARK: Sums

    @Test func `stretches add up`() throws {
        let result = try result(["target"], [[measurement(10), measurement(500, failures: [.timeout: 2, .status(429): 1])]])
        let m = result.targets[0].measurement
        #expect(m.requests == 203 && m.succeeded == 200 && m.failed == 3 && m.latency.count == 200)
        #expect(m.failures == [.timeout: 2, .status(429): 1] && result.failed == 3 && result.requests == 203)
        #expect(m.seconds == 4 && m.requestRate == 50 && m.processorShare == 0.95)
    }

    @Test func `the time that the gateway adds is the difference of the medians, with its spread over the pairs`() throws {
        let result = try result(
            ["gateway", "direct"], [[measurement(110), measurement(131), measurement(112)], [measurement(100), measurement(101), measurement(102)]])
        let added = try #require(result.added.first)
        #expect(result.added.count == 1 && added.name == "whole answer")
        #expect(added.pairs.count == 3)
        for (found, exact) in zip(added.pairs, [10e6, 10e6, 30e6]) { #expect(abs(found - exact) < 0.3e6) }
        #expect(abs(added.medianOfPairs - 10e6) < 0.3e6 && added.p90 > 0)
        #expect(try self.result(["target"], [[measurement(1)]]).added.isEmpty)
    }

    @Test(arguments: [([], 0), ([3], 3), ([1, 5], 3), ([1, 2, 9], 2), ([1, 2, 4, 9], 3)] as [([Double], Double)])
    func `the median of an even number of values is the mean of the middle two`(values: [Double], median: Double) {
        #expect(AddedTime.median(values) == median)
    }

    // MARK: Files

    @Test func `the JSON file is JSON and has the same content when read back`() throws {
        let result = try result(
            ["gateway", "direct"], [[measurement(110, failures: [.status(500): 3, .broken: 1])], [measurement(100)]],
            LoadStretch(
                mode: .open(rate: 12.5, arrivals: .poisson, maximumConnections: 7), length: .duration(.milliseconds(1500)), warmUp: .seconds(1),
                timeout: .seconds(9), seed: 3))
        let buffer = json(result)
        try JSONScanner.validate(buffer.bytes)
        let file = try ResultFile(parsing: buffer.bytes)
        #expect(file.targets == ["gateway", "direct"])
        #expect(file.numbers["load.rate"] == 12.5 && file.texts["load.arrivals"] == "poisson" && file.numbers["load.duration_s"] == 1.5)
        #expect(file.numbers["targets.gateway.requests"] == 104 && file.numbers["targets.gateway.failed"] == 4)
        #expect(file.numbers["targets.gateway.failures.status 500"] == 3 && file.numbers["targets.direct.failed"] == 0)
        #expect(file.numbers["targets.gateway.answers_per_s"] == 50 && file.texts["targets.direct.url"] == "http://127.0.0.1:1/v1/chat/completions")
        let p50 = try #require(file.numbers["targets.gateway.latency_ms.p50"])
        #expect(p50 >= 159 && p50 <= 159.2)
        #expect(abs(try #require(file.numbers["added_ms.whole answer.p50"]) - 10) < 0.3)
        #expect(!buffer.bytes.text.contains("sk-secret"))
    }

    @Test func `a file cut anywhere is refused`() throws {
        let whole = json(try result(["target"], [[measurement(10)]]))
        // The last byte is the line end.
        for end in 0..<whole.count - 1 {
            #expect(throws: ResultFile.Malformed.self) { try ResultFile(parsing: whole.bytes.extracting(0..<end)) }
        }
    }

    @Test(arguments: ["[]", "{}", "7", #"{"best_bench":2}"#, #"{"best_bench":"1"}"#])
    func `any other JSON file is refused as a result`(text: String) {
        #expect(throws: ResultFile.Malformed.self) { try ResultFile(parsing: Array(text.utf8).span.bytes) }
    }

    @Test func `the CSV file has a row for each target and as many fields in each`() throws {
        var buffer = ByteBuffer()
        ResultCSV.append(
            try result(["gateway", "direct"], [[measurement(110, failures: [.status(500): 3, .timeout: 1])], [measurement(100)]]), to: &buffer)
        let rows = buffer.bytes.text.split(separator: "\r\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(rows.count == 3 && rows.allSatisfy { $0.count == rows[0].count })
        #expect(rows[0].first == "target" && rows[1].first == "gateway" && rows[2].first == "direct")
        #expect(rows[1].last == "status 500=3;timeout=1" && rows[2].last == "")
        #expect(rows[1][try #require(rows[0].firstIndex(of: "requests"))] == "104")
    }

    @Test(arguments: [("a", "a"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\nb", "\"a\nb\""), ("", "")])
    func `a CSV field is quoted where it must be`(field: String, text: String) {
        #expect(ResultCSV.quoted(field) == text)
    }

    @Test(
        arguments: [
            (1, "1"), (0, "0"), (-2, "-2"), (0.5, "0.5"), (1.0 / 3, "0.333333"), (-1.25, "-1.25"), (1e-9, "0"), (-1e-9, "0"),
            (45_000.000_000_1, "45000"), (-7.999_999_99, "-8"), (120.5, "120.5"), (1e20, "1e+20"), (.nan, "null"), (.infinity, "null"),
        ] as [(Double, String)])
    func `numbers are JSON numbers`(value: Double, text: String) {
        let found = ResultJSON.number(value)
        #expect(found == text)
        #expect(throws: Never.self) { try JSONScanner.validate(Array(found.utf8).span.bytes) }
    }

    // MARK: Comparison

    private func file(_ result: LoadResult) throws -> ResultFile { try ResultFile(parsing: json(result).bytes) }

    @Test func `a comparison shows each number's change, and what became worse`() throws {
        var slow = measurement(200)
        slow.answersInWindow = 60
        let comparison = ResultComparison(try file(try result(["target"], [[measurement(100)]])), try file(try result(["target"], [[slow]])))
        let rows = Dictionary(uniqueKeysWithValues: comparison.rows.map { ($0.name, $0) })
        #expect(rows["target: answers/s"]?.change == -40 && rows["target: answers/s"]?.worsening == 40)
        let p50 = try #require(rows["target: whole answer p50 (ms)"])
        #expect(try #require(p50.change) > 60 && p50.worsening == p50.change)
        #expect(rows["target: failed"]?.change == 0 && rows["target: first token p50 (ms)"] == nil && rows["target: events/s"] == nil)
        #expect(
            comparison.regressions(above: 52).map(\.name).sorted() == ["target: whole answer p50 (ms)", "target: whole answer p90 (ms)"].sorted())
        #expect(comparison.differences.isEmpty && comparison.lines.count == comparison.rows.count + 1)
        let reverse = ResultComparison(try file(try result(["target"], [[slow]])), try file(try result(["target"], [[measurement(100)]])))
        #expect(reverse.regressions(above: 0).isEmpty)
    }

    @Test func `failures where there were none are infinitely worse`() throws {
        let comparison = ResultComparison(
            try file(try result(["target"], [[measurement(100)]])), try file(try result(["target"], [[measurement(100, failures: [.timeout: 1])]])))
        #expect(comparison.regressions(above: 1_000_000).map(\.name) == ["target: failed"])
    }

    @Test func `a different load is pointed out`() throws {
        var other = ResultTests.load
        other.mode = .open(rate: 5, arrivals: .constant, maximumConnections: 9)
        let comparison = ResultComparison(
            try file(try result(["target"], [[measurement(100)]])), try file(try result(["target"], [[measurement(100)]], other)))
        #expect(comparison.differences.contains("mode was closed in the first and open in the second"))
        #expect(comparison.differences.contains("concurrency was 8 in the first and not given in the second"))
    }

    @Test func `targets are compared by name, and two single ones whatever their names`() throws {
        let both = try file(try result(["gateway", "direct"], [[measurement(110)], [measurement(100)]]))
        let one = try file(try result(["target"], [[measurement(100)]]))
        // In a run with `--direct`, the gateway corresponds to another run's only target.
        #expect(Set(ResultComparison(both, one).rows.map { $0.name.split(separator: ":")[0] }) == ["gateway"])
        #expect(ResultComparison(one, both).rows.count == ResultComparison(both, one).rows.count)
        #expect(ResultComparison(both, try file(try result(["other"], [[measurement(100)]]))).rows.isEmpty)
        #expect(!ResultComparison(one, try file(try result(["other"], [[measurement(100)]]))).rows.isEmpty)
        #expect(Set(ResultComparison(both, both).rows.map { $0.name.split(separator: ":")[0] }) == ["gateway", "direct"])
    }

    // MARK: Text

    @Test func `the report shows the load, the answers, the failures and what the gateway adds`() throws {
        let text = LoadReport(
            try result(["gateway", "direct"], [[measurement(110, failures: [.status(500): 3])], [measurement(100)]])
        ).lines.joined(separator: "\n")
        #expect(text.contains("closed loop, 8 at once; 10 requests"))
        #expect(
            text.contains(
                "gateway: http://127.0.0.1:1/v1/chat/completions\n  100 of 103 requests answered well, 3 failed, in 2.00 s\n  50.00 answers/s"))
        #expect(text.contains("3 status 500: a \"sample\", of two lines"))
        #expect(text.contains("added by gateway, against direct:") && text.contains("95 % of a core: the figures may show its own limit"))
        #expect(!text.contains("sk-secret"))
    }

    @Test(
        arguments: [
            (0, "0"), (0.4, "0"), (834, "0.834 us"), (12_345, "12.3 us"), (999_400, "999 us"), (999_600, "1.00 ms"), (1_230_000, "1.23 ms"),
            (-2_500_000, "-2.50 ms"), (999_600_000, "1.00 s"), (61_000_000_000, "61.0 s"), (1_234_000_000_000, "1,234 s"),
        ] as [(Double, String)])
    func `a time is given in the unit that fits`(nanoseconds: Double, text: String) {
        #expect(NumberText.time(nanoseconds) == text)
    }

    @Test(
        arguments: [
            (0, 2, "0.00"), (0.005, 2, "0.01"), (-0.001, 2, "0.00"), (1234567.891, 1, "1,234,567.9"), (999.96, 1, "1,000.0"), (-1234, 0, "-1,234"),
            (12, 3, "12.000"), (0.0625, 4, "0.0625"),
        ] as [(Double, Int, String)])
    func `a number has the digits asked for`(value: Double, digits: Int, text: String) {
        #expect(NumberText.fixed(value, digits, grouped: true) == text)
    }

    @Test func `a table's columns are aligned`() {
        var table = TextTable(["", "p50"])
        #expect(table.isEmpty)
        table.add(["a", "1,000"])
        table.add(["bcd", "1"])
        #expect(!table.isEmpty && table.lines == ["        p50", "a     1,000", "bcd       1"])
    }

    @Test func `the progress line fits the terminal`() {
        for width in [0, 20, 40, 80, 200] {
            for fraction in [-1, 0, 0.5, 1, 2] {
                let progress = LoadProgress(fraction: fraction, isWarmingUp: false, requestRate: 12_345, failed: 3, inFlight: 64)
                #expect(ProgressLine.text(progress, target: "gateway", width: width).count < max(40, width))
            }
        }
        let half = LoadProgress(fraction: 0.5, isWarmingUp: true, requestRate: 0, failed: 0, inFlight: 2)
        let line = ProgressLine.text(half, target: "target", width: 100)
        #expect(line == "[" + String(repeating: "#", count: 20) + String(repeating: ".", count: 20) + "] 50 %  target: warming up, 2 under way")
    }

    @Test func `text from the other side can't spoil the terminal`() {
        #expect(LoadReport.oneLine("a\u{1B}[2J\r\nb") == "a [2J  b")
        #expect(LoadReport.oneLine(String(repeating: "x", count: 500)).count == 201)
    }
}
