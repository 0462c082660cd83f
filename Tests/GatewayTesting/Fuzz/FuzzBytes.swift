/// Texts are made as bytes, since that is what goes over a wire, and quicker.
extension [UInt8] {
    /// Appends a text.
    mutating func put(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a text.
    mutating func put(_ text: String) { append(contentsOf: text.utf8) }

    /// Appends a number.
    mutating func put(_ number: Int) { append(contentsOf: String(number).utf8) }

    /// Where some bytes begin that are in these.
    func place(of wanted: [UInt8]) -> Int? {
        guard let first = wanted.first, count >= wanted.count else { return nil }
        var start = 0
        while let place = self[start...(count - wanted.count)].firstIndex(of: first) {
            if self[place..<place + wanted.count].elementsEqual(wanted) { return place }
            start = place + 1
            if start > count - wanted.count { return nil }
        }
        return nil
    }

    /// The bytes as text.
    var string: String { String(decoding: self, as: UTF8.self) }
}
