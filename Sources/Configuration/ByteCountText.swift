/// A number of bytes as configuration files write it: `65536`, `64KiB`, `32MiB`, `1GiB`; each unit is 1,024 of the one before.
enum ByteCountText {
    private static let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    /// The number; `nil` for any other text and for what an `Int` does not hold.
    static func parse(_ text: String) -> Int? {
        for (name, factor) in units where text.hasSuffix(name) {
            var number = text.dropLast(name.count)
            if number.hasSuffix(" ") { number = number.dropLast() }
            guard let value = CoreScalar.integer(String(number)), value >= 0 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return CoreScalar.integer(text)
    }

    /// The shortest text that `parse` reads as `count`.
    static func spell(_ count: Int) -> String {
        for (name, factor) in units where count >= factor && count.isMultiple(of: factor) { return "\(NumberText.grouped(count / factor))\(name)" }
        return NumberText.grouped(count)
    }
}
