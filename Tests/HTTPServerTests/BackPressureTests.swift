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
    @Test func `a slow client gets every byte, and little waits for it meanwhile`() async throws {
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

    @Test func `a client that takes nothing is taken for gone after the stall time`() async throws {
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

    @Test func `a client that reads slowly but steadily is not taken for gone`() async throws {
        try await withServer { limits in
            limits.stallTimeout = .milliseconds(1500)
        } _: { served in
            served.script.onRespond = { await Source($0, total: 30_000_000).run() }
            let peer = try await served.connect(receiveBuffer: 1_000_000)
            let total = try await offLoop {
                try peer.send(get("/"))
                _ = try peer.receiveHead()
                var total = 0
                // Two seconds at least, in far more than one piece for each stall time.
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
