/// Model names in lower case, indexed so that a search for what people write looks at few of them.
///
/// Both kinds of search compare text from clients with names from providers, so both count their steps and stop
/// at a limit.
public struct NameCatalogue: Sendable {
    /// Longest text that is compared with names letter by letter, in bytes.
    private static let longestCompared = EditDistance.longestWord
    /// The most names that `nearest` finds.
    private static let mostNearest = 3
    /// Letters of names that `nearest` may compare with one text: about 0.2 ms, or a thousand names of usual
    /// length. The most similar by length and letters come first, so a skipped name is seldom near.
    private static let mostLetters = 25_000

    /// The names in lower case, one after the other.
    private var bytes: [UInt8] = []
    /// Where each name begins, and where the last one ends.
    private var starts: [Int32] = [0]
    /// Which letters each name has, one bit for each of `LetterClass`.
    private var letters: [UInt64] = []
    /// For each pair of letters the names that contain it, ascending: those of pair `p` are in
    /// `pairStarts[p]..<pairStarts[p + 1]`.
    private var pairNames: [Int32] = []
    private var pairStarts: [Int32] = []

    /// Indexes names, each once.
    public init(_ names: some Sequence<String>) {
        self.init(utf8: names.lazy.map { Array($0.utf8)[...] })
    }

    /// Indexes names that are given as UTF-8, each once.
    public init(utf8 names: some Sequence<ArraySlice<UInt8>>) {
        for name in names {
            let start = bytes.count
            NameCatalogue.appendLowercased(name, to: &bytes)
            starts.append(Int32(clamping: bytes.count))
            var mask: UInt64 = 0
            for place in start..<bytes.count { mask |= 1 << UInt64(LetterClass.of(bytes[place])) }
            letters.append(mask)
        }
        registerPairs()
    }

    /// How many names there are.
    public var count: Int { letters.count }

    /// A text in the form that is searched: lower case.
    public static func lowercased(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        appendLowercased(Array(text.utf8)[...], to: &bytes)
        return bytes
    }

    /// Appends UTF-8 text in lower case.
    public static func appendLowercased(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        let start = bytes.count
        var isASCII = true
        for byte in text {
            if byte >= 0x80 { isASCII = false }
            bytes.append(Wire.lowercased(byte))
        }
        guard !isASCII else { return }
        bytes.removeSubrange(start...)
        bytes.append(contentsOf: String(decoding: text, as: UTF8.self).lowercased().utf8)
    }

    // MARK: Parts of names

    /// The names that contain a text, in ascending order of index.
    ///
    /// - Parameters:
    ///   - text: In lower case, not empty.
    ///   - steps: How many names may still be examined; those examined are subtracted. At 0 the search ends
    ///     with what it has found.
    ///   - take: Is given each index; returns whether to go on.
    public func find(_ text: [UInt8], steps: inout Int, _ take: (Int) -> Bool) {
        guard let first = text.first else { return }
        guard text.count > 1 else {
            let mask: UInt64 = 1 << UInt64(LetterClass.of(first))
            for place in letters.indices where letters[place] & mask != 0 {
                guard steps > 0 else { return }
                steps -= 1
                if holds(place, text), !take(place) { return }
            }
            return
        }
        var wanted: UInt64 = 1 << UInt64(LetterClass.of(first))
        var rarest = 0..<Int.max
        for place in 1..<text.count {
            wanted |= 1 << UInt64(LetterClass.of(text[place]))
            let pair = LetterClass.pair(text[place - 1], text[place])
            let range = Int(pairStarts[pair])..<Int(pairStarts[pair + 1])
            if range.count < rarest.count { rarest = range }
        }
        for index in rarest {
            let place = Int(pairNames[index])
            guard letters[place] & wanted == wanted else { continue }
            guard steps > 0 else { return }
            steps -= 1
            if holds(place, text), !take(place) { return }
        }
    }

    private func holds(_ place: Int, _ text: [UInt8]) -> Bool {
        let (start, end) = (Int(starts[place]), Int(starts[place + 1]))
        let (name, wanted) = (bytes.span, text.span)
        guard end - start >= wanted.count else { return false }
        search: for offset in start...(end - wanted.count) where name[offset] == wanted[0] {
            for index in 1..<max(1, wanted.count) where name[offset + index] != wanted[index] { continue search }
            return true
        }
        return false
    }

    private mutating func registerPairs() {
        // Counted first and filled afterwards, so that all lists lie in one array. A pair that occurs twice in
        // a name counts once.
        var counts = [Int32](repeating: 0, count: LetterClass.pairs + 1)
        var seen = [Int32](repeating: -1, count: LetterClass.pairs)
        forEachPair { name, pair in
            guard seen[pair] != name else { return }
            seen[pair] = name
            counts[pair + 1] += 1
        }
        for pair in 1...LetterClass.pairs { counts[pair] += counts[pair - 1] }
        pairStarts = counts
        pairNames = [Int32](repeating: 0, count: Int(counts[LetterClass.pairs]))
        for pair in seen.indices { seen[pair] = -1 }
        var (next, filled) = (counts, pairNames)
        forEachPair { name, pair in
            guard seen[pair] != name else { return }
            seen[pair] = name
            filled[Int(next[pair])] = name
            next[pair] += 1
        }
        pairNames = filled
    }

    private func forEachPair(_ body: (_ name: Int32, _ pair: Int) -> Void) {
        for name in letters.indices {
            let (start, end) = (Int(starts[name]), Int(starts[name + 1]))
            guard end - start > 1 else { continue }
            for place in (start + 1)..<end { body(Int32(truncatingIfNeeded: name), LetterClass.pair(bytes[place - 1], bytes[place])) }
        }
    }

    // MARK: Similar names

    /// The indices of up to three names near a text, best first; none when nothing is near. Up to half of the
    /// text may be wrong, because names of models differ in many letters and people remember them roughly.
    ///
    /// - Parameter isShown: Whether the name at an index may be revealed.
    public func nearest(to text: String, where isShown: (Int) -> Bool = { _ in true }) -> [Int] {
        let wanted = Array(NameCatalogue.lowercased(text).prefix(NameCatalogue.longestCompared))
        let most = max(3, wanted.count / 2)
        var found: [(place: Int, distance: Int)] = []
        var letters = NameCatalogue.mostLetters
        let comparison = EditDistance(to: wanted)
        for (place, least) in candidates(near: wanted, most: most) {
            let isFull = found.count == NameCatalogue.mostNearest
            let limit = isFull ? found[found.count - 1].distance : most
            guard least <= limit, letters > 0 else { break }
            guard isShown(Int(place)) else { continue }
            let (start, end) = (Int(starts[Int(place)]), Int(starts[Int(place) + 1]))
            let name = bytes[start..<min(end, start + NameCatalogue.longestCompared)]
            guard let distance = comparison.distance(to: name, atMost: limit, letters: &letters) else { continue }
            insert((Int(place), distance), into: &found)
        }
        return found.map(\.place)
    }

    /// Keeps the best, equal distances in alphabetical order.
    private func insert(_ new: (place: Int, distance: Int), into found: inout [(place: Int, distance: Int)]) {
        let index = found.firstIndex { new.distance < $0.distance || new.distance == $0.distance && precedes(new.place, $0.place) } ?? found.count
        found.insert(new, at: index)
        if found.count > NameCatalogue.mostNearest { found.removeLast() }
    }

    private func precedes(_ first: Int, _ second: Int) -> Bool { name(first).lexicographicallyPrecedes(name(second)) }

    private func name(_ place: Int) -> ArraySlice<UInt8> { bytes[Int(starts[place])..<Int(starts[place + 1])] }

    /// The indices of names that may be near, starting with the least distance that length and letters allow:
    /// each step changes the length by at most one, and adds or removes at most one letter.
    private func candidates(near wanted: [UInt8], most: Int) -> [(place: Int32, least: UInt8)] {
        var mask: UInt64 = 0
        for byte in wanted { mask |= 1 << UInt64(LetterClass.of(byte)) }
        var found: [(place: Int32, least: UInt8)] = []
        // How many there are of each distance, and then where each group starts.
        var next = [Int](repeating: 0, count: most + 2)
        let (starts, letters) = (starts.span, letters.span)
        for place in letters.indices {
            let length = min(Int(starts[place + 1] - starts[place]), NameCatalogue.longestCompared)
            let (missing, strange) = ((mask & ~letters[place]).nonzeroBitCount, (letters[place] & ~mask).nonzeroBitCount)
            // Letters after the part of a long name that is compared do not matter.
            let isWhole = length < NameCatalogue.longestCompared
            let least = max(abs(length - wanted.count), missing, isWhole ? strange : 0)
            guard least <= most else { continue }
            found.append((Int32(truncatingIfNeeded: place), UInt8(truncatingIfNeeded: least)))
            next[least + 1] += 1
        }
        for least in 0...most { next[least + 1] += next[least] }
        var ordered = [(place: Int32, least: UInt8)](repeating: (0, 0), count: found.count)
        for candidate in found {
            ordered[next[Int(candidate.least)]] = candidate
            next[Int(candidate.least)] += 1
        }
        return ordered
    }
}

/// Classes of the letters in names, few enough for one bit each in a word.
private enum LetterClass {
    /// How many there are: the letters, the digits, the usual marks, and one for all else.
    static let count = 48
    static let pairs = count * count

    @inline(__always)
    static func pair(_ first: UInt8, _ second: UInt8) -> Int { of(first) * count + of(second) }

    @inline(__always)
    static func of(_ byte: UInt8) -> Int {
        if byte &- 0x61 < 26 { return Int(byte &- 0x61) }
        if byte &- 0x30 < 10 { return Int(26 &+ (byte &- 0x30)) }
        switch byte {
        case UInt8(ascii: "-"): return 36
        case UInt8(ascii: "."): return 37
        case UInt8(ascii: "/"): return 38
        case UInt8(ascii: ":"): return 39
        case UInt8(ascii: "_"): return 40
        default: return Int(41 &+ byte % 7)
        }
    }
}
