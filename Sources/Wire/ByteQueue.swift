/// Bytes that are consumed from the front without being moved: one read may hold thousands of short requests.
public struct ByteQueue: ~Copyable {
    private var bytes = ByteBuffer()
    private var start = 0

    /// Makes an empty queue.
    public init() {}

    /// Whether every byte has been used.
    public var isEmpty: Bool { start == bytes.count }
    /// How many bytes are unused.
    public var count: Int { bytes.count - start }
    /// How many bytes are held, including the used ones at the front.
    public var heldBytes: Int { bytes.count }

    /// The bytes that are not yet used.
    public var unused: RawSpan {
        @_lifetime(borrow self) get { bytes.bytes.extracting(droppingFirst: start) }
    }

    /// Adds bytes at the end.
    public mutating func append(_ more: RawSpan) {
        // Only once the used part is the larger one, so that each byte is moved at most once, however small the
        // pieces.
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

    /// Drops every byte and frees the memory.
    public mutating func deallocate() {
        bytes.deallocate()
        start = 0
    }
}
