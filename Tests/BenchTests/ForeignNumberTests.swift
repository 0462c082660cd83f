import Testing
import Wire

@testable import Bench

/// Numbers of targets, result files and the command line that are meant to crash a run.
@Suite struct ForeignNumberTests {
    private static let doubles = [
        0, -1, 0.1, 1e-300, 123_456_789_012_345.5, 99_999_999_999_999.5, 999_999_999_999.5, 1e15, 1e18, 1e300, -1e300, Double.infinity, -.infinity,
        .nan,
    ]

    @Test func `any number has a text`() {
        for value in Self.doubles {
            for digits in 0...9 { #expect(!NumberText.fixed(value, digits, grouped: true).isEmpty) }
            #expect(!NumberText.short(value).isEmpty && !NumberText.time(value).isEmpty)
            let text = ResultJSON.number(value)
            #expect(text == "null" || Double(text).map { abs($0 - value) <= abs(value) * 1e-6 + 1e-6 } == true, "\(value): \(text)")
        }
    }

    @Test func `result files with any numbers can be compared`() throws {
        let numbers = ["0", "-1", "9223372036854775808", "1e308", "-1e308", "1e400", "1e-400", "0.1", "123456789012345.5", "99999999999999.5"]
        for first in numbers {
            for second in numbers {
                let files = try [first, second].map { number throws in
                    let text = """
                        {"best_bench":1,"load":{"rate":\(number),"seed":\(number)},"targets":{"a":{"answers_per_s":\(number),"failed":\(number),\
                        "latency_ms":{"p50":\(number),"p99":\(number)}}}}
                        """
                    return try withText(text) { try ResultFile(parsing: $0) }
                }
                let comparison = ResultComparison(files[0], files[1])
                #expect(comparison.lines.allSatisfy { !$0.isEmpty } && comparison.regressions(above: 10).count <= 8)
            }
        }
    }

    private func withText<R>(_ text: String, _ body: (RawSpan) throws -> R) rethrows -> R {
        let bytes = Array(text.utf8)
        return try body(bytes.span.bytes)
    }

    @Test(arguments: [1e-300, 1e-20, 1e-9, 1, 1_000_000, 1e300]) func `arrivals at any rate have times`(rate: Double) {
        for kind in ArrivalSchedule.Kind.allCases {
            var schedule = ArrivalSchedule(rate: rate, kind: kind, seed: 1)
            var last: UInt64 = 0
            for _ in 0..<5 {
                let next = schedule.next()
                #expect(next >= last)
                last = next
            }
            let stretch = LoadStretch(
                mode: .open(rate: rate, arrivals: kind, maximumConnections: 1), length: .requests(.max), warmUp: .zero, timeout: .seconds(1), seed: 1)
            var pace = LoadPace(stretch, start: .max - 1000)
            for _ in 0..<3 { _ = pace.beginNextArrival(until: .max - 1) }
        }
    }
}
