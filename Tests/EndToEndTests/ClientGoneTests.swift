import Foundation
import Testing

@Suite struct ClientGoneTests {
    /// How a client leaves.
    enum Leaving: String, CaseIterable {
        case finish, close, reset

        func callAsFunction(_ client: WireClient) {
            switch self {
            case .finish: client.finishSending()
            case .close: client.close()
            case .reset: client.reset()
            }
        }
    }

    /// The goal of the product, in milliseconds.
    private static let goal = 250.0

    /// The time as the mock tells it, in microseconds of `CLOCK_MONOTONIC`.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }

    @Test(arguments: ["stall=head", "delay=8000", "ttft=8000", "early-head;ttft=8000", "gap=20;tokens=400"], Leaving.allCases)
    func `the provider's call ends with the client's, however it leaves and whenever`(script: String, leaving: Leaving) throws {
        try withGateway([Provider("a", script), Provider("b")]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: !script.hasPrefix("delay")).utf8))
            if script.hasPrefix("gap") {
                _ = try client.head()
                _ = try client.chunk()
            }
            #expect(try Deadline.usual.until { try gateway.mock.requests(for: "a") == 1 })
            let left = Self.now()
            leaving(client)
            try #require(try Deadline.usual.until { try gateway.mock.counter("cancelled") == 1 })
            let taken = Double(try gateway.mock.counter("last_cancel_us") - left) / 1000
            print("cancelled after \(taken) ms: \(script), \(leaving)")
            #expect(taken < Self.goal)
            #expect(try gateway.mock.requests(for: "b") == 0, "nor is another provider asked")
            #expect(try gateway.program.line(with: "clientGone").contains("m -> a"), "the log says so")
        }
    }

    @Test(arguments: Leaving.allCases)
    func `a client that leaves during the second attempt cancels that one, and no third begins`(leaving: Leaving) throws {
        try withGateway([Provider("a", "status=500"), Provider("b", "delay=8000"), Provider("c")]) { gateway throws in
            let client = try gateway.connect()
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body().utf8))
            #expect(try Deadline.usual.until { try gateway.mock.requests(for: "b") == 1 })
            leaving(client)
            #expect(try Deadline.usual.until { try gateway.mock.counter("cancelled") == 1 })
            #expect(try gateway.mock.requests(for: "c") == 0)
            #expect(try gateway.chat("c").status == 200)
        }
    }

    @Test func `a client that leaves in the middle of its upload leaves nothing behind`() throws {
        try withGateway { gateway throws in
            for leaving in Leaving.allCases {
                let client = try gateway.connect()
                try client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"model\"")
                leaving(client)
            }
            #expect(try gateway.chat().status == 200)
            #expect(try gateway.mock.counter("requests") == 1)
        }
    }

    @Test func `a hundred streams left at once are cancelled at once`() throws {
        try withGateway([Provider("a", "gap=50;tokens=400")]) { gateway throws in
            let clients = try (0..<100).map { _ in try gateway.connect() }
            for client in clients { try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8)) }
            for client in clients { _ = try client.head() }
            #expect(try gateway.mock.counter("streams_open") == 100)
            let left = Self.now()
            for client in clients { client.close() }
            try #require(try Deadline.usual.until { try gateway.mock.counter("cancelled") == 100 })
            let taken = Double(try gateway.mock.counter("last_cancel_us") - left) / 1000
            print("100 streams cancelled after \(taken) ms")
            #expect(taken < 1000)
        }
    }

    @Test func `a client that does not read pauses its provider, and costs next to no memory`() throws {
        try withGateway([Provider("a", "flood=67108864"), Provider("b")], best: Gateway.inOrder) { gateway throws in
            // Everything that is made once is made before the measurement.
            #expect(try gateway.chat("b", stream: true).events.dones == 1)
            let client = try gateway.connect(receiveBuffer: 65_536)
            let before = gateway.program.anonymousKiB
            try client.send("POST", "/v1/chat/completions", body: Array(Chat.body(stream: true).utf8))
            _ = try client.head()
            // Still when the provider has sent nothing for a while.
            var (chunks, since) = (-1, ContinuousClock.now)
            let isStill = try Deadline.usual.until {
                let count = try gateway.mock.counter("chunks")
                if count != chunks { (chunks, since) = (count, .now) }
                return ContinuousClock.now - since > .milliseconds(300)
            }
            let grown = gateway.program.anonymousKiB - before
            print("a client that does not read: \(grown) KiB of memory, \(chunks * 4096 / 1024) KiB on the way")
            #expect(isStill && chunks * 4096 < 48 << 20, "the provider has not sent all of it")
            if !Program.isSanitized { #expect(grown < 2048) }
            #expect(try gateway.chat("b").status == 200, "others are served meanwhile")
            // It goes on where it stood, and nothing is missing.
            var body: [UInt8] = []
            while body.count < 8 << 20, let chunk = try client.chunk() { body += chunk }
            #expect(try body.count >= 8 << 20 && gateway.mock.counter("chunks") > chunks)
            let numbers = Event.parse(body).map { $0.content?.prefix { $0 != " " } }
            #expect(numbers == (0..<numbers.count).map { "w\($0)" })
            client.close()
            #expect(try Deadline.usual.until { try gateway.mock.counter("cancelled") == 1 })
        }
    }
}
