internal import Wire

/// Bytes of the requests behind the one in work. They are used up from the front without being moved: thousands of short requests may stand in
/// one read.
struct ReadAhead: ~Copyable {
    private var bytes = ByteBuffer()
    private var start = 0

    /// Whether every byte was used.
    var isEmpty: Bool { start == bytes.count }
    /// How many bytes wait to be used.
    var count: Int { bytes.count - start }
    /// How many bytes are held, the used ones in front included.
    var heldBytes: Int { bytes.count }

    /// The bytes that wait.
    var unused: RawSpan {
        @_lifetime(borrow self) get { bytes.bytes.extracting(droppingFirst: start) }
    }

    /// Adds bytes behind the others.
    mutating func append(_ more: RawSpan) {
        // Only once the used part is the larger one, so that a byte is moved once at most, however small the pieces that come.
        if start > count {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(more)
    }

    /// Uses up the first `count` bytes.
    mutating func use(_ count: Int) {
        start += count
        guard isEmpty else { return }
        bytes.removeAll()
        start = 0
    }

    /// Drops every byte and gives the memory back.
    mutating func deallocate() {
        bytes.deallocate()
        start = 0
    }
}
