/// How numbers are written in the manual and in problems.
enum NumberText {
    /// Without a fraction where there is none: `1`, `0.25`, `20_000`.
    static func describe(_ number: Double) -> String {
        Int(exactly: number).map(grouped) ?? String(number)
    }

    /// With `_` between groups of three digits from five digits on, which the reader accepts too: `8000`, `20_000`.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude).utf8)
        guard digits.count > 4 else { return String(number) }
        var text: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(UInt8(ascii: "_")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
