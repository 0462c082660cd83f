import Gateway
import Testing
import Wire

@testable import Observability

/// Metrics as Prometheus reads them.
@Suite struct PrometheusTextTests {
    private func text(_ write: (inout PrometheusText) -> Void) -> String {
        var text = PrometheusText()
        write(&text)
        var buffer = ByteBuffer()
        text.write(into: &buffer)
        let isWhole = buffer.count == text.count
        #expect(isWhole)
        return buffer.bytes.text
    }

    @Test func `a metric is declared with its help and its type before its samples`() {
        let found = text {
            $0.begin("best_things", .gauge, "What there is.")
            $0.sample("best_things", [("kind", "a"), ("size", "b")], 3)
            $0.sample("best_things", [], 0.25)
            $0.single("best_more_total", .counter, "More.", 7)
        }
        #expect(
            found == """
                # HELP best_things What there is.
                # TYPE best_things gauge
                best_things{kind="a",size="b"} 3
                best_things 0.25
                # HELP best_more_total More.
                # TYPE best_more_total counter
                best_more_total 7

                """)
    }

    @Test(arguments: [
        ("plain", "plain"), (#"a\b"#, #"a\\b"#), ("a\"b", #"a\"b"#), ("a\nb", #"a\nb"#), ("größe", "größe"), ("\\\"\n", #"\\\"\n"#),
        ("a\u{301}\"", "a\u{301}\\\""),
    ])
    func `a label's value ends where it ends, whatever is in it`(value: String, escaped: String) {
        #expect(PrometheusText.escape(value) == escaped)
        #expect(text { $0.sample("x", [("name", value)], 1) } == "x{name=\"\(escaped)\"} 1\n")
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (1e15, "1000000000000000"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"),
            (1.5e-7, "1.5e-07"),
        ] as [(Double, String)])
    func `a number is spelt as Prometheus reads it, whole ones without a fraction`(value: Double, spelling: String) {
        #expect(PrometheusText.number(value) == spelling)
        #expect(value.isNaN || Double(spelling.replacing("Inf", with: "inf")) == value)
    }

    @Test func `a histogram's buckets add up to its count`() {
        var histogram = DurationHistogram([1000, 2_500_000])
        for microseconds in [0, 1000, 1001, 2_500_001, 9_000_000] { histogram.record(microseconds: microseconds) }
        let found = text { $0.histogram("best_time_seconds", "Time.", histogram) }
        #expect(
            found == """
                # HELP best_time_seconds Time.
                # TYPE best_time_seconds histogram
                best_time_seconds_bucket{le="0.001"} 2
                best_time_seconds_bucket{le="2.5"} 3
                best_time_seconds_bucket{le="+Inf"} 5
                best_time_seconds_sum 11.502002
                best_time_seconds_count 5

                """)
    }

    @Test func `the store's trouble is one of a fixed list`() {
        var status = StoreStatus(since: UnixTime(seconds: 0))
        (status.state, status.trouble) = (.memoryOnly, .full)
        (status.waitingRecords, status.writtenRecords, status.droppedRecords, status.recoveries) = (1, 2, 3, 4)
        let lines = text { StoreMetrics.write(status, into: &$0) }.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.first == "best_store_durable 0" && lines.contains("best_store_trouble{trouble=\"full\"} 1"))
        #expect(lines.count { $0.hasPrefix("best_store_trouble{") && $0.hasSuffix(" 0") } == StoreStatus.Trouble.allCases.count - 1)
        #expect(
            lines.suffix(4) == [
                "best_store_waiting_records 1", "best_store_written_records_total 2", "best_store_dropped_records_total 3",
                "best_store_recoveries_total 4",
            ])
        status.state = .durable
        status.trouble = nil
        let sound = text { StoreMetrics.write(status, into: &$0) }
        #expect(sound.contains("\nbest_store_durable 1\n") && !sound.contains("\"} 1\n"))
    }
}
