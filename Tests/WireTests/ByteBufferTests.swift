import Testing
import Wire

@Suite struct ByteBufferTests {
    private func written(_ count: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        let piece = (0..<64 * 1024).map { UInt8(truncatingIfNeeded: $0 % 251) }
        while buffer.count < count { buffer.append(piece.span.bytes.extracting(first: min(piece.count, count - buffer.count))) }
        return buffer
    }

    private func isWhole(_ buffer: borrowing ByteBuffer) -> Bool {
        let bytes = buffer.bytes
        return stride(from: 0, to: bytes.byteCount, by: 997).allSatisfy { bytes[byte: $0] == UInt8(truncatingIfNeeded: $0 % 65_536 % 251) }
    }

    @Test func `a buffer that becomes large keeps its bytes`() {
        for count in [4_194_303, 4_194_304, 4_194_305, 20_000_000] {
            var buffer = written(count)
            let isWhole = self.isWhole(buffer)
            let hasRoom = buffer.count == count && buffer.capacity >= count
            #expect(hasRoom && isWhole)
            buffer.removeFirst(65_536)
            let isStillWhole = self.isWhole(buffer)
            #expect(isStillWhole)
            buffer.deallocate()
            let isGone = buffer.isEmpty && buffer.capacity == 0
            #expect(isGone)
        }
    }

    @Test func `a large buffer's memory can be freed in pieces`() {
        var buffer = written(30_000_000)
        var pieces: [Int] = []
        while true {
            let before = buffer.count
            let isLeft = buffer.deallocate(some: 2_000_000)
            pieces.append(before - buffer.count)
            let isWhole = self.isWhole(buffer)
            #expect(isWhole)
            if !isLeft { break }
        }
        let isGone = buffer.isEmpty && buffer.capacity == 0
        #expect(isGone && pieces.reduce(0, +) == 30_000_000)
        #expect(pieces.count >= 10 && pieces.dropLast().allSatisfy { (1_900_000...2_100_000).contains($0) } && pieces.last! <= 6_200_000)
        var small = written(1000)
        let isSmallGone = !small.deallocate(some: 10) && small.isEmpty && small.capacity == 0
        #expect(isSmallGone)
    }
}
