import Testing
import Wire

@Suite struct ByteQueueTests {
    private func text(_ queue: borrowing ByteQueue) -> String {
        let unused = queue.unused
        return String(decoding: (0..<unused.byteCount).map { unused.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }, as: UTF8.self)
    }

    private func append(_ text: String, to queue: inout ByteQueue) {
        let bytes = Array(text.utf8)
        queue.append(bytes.span.bytes)
    }

    @Test func `bytes come out in the order they were added, whatever was used in between`() {
        var queue = ByteQueue()
        #expect(queue.isEmpty && queue.count == 0)
        append("abcdef", to: &queue)
        queue.use(2)
        #expect(text(queue) == "cdef" && queue.count == 4)
        append("gh", to: &queue)
        queue.use(5)
        #expect(text(queue) == "h")
        append("ij", to: &queue)
        #expect(text(queue) == "hij" && !queue.isEmpty)
        queue.use(3)
        #expect(queue.isEmpty && queue.heldBytes == 0)
    }

    @Test func `used bytes are not held for long`() {
        var queue = ByteQueue()
        append(String(repeating: "a", count: 100), to: &queue)
        for _ in 0..<1000 {
            queue.use(10)
            append("0123456789", to: &queue)
            #expect(queue.count == 100 && queue.heldBytes <= 210)
        }
        queue.deallocate()
        #expect(queue.isEmpty && queue.heldBytes == 0)
    }
}
