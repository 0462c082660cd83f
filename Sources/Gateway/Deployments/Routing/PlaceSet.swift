/// A set of places in the table of deployments, a bit for each.
struct PlaceSet: Equatable, Sendable {
    private var words: [UInt64]

    /// Makes an empty set for so many places.
    init(count: Int) {
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    /// How many places are in it.
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    @inline(__always)
    func contains(_ place: Int) -> Bool { words[place >> 6] & 1 << UInt64(place & 63) != 0 }

    @inline(__always)
    mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }

    /// Takes out what is in another set for as many places.
    mutating func subtract(_ other: PlaceSet) {
        for index in words.indices { words[index] &= ~other.words[index] }
    }
}
