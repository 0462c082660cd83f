/// Finds the most informative entry for an identity: its own, or its nearest relative's by whole words; never
/// by a part of a word.
struct QualityIndex: Sendable {
    private struct Row: Sendable {
        var identity: ModelIdentity
        var day: Int
        var isMeasured: Bool
    }

    private let rows: [Row]
    private let byName: [String: Int]
    private let byBase: [IdentityKey: [Int]]
    private let byWords: [[String]: [Int]]
    private let bySeries: [[String]: [Int]]

    init(_ entries: [QualityTable.Entry]) {
        var names: [String: Int] = [:], bases: [IdentityKey: [Int]] = [:], words: [[String]: [Int]] = [:], series: [[String]: [Int]] = [:]
        for (place, entry) in entries.enumerated() {
            let key = entry.identity.key
            names[entry.identity.canonical] = place
            guard entry.evidence > 0 else { continue }
            bases[key.base, default: []].append(place)
            words[key.words, default: []].append(place)
            series[Self.series(key.words), default: []].append(place)
        }
        rows = entries.map { Row(identity: $0.identity, day: $0.facts.releasedDay ?? 0, isMeasured: $0.baseEvidence > 0) }
        (byName, byBase, byWords, bySeries) = (names, bases, words, series)
    }

    /// The index of the most informative entry, and whether it is the model itself.
    func find(_ identity: ModelIdentity) -> (place: Int, isExact: Bool)? {
        let own = byName[identity.canonical]
        if let own, rows[own].isMeasured { return (own, true) }
        if let relative = relative(identity) { return (relative, false) }
        return own.map { ($0, true) }
    }

    private func relative(_ identity: ModelIdentity) -> Int? {
        let key = identity.key
        // Another release or mode of the same model.
        if let place = nearest(to: identity, byBase[key.base] ?? []) { return place }
        // A name with its size missing, or added, if only one model fits.
        let sameWords = (byWords[key.words] ?? []).filter { rows[$0].identity.key.size == nil || key.size == nil }
        if Set(sameWords.map { rows[$0].identity.key.size }).count == 1, let place = nearest(to: identity, sameWords) { return place }
        // A name without a version (`claude-opus-latest`) means the newest of its series.
        guard identity.stamp == nil, identity.version == nil, key.size == nil else { return nil }
        return (bySeries[key.words] ?? []).max { (rows[$0].day, $1) < (rows[$1].day, $0) }
    }

    /// The best candidate by mode, then closest date (the newest if the name has none), then preview state.
    private func nearest(to identity: ModelIdentity, _ candidates: [Int]) -> Int? {
        func distance(_ place: Int) -> (Int, Int, Int, Int) {
            let other = rows[place].identity
            let mode = other.mode == identity.mode ? 0 : other.mode == nil || identity.mode == nil ? 1 : 2
            let date: Int
            if let stamp = identity.stamp {
                date = other.stamp.map { stamp.agrees(with: $0) } ?? false ? 0 : stamp.dayNumber.map { abs($0 - rows[place].day) } ?? 1
            } else {
                date = other.stamp == nil ? 0 : 100_000 - rows[place].day
            }
            return (mode, date, other.isPreview == identity.isPreview ? 0 : 1, place)
        }
        return candidates.min { distance($0) < distance($1) }
    }

    private static func series(_ words: [String]) -> [String] { words.filter { !$0.utf8.contains(where: isDigit) } }
}
