internal import EventLoop
internal import Wire

/// How long a client waits: what it says in header fields.
enum ClientPatience {
    /// The longest time that is believed: a day.
    private static let longest: Double = 86_400

    /// A time as `x-best-wait` has it: seconds with or without a fraction, or a duration in Go's form (`1m30s`, `500ms`).
    ///
    /// - Returns: `nil` when there is none, or it is neither.
    static func parse(_ text: RawSpan?) -> LoopInterval? {
        guard let text else { return nil }
        var total = 0.0
        var offset = 0
        var hasUnit = false
        let bytes = text.trimmed
        guard bytes.byteCount > 0, bytes.byteCount <= 32 else { return nil }
        while offset < bytes.byteCount {
            guard let (number, end) = number(bytes, offset) else { return nil }
            offset = end
            var unit = 0
            while offset + unit < bytes.byteCount, bytes[byte: offset + unit] > UInt8(ascii: "9") { unit += 1 }
            if unit == 0 {
                guard !hasUnit, offset == bytes.byteCount else { return nil }
                total = number
            } else {
                guard let factor = factor(bytes.extracting(offset..<offset + unit)) else { return nil }
                hasUnit = true
                total += number * factor
                offset += unit
            }
        }
        return LoopInterval(nanoseconds: UInt64(clamping: min(total, longest) * 1_000_000_000))
    }

    private static func number(_ bytes: RawSpan, _ start: Int) -> (Double, Int)? {
        var value = 0.0
        var scale = 0.0
        var digits = 0
        var offset = start
        while offset < bytes.byteCount {
            let byte = bytes[byte: offset]
            if byte == UInt8(ascii: "."), scale == 0 {
                scale = 1
            } else if byte &- UInt8(ascii: "0") < 10 {
                value = value * 10 + Double(byte &- UInt8(ascii: "0"))
                if scale > 0 { scale *= 10 }
                digits += 1
            } else {
                break
            }
            offset += 1
        }
        return digits == 0 ? nil : (scale > 0 ? value / scale : value, offset)
    }

    private static func factor(_ unit: RawSpan) -> Double? {
        if unit.equals("ms") { return 0.001 }
        if unit.equals("s") { return 1 }
        if unit.equals("m") { return 60 }
        if unit.equals("h") { return 3600 }
        return nil
    }
}
