/// The bytes that decide a run. They are read from both ends: from the front what clients and the operator do, from the back what providers do, so that a
/// mutation of the one leaves the other as it was. Behind the last byte everything is 0, and 0 is the plainest choice everywhere.
final class FuzzInput {
    private let bytes: [UInt8]
    private var front = 0
    private var back: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        back = bytes.count
    }

    /// Whether there is nothing left to decide.
    var isUsedUp: Bool { front >= back }

    /// The next byte of an end; 0 when there is none.
    func takeByte(front isFront: Bool) -> Int {
        guard front < back else { return 0 }
        if isFront {
            front += 1
            return Int(bytes[front - 1])
        }
        back -= 1
        return Int(bytes[back])
    }
}
