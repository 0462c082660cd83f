/// Insertions, deletions, replacements and swaps of neighbours between one word and others (optimal string alignment).
///
/// A letter of the other word is compared with the whole word at once: one bit for each letter of the word says
/// whether the distance rises or falls there (Hyyrö, "A Bit-Vector Algorithm for Computing Levenshtein and
/// Damerau Edit Distances", 2003).
struct EditDistance {
    /// The longest word, in bytes: one for each bit.
    static let longestWord = UInt128.bitWidth

    private let length: Int
    /// For each byte value, the positions in the word where it occurs.
    private var places = [UInt128](repeating: 0, count: 256)

    /// - Parameter word: At most `longestWord` bytes.
    init(to word: [UInt8]) {
        precondition(word.count <= EditDistance.longestWord, "a word of \(word.count) bytes is too long")
        length = word.count
        for (place, byte) in word.enumerated() { places[Int(byte)] |= 1 << UInt128(place) }
    }

    /// The distance to another word; `nil` when it is more than `most`, or when the work allowed has run out.
    ///
    /// - Parameter letters: How many letters of other words may still be compared; those compared are
    ///   subtracted.
    func distance(to other: ArraySlice<UInt8>, atMost most: Int, letters: inout Int) -> Int? {
        guard abs(length - other.count) <= most else { return nil }
        guard length > 0 else { return other.count }
        let last: UInt128 = 1 << UInt128(length - 1)
        var distance = length
        var left = other.count
        // In the column of the last letter: the rows whose distance is one more, and one less, than in the row
        // above; then the rows whose distance is the same as diagonally above, and those whose letter is the
        // last one.
        var (rises, falls, stays, had): (UInt128, UInt128, UInt128, UInt128) = (.max, 0, 0, 0)
        for byte in other {
            guard letters > 0 else { return nil }
            letters -= 1
            left -= 1
            let has = places[Int(byte)]
            let swapped = ((~stays & has) << 1) & had
            stays = (((has & rises) &+ rises) ^ rises) | has | falls | swapped
            let (grows, shrinks) = (falls | ~(stays | rises), stays & rises)
            if grows & last != 0 { distance += 1 }
            if shrinks & last != 0 { distance -= 1 }
            // Each remaining letter reduces the distance by at most one.
            if distance - left > most { return nil }
            let (growsAbove, shrinksAbove) = (grows << 1 | 1, shrinks << 1)
            rises = shrinksAbove | ~(stays | growsAbove)
            falls = growsAbove & stays
            had = has
        }
        return distance
    }
}
