/// A span of time as configuration files and command lines write it: `30` (seconds), `0.5`, `500ms`, `5s`, `1m30s`, `24h`, `7d`, `2w`; with or without a
/// space before a unit or a further number.
public enum DurationText {
    /// The span, not negative and less than 10^9 seconds; `nil` for any other text.
    public static func parse(_ text: String) -> Duration? {
        if let seconds = CoreScalar.number(text) { return duration(seconds) }
        var rest = text.utf8[...]
        var total = 0.0
        var lastUnit = Double.infinity
        while !rest.isEmpty {
            let number = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            rest = rest[number.endIndex...]
            if rest.first == UInt8(ascii: " ") { rest = rest.dropFirst() }
            let unit = rest.prefix { (0x61...0x7A).contains($0) }
            rest = rest[unit.endIndex...]
            if rest.first == UInt8(ascii: " "), rest.count > 1 { rest = rest.dropFirst() }
            // Units go down and none comes twice: `30s1m` is more likely a slip than a wish.
            guard let value = Double(String(decoding: number, as: UTF8.self)), let seconds = units[String(decoding: unit, as: UTF8.self)],
                seconds < lastUnit
            else { return nil }
            total += value * seconds
            lastUnit = seconds
        }
        return text.isEmpty ? nil : duration(total)
    }

    /// Seconds and a unit, for a problem: `300 s`, `0.5 s`.
    static func describe(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds != 0 else { return "\(seconds) s" }
        return "\(Double(seconds) + Double(attoseconds) / 1e18) s"
    }

    /// The shortest text that `parse` reads as `duration`, which is not negative, exact to the millisecond: `0s`, `1500ms`, `1m30s`, `24h`.
    static func spell(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        if milliseconds != 0 { return "\(seconds * 1000 + milliseconds)ms" }
        guard seconds != 0 else { return "0s" }
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.filter { $0.0 != 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    private static func duration(_ seconds: Double) -> Duration? {
        guard seconds >= 0, seconds < 1e9 else { return nil }
        return .nanoseconds(Int64((seconds * 1e9).rounded()))
    }

    private static let units = ["w": 604_800.0, "d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001]
}
