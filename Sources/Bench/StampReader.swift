internal import Wire

/// Reads the stamps that `best mock --bench` writes into the content of its events: `"s=000017
/// t=0000012345678901 `, the event's number and the microseconds of the monotonic clock at its write, which
/// every process of the machine shares.
struct StampReader {
    /// The content of an event's stamp.
    enum Stamp: Equatable {
        /// The stream has none.
        case none
        /// The time of the write.
        case sent(microseconds: UInt64)
        /// It is not the expected event, or its stamp is incomplete.
        case outOfOrder
    }

    private static let opening: StaticString = "\"s="
    /// The digits of the number and the ` t=` after them.
    private static let numberDigits = 6
    private static let timeOffset = 9
    private static let maximumTimeDigits = 19

    private var isStamped = false
    /// Where the last stamp's quote was; the next one's is usually at the same place.
    private var place = 0

    /// Forgets the last stream.
    mutating func begin() { isStamped = false }

    /// Reads the stamp of the event with content numbered `number`, from 0. The first decides whether the
    /// stream has stamps at all, so that other streams are not searched.
    mutating func read(_ data: RawSpan, number: Int) -> Stamp {
        if number == 0 { isStamped = data.firstRange(of: StampReader.opening) != nil }
        guard isStamped else { return .none }
        if place + 3 > data.byteCount || !data.extracting(place..<place + 3).equals(StampReader.opening) {
            guard let found = data.firstRange(of: StampReader.opening) else { return .outOfOrder }
            place = found.lowerBound
        }
        let text = data.extracting(place + 3..<data.byteCount)
        guard text.byteCount > StampReader.timeOffset, text.extracting(0..<StampReader.numberDigits).decimalValue == number,
            text.extracting(StampReader.numberDigits..<StampReader.timeOffset).equals(" t=")
        else { return .outOfOrder }
        var microseconds: UInt64 = 0
        var digits = 0
        while StampReader.timeOffset + digits < text.byteCount, digits < StampReader.maximumTimeDigits {
            let digit = text[byte: StampReader.timeOffset + digits] &- 0x30
            guard digit < 10 else { break }
            microseconds = microseconds &* 10 &+ UInt64(digit)
            digits += 1
        }
        return digits > 0 ? .sent(microseconds: microseconds) : .outOfOrder
    }
}
