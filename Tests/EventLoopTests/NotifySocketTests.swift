import EventLoop
import Foundation
import Testing

@Suite struct NotifySocketTests {
    /// A socket that receives, at a path or under an abstract name.
    private func listen(_ name: [UInt8]) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(descriptor >= 0 && status == 0)
        return descriptor
    }

    private func receive(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    private func path() -> String { NSTemporaryDirectory() + "/best-notify-\(UInt64.random(in: 0 ... .max))" }

    @Test func `each message is one datagram, at a path and under an abstract name`() throws {
        let path = path()
        let abstract = "best-test-\(UInt64.random(in: 0 ... .max))"
        for (name, bound) in [(path, Array(path.utf8)), ("@" + abstract, [0] + Array(abstract.utf8))] {
            let listener = try listen(bound)
            let sender = try #require(NotifySocket(name))
            #expect(sender.send("READY=1\nSTATUS=é\n") == .sent)
            #expect(sender.send("WATCHDOG=1\n") == .sent)
            #expect(receive(listener) == "READY=1\nSTATUS=é\n")
            #expect(receive(listener) == "WATCHDOG=1\n")
            #expect(receive(listener) == nil)
            sender.close()
            sender.close()
            #expect(sender.send("WATCHDOG=1\n") == .failed)
            close(listener)
        }
        unlink(path)
    }

    @Test func `a full queue is distinguished from a missing listener`() throws {
        let path = path()
        let listener = try listen(Array(path.utf8))
        let sender = try #require(NotifySocket(path))
        var sent = 0
        while sent < 100_000, sender.send("STATUS=\(sent)\n") == .sent { sent += 1 }
        #expect(sent > 0 && sender.send("one more") == .full)
        #expect(receive(listener) == "STATUS=0\n")
        #expect(sender.send("one more") == .sent, "there is room again")
        close(listener)
        // Queued messages may still count for a moment.
        var outcome = sender.send("nobody")
        for _ in 0..<5000 where outcome == .full {
            poll(nil, 0, 1)
            outcome = sender.send("nobody")
        }
        #expect(outcome == .failed)
        unlink(path)
    }

    @Test func `a name of 107 bytes is the longest path, 108 the longest abstract name`() throws {
        let base = path()
        let longest = base + String(repeating: "x", count: 107 - base.utf8.count)
        let listener = try listen(Array(longest.utf8))
        #expect(NotifySocket(longest) != nil)
        #expect(NotifySocket(longest + "x") == nil)
        close(listener)
        unlink(longest)
        let abstract = "best-\(UInt64.random(in: 0 ... .max))"
        let name = abstract + String(repeating: "x", count: 107 - abstract.utf8.count)
        let other = try listen([0] + Array(name.utf8))
        #expect(NotifySocket("@" + name) != nil)
        #expect(NotifySocket("@" + name + "x") == nil)
        close(other)
    }

    @Test(arguments: ["", "/", "@", "relative", "vsock:2:1234", "/a\u{0}b", "@a\u{0}b", "/no/such/socket", "@no-such-name"])
    func `an invalid name, or one without a listener, gives no socket`(name: String) {
        #expect(NotifySocket(name) == nil)
    }
}
