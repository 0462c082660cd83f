import Testing
import Wire

@testable import Mock

@Suite struct MockTimeTests {
    private func text(_ write: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        return buffer.bytes.text
    }

    @Test(arguments: [(0, "0s"), (120, "120ms"), (1000, "1s"), (7660, "7.66s"), (60_000, "1m0s"), (360_000, "6m0s"), (3_723_004, "1h2m3.004s")])
    func `durations look as Go prints them`(milliseconds: Int, expected: String) {
        #expect(text { $0.append(goDuration: milliseconds) } == expected)
    }

    @Test(arguments: [(0, "0"), (7000, "7"), (7500, "7.5"), (7050, "7.05"), (1, "0.001")])
    func `seconds have the decimal places they need`(milliseconds: Int, expected: String) {
        #expect(text { $0.append(seconds: milliseconds) } == expected)
    }

    @Test func `dates have the forms of the standards`() {
        #expect(text { $0.append(httpDate: 784_111_777) } == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(text { $0.append(rfc3339: 1_700_000_000) } == "2023-11-14T22:13:20Z")
    }

    @Test func `padded numbers have the requested digits`() {
        #expect(text { $0.append(padded: 42, digits: 6) } == "000042")
        #expect(text { $0.append(padded: 1_234_567, digits: 6) } == "234567")
        #expect(text { $0.append(padded: 9_876_543_210_123_456, digits: 16) } == "9876543210123456")
        #expect(text { $0.append(padded: 120_000_034, digits: 9) } == "120000034")
        for value in stride(from: 0, to: 100_000_000 as UInt64, by: 99_991) {
            let digits = String(value)
            #expect(text { $0.append(padded: value, digits: 8) } == String(repeating: "0", count: 8 - digits.count) + digits)
        }
    }
}
