internal import Wire

/// The pause a provider asks for in header fields.
enum RetryAfter {
    /// The longest pause believed.
    private static let longest = 7 * 24 * 3600

    /// `retry-after-ms`, else `retry-after` in whole or fractional seconds (RFC 9110 §10.2.3 has whole ones); `nil` without either.
    static func parse(_ fields: borrowing HTTPFields) -> Duration? {
        if let text = fields.value(of: "retry-after-ms"), let value = text.decimalValue { return .milliseconds(min(value, longest * 1000)) }
        guard let text = fields.value(of: "retry-after") else { return nil }
        if let value = text.decimalValue { return .seconds(min(value, longest)) }
        guard let value = Double(text.text), value >= 0, value.isFinite else { return nil }
        return .milliseconds(Int(min(value, Double(longest)) * 1000))
    }
}
