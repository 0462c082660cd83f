public import Gateway
internal import Wire

/// Writes metrics in Prometheus' text format (prometheus.io, Exposition formats, version 0.0.4).
public struct PrometheusText: ~Copyable {
    /// What a metric is.
    public enum Kind: String {
        case counter, gauge, histogram
    }

    private var buffer = ByteBuffer(capacity: 16 * 1024)

    init() {}

    /// How many bytes there are.
    var count: Int { buffer.count }

    /// Appends the whole text to `target`.
    func write(into target: inout ByteBuffer) {
        target.append(buffer.bytes)
    }

    /// Begins a metric; its samples follow.
    public mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        buffer.append(utf8: "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// One sample.
    public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        buffer.append(utf8: name)
        write(labels)
        buffer.append(" ")
        buffer.append(utf8: PrometheusText.number(value))
        buffer.append("\n")
    }

    /// One sample of a whole number.
    public mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Int) {
        buffer.append(utf8: name)
        write(labels)
        buffer.append(" ")
        buffer.append(decimal: value)
        buffer.append("\n")
    }

    /// A metric with one sample.
    public mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        begin(name, kind, help)
        sample(name, [], value)
    }

    /// A histogram of durations, in seconds.
    public mutating func histogram(_ name: String, _ help: String, _ histogram: DurationHistogram) {
        begin(name, .histogram, help)
        var total = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            total += count
            sample("\(name)_bucket", [("le", PrometheusText.number(Double(bound) / 1e6))], total)
        }
        sample("\(name)_bucket", [("le", "+Inf")], histogram.count)
        sample("\(name)_sum", [], Double(histogram.sum) / 1e6)
        sample("\(name)_count", [], histogram.count)
    }

    private mutating func write(_ labels: [(String, String)]) {
        guard !labels.isEmpty else { return }
        for (index, label) in labels.enumerated() {
            buffer.append(index == 0 ? "{" : ",")
            buffer.append(utf8: label.0)
            buffer.append("=\"")
            buffer.append(utf8: PrometheusText.escape(label.1))
            buffer.append("\"")
        }
        buffer.append("}")
    }

    /// A label's value: backslash, quote and line feed are escaped.
    static func escape(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    /// A number; whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
