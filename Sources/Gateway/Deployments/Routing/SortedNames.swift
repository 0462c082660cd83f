internal import Wire

/// The names that mean a model, in lower case and in alphabetical order, so that the patterns of a key are found among many names quickly.
struct SortedNames: Sendable {
    private var bytes: [UInt8] = []
    private var ranges: [Range<Int32>] = []
    /// The number of each name in `ModelNames`.
    private var numbers: [Int32] = []
    /// The numbers of the names that differ from another only in the case of letters.
    private var shared: PlaceSet

    init(_ names: ModelNames) {
        var found: [(head: UInt64, range: Range<Int32>, number: Int32)] = []
        found.reserveCapacity(names.table.count)
        for number in names.presetCount..<max(names.presetCount, names.table.count) {
            let start = Int32(clamping: bytes.count)
            NameCatalogue.appendLowercased(names.table.name(number), to: &bytes)
            let range = start..<Int32(clamping: bytes.count)
            found.append((SortedNames.head(bytes, range, 0), range, Int32(clamping: number)))
        }
        // Most are told apart by their first letters.
        found.sort { [bytes] left, right in
            left.head != right.head ? left.head < right.head : SortedNames.precedes(bytes, left.range, right.range)
        }
        ranges = found.map(\.range)
        numbers = found.map(\.number)
        shared = PlaceSet(count: names.table.count)
        for place in numbers.indices.dropFirst() where name(place) == name(place - 1) {
            shared.insert(number(place - 1))
            shared.insert(number(place))
        }
    }

    /// How many names there are.
    var count: Int { numbers.count }

    /// The number in `ModelNames` of the name at a place of the order.
    func number(_ place: Int) -> Int { Int(numbers[place]) }

    /// The name at a place of the order.
    func name(_ place: Int) -> ArraySlice<UInt8> { slice(ranges[place]) }

    /// Whether the name with a number differs from another only in the case of letters.
    func isShared(_ number: Int) -> Bool { shared.contains(number) }

    /// Whether the name at a place of the order fits a pattern.
    func matches(_ pattern: ModelPattern, at place: Int) -> Bool {
        let range = ranges[place]
        return pattern.matches(bytes.span.bytes.extracting(Int(range.lowerBound)..<Int(range.upperBound)))
    }

    /// The places of the names that are `text`: several where names differ only in the case of letters.
    func places(of text: [UInt8]) -> Range<Int> {
        let start = first { !name($0).lexicographicallyPrecedes(text) }
        return start..<first(from: start) { !name($0).elementsEqual(text) }
    }

    /// The places of the names that begin with `text`.
    func places(beginningWith text: [UInt8]) -> Range<Int> {
        let start = first { !name($0).lexicographicallyPrecedes(text) }
        return start..<first(from: start) { !name($0).starts(with: text) }
    }

    /// The first place from which on `isBehind` holds.
    private func first(from start: Int = 0, _ isBehind: (Int) -> Bool) -> Int {
        var (low, high) = (start, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func slice(_ range: Range<Int32>) -> ArraySlice<UInt8> { bytes[Int(range.lowerBound)..<Int(range.upperBound)] }

    /// Eight bytes from `offset` as a number that is ordered as they are; what is behind the end counts as 0, which no name holds.
    private static func head(_ bytes: [UInt8], _ range: Range<Int32>, _ offset: Int) -> UInt64 {
        bytes.span.bytes.extracting(Int(range.lowerBound)..<Int(range.upperBound)).word(at: offset).byteSwapped
    }

    /// Whether one name comes before another that begins with the same eight bytes.
    private static func precedes(_ bytes: [UInt8], _ left: Range<Int32>, _ right: Range<Int32>) -> Bool {
        var offset = 8
        while offset < min(left.count, right.count) {
            let (first, second) = (head(bytes, left, offset), head(bytes, right, offset))
            if first != second { return first < second }
            offset += 8
        }
        return left.count < right.count
    }
}
