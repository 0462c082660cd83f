internal import CUV
internal import Wire

/// The bytes a connection owes the kernel: one block in flight, one that collects what comes meanwhile, and
/// between them blocks that were handed over as they were.
///
/// libuv needs the block of a write unmoved until the write's callback, so blocks are swapped and never grown
/// while in flight.
@safe struct WriteQueue: ~Copyable {
    /// The most bytes of a handed-over block that are given to the kernel at a time, as many as are read at a
    /// time: other connections come in between.
    static let sliceSize = 64 * 1024

    /// A block that is written in slices, without a copy.
    private final class Block {
        var bytes = ByteBuffer()
        /// How many of its bytes the kernel has taken.
        var start: Int

        init(_ bytes: inout ByteBuffer, from start: Int) {
            self.start = start
            swap(&self.bytes, &bytes)
        }
    }

    private var inFlight = ByteBuffer()
    /// After what is in flight, which may be a slice of the first, and before `waiting`.
    private var blocks: [Block] = []
    /// The bytes of `blocks` that the kernel has not taken.
    private var blockBytes = 0
    /// The size of the slice in flight.
    private var slice = 0
    private var waiting = ByteBuffer()
    private var request: UnsafeMutablePointer<uv_write_t>?
    private var isWriting = false
    /// Whether the bytes in flight were given up with the rest.
    private var isDropped = false
    /// Whether the outgoing half ends when the queue is empty.
    var endsWhenEmpty = false

    /// Bytes not yet taken by the kernel.
    var count: Int { inFlight.count + blockBytes + waiting.count }
    /// Bytes after those in flight.
    var waitingBytes: Int { blockBytes - slice + waiting.count }
    var isEmpty: Bool { !isWriting && blocks.isEmpty && waiting.isEmpty }

    deinit { if let request = unsafe request { unsafe request.deallocate() } }

    /// Appends the part of `bytes` after the first `skip` bytes, and lowers `skip` by the number skipped.
    mutating func append(_ bytes: RawSpan, skipping skip: inout Int) {
        guard skip < bytes.byteCount else {
            skip -= bytes.byteCount
            return
        }
        waiting.append(bytes.extracting(droppingFirst: skip))
        skip = 0
    }

    /// Takes over a block whose first `start` bytes the kernel has. It is held as a whole until its last byte
    /// is out.
    mutating func adopt(_ bytes: inout ByteBuffer, from start: Int) {
        if !waiting.isEmpty {
            blockBytes += waiting.count
            blocks.append(Block(&waiting, from: 0))
        }
        blockBytes += bytes.count - start
        blocks.append(Block(&bytes, from: start))
    }

    /// The block to write next, pinned until `finishWrite`; `nil` while a write is in flight or nothing waits.
    mutating func beginWrite() -> (request: UnsafeMutablePointer<uv_write_t>, bytes: UnsafeMutableRawBufferPointer)? {
        guard !isWriting, !blocks.isEmpty || !waiting.isEmpty else { return nil }
        isWriting = true
        if unsafe request == nil { unsafe request = .allocate(capacity: 1) }
        guard let block = blocks.first else {
            swap(&inFlight, &waiting)
            let bytes = unsafe inFlight.bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(mutating: $0) }
            return unsafe (request!, bytes)
        }
        slice = min(WriteQueue.sliceSize, block.bytes.count - block.start)
        let bytes = unsafe block.bytes.bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(mutating: $0) }
        return unsafe (request!, UnsafeMutableRawBufferPointer(rebasing: bytes[block.start..<block.start + slice]))
    }

    /// Ends the write in flight.
    ///
    /// - Returns: How many bytes are no longer held.
    mutating func finishWrite() -> Int {
        isWriting = false
        guard let block = blocks.first, slice > 0 else {
            let size = inFlight.count
            // A queue is the exception: its memory is freed, so that thousands of once slow clients don't keep
            // a block each.
            inFlight.deallocate()
            return size
        }
        block.start += slice
        blockBytes -= slice
        slice = 0
        guard isDropped || block.start == block.bytes.count else { return 0 }
        blockBytes -= block.bytes.count - block.start
        blocks.removeFirst()
        return block.bytes.count
    }

    /// Drops everything that is not in flight.
    ///
    /// - Returns: How many bytes are no longer held.
    mutating func dropWaiting() -> Int {
        var size = waiting.count
        waiting.deallocate()
        isDropped = true
        while blocks.count > (slice > 0 ? 1 : 0) {
            let block = blocks.removeLast()
            size += block.bytes.count
            blockBytes -= block.bytes.count - block.start
        }
        return size
    }

    /// A request to end the outgoing half; the shutdown callback frees it.
    func shutdownRequest() -> UnsafeMutablePointer<uv_shutdown_t>? {
        .allocate(capacity: 1)
    }
}
