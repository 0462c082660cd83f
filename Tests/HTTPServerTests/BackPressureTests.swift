import EventLoop
import Glibc
import HTTPServer
import LoopTesting
import Testing
import Wire

/// Writes a long stream as fast as the client takes it.
private final class Source: HTTPExchangeObserver {
    let total: Int
    let exchange: HTTPExchange
    let done = Gate()
    var written = 0
    var mostQueued = 0
    var losses = 0

    init(_ exchange: HTTPExchange, total: Int) {
        self.exchange = exchange
        self.total = total
    }

    func run() async {
        exchange.observer = self
        if exchange.begin() == .ready { fill() }
        await done.wait()
    }

    func fill() {
        while written < total {
            let chunk = BytePattern.bytes(from: written, count: min(16_384, total - written))
            written += chunk.count
            if exchange.send(chunk) == .saturated { return }
        }
        exchange.finish()
        done.open()
    }

    func exchangeDidDrain() { fill() }
    func exchangeDidLoseClient() {
        losses += 1
        done.open()
    }
}

@Suite(.timeLimit(.minutes(1))) struct BackPressureTests {
    @Test func `a slow client gets every byte, with little buffered for it meanwhile`() async throws {
        try await withServer { served in
            final class Place { var source: Source? }
            let place = Place()
            served.script.onRespond = { exchange in
                let source = Source(exchange, total: 12_000_000)
                place.source = source
                await source.run()
            }
            let peer = try await served.connect(receiveBuffer: 4096)
            try await offLoop { try peer.send(get("/")) }
            try await eventually(on: served.loop, "the stream's begin") { (place.source?.written ?? 0) > 0 }
            var last = -1
            while last != place.source?.written {
                last = place.source?.written ?? 0
                try await pause(.milliseconds(20), on: served.loop)
            }
            #expect(last < 12_000_000)
            let answer = try await offLoop { try peer.receiveMessage() }
            #expect(answer.body.count == 12_000_000 && BytePattern.matches(answer.body))
            #expect(answer.chunks.allSatisfy { $0 <= 16_384 })
        }
    }

    @Test func `a client that takes nothing is closed after the stall time`() async throws {
        try await withServer { limits in
            limits.stallTimeout = .milliseconds(100)
        } _: { served in
            final class Place { var source: Source? }
            let place = Place()
            served.script.onRespond = { exchange in
                let source = Source(exchange, total: 50_000_000)
                place.source = source
                await source.run()
            }
            let peer = try await served.connect(receiveBuffer: 4096)
            let start = served.loop.readClock()
            try await offLoop { try peer.send(get("/")) }
            try await eventually(on: served.loop, "the loss") { place.source?.losses == 1 }
            #expect(served.loop.readClock().elapsed(since: start) >= .milliseconds(95))
            try await eventually(on: served.loop, "no connection") { served.server.openConnections == 0 }
        }
    }

    @Test func `a client that reads slowly but steadily is not closed`() async throws {
        try await withServer { limits in
            limits.stallTimeout = .milliseconds(1500)
        } _: { served in
            served.script.onRespond = { await Source($0, total: 30_000_000).run() }
            let peer = try await served.connect(receiveBuffer: 1_000_000)
            let total = try await offLoop {
                try peer.send(get("/"))
                _ = try peer.receiveHead()
                var total = 0
                // At least two seconds, in far more than one piece for each stall time.
                while total < 30_000_000 {
                    let part = try peer.receive(atMost: 300_000)
                    guard !part.isEmpty else { throw PeerError.ended }
                    total += part.count
                    rest(.milliseconds(20))
                }
                return total
            }
            #expect(total >= 30_000_000)
        }
    }

    /// How an answer of 12 MB is produced.
    enum Answer: CaseIterable {
        case whole, closing, piece, early
    }

    @Test(arguments: Answer.allCases)
    func `a client that reads slowly gets the whole answer, however long after every limit`(answer: Answer) async throws {
        try await withServer { limits in
            limits.stallTimeout = .milliseconds(1500)
            limits.idleTimeout = .milliseconds(200)
            limits.lingerTimeout = .milliseconds(200)
            limits.bodyTimeout = .milliseconds(200)
        } _: { served in
            let total = 12_000_000
            served.script.onScreen = { exchange in
                guard answer == .early else { return .proceed(maximumBodyBytes: 1000) }
                let bytes = BytePattern.bytes(from: 0, count: total)
                exchange.respond(status: 401, body: bytes.span.bytes)
                return .answered
            }
            served.script.onRespond = { exchange in
                let bytes = BytePattern.bytes(from: 0, count: total)
                guard answer == .piece else { return exchange.respond(status: 200, body: bytes.span.bytes) }
                // As a relay does it: one piece, and the end once the client has taken it.
                let (watcher, drained) = (Watcher(), Gate())
                watcher.onDrain = { drained.open() }
                watcher.onLoss = { drained.open() }
                exchange.observer = watcher
                exchange.begin()
                exchange.send(bytes)
                await drained.wait()
                exchange.finish()
            }
            let peer = try await served.connect(receiveBuffer: 65_536)
            let body = try await offLoop {
                // The rest of the body of a request that is refused early never comes.
                try peer.send(
                    answer == .early
                        ? "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n"
                        : get("/", answer == .closing ? "Connection: close\r\n" : ""))
                var body: [UInt8] = []
                let head = try peer.receiveHead()
                // More than a second.
                while body.count < total {
                    let part = try peer.receive(atMost: 200_000)
                    guard !part.isEmpty else { break }
                    body += part
                    rest(.milliseconds(20))
                }
                return head["transfer-encoding"] == nil ? body : Array(body.dropFirst(8).prefix(total))
            }
            #expect(body.count >= total - 8 && BytePattern.matches(body))
        }
    }

    @Test func `a client that closes its outgoing half once it is answered still gets the answer`() async throws {
        try await withServer { served in
            let total = 12_000_000
            served.script.onRespond = { exchange in
                let bytes = BytePattern.bytes(from: 0, count: total)
                exchange.respond(status: 200, body: bytes.span.bytes)
            }
            let peer = try await served.client(receiveBuffer: 4096) { peer in
                try peer.send(get("/"))
                return peer
            }
            try await eventually(on: served.loop, "the request") { served.script.requests.count == 1 }
            try await offLoop { peer.finishWriting() }
            try await pause(.milliseconds(20), on: served.loop)
            let answer = try await offLoop { try peer.receiveMessage() }
            #expect(answer.body.count == total && BytePattern.matches(answer.body))
            #expect(try await offLoop { try peer.receiveAll().isEmpty })
        }
    }

    @Test(arguments: [true, false])
    func `a client that takes nothing of a finished answer is closed after the stall time`(keepsAlive: Bool) async throws {
        try await withServer { limits in
            limits.stallTimeout = .milliseconds(100)
            limits.lingerTimeout = .milliseconds(100)
            limits.idleTimeout = .milliseconds(100)
        } _: { served in
            served.script.onRespond = { exchange in
                let bytes = [UInt8](repeating: 7, count: 12_000_000)
                exchange.respond(status: 200, body: bytes.span.bytes)
            }
            let peer = try await served.connect(receiveBuffer: 4096)
            try await offLoop { try peer.send(get("/", keepsAlive ? "" : "Connection: close\r\n")) }
            try await eventually(on: served.loop, "the request") { served.script.requests.count == 1 }
            try await eventually(on: served.loop, "no connection") { served.server.openConnections == 0 }
            peer.close()
        }
    }

    @Test func `a long answer in one piece reaches a client that starts late`() async throws {
        try await withServer { served in
            served.script.onRespond = { exchange in
                let bytes = BytePattern.bytes(from: 0, count: 10_000_000)
                exchange.respond(status: 200, body: bytes.span.bytes)
            }
            let peer = try await served.connect(receiveBuffer: 4096)
            try await offLoop { try peer.send(get("/") + get("/")) }
            try await pause(.milliseconds(30), on: served.loop)
            for _ in 0..<2 {
                let answer = try await offLoop { try peer.receiveMessage() }
                #expect(answer.body.count == 10_000_000 && BytePattern.matches(answer.body))
            }
        }
    }
}
