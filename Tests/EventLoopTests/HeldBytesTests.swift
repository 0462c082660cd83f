import EventLoop
import LoopTesting
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct HeldBytesTests {
    @Test func `there is room up to the budget, and bytes given back make room again`() {
        let held = HeldBytes(most: 100)
        #expect(held.take(60) && held.take(40) && held.used == 100)
        #expect(!held.take(1) && held.used == 100, "refused bytes are not counted")
        #expect(held.take(0))
        held.give(50)
        #expect(!held.take(51) && held.take(50))
    }

    @Test func `lowering a budget takes nothing away, and admits nothing until less is held`() {
        let held = HeldBytes(most: 100)
        #expect(held.take(80))
        held.most = 50
        #expect(held.used == 80 && !held.take(1))
        held.give(31)
        #expect(held.take(1) && !held.take(1))
    }

    @Test func `bytes that can't be avoided are counted even beyond the budget`() {
        let held = HeldBytes(most: 10)
        held.add(20)
        #expect(held.used == 20 && !held.take(1))
        held.give(20)
        #expect(held.used == 0)
    }

    @Test func `bytes that wait for a peer are counted until it takes them`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            server.write([1, 2, 3])
            #expect(loop.held.used == 0, "the kernel took them at once")
            server.write([UInt8](repeating: 7, count: 9_000_000))
            #expect(loop.held.used == server.connection.queuedBytes && loop.held.used > 0)
            server.write([UInt8](repeating: 8, count: 1_000_000))
            #expect(loop.held.used == server.connection.queuedBytes)
            let received = try await offLoop { try peer.receiveExactly(10_000_003) }
            #expect(received.last == 8)
            try await eventually(on: loop, "an empty queue") { server.connection.queuedBytes == 0 }
            #expect(loop.held.used == 0)
            listening.close()
        }
    }

    @Test func `a block that is handed over keeps its order, and counts as a whole until its last byte is sent`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            func adopt(_ first: [UInt8], _ size: Int, from start: Int, _ last: [UInt8]) -> WriteOutcome {
                var block = ByteBuffer()
                let bytes = BytePattern.bytes(from: start, count: size)
                block.append(bytes.span.bytes)
                let outcome = server.connection.write(first.span.bytes, adopting: &block, last.span.bytes)
                let isHandedOver = block.isEmpty
                #expect(isHandedOver)
                return outcome
            }
            #expect(adopt([1, 2], 10, from: 0, [3]) == .ready && loop.held.used == 0, "the kernel took it at once")
            #expect(adopt([4], 9_000_000, from: 1, [5, 6]) == .saturated)
            #expect(loop.held.used >= 9_000_002 && server.connection.queuedBytes < 9_000_003)
            server.write([7, 8])
            #expect(adopt([9], 2_000_000, from: 2, [10]) == .saturated)
            #expect(adopt([], 70_000, from: 3, []) == .saturated)
            server.write([11])
            #expect(loop.held.used >= 11_070_000)
            var expected: [UInt8] = [1, 2] + BytePattern.bytes(from: 0, count: 10) + [3, 4] + BytePattern.bytes(from: 1, count: 9_000_000)
            expected += [5, 6, 7, 8, 9] + BytePattern.bytes(from: 2, count: 2_000_000) + [10] + BytePattern.bytes(from: 3, count: 70_000) + [11]
            let count = expected.count
            let received = try await offLoop { try peer.receiveExactly(count) }
            #expect(received == expected)
            try await eventually(on: loop, "an empty queue") { server.connection.queuedBytes == 0 }
            #expect(loop.held.used == 0)
            // Also when the connection ends in the middle of one.
            _ = adopt([1], 9_000_000, from: 0, [2])
            _ = adopt([1], 9_000_000, from: 0, [2])
            #expect(loop.held.used >= 18_000_000)
            server.connection.close()
            try await eventually(on: loop, "nothing held") { loop.held.used == 0 }
            peer.close()
            listening.close()
        }
    }

    @Test func `bytes that wait when a connection ends are given back`() async throws {
        try await withLoop { loop in
            let listening = try Listening(on: loop)
            let port = listening.port
            let peer = try await offLoop { try Peer(port: port, receiveBuffer: 4096) }
            let server = try await listening.first(loop)
            for _ in 0..<2 { server.write([UInt8](repeating: 7, count: 9_000_000)) }
            #expect(loop.held.used > 9_000_000)
            server.connection.close()
            try await eventually(on: loop, "nothing held") { loop.held.used == 0 }
            peer.close()
            listening.close()
        }
    }

    @Test func `a connection that needs more than there is room for ends, and the others keep theirs`() async throws {
        try await withLoop { loop in
            loop.held.most = 12_000_000
            let listening = try Listening(on: loop)
            let port = listening.port
            let peers = try await offLoop { try (0..<2).map { _ in try Peer(port: port, receiveBuffer: 4096) } }
            try await eventually(on: loop, "both") { listening.accepted.count == 2 }
            let (first, second) = (listening.accepted[0], listening.accepted[1])
            first.write([UInt8](repeating: 7, count: 12_000_000))
            let kept = loop.held.used
            #expect(kept > 0)
            #expect(second.write([UInt8](repeating: 7, count: 12_000_000)) == .saturated)
            #expect(second.connection.isClosed && !first.connection.isClosed && loop.held.used == kept)
            let received = try await offLoop {
                #expect(throws: Never.self) { try peers[1].receiveAll() }
                return try peers[0].receiveExactly(12_000_000)
            }
            #expect(received.allSatisfy { $0 == 7 })
            listening.close()
        }
    }
}
