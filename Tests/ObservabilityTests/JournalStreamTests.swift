import Glibc
import Testing

@testable import Observability

@Suite struct JournalStreamTests {
    @Test(arguments: ["", "1", "1:", ":2", "1:2:3", "a:2", "1:b", "-1:2", " 1:2", "1:99999999999999999999999"])
    func `what is not a device and an inode is none`(text: String) { #expect(JournalStream.parse(text) == nil) }

    @Test func `a device and an inode are two decimal numbers`() throws {
        let found = try #require(JournalStream.parse("8:18446744073709551615"))
        #expect(found.device == 8 && found.inode == .max)
    }

    @Test func `the journal is where the variable says so and the descriptor still leads there`() {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        var status = stat()
        fstat(ends[1], &status)
        let place = "\(status.st_dev):\(status.st_ino)"
        #expect(JournalStream.isConnected(ends[1], environment: ["JOURNAL_STREAM": place]))
        #expect(!JournalStream.isConnected(ends[1], environment: ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino &+ 1)"]), "it was redirected")
        #expect(!JournalStream.isConnected(ends[1], environment: [:]) && !JournalStream.isConnected(-1, environment: ["JOURNAL_STREAM": place]))
    }
}
