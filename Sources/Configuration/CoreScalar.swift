/// What a plain scalar means by YAML's core schema (YAML 1.2.2 §10.3.2).
///
/// `yes`, `on`, octal and sexagesimal numbers of YAML 1.1 are text. Beyond the schema, `_` may group digits: `250_000`.
enum CoreScalar {
    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// A finite or infinite decimal number; `nil` for other text, also for `.nan`.
    static func number(_ text: String) -> Double? {
        switch text {
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
        case "-.inf", "-.Inf", "-.INF": return -.infinity
        default: break
        }
        guard let digits = ungrouped(text), isDecimal(digits) else { return nil }
        return Double(String(decoding: digits, as: UTF8.self))
    }

    /// A number without a fraction that an `Int` holds exactly; `1e6` is one.
    static func integer(_ text: String) -> Int? {
        guard let digits = ungrouped(text) else { return nil }
        if let value = Int(String(decoding: digits, as: UTF8.self)) { return value }
        // Above 2^53 a Double is no longer exact.
        guard let value = number(text), value.magnitude <= 9_007_199_254_740_992 else { return nil }
        return Int(exactly: value)
    }

    /// The bytes without group separators, which must stand between digits; `nil` when one does not.
    private static func ungrouped(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
            guard index > 0, index + 1 < bytes.count, isDigit(bytes[index - 1]), isDigit(bytes[index + 1]) else { return nil }
        }
        return bytes.filter { $0 != UInt8(ascii: "_") }
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func isDecimal(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        func skipDigits() -> Int {
            let digits = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(digits)
            return digits
        }
        func skip(_ accepted: String) -> Bool {
            guard let first = rest.first, accepted.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = skip("+-")
        let whole = skipDigits()
        let fraction = skip(".") ? skipDigits() : 0
        guard whole + fraction > 0 else { return false }
        if skip("eE") {
            _ = skip("+-")
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }
}
