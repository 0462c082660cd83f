import Foundation
import Testing

/// Clients that send requests without end and read no answer.
@Suite struct PipeliningTests {
    /// What a client sends over and over.
    enum Request: String, CaseIterable {
        case page = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        case liveness = "GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\n"
        case head = "HEAD /ok HTTP/1.1\r\nHost: localhost\r\n\r\n"
        case withoutKey = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
    }

    /// Memory that one such client may cost, in KiB.
    private static let memory = 1024
    /// What the process may grow by beside that, in KiB: parts of the program that a first request of its kind touches.
    private static let allowance = 6 * 1024

    @Test(arguments: Request.allCases, [3, 100])
    func `clients that send on and on and read nothing cost little memory, and others are answered meanwhile`(request: Request, clients: Int) throws {
        let keys = ["ALLOWED_BEARER_TOKENS": "a-client-of-the-test"]
        try withGateway(environment: keys) { gateway throws in
            let other = try gateway.connect()
            let ask = { () throws -> Duration in
                let start = ContinuousClock.now
                try other.send("GET", "/livez")
                #expect(try other.answer().status == 200)
                return ContinuousClock.now - start
            }
            // What is made once is made before the measurement.
            for one in Request.allCases {
                let client = try gateway.connect()
                try client.send(one.rawValue)
                _ = try client.answer(toHead: one == .head)
            }
            _ = try ask()
            let before = gateway.program.anonymousKiB
            let pushers = try (0..<clients).map { _ in try gateway.connect(receiveBuffer: 4096) }
            // Requests are sent whole, whatever the kernel takes of them: the rest goes first the next time.
            let block = Array(String(repeating: request.rawValue, count: 500).utf8)
            var places = Array(repeating: 0, count: clients)
            var (sent, most, slowest) = (0, 0, Duration.zero)
            let end = Deadline(.seconds(4))
            var last = ContinuousClock.now
            while !end.hasPassed, ContinuousClock.now - last < .milliseconds(500) {
                for (index, client) in pushers.enumerated() {
                    let taken = client.push(Array(block[places[index]...]))
                    if taken > 0 { last = .now }
                    sent += taken
                    places[index] = (places[index] + taken) % block.count
                }
                slowest = max(slowest, try ask())
                most = max(most, gateway.program.anonymousKiB - before)
            }
            print("\(clients) clients, \(request), \(sent / request.rawValue.utf8.count) requests sent: \(most) KiB, /livez within \(slowest)")
            if !Program.isSanitized { #expect(most < clients * Self.memory + Self.allowance) }
            #expect(slowest < .seconds(3), "a debug build on a busy machine")
            // Nobody was thrown out: who begins to read goes on.
            let reader = pushers[0]
            for _ in 0..<50 { #expect(try reader.answer(toHead: request == .head).status == (request == .withoutKey ? 401 : 200)) }
            for client in pushers { client.reset() }
            #expect(try Deadline.usual.until { try ask() < .seconds(1) })
        }
    }
}
