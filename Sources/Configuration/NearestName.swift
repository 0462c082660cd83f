/// Finds the valid name that a misspelt one was meant to be.
enum NearestName {
    /// `did you mean "x"?`, or the list of valid names when none is near.
    static func suggestion(for word: String, among names: [String]) -> String {
        if let nearest = nearest(to: word, among: names) { return "did you mean \"\(nearest)\"?" }
        return "valid are \(names.joined(separator: ", "))"
    }

    /// The name of least distance, when that is small enough to be a slip; the first of equals.
    static func nearest(to word: String, among names: [String]) -> String? {
        // Longer than any name of ours with any number of slips; keeps the cost of a hostile file down.
        guard word.utf8.count <= 64 else { return nil }
        let wanted = normalized(word)
        guard !wanted.isEmpty else { return nil }
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = normalized(name)
            let slips = editDistance(wanted, candidate)
            // A part of a name is as good as two slips, so that `model` is rather `models` than `model_url`.
            guard let distance = slips <= max(1, candidate.count / 3) ? slips : isPart(wanted, of: candidate) ? 2 : nil else { continue }
            guard distance < best?.distance ?? .max else { continue }
            best = (name, distance)
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment).
    static func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let replacement = previous[column] + (first[row] == second[column] ? 0 : 1)
                var cost = min(replacement, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforePrevious, previous) = (previous, current)
        }
        return previous[second.count]
    }

    /// Case and word separators are not what people get right.
    private static func normalized(_ word: String) -> [UInt8] {
        word.utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Whether `word` is the beginning or the end of `name`, as `key` words often are when written from memory.
    private static func isPart(_ word: [UInt8], of name: [UInt8]) -> Bool {
        word.count >= 3 && word.count < name.count && (name.starts(with: word) || name.suffix(word.count).elementsEqual(word))
    }
}
