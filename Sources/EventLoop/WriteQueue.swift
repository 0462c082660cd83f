internal import CUV
internal import Wire

/// The bytes a connection owes the kernel: one block on its way, one block that gathers what comes meanwhile.
///
/// libuv needs the block of a write unmoved until the write's callback, so the two are swapped and never grown while in flight.
@safe struct WriteQueue: ~Copyable {
    private var inFlight = ByteBuffer()
    private var waiting = ByteBuffer()
    private var request: UnsafeMutablePointer<uv_write_t>?
    private var isWriting = false
    /// Whether the outgoing half ends when the queue is empty.
    var endsWhenEmpty = false

    /// Bytes not yet taken by the kernel.
    var count: Int { inFlight.count + waiting.count }
    /// Bytes behind those that are on their way.
    var waitingBytes: Int { waiting.count }
    var isEmpty: Bool { !isWriting && waiting.isEmpty }

    deinit { if let request = unsafe request { unsafe request.deallocate() } }

    /// Appends the part of `bytes` behind the first `skip` bytes, and lowers `skip` by what was passed over.
    mutating func append(_ bytes: RawSpan, skipping skip: inout Int) {
        guard skip < bytes.byteCount else {
            skip -= bytes.byteCount
            return
        }
        waiting.append(bytes.extracting(droppingFirst: skip))
        skip = 0
    }

    /// The block to write next, pinned until `finishWrite`; `nil` while a write is on its way or nothing waits.
    mutating func beginWrite() -> (request: UnsafeMutablePointer<uv_write_t>, bytes: UnsafeMutableRawBufferPointer)? {
        guard !isWriting, !waiting.isEmpty else { return nil }
        isWriting = true
        swap(&inFlight, &waiting)
        if unsafe request == nil { unsafe request = .allocate(capacity: 1) }
        let bytes = unsafe inFlight.bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(mutating: $0) }
        return unsafe (request!, bytes)
    }

    /// Ends the write that was on its way.
    ///
    /// - Returns: How many bytes it was.
    mutating func finishWrite() -> Int {
        isWriting = false
        let size = inFlight.count
        // A queue is the exception: its memory goes back, so that thousands of once slow clients don't keep a block each.
        inFlight.deallocate()
        return size
    }

    /// Drops what is not on its way.
    ///
    /// - Returns: How many bytes it was.
    mutating func dropWaiting() -> Int {
        let size = waiting.count
        waiting.deallocate()
        return size
    }

    /// A request for the end of the outgoing half; the shutdown callback frees it.
    func shutdownRequest() -> UnsafeMutablePointer<uv_shutdown_t>? {
        .allocate(capacity: 1)
    }
}
