import Testing

@testable import Gateway

/// What keys get of scarce capacity by their weights.
@Suite struct FairSharingTests {
    fileprivate final class Client {
        let key: String
        init(_ key: String) { self.key = key }
    }

    /// A queue, the weights of its keys, and what each key got so far.
    private struct Shop {
        var queue = FairQueue<Client, Int>()
        let weights: [Int]
        var served: [Int]

        init(_ weights: [Int]) {
            self.weights = weights
            served = weights.map { _ in 0 }
        }

        mutating func add(_ key: Int, _ count: Int = 1) {
            for _ in 0..<count { queue.append(Client("\(key)"), key: "\(key)", weight: weights[key], at: [0]) }
        }

        /// Serves `supply` requests; those of `barred` keys can't use what there is.
        ///
        /// - Returns: The keys that got something, in order.
        @discardableResult
        mutating func serve(_ supply: Int = 1, barred: Set<Int> = []) -> [Int] {
            var keys: [Int] = []
            queue.serve { client, _ in
                guard let key = Int(client.key), keys.count < supply, !barred.contains(key) else { return .refused }
                keys.append(key)
                return .taken
            }
            for key in keys { served[key] += 1 }
            return keys
        }
    }

    /// Every set of three weights of 1 to 6, and some that are far apart.
    private static let sets: [[Int]] =
        (1...6).flatMap { a in (1...6).flatMap { b in (1...6).map { [a, b, $0] } } }
        + [[1, 1000], [1000, 999, 1], [7], [10] + Array(repeating: 1, count: 10), [3, 5, 7, 11, 13, 17], Array(repeating: 1, count: 40)]

    @Test func `at every moment each key has its weight's share of all that was served, within one request`() {
        for weights in Self.sets {
            let total = weights.reduce(0, +)
            let count = min(2 * total + 5, 600)
            var shop = Shop(weights)
            for key in weights.indices { shop.add(key, count) }
            for number in 1...count {
                shop.serve()
                for key in weights.indices {
                    let share = Double(number * weights[key]) / Double(total)
                    #expect(abs(Double(shop.served[key]) - share) < 1.0001, "weights \(weights): key \(key) got \(shop.served) of \(number)")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 50]) func `it is the same when much comes free at once`(supply: Int) {
        let weights = [5, 2, 1]
        var shop = Shop(weights)
        for key in weights.indices { shop.add(key, 900) }
        for number in 1...(800 / supply) {
            shop.serve(supply)
            for key in weights.indices {
                #expect(abs(Double(shop.served[key]) - Double(number * supply * weights[key]) / 8) < 1.0001, "\(shop.served)")
            }
        }
    }

    @Test(arguments: [[1, 1], [1, 5], [5, 1], [3, 1000]]) func `a key that did not wait has earned nothing`(weights: [Int]) {
        var shop = Shop(weights)
        shop.add(0, 5000)
        for _ in 0..<1000 { shop.serve() }
        shop.add(1, 5000)
        shop.served = [0, 0]
        for number in 1...600 {
            shop.serve()
            let share = Double(number * weights[1]) / Double(weights[0] + weights[1])
            #expect(abs(Double(shop.served[1]) - share) <= 2, "of \(number): \(shop.served)")
        }
    }

    @Test func `a key that comes and goes between requests gets no more than its share`() {
        for (mine, others) in [(1, 1), (1, 3), (4, 1), (2, 5)] {
            var shop = Shop([mine, others])
            shop.add(1, 4000)
            for number in 1...1000 {
                // It has one request waiting at any time, and none in the moment after it was served.
                if !shop.queue.hasKey("0") { shop.add(0) }
                shop.serve()
                let share = Double(number * mine) / Double(mine + others)
                #expect(Double(shop.served[0]) < share + 2, "weights \(mine) and \(others), of \(number): \(shop.served)")
            }
            #expect(Double(shop.served[0]) > 1000 * Double(mine) / Double(mine + others) * 0.6, "it is not kept out: \(shop.served)")
        }
    }

    @Test func `the smallest weight beside the largest is still served, in time`() {
        var shop = Shop([1000, 1])
        shop.add(0, 3000)
        shop.add(1, 3)
        var waited = 0
        for _ in 0..<2500 {
            waited = shop.serve() == [1] ? 0 : waited + 1
            #expect(waited <= 1001)
        }
        #expect(shop.served[1] >= 2)
    }

    @Test func `a key for which there was nothing does not take everything when there is`() {
        var shop = Shop([1, 1, 1])
        for key in 0..<3 { shop.add(key, 3000) }
        for _ in 0..<1000 { shop.serve(barred: [0]) }
        #expect(abs(shop.served[1] - shop.served[2]) <= 1 && shop.served[0] == 0)
        shop.served = [0, 0, 0]
        for number in 1...300 {
            shop.serve()
            #expect(abs(shop.served[0] - number / 3) <= 4, "of \(number): \(shop.served)")
        }
        // And one that comes then starts beside them, not before or behind.
        shop.served = [0, 0, 0]
        var late = 0
        for number in 1...300 {
            if number == 1 { for _ in 0..<300 { shop.queue.append(Client("9"), key: "9", weight: 1, at: [0]) } }
            shop.queue.serve { client, _ in
                guard late + shop.served.reduce(0, +) < number else { return .refused }
                if let key = Int(client.key), key < 3 { shop.served[key] += 1 } else { late += 1 }
                return .taken
            }
        }
        #expect((72...78).contains(late), "\(late)")
    }

    @Test func `who leaves without having been served costs its key nothing`() {
        var shop = Shop([1, 1])
        for key in 0..<2 { shop.add(key, 300) }
        var sent = 0
        for _ in 0..<100 {
            var granted = false
            shop.queue.serve { client, _ in
                if client.key == "0", sent < 100 {
                    sent += 1
                    return .left
                }
                guard !granted else { return .refused }
                granted = true
                shop.served[Int(client.key) ?? 0] += 1
                return .taken
            }
        }
        #expect(abs(shop.served[0] - shop.served[1]) <= 1, "\(shop.served)")
    }

    @Test(arguments: [1, 2, 4, 20]) func `weights hold at one server whatever another key gets at another`(times: Int) {
        var queue = FairQueue<Client, Int>()
        for _ in 0..<2000 { for (key, weight) in [("light", 1), ("heavy", 3)] { queue.append(Client(key), key: key, weight: weight, at: [0]) } }
        for _ in 0..<(400 * times) { queue.append(Client("elsewhere"), key: "elsewhere", weight: 5, at: [1]) }
        var served: [String: Int] = [:]
        for round in 0..<400 {
            for number in 0..<(times + 1) {
                var granted = false
                queue.serve(at: round % 3 == 0 ? nil : min(number, 1)) { client, _ in
                    // Each has one free at a time.
                    guard !granted, (client.key == "elsewhere") == (number > 0) else { return .refused }
                    granted = true
                    served[client.key, default: 0] += 1
                    return .taken
                }
            }
        }
        #expect(served["elsewhere"] == 400 * times)
        #expect(abs((served["heavy"] ?? 0) - 300) <= 2, "\(served)")
    }

    @Test func `a server that has nothing does not say whose turn it is at another`() {
        var queue = FairQueue<Client, Int>()
        for _ in 0..<1000 { for key in ["one", "other"] { queue.append(Client(key), key: key, at: [0, 1]) } }
        var served: [String: Int] = [:]
        for _ in 0..<400 {
            var granted = false
            queue.serve { client, server in
                guard !granted, server == 1 else { return .refused }
                granted = true
                served[client.key, default: 0] += 1
                return .taken
            }
        }
        #expect(served == ["one": 200, "other": 200])
    }

    @Test func `who waits for two servers is charged where it is served`() {
        var queue = FairQueue<Client, Int>()
        for _ in 0..<1000 {
            queue.append(Client("both"), key: "both", at: [0, 1])
            queue.append(Client("one"), key: "one", at: [0])
        }
        var served: [String: [Int]] = ["both": [0, 0], "one": [0, 0]]
        for _ in 0..<400 {
            for server in [0, 1] {
                var granted = false
                queue.serve(at: server) { client, _ in
                    guard !granted else { return .refused }
                    granted = true
                    served[client.key]?[server] += 1
                    return .taken
                }
            }
        }
        #expect(served == ["both": [200, 400], "one": [200, 0]])
    }

    @Test func `a new weight counts from the next request on`() {
        var queue = FairQueue<Client, Int>()
        for _ in 0..<1000 {
            queue.append(Client("0"), key: "0", weight: 1, at: [0])
            queue.append(Client("1"), key: "1", weight: 1, at: [0])
        }
        queue.append(Client("0"), key: "0", weight: 3, at: [0])
        var served = [0, 0]
        for _ in 0..<400 {
            var granted = false
            queue.serve { client, _ in
                guard !granted else { return .refused }
                granted = true
                served[Int(client.key) ?? 0] += 1
                return .taken
            }
        }
        #expect(abs(served[0] - 300) <= 2, "\(served)")
    }

    @Test func `places in a full room are shared by the weights too`() {
        var shop = Shop([1, 3])
        shop.add(0, 40)
        for _ in 0..<1000 {
            guard shop.queue.makeRoom(for: "1", weight: 3) != nil else { break }
            shop.add(1)
        }
        #expect(shop.queue.count == 40)
        var counts: [String: Int] = [:]
        shop.queue.forEach { counts[$0.key, default: 0] += 1 }
        #expect(counts == ["0": 10, "1": 30])
        #expect(shop.queue.makeRoom(for: "0", weight: 1) == nil, "and the other does not take them back")
    }
}

extension FairQueue {
    /// Whether one of a key waits.
    fileprivate func hasKey(_ key: String) -> Bool where Element == FairSharingTests.Client {
        var found = false
        forEach { if $0.key == key { found = true } }
        return found
    }
}
