/// Bytes that are used up from the front without being moved: thousands of short requests may stand in one read.
public struct ByteQueue: ~Copyable {
    private var bytes = ByteBuffer()
    private var start = 0

    /// Makes an empty queue.
    public init() {}

    /// Whether every byte was used.
    public var isEmpty: Bool { start == bytes.count }
    /// How many bytes wait to be used.
    public var count: Int { bytes.count - start }
    /// How many bytes are held, the used ones in front included.
    public var heldBytes: Int { bytes.count }

    /// The bytes that wait.
    public var unused: RawSpan {
        @_lifetime(borrow self) get { bytes.bytes.extracting(droppingFirst: start) }
    }

    /// Adds bytes behind the others.
    public mutating func append(_ more: RawSpan) {
        // Only once the used part is the larger one, so that a byte is moved once at most, however small the pieces that come.
        if start > count {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(more)
    }

    /// Uses up the first `count` bytes.
    public mutating func use(_ count: Int) {
        precondition(count >= 0 && count <= self.count)
        start += count
        guard isEmpty else { return }
        bytes.removeAll()
        start = 0
    }

    /// Drops every byte and gives the memory back.
    public mutating func deallocate() {
        bytes.deallocate()
        start = 0
    }
}
