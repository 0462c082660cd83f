import Testing

@testable import Gateway

@Suite struct FairQueueTests {
    @Test func `one by one they come in the order in which they are served`() {
        final class Waiting {
            let name: String
            init(_ name: String) { self.name = name }
        }
        func filled() -> FairQueue<Waiting, Int> {
            var queue = FairQueue<Waiting, Int>()
            for number in 0..<8 {
                for (key, weight) in [("a", 1), ("b", 3), ("c", 2)] where key != "c" || number > 3 {
                    queue.append(Waiting("\(key)\(number)"), key: key, weight: weight, at: [0])
                }
            }
            return queue
        }
        var (one, other) = (filled(), filled())
        var served: [String] = []
        one.serve { client, _ in
            served.append(client.name)
            return .taken
        }
        var popped: [String] = []
        while let next = other.popFirst(at: 0) { popped.append(next.name) }
        #expect(popped == served && served.count == 20 && other.isEmpty && other.popFirst(at: 0) == nil)
    }

    private final class Client {
        let key: String
        let number: Int
        init(_ key: String, _ number: Int) { (self.key, self.number) = (key, number) }
        var name: String { "\(key)\(number)" }
    }

    private func queue(_ clients: [Client]) -> FairQueue<Client, Int> {
        var queue = FairQueue<Client, Int>()
        for client in clients { queue.append(client, key: client.key, at: [0]) }
        return queue
    }

    private func serve(_ queue: inout FairQueue<Client, Int>, _ most: Int, _ may: (Client) -> Bool = { _ in true }) -> [String] {
        var served: [String] = []
        queue.serve { client, _ in
            guard served.count < most, may(client) else { return .refused }
            served.append(client.name)
            return .taken
        }
        return served
    }

    @Test func `the keys take turns, and within a key the first comes first`() {
        var queue = queue([Client("a", 1), Client("a", 2), Client("a", 3), Client("b", 1), Client("c", 1), Client("b", 2)])
        let first = serve(&queue, 4)
        let rest = serve(&queue, 9)
        #expect(first == ["a1", "b1", "c1", "a2"] && rest == ["b2", "a3"])
        #expect(queue.isEmpty)
    }

    @Test func `a greedy key does not keep others waiting`() {
        var queue = queue((0..<1000).map { Client("greedy", $0) })
        _ = serve(&queue, 3)
        let late = Client("late", 0)
        queue.append(late, key: "late", at: [0])
        let next = serve(&queue, 2)
        #expect(next.contains("late0"))
    }

    @Test func `who can't use what is there is passed over and keeps the place`() {
        var queue = queue([Client("a", 1), Client("a", 2), Client("b", 1)])
        let others = serve(&queue, 9) { $0.name != "a1" }
        #expect(others == ["a2", "b1"] && queue.count == 1)
        let rest = serve(&queue, 9)
        #expect(rest == ["a1"])
    }

    @Test func `who leaves is not served`() {
        let clients = [Client("a", 1), Client("b", 1), Client("a", 2), Client("c", 1)]
        for gone in 0..<4 {
            var queue = queue(clients)
            queue.remove(clients[gone])
            #expect(queue.count == 3)
            let served = Set(serve(&queue, 9))
            #expect(served == Set(clients.map(\.name)).subtracting([clients[gone].name]))
        }
    }

    @Test(arguments: 1...7) func `a round that goes on in pieces asks everybody once, in the same order`(size: Int) {
        let clients = (0..<40).map { Client(["a", "b", "c"][$0 % 3], $0) }
        // Some take what there is, some have no use for it, and one leaves.
        func answer(_ client: Client) -> FairQueue<Client, Int>.Answer {
            client.number % 7 == 3 ? .taken : client.number == 11 ? .left : .refused
        }
        var (whole, parts) = (queue(clients), queue(clients))
        var (askedAtOnce, asked): ([String], [String]) = ([], [])
        whole.serve { client, _ in
            askedAtOnce.append(client.name)
            return answer(client)
        }
        parts.beginRound(at: 0)
        var pieces = 0
        while true {
            var left = size
            let isOver = parts.serveOn(at: 0, while: { left > 0 }) {
                left -= 1
                asked.append($0.name)
                return answer($0)
            }
            pieces += 1
            if isOver { break }
            #expect(left == 0, "a piece is as long as it may be")
        }
        #expect(asked.count == 40 && Set(asked) == Set(askedAtOnce) && pieces >= 40 / size)
        #expect(parts.count == whole.count)
        let isOver = parts.serveOn(at: 0, while: { true }) { _ in .taken }
        #expect(isOver && parts.count == whole.count, "behind the round nobody is asked before the next")
        parts.beginRound(at: 0)
        _ = parts.serveOn(at: 0, while: { true }) { _ in .taken }
        #expect(parts.isEmpty)
    }

    @Test func `rounds of two servers go on beside each other, and who comes meanwhile is asked as well`() {
        var queue = FairQueue<Client, Int>()
        for number in 0..<10 { queue.append(Client("a", number), key: "a", at: [0, 1]) }
        var asked: [[Int]] = [[], []]
        queue.beginRound(at: 0)
        queue.beginRound(at: 1)
        var isOver = [false, false]
        while isOver.contains(false) {
            for server in [0, 1] where !isOver[server] {
                var left = server + 2
                isOver[server] = queue.serveOn(at: server, while: { left > 0 }) {
                    left -= 1
                    asked[server].append($0.number)
                    return .refused
                }
            }
            if asked[0].count == 4 { queue.append(Client("a", 10), key: "a", at: [0, 1]) }
        }
        #expect(asked == [Array(0...10), Array(0...10)])
    }

    /// Jain's index of what ten keys get of a scarce supply while one of them asks for ten times as much.
    @Test func `the shares of keys are equal whatever they ask for`() {
        var queue = FairQueue<Client, Int>()
        var served: [String: Int] = [:]
        for round in 0..<1000 {
            for key in 0..<10 {
                for _ in 0..<(key == 0 ? 10 : 1) {
                    if queue.count >= 500, queue.makeRoom(for: "\(key)") == nil { continue }
                    queue.append(Client("\(key)", round), key: "\(key)", at: [0])
                }
            }
            var left = 5
            queue.serve { client, _ in
                guard left > 0 else { return .refused }
                left -= 1
                served[client.key, default: 0] += 1
                return .taken
            }
        }
        let shares = served.values.map(Double.init)
        let jain = shares.reduce(0, +) * shares.reduce(0, +) / (10 * shares.map { $0 * $0 }.reduce(0, +))
        #expect(jain > 0.95, "\(served)")
    }
}
