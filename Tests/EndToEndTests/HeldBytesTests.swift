import Foundation
import Testing

/// The budget of what is held in memory, from the outside.
@Suite struct HeldBytesTests {
    @Test func `uploads that do not fit are refused with a reason, those that do are served, and so is everybody once there is room`() throws {
        let best = "server: {maximum_body_bytes: 100KiB, maximum_held_bytes: 400KiB}\n"
        try withGateway(best: best) { gateway throws in
            let padding = String(repeating: "x", count: 80_000)
            let body = Chat.body("m", "\"metadata\": {\"a\": \"\(padding)\"},")
            let bytes = WireClient.request("POST", "/v1/chat/completions", body: Array(body.utf8))
            // Each of them is held, all but its last byte.
            let clients = try (0..<8).map { _ in try gateway.connect() }
            for client in clients { try client.send(Array(bytes.dropLast())) }
            #expect(Deadline.usual.until { clients.filter { $0.receives(before: Deadline(.zero)) }.count >= 3 })
            var refused: [Int] = []
            for (index, client) in clients.enumerated() where client.receives(before: Deadline(.zero)) {
                let answer = try client.answer()
                #expect(answer.status == 503 && answer.error?.code == "overloaded", "\(answer.text)")
                refused.append(index)
            }
            #expect(refused.count < clients.count)
            #expect(try gateway.get("/livez").status == 200)
            // Room to send one is needed as well as to hold it.
            for (index, client) in clients.enumerated() where !refused.contains(index) { client.close() }
            #expect(try Deadline.usual.until { try gateway.post("/v1/chat/completions", body).status == 200 })
        }
    }
}
