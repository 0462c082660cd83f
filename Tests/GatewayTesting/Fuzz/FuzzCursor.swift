/// One end of the input.
struct FuzzCursor {
    private let input: FuzzInput
    private let isFront: Bool

    /// Reads from the front, or from the back.
    init(_ input: FuzzInput, front isFront: Bool) {
        self.input = input
        self.isFront = isFront
    }

    /// The next byte.
    func byte() -> Int { input.takeByte(front: isFront) }

    /// A number from 0 to `count` - 1.
    func choose(_ count: Int) -> Int { byte() % count }

    /// Whether something that happens once in `count` times happens; not without bytes.
    func isRare(_ count: Int) -> Bool { byte() % count == count - 1 }

    /// One of a list.
    func pick<T>(_ list: [T]) -> T { list[choose(list.count)] }

    /// Bytes as they stand in the input.
    func raw(most: Int) -> [UInt8] {
        let count = choose(most + 1)
        var bytes: [UInt8] = []
        while bytes.count < count, !input.isUsedUp { bytes.append(UInt8(truncatingIfNeeded: byte())) }
        return bytes
    }
}
