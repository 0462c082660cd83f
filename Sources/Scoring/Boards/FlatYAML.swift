/// The two forms of YAML in which boards are written: a list of flat maps (Aider) and maps of maps of numbers
/// (Tabby).
///
/// Anything else in a file (anchors, blocks, flow collections) does not belong to these boards; such lines are
/// skipped.
enum FlatYAML {
    /// The most lines that are read.
    static let maximumLines = 200_000

    /// The maps of `- key: value` lists, each with its plain values as text.
    static func maps(_ bytes: [UInt8]) throws(BoardError) -> [[String: String]] {
        var maps: [[String: String]] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).prefix(maximumLines) {
            var rest = line.drop { $0 == " " }
            if rest.hasPrefix("- ") {
                maps.append([:])
                rest = rest.dropFirst(2).drop { $0 == " " }
            }
            guard !maps.isEmpty, let entry = entry(rest) else { continue }
            maps[maps.count - 1][entry.key] = entry.value
        }
        guard !maps.isEmpty else { throw BoardError("not a YAML list of maps") }
        return maps
    }

    /// The numbers of maps nested by indentation, each with the keys that lead to it.
    static func numbers(_ bytes: [UInt8]) throws(BoardError) -> [(path: [String], value: Double)] {
        var numbers: [(path: [String], value: Double)] = []
        var open: [(indent: Int, key: String)] = []
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).prefix(maximumLines) {
            let indent = line.prefix { $0 == " " }.count
            guard let entry = entry(line.dropFirst(indent)) else { continue }
            while let last = open.last, last.indent >= indent { open.removeLast() }
            if let value = JSONTree.figure(entry.value) {
                numbers.append((open.map(\.key) + [entry.key], value))
            } else if entry.value.isEmpty, open.count < 8 {
                open.append((indent, entry.key))
            }
        }
        guard !numbers.isEmpty else { throw BoardError("no numbers in nested YAML maps") }
        return numbers
    }

    private static func entry(_ line: Substring) -> (key: String, value: String)? {
        guard line.first != "#", let colon = line.firstIndex(of: ":") else { return nil }
        var value = line[line.index(after: colon)...].drop { $0 == " " }
        while value.last == " " { value.removeLast() }
        if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote { value = value.dropFirst().dropLast() }
        return (String(line[..<colon]), String(value))
    }
}
