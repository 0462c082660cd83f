/// Suggests the names a user may have meant.
enum NearestNames {
    /// Most names suggested.
    private static let mostNames = 3
    /// Longest text compared, in bytes; the work grows with its square.
    private static let longestText = 128

    /// The names nearest to `text` by edit distance, best first; none when nothing is near.
    static func find(_ text: String, among names: [String]) -> [String] {
        let wanted = Array(text.lowercased().utf8.prefix(longestText))
        var seen: Set<String> = []
        var rated: [(name: String, distance: Int)] = []
        for name in names where seen.insert(name).inserted {
            let distance = distance(wanted, Array(name.lowercased().utf8.prefix(longestText)))
            if distance <= max(3, wanted.count / 2) { rated.append((name, distance)) }
        }
        return rated.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(mostNames).map(\.name)
    }

    /// Levenshtein's distance in bytes.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (line, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (byte == right[column] ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
