import Testing

@testable import Observability

/// Where lines go: whatever their reader does, the loop never waits for it.
@Suite struct LogSinkTests {
    private func write(_ text: String, to pipe: LogPipe) {
        let bytes = Array(text.utf8)
        pipe.sink.write(bytes.span.bytes)
    }

    @Test func `lines come out whole and in their order`() {
        let pipe = LogPipe()
        let lines = (0..<5000).map { "line \($0)\n" }
        for line in lines { write(line, to: pipe) }
        #expect(pipe.end() == lines.joined())
    }

    @Test func `what no reader takes is dropped in whole lines, and the next that fits says how many`() {
        let pipe = LogPipe()
        let long = String(repeating: "x", count: 1024 * 1024 - 1) + "\n"
        // The thread has taken this one, and stands before a full pipe.
        write("first " + long, to: pipe)
        #expect(pipe.read(6) == Array("first ".utf8))
        // 4 MiB wait for it, and no more.
        for _ in 0..<20 { write(long, to: pipe) }
        #expect(pipe.read(long.utf8.count) == Array(long.utf8))
        // With the next byte the thread has taken what waited, so there is room again.
        #expect(pipe.read(1) == [UInt8(ascii: "x")])
        write("last\n", to: pipe)
        let lines = pipe.end().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.prefix(4).map(\.utf8.count) == [long.utf8.count - 2] + Array(repeating: long.utf8.count - 1, count: 3))
        #expect(lines.dropFirst(4) == ["16 log lines were dropped: the log could not be written fast enough", "last", ""])
    }

    @Test func `the end waits for nobody who does not read, and what is read later comes all the same`() {
        let pipe = LogPipe()
        let text = String(repeating: "x", count: 1024 * 1024)
        write(text, to: pipe)
        pipe.sink.close(patience: 0)
        #expect(pipe.end() == text)
    }
}
