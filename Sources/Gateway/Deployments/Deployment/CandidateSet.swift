/// A set of places in a list of candidates, without memory of its own.
struct CandidateSet {
    /// Candidates beyond this place are not looked at: no request has so many attempts that it mattered.
    static let capacity = 512

    private var words = InlineArray<8, UInt64>(repeating: 0)

    init() {}

    func contains(_ place: Int) -> Bool { words[place >> 6] & 1 << UInt64(place & 63) != 0 }

    mutating func insert(_ place: Int) { words[place >> 6] |= 1 << UInt64(place & 63) }

    mutating func remove(_ place: Int) { words[place >> 6] &= ~(1 << UInt64(place & 63)) }
}
