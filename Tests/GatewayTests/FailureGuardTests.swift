import EventLoop
import Testing

@testable import Gateway

@Suite struct FailureGuardTests {
    private static let start = LoopInstant(nanoseconds: 1_000_000_000_000)

    private func network(_ host: String) throws -> ClientNetwork { ClientNetwork(try #require(SocketAddress(host: host, port: 1))) }

    private func at(_ milliseconds: Int) -> LoopInstant { Self.start.advanced(by: LoopInterval(.milliseconds(milliseconds))) }

    @Test func `ten wrong keys in a minute are heard, the eleventh is told when it will be`() throws {
        var failures = FailureGuard()
        let network = try network("192.0.2.1")
        for number in 0..<10 { #expect(failures.failed(from: network, at: at(number * 1000)) == nil) }
        #expect(failures.failed(from: network, at: at(20_000)) == .seconds(40))
        #expect(failures.failed(from: network, at: at(59_999)) == .milliseconds(1))
        #expect(failures.failed(from: network, at: at(60_000)) == nil, "the first of them is a minute old")
        #expect(failures.failed(from: network, at: at(60_001)) == .milliseconds(999), "it took the place of the first")
    }

    @Test func `refused guesses do not make the refusal longer`() throws {
        var failures = FailureGuard()
        let network = try network("192.0.2.1")
        for _ in 0..<10 { _ = failures.failed(from: network, at: at(0)) }
        for second in 0..<60 { #expect(failures.failed(from: network, at: at(second * 1000)) != nil) }
        #expect(failures.failed(from: network, at: at(60_000)) == nil)
    }

    @Test func `one network's guesses are not another's`() throws {
        var failures = FailureGuard()
        for _ in 0..<20 { _ = failures.failed(from: try network("192.0.2.1"), at: at(0)) }
        #expect(failures.failed(from: try network("192.0.2.2"), at: at(0)) == nil)
        #expect(failures.failed(from: .local, at: at(0)) == nil)
        #expect(failures.failed(from: .unknown, at: at(0)) == nil)
    }

    @Test func `one site's IPv6 addresses are one network, and an IPv4 address is the same in both forms`() throws {
        #expect(try network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9"))
        #expect(try network("2001:db8:1:2::1") != network("2001:db8:1:3::1"))
        #expect(try network("::ffff:192.0.2.1") == network("192.0.2.1"))
        #expect(try network("192.0.2.1") != network("192.0.2.2"))
        #expect(try network("::1") != network("127.0.0.1"))
    }

    @Test func `the table is bounded: the quiet are forgotten first, who is held back is not`() throws {
        var failures = FailureGuard()
        let guesser = try network("192.0.2.1")
        for _ in 0..<10 { _ = failures.failed(from: guesser, at: at(1)) }
        for number in 0..<5000 {
            _ = failures.failed(from: try network("10.0.\(number / 256).\(number % 256)"), at: at(2 + number))
            if number % 500 == 0 { #expect(failures.failed(from: guesser, at: at(2 + number)) != nil || number > FailureGuard.capacity) }
            #expect(failures.count <= FailureGuard.capacity)
        }
        #expect(failures.count == FailureGuard.capacity)
        _ = failures.failed(from: try network("172.16.0.1"), at: at(3_600_000))
        #expect(failures.count == 1, "what is older than a minute goes first")
    }
}
