import Foundation
import Testing

/// Clients that ask for one answer after the other, each on a connection of its own, until they are told to stop.
final class Load: @unchecked Sendable {  // `lock` guards every variable
    private let lock = NSLock()
    private let group = DispatchGroup()
    private var isStopping = false
    private var times: [ContinuousClock.Instant] = []
    private var troubles: [String] = []

    /// Starts the clients.
    ///
    /// - Parameters:
    ///   - token: What they show as their key.
    ///   - pause: The rest of a client between two requests, in milliseconds.
    init(port: Int, clients: Int = 4, token: String, pause: Int32 = 2) {
        for _ in 0..<clients {
            group.enter()
            let thread = Thread { [self] in
                run(port: port, token: token, pause: pause)
                group.leave()
            }
            thread.start()
        }
    }

    /// Answers that came whole so far.
    var answered: Int { lock.withLock { times.count } }

    /// Ends the clients.
    ///
    /// - Returns: When each whole answer came, and what went wrong.
    func stop() -> (times: [ContinuousClock.Instant], troubles: [String]) {
        lock.withLock { isStopping = true }
        group.wait()
        return (times, troubles)
    }

    private func run(port: Int, token: String, pause: Int32) {
        do {
            let client = try WireClient(port: port)
            let body = Array(Chat.body().utf8)
            while !lock.withLock({ isStopping }) {
                try client.send("POST", "/v1/chat/completions", ["Authorization: Bearer \(token)"], body: body)
                let answer = try client.answer()
                lock.withLock {
                    if answer.status == 200, answer.end == .whole {
                        times.append(.now)
                    } else {
                        troubles.append("\(answer.statusLine) \(answer.text)")
                    }
                }
                poll(nil, 0, pause)
            }
        } catch {
            lock.withLock { troubles.append("\(error)") }
        }
    }
}
