import EventLoop
import Gateway
import LoopTesting
import Testing
import Upstream
import Wire

/// The first 64 KiB of the test server's bytes, which repeat from there.
private let period: [UInt8] = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 * 31 ^ $0 >> 8) }

/// The bytes of the test server's `/bytes/N`.
private func pattern(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + period.count)
    while bytes.count < count { bytes += period }
    return Array(bytes.prefix(count))
}

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private let certificates: Certificates

    init() throws { certificates = try #require(Certificates.shared, "openssl and python3 make the servers of these tests") }

    @Test func `a host with a certificate of the named authority is used, over HTTP 1.1`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            for host in ["127.0.0.1", "localhost"] {
                let answer = await fixture.fetch(certificates.origin(certificates.good, host: host), "/p")
                #expect(answer.isComplete && answer.text == "/p")
                #expect(answer["x-alpn"] == "http/1.1" && answer["x-tls"] == "TLSv1.3")
            }
        }
    }

    @Test func `an invalid certificate is refused, with the reason`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let cases = [
                (certificates.otherHost, "127.0.0.1"), (certificates.expired, "expired"), (certificates.selfSigned, "certificate"),
            ]
            for (port, word) in cases {
                let answer = await fixture.fetch(certificates.origin(port))
                #expect(answer.failure?.kind == .tls && answer.lateCalls == 0)
                #expect(answer.failure?.detail.contains(word) == true, "\(answer.failure?.detail ?? "")")
            }
            let unknown = UpstreamOrigin(isSecure: true, host: "127.0.0.1", port: certificates.good)
            let answer = await fixture.fetch(unknown)
            #expect(answer.failure?.kind == .tls && answer.failure?.detail.isEmpty == false)
            #expect(fixture.transport.openConnections == 0)
        }
    }

    @Test func `a peer without TLS is refused`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            fixture.timeouts.connect = .milliseconds(1500)
            let talker = try PeerServer { peer, _ in
                try peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
                _ = try? peer.receive()
            }
            let silent = try PeerServer { peer, _ in while let bytes = try? peer.receive(), !bytes.isEmpty {} }
            let closing = try PeerServer { peer, _ in _ = try peer.receive() }
            let answers = [
                await fixture.fetch(certificates.origin(Int(talker.port))), await fixture.fetch(certificates.origin(Int(silent.port))),
                await fixture.fetch(certificates.origin(Int(closing.port))),
            ]
            #expect(answers.map { $0.failure?.kind } == [.tls, .connectTimeout, .tls])
            for server in [talker, silent, closing] { server.stop() }
        }
    }

    @Test(arguments: [16_384, 65_535, 65_536, 200_000, 2_000_000])
    func `records larger than the read buffer arrive complete`(size: Int) async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let origin = certificates.origin(certificates.good)
            let expected = pattern(size)
            for _ in 0..<2 {
                let answer = await fixture.fetch(origin, "/bytes/\(size)")
                #expect(answer.isComplete && answer.body == expected && answer["x-connection"] != nil)
            }
            #expect(fixture.transport.openConnections == 1)
        }
    }

    @Test func `a fast provider's answer does not take up a whole turn of the loop, with or without TLS`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let receiver = Receiver()
            var turns: [UInt64: Int] = [:]
            var before = 0
            receiver.demand = {
                // Slower than the data that is read ahead arrives.
                let end = ContinuousClock.now.advanced(by: .microseconds(300))
                while ContinuousClock.now < end {}
                turns[fixture.loop.turnNumber, default: 0] += receiver.body.count - before
                before = receiver.body.count
                return .more
            }
            let (_, transfer) = fixture.start(certificates.origin(certificates.good), "/bytes/8000000", receiver: receiver)
            await receiver.finish()
            #expect(receiver.isComplete && receiver.body.count == 8_000_000)
            // Four reads for one poll of the socket, and four for a turn that was asked for.
            #expect(turns.values.allSatisfy { $0 <= 8 * EventLoop.readBufferSize }, "\(turns.values.max() ?? 0)")
            _ = transfer
        }
    }

    @Test func `a thousand requests use one connection`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let origin = certificates.origin(certificates.good)
            let first = await fixture.fetch(origin)["x-connection"]
            for number in 0..<1000 {
                let answer = await fixture.fetch(origin, "/\(number)")
                guard answer.isComplete, answer.text == "/\(number)", answer["x-connection"] == first else {
                    Issue.record("request \(number): \(String(describing: answer.end)) \(answer.text)")
                    break
                }
            }
            #expect(fixture.transport.openConnections == 1)
        }
    }

    @Test func `tickets that come while idle do not end the connection`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let origin = certificates.origin(certificates.good)
            let first = await fixture.fetch(origin)
            // The server's TLS 1.3 tickets follow its part of the handshake, and stay unread until here.
            try await pause(.milliseconds(50), on: fixture.loop)
            #expect(fixture.transport.openConnections == 1)
            let second = await fixture.fetch(origin)
            #expect(second.isComplete && second["x-connection"] == first["x-connection"])
        }
    }

    @Test func `another connection to a host resumes the session`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let origin = certificates.origin(certificates.good)
            await fixture.fetch(origin)
            try await pause(.milliseconds(30), on: fixture.loop)
            // Two at once, so that one of them needs a connection of its own.
            let calls = [fixture.start(origin), fixture.start(origin)]
            for call in calls { await call.receiver.finish() }
            #expect(calls.contains { $0.receiver["x-resumed"] == "True" })
        }
    }

    @Test func `a large upload to a slow reader arrives unchanged`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let body = pattern(10_000_000)
            let answer = await fixture.fetch(certificates.origin(certificates.good), "/hash", body: body, fields: [("x-pace", "0.02")])
            #expect(answer.failure == nil)
            // SHA-256 of the pattern, as computed by Python.
            #expect(answer.isComplete && answer.text == "b8495d67f8fa1ea978b5a45fea01ce0ffbdcb8a12bcfd53e44cf081a72d56708")
            let next = await fixture.fetch(certificates.origin(certificates.good), "/next")
            #expect(next.text == "/next" && next["x-connection"] == answer["x-connection"])
        }
    }

    @Test func `a cut answer is truncated`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let answer = await fixture.fetch(certificates.origin(certificates.good), "/cut")
            #expect(answer.failure?.kind == .truncated && answer.text == "/cut")
        }
    }

    @Test func `a paused answer continues where it stopped`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let receiver = Receiver()
            receiver.demand = { .pause }
            let origin = certificates.origin(certificates.good)
            let (_, transfer) = fixture.start(origin, "/bytes/1000000", receiver: receiver)
            try await eventually(on: fixture.loop, "the first piece") { receiver.pieces > 0 }
            try await pause(.milliseconds(30), on: fixture.loop)
            #expect(receiver.body.count <= EventLoop.readBufferSize)
            while receiver.end == nil {
                transfer.resume()
                try await pause(.milliseconds(1), on: fixture.loop)
            }
            #expect(receiver.isComplete && receiver.body == pattern(1_000_000))
        }
    }

    @Test func `cancelling closes the connection in the same turn`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let (receiver, transfer) = fixture.start(certificates.origin(certificates.good), "/stream")
            try await eventually(on: fixture.loop, "some of the stream") { receiver.body.count > 200_000 }
            transfer.cancel()
            #expect(fixture.transport.openConnections == 0)
            let count = receiver.body.count
            try await pause(.milliseconds(20), on: fixture.loop)
            #expect(receiver.body.count == count && receiver.end == nil)
            // Also in the middle of the handshake.
            let silent = try PeerServer { peer, _ in while let bytes = try? peer.receive(), !bytes.isEmpty {} }
            let handshake = fixture.start(certificates.origin(Int(silent.port)))
            try await eventually(on: fixture.loop, "the connection") { silent.accepted == 1 }
            handshake.transfer.cancel()
            #expect(fixture.transport.openConnections == 0 && handshake.receiver.isSilent)
            silent.stop()
        }
    }

    @Test func `many simultaneous connections are spread over shards and all succeed`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let origin = certificates.origin(certificates.good)
            for _ in 0..<2 {
                let calls = (0..<70).map { fixture.start(origin, "/\($0)") }
                for (number, call) in calls.enumerated() {
                    await call.receiver.finish()
                    #expect(call.receiver.isComplete && call.receiver.text == "/\(number)")
                }
                #expect(fixture.transport.openConnections == 70)
            }
        }
    }

    @Test func `a cold call also verifies certificates and decodes`() async throws {
        let certificates = certificates
        try await withTransport { fixture in
            let good = await fixture.fetch(certificates.origin(certificates.good), "/cold", isCold: true)
            #expect(good.isComplete && good.status == 200 && good.text == "/cold")
            let bad = await fixture.fetch(certificates.origin(certificates.otherHost), "/cold", isCold: true)
            #expect(bad.failure?.kind == .tls)
        }
    }
}
