/// Insertions, deletions, replacements and swaps of neighbours between one word and others (optimal string alignment).
struct EditDistance {
    private let word: [UInt8]
    /// The last three rows of the table, used in turn.
    private var table: [Int]

    init(to word: [UInt8]) {
        self.word = word
        table = Array(repeating: 0, count: 3 * (word.count + 1))
    }

    /// The distance to another word; `nil` when it is more than `most`, or when there is no more work to spend on it.
    ///
    /// - Parameter cells: How many pairs of letters may still be compared; what was compared is taken off.
    mutating func distance(to other: ArraySlice<UInt8>, atMost most: Int, cells: inout Int) -> Int? {
        let width = word.count
        guard abs(width - other.count) <= most else { return nil }
        guard width > 0 else { return other.count }
        for column in 0...width { table[column] = column }
        // Far from the diagonal every way is longer than `most`; so is what stands beside what is looked at.
        let beyond = most + 1
        for (index, byte) in other.enumerated() {
            let (low, high) = (max(1, index + 1 - most), min(width, index + 1 + most))
            guard low <= high, cells > 0 else { return nil }
            cells -= high - low + 1
            let (row, above, twoAbove) = ((index + 1) % 3 * (width + 1), index % 3 * (width + 1), (index + 2) % 3 * (width + 1))
            let before = index > 0 ? other[other.startIndex + index - 1] : 0
            table[row + low - 1] = low == 1 ? index + 1 : beyond
            var best = table[row + low - 1]
            for column in low...high {
                let left = word[column - 1]
                let upper = column <= index + most ? table[above + column] : beyond
                var cost = min(table[above + column - 1] + (left == byte ? 0 : 1), upper + 1, table[row + column - 1] + 1)
                if index > 0, column > 1, left == before, word[column - 2] == byte { cost = min(cost, table[twoAbove + column - 2] + 1) }
                table[row + column] = cost
                best = min(best, cost)
            }
            if best > most { return nil }
        }
        let distance = table[other.count % 3 * (width + 1) + width]
        return distance <= most ? distance : nil
    }
}
