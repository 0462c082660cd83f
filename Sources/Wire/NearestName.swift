/// Finds the valid names that a misspelt one may have meant: keys of a configuration file, models of a request.
public enum NearestName {
    /// The longest text that is compared, in bytes.
    private static let longestText = EditDistance.longestWord

    /// The one name of a fixed list that `word` is a misspelling of; `nil` when none is near enough. The first
    /// of equals.
    ///
    /// Case and the separators `_` and `-` do not count, because people often get them wrong. A third of a
    /// name's letters may be wrong; a word that is the beginning or end of a name counts as two slips, so that
    /// `model` suggests `models` rather than `model_url`.
    public static func nearest(to word: String, among names: [String]) -> String? {
        guard word.utf8.count <= longestText else { return nil }
        let wanted = normalized(word)
        guard !wanted.isEmpty else { return nil }
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = normalized(name)
            let slips = editDistance(wanted, candidate)
            guard let distance = slips <= max(1, candidate.count / 3) ? slips : isPart(wanted, of: candidate) ? 2 : nil else { continue }
            guard distance < best?.distance ?? .max else { continue }
            best = (name, distance)
        }
        return best?.name
    }

    /// Up to three names near `text`, best first, each once; none when nothing is near. A list that is searched
    /// often should be a `NameCatalogue`.
    public static func several(near text: String, among names: [String]) -> [String] {
        var seen: Set<String> = []
        let unique = names.filter { seen.insert($0).inserted }
        return NameCatalogue(unique).nearest(to: text).map { unique[$0] }
    }

    /// The distance between two words; see `EditDistance`.
    static func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var letters = Int.max
        return EditDistance(to: first).distance(to: second[...], atMost: max(first.count, second.count), letters: &letters) ?? .max
    }

    private static func normalized(_ word: String) -> [UInt8] {
        word.utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Whether `word` is the beginning or the end of `name`, as key words often are when written from memory.
    private static func isPart(_ word: [UInt8], of name: [UInt8]) -> Bool {
        word.count >= 3 && word.count < name.count && (name.starts(with: word) || name.suffix(word.count).elementsEqual(word))
    }
}
