/// Numbers formatted for people.
enum NumberText {
    /// With this many digits after the point, rounded half away from zero; `1,234.50` with `grouped`.
    static func fixed(_ value: Double, _ digits: Int, grouped: Bool = false) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        // A `Double` of this size has practically no digits left after its point.
        guard value.isFinite, abs(value) < 1e15, abs(value) * scale < 1e18 else { return "\(value)" }
        let scaled = UInt64((abs(value) * scale).rounded())
        var whole = "\(scaled / UInt64(scale))"
        if grouped {
            var place = whole.count - 3
            while place > 0 {
                whole.insert(",", at: whole.index(whole.startIndex, offsetBy: place))
                place -= 3
            }
        }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + whole }
        let fraction = "\(scaled % UInt64(scale))"
        return sign + whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// About three significant digits: `0.123`, `1.23`, `12.3`, `1,234`.
    static func short(_ value: Double) -> String {
        let size = abs(value)
        return fixed(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3, grouped: true)
    }

    /// A time in nanoseconds, in a suitable unit: `834 us`, `1.23 ms`, `12.3 s`.
    static func time(_ nanoseconds: Double) -> String {
        let size = abs(nanoseconds)
        if size < 0.5 { return "0" }
        if size < 999_500 { return short(nanoseconds / 1e3) + " us" }
        if size < 999_500_000 { return short(nanoseconds / 1e6) + " ms" }
        return short(nanoseconds / 1e9) + " s"
    }
}
