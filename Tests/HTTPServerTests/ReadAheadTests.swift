import Testing
import Wire

@testable import HTTPServer

@Suite struct ReadAheadTests {
    private func text(_ ahead: borrowing ReadAhead) -> String {
        let unused = ahead.unused
        return String(decoding: (0..<unused.byteCount).map { unused.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }, as: UTF8.self)
    }

    private func append(_ text: String, to ahead: inout ReadAhead) {
        let bytes = Array(text.utf8)
        ahead.append(bytes.span.bytes)
    }

    @Test func `bytes come out in the order in which they came in, whatever was used in between`() {
        var ahead = ReadAhead()
        #expect(ahead.isEmpty && ahead.count == 0)
        append("abcdef", to: &ahead)
        ahead.use(2)
        #expect(text(ahead) == "cdef" && ahead.count == 4)
        append("gh", to: &ahead)
        ahead.use(5)
        #expect(text(ahead) == "h")
        append("ij", to: &ahead)
        #expect(text(ahead) == "hij" && !ahead.isEmpty)
        ahead.use(3)
        #expect(ahead.isEmpty && ahead.heldBytes == 0)
    }

    @Test func `what was used is not held for long`() {
        var ahead = ReadAhead()
        append(String(repeating: "a", count: 100), to: &ahead)
        for _ in 0..<1000 {
            ahead.use(10)
            append("0123456789", to: &ahead)
            #expect(ahead.count == 100 && ahead.heldBytes <= 210)
        }
        ahead.deallocate()
        #expect(ahead.isEmpty && ahead.heldBytes == 0)
    }
}
