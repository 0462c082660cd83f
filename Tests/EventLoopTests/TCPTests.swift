import EventLoop
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct TCPTests {
    // MARK: Listening

    @Test func `port 0 becomes a port chosen by the system`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            #expect(listening.port != 0)
            let port = listening.port
            let echo = try await offLoop { try Peer(port: port).descriptor > 0 }
            #expect(echo)
            listening.close()
        }
    }

    @Test func `a port in use is an error and leaves nothing behind`() async throws {
        try await withLoop { loop in
            let first = try Listening(on: loop)
            let error = #expect(throws: UVError.self) {
                _ = try TCPListener(on: loop, address: first.listener.address!, maximumConnections: 1) { _ in }
            }
            #expect(error?.isAddressInUse == true)
            #expect(error?.call == "bind" || error?.call == "listen")
            try await eventually(on: loop, "the failed listener's end") { loop.liveHandles["tcp"] == 1 }
            first.close()
        }
    }

    @Test func `an address of another machine is an error`() async throws {
        try await withLoop { loop in
            let elsewhere = try #require(SocketAddress(host: "192.0.2.1", port: 0))
            #expect(throws: UVError.self) { _ = try TCPListener(on: loop, address: elsewhere, maximumConnections: 1) { _ in } }
        }
    }

    @Test func `a connection over the cap waits and is served when another closes`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop, maximumConnections: 2)
            let port = listening.port
            let clients = try await offLoop {
                try (0..<4).map { number in
                    let peer = try Peer(port: port)
                    try peer.send("\(number)")
                    return peer
                }
            }
            try await eventually(on: loop, "two connections") { listening.accepted.count { !$0.received.isEmpty } == 2 }
            try await pause(.milliseconds(20), on: loop)
            #expect(listening.accepted.count == 2 && listening.listener.openConnections == 2)
            listening.accepted[0].connection.close()
            try await eventually(on: loop, "the third") { listening.accepted.count == 3 && listening.accepted[2].received == [0x32] }
            #expect(listening.listener.openConnections == 2)
            // The peer's close also frees the place, once this side closes.
            clients[1].close()
            try await eventually(on: loop, "the end") { listening.accepted[1].ends == 1 }
            listening.accepted[1].connection.close()
            try await eventually(on: loop, "the fourth") { listening.accepted.count == 4 && listening.accepted[3].received == [0x33] }
            listening.close()
            #expect(listening.listener.openConnections == 0)
        }
    }

    @Test func `a crowd of connections that come at once does not take up a whole turn of the loop`() async throws {
        try await withLoop { loop in
            var turns: [UInt64] = []
            var accepted: [TCPConnection] = []
            let listener = try TCPListener(on: loop, address: SocketAddress(host: "127.0.0.1", port: 0)!, maximumConnections: 100) { connection in
                turns.append(loop.turnNumber)
                accepted.append(connection)
                while !loop.turnIsLong {}
            }
            let port = listener.address!.port
            // The loop is blocked until all of them have come.
            let (connected, peers) = (Gate(), Shared<[Peer]>([]))
            let connecting = inBackground {
                for _ in 0..<20 {
                    let peer = try Peer(port: port)
                    peers.update { $0.append(peer) }
                }
                connected.open()
            }
            connected.pass()
            try await connecting.value
            try await eventually(on: loop, "all connections") { accepted.count == 20 }
            #expect(Dictionary(grouping: turns) { $0 }.values.allSatisfy { $0.count <= 4 } && listener.openConnections == 20)
            for connection in accepted { connection.close() }
            listener.close()
        }
    }

    @Test func `newcomers are admitted and served even while every turn of the loop is long`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            // Timers come first in a turn, so the turn is long by the time the listener is polled.
            let busy = try LoopTimer(on: loop) { timer in
                while !loop.turnIsLong {}
                timer.arm(after: .milliseconds(1))
            }
            busy.arm(after: .zero)
            let port = listening.port
            let serving = inBackground {
                for number in 0..<20 {
                    let peer = try Peer(port: port)
                    try peer.send("\(number)")
                }
            }
            try await eventually(on: loop, "twenty newcomers") { listening.accepted.count { !$0.received.isEmpty } == 20 }
            try await serving.value
            busy.close()
            listening.close()
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true, "127.0.0.1:8000"), ("localhost", true, "127.0.0.1:8000"), ("127.8.8.8", true, "127.8.8.8:8000"),
        ("::1", true, "[::1]:8000"), ("[::1]", true, "[::1]:8000"), ("0.0.0.0", false, "0.0.0.0:8000"), ("::", false, "[::]:8000"),
    ])
    func `an address is parsed, and printed in canonical form`(host: String, isLoopback: Bool, text: String) throws {
        let address = try #require(SocketAddress(host: host, port: 8000))
        #expect(address.isLoopback == isLoopback && address.description == text)
    }

    @Test(arguments: ["", "example.com", "1.2.3", "256.1.1.1", "[::1", "::g"])
    func `a host that is not an address is refused`(host: String) {
        #expect(SocketAddress(host: host, port: 1) == nil)
    }

    // MARK: Bytes

    @Test func `bytes arrive in the order they were sent`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let client = inBackground {
                let peer = try Peer(port: port)
                try peer.send(BytePattern.bytes(from: 0, count: 3_000_000))
                return peer
            }
            let server = try await listening.first(loop)
            try await eventually(on: loop, "3 MB") { server.received.count == 3_000_000 }
            #expect(BytePattern.matches(server.received))
            try await client.value.close()
            try await eventually(on: loop, "the end") { server.ends == 1 }
            #expect(server.closes.isEmpty)
            listening.close()
        }
    }

    @Test func `how much has reached a peer is known to the byte, even if the kernel took it long before`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port) }
            let server = try await listening.first(loop)
            #expect(server.connection.deliveredBytes == 0)
            server.write([1, 2, 3])
            try await eventually(on: loop, "3 bytes") { server.connection.deliveredBytes == 3 }
            server.write(BytePattern.bytes(from: 0, count: 20_000_000))
            // As far as it gets without being read.
            var last = -1
            while last != server.connection.deliveredBytes {
                last = server.connection.deliveredBytes
                try await pause(.milliseconds(20), on: loop)
            }
            #expect(last > 3 && last < 20_000_003 && server.connection.queuedBytes > 0)
            _ = try await offLoop { try peer.receiveExactly(20_000_003) }
            try await eventually(on: loop, "everything") { server.connection.deliveredBytes == 20_000_003 }
            server.connection.close()
            #expect(server.connection.deliveredBytes == 20_000_003)
            listening.close()
        }
    }

    @Test func `a peer whose bytes mean much work has one buffer read per turn`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop, reads: false)
            let port = listening.port
            let total = 1_000_000
            let client = inBackground {
                let peer = try Peer(port: port)
                try peer.send(BytePattern.bytes(from: 0, count: total))
                return peer
            }
            let server = try await listening.first(loop)
            var turns: [UInt64] = []
            server.onRead = {
                turns.append(loop.turnNumber)
                while !loop.turnIsLong {}
                // Stopping and restarting while it rests, right after this call, changes nothing.
                loop.task(server) { server in
                    server.connection.stopReading()
                    server.connection.startReading()
                }
            }
            server.connection.startReading()
            try await eventually(on: loop, "everything") { server.received.count == total }
            #expect(BytePattern.matches(server.received))
            #expect(Set(turns).count == turns.count)
            try await client.value.close()
            listening.close()
        }
    }

    @Test func `a peer that does not read saturates the connection, and reading drains it`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            let total = 12_000_000
            var written = 0
            func fill() {
                while written < total {
                    let chunk = BytePattern.bytes(from: written, count: min(50_000, total - written))
                    written += chunk.count
                    if server.write(chunk) == .saturated { return }
                }
            }
            server.onDrain = fill
            fill()
            #expect(written < total)
            #expect(server.connection.queuedBytes > TCPConnection.highWaterMark)
            #expect(server.connection.queuedBytes <= TCPConnection.highWaterMark + 50_000)
            #expect(server.drains == 0)
            let reading = inBackground { try peer.receiveExactly(total) }
            let received = try await reading.value
            #expect(BytePattern.matches(received))
            #expect(server.drains > 0 && written == total)
            try await eventually(on: loop, "an empty queue") { server.connection.queuedBytes == 0 }
            listening.close()
        }
    }

    @Test func `the four pieces of a write stay in order wherever the kernel cuts them`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            var written = 0
            func piece(_ count: Int) -> [UInt8] {
                defer { written += count }
                return BytePattern.bytes(from: written, count: count)
            }
            for round in 0..<400 {
                let (a, b, c, d) = (piece(1 + round), piece(round % 3 == 0 ? 0 : 4000), piece(7), piece(round % 2 * 9000))
                _ = server.connection.write(a.span.bytes, b.span.bytes, c.span.bytes, d.span.bytes)
            }
            let total = written
            let received = try await offLoop { try peer.receiveExactly(total) }
            #expect(BytePattern.matches(received))
            listening.close()
        }
    }

    @Test func `a connection that does not read stops the peer without losing bytes`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop, reads: false)
            let port = listening.port
            let sent = Shared(0)
            let client = inBackground {
                let peer = try Peer(port: port)
                for part in 0..<200 {
                    try peer.send(BytePattern.bytes(from: part * 100_000, count: 100_000))
                    sent.update { $0 += 1 }
                }
                return peer
            }
            let server = try await listening.first(loop)
            var last = -1
            while last != sent.value {
                last = sent.value
                try await pause(.milliseconds(30), on: loop)
            }
            #expect(last < 200)
            #expect(server.received.isEmpty)
            server.onRead = { [unowned server] in
                server.onRead = {}
                server.connection.stopReading()
            }
            server.connection.startReading()
            try await eventually(on: loop, "one read") { !server.received.isEmpty }
            let once = server.received.count
            try await pause(.milliseconds(10), on: loop)
            #expect(server.received.count == once && once <= EventLoop.readBufferSize)
            server.connection.startReading()
            try await eventually(on: loop, "20 MB") { server.received.count == 20_000_000 }
            #expect(BytePattern.matches(server.received))
            try await client.value.close()
            listening.close()
        }
    }

    // MARK: Ends

    @Test func `the end of the outgoing half comes after every queued byte`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            let bytes = BytePattern.bytes(from: 0, count: 8_000_000)
            #expect(server.write(bytes) == .saturated)
            server.connection.finishWriting()
            server.connection.finishWriting()
            let received = try await offLoop { try peer.receiveAll() }
            #expect(received == bytes)
            // The other half is still open.
            try peer.send("bye")
            try await eventually(on: loop, "the last words") { server.received == Array("bye".utf8) }
            server.connection.finishWriting()
            listening.close()
        }
    }

    @Test func `closing twice notifies the owner once, in a later turn`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port) }
            let server = try await listening.first(loop)
            server.connection.close()
            server.connection.close()
            #expect(server.closes.isEmpty && server.connection.isClosed)
            #expect(server.write([1]) == .saturated)
            server.connection.startReading()
            server.connection.finishWriting()
            try await eventually(on: loop, "the news") { !server.closes.isEmpty }
            try await pause(.milliseconds(5), on: loop)
            #expect(server.closes == [.local])
            #expect(server.connection.delegate == nil)
            #expect(try await offLoop { peer.seesEnd() })
            listening.close()
        }
    }

    @Test func `a close drops queued bytes`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            server.write(BytePattern.bytes(from: 0, count: 20_000_000))
            server.connection.close()
            let received = try await offLoop { () -> Int in
                var count = 0
                while let part = try? peer.receive(), !part.isEmpty { count += part.count }
                return count
            }
            #expect(received < 20_000_000)
            try await eventually(on: loop, "the news") { server.closes == [.local] }
            listening.close()
        }
    }

    @Test func `a peer's reset closes the connection`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port) }
            let server = try await listening.first(loop)
            peer.reset()
            try await eventually(on: loop, "the close") { !server.closes.isEmpty }
            #expect(server.closes == [.peer] && server.ends == 0)
            #expect(listening.listener.openConnections == 0)
            listening.close()
        }
    }

    @Test func `writing to a peer that has gone ends the connection but not the program`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop, reads: false)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            server.write(BytePattern.bytes(from: 0, count: 5_000_000))
            peer.reset()
            try await eventually(on: loop, "the close") {
                server.write([1])
                return !server.closes.isEmpty
            }
            #expect(server.closes == [.peer])
            listening.close()
        }
    }

    @Test func `open handles are counted by their kind`() async throws {
        try await withLoop { loop in
            // The harness has a timer of its own, and so does the wait.
            let before = loop.liveHandles["timer"]
            let listening = try Listening(on: loop)
            let port = listening.port
            let peers = try await offLoop { try [Peer(port: port), Peer(port: port)] }
            let timer = try LoopTimer(on: loop) { _ in }
            try await eventually(on: loop, "two connections") { listening.accepted.count == 2 }
            #expect(loop.liveHandles["tcp"] == 3)
            #expect(loop.liveHandles["timer"] >= before + 1)
            #expect(loop.liveHandles.description.contains("tcp 3"))
            timer.close()
            listening.close()
            try await eventually(on: loop, "none") { loop.liveHandles["tcp"] == 0 }
            #expect(peers.count == 2)
        }
    }

    @Test func `a handle that is left open is reported when the loop ends`() async throws {
        let error = await #expect(throws: LoopTestFailure.self) {
            try await withLoop { loop in _ = try LoopTimer(on: loop) { _ in } }
        }
        #expect(error == .leaked("timer 1"))
    }

    @Test func `a hundred connections that come and go leave no handle`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            for round in 0..<10 {
                let peers = try await offLoop { try (0..<10).map { _ in try Peer(port: port) } }
                try await eventually(on: loop, "ten more") { listening.accepted.count == (round + 1) * 10 }
                for (number, peer) in peers.enumerated() where number % 2 == 0 { peer.reset() }
                for collector in listening.accepted { collector.connection.close() }
                try await eventually(on: loop, "their end") { loop.liveHandles["tcp"] == 1 }
            }
            #expect(listening.accepted.allSatisfy { $0.closes.count == 1 })
            listening.close()
        }
    }
}
