public import Wire

/// A result as a JSON file.
///
/// ```json
/// {"best_bench": 1, "load": {"mode": "closed", "concurrency": 64, …}, "interrupted": false,
///  "targets": {"gateway": {"url": "http://…", "requests": 1000, …, "latency_ms": {"p50": 1.2, …}, "failures": {"timeout": 3}}},
///  "added_ms": {"first token": {"p50": 0.1, …, "pairs": [0.09, 0.1]}}}
/// ```
public enum ResultJSON {
    /// The number of the format, for later readers.
    static let version = 1

    /// Appends the file's text.
    public static func append(_ result: LoadResult, to output: inout ByteBuffer) {
        output.append("{\"best_bench\":")
        output.append(decimal: version)
        output.append(",\n \"load\":{")
        for (index, (name, value)) in load(result.load).enumerated() {
            if index > 0 { output.append(",") }
            output.append(jsonString: name)
            output.append(":")
            output.append(utf8: value)
        }
        output.append("},\n \"interrupted\":")
        output.append(result.wasInterrupted ? "true" : "false")
        output.append(",\n \"targets\":{")
        for (index, target) in result.targets.enumerated() {
            if index > 0 { output.append(",") }
            output.append("\n  ")
            output.append(jsonString: target.name)
            output.append(":{\"url\":")
            output.append(jsonString: target.url)
            append(ResultEntry.all(of: target.measurement), to: &output)
            output.append("}")
        }
        output.append("}")
        append(result.added, to: &output)
        output.append("}\n")
    }

    /// Entries in order; those whose names share the part before a point become one object.
    private static func append(_ entries: [ResultEntry], to output: inout ByteBuffer) {
        var group = Substring()
        for entry in entries {
            let parts = entry.name.split(separator: ".", maxSplits: 1)
            let isInGroup = parts.count == 2
            if !group.isEmpty, !isInGroup || parts[0] != group {
                output.append("}")
                group = ""
            }
            if isInGroup, group.isEmpty {
                group = parts[0]
                output.append(",\n   ")
                output.append(jsonString: String(group))
                output.append(":{")
            } else {
                output.append(",")
            }
            output.append(jsonString: String(parts[parts.count - 1]))
            output.append(":")
            output.append(utf8: number(entry.value))
        }
        if !group.isEmpty { output.append("}") }
    }

    private static func append(_ added: [AddedTime], to output: inout ByteBuffer) {
        guard !added.isEmpty else { return }
        output.append(",\n \"added_ms\":{")
        for (index, time) in added.enumerated() {
            if index > 0 { output.append(",") }
            output.append("\n  ")
            output.append(jsonString: time.name)
            let statistics = [("p50", time.p50), ("p90", time.p90), ("p99", time.p99), ("median_of_pairs", time.medianOfPairs)]
            output.append(utf8: ":{" + statistics.map { "\"\($0.0)\":\(number($0.1 / 1e6))" }.joined(separator: ","))
            output.append(utf8: ",\"pairs\":[" + time.pairs.map { number($0 / 1e6) }.joined(separator: ",") + "]}")
        }
        output.append("}")
    }

    private static func load(_ load: LoadStretch) -> [(String, String)] {
        var members: [(String, String)] = []
        switch load.mode {
        case .closed(let concurrency):
            members = [("mode", "\"closed\""), ("concurrency", "\(concurrency)")]
        case .open(let rate, let arrivals, let maximum):
            members = [("mode", "\"open\""), ("rate", number(rate)), ("arrivals", "\"\(arrivals.rawValue)\""), ("max_connections", "\(maximum)")]
        }
        switch load.length {
        case .duration(let duration): members.append(("duration_s", number(duration / .seconds(1))))
        case .requests(let count): members.append(("requests", "\(count)"))
        }
        members.append(("warm_up_s", number(load.warmUp / .seconds(1))))
        members.append(("timeout_s", number(load.timeout / .seconds(1))))
        members.append(("seed", "\(load.seed)"))
        return members
    }

    /// A number as JSON text: whole ones without a fraction, others to a millionth.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        guard abs(value) < 1e15 else { return "\(value)" }
        if value == value.rounded() { return "\(Int64(value))" }
        guard abs(value) < 1e12 else { return "\(value)" }
        var text = NumberText.fixed(value, 6)
        while text.last == "0" { text.removeLast() }
        // A value that rounds to a whole number has no digit left after its point.
        if text.last == "." { text.removeLast() }
        return text
    }
}
