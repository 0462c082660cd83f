/// The times of requests that wait for a free connection: first in, first out, without moving the rest.
struct Backlog {
    private var times: [UInt64] = []
    private var head = 0

    var isEmpty: Bool { head == times.count }
    var count: Int { times.count - head }
    var first: UInt64? { isEmpty ? nil : times[head] }

    mutating func append(_ time: UInt64) {
        if isEmpty {
            times.removeAll(keepingCapacity: true)
            head = 0
        }
        times.append(time)
    }

    mutating func popFirst() -> UInt64? {
        guard let time = first else { return nil }
        removeFirst()
        return time
    }

    mutating func removeFirst() {
        head += 1
        // The used half is dropped, so that a long run keeps only what waits and not its history.
        guard head > 4096, head * 2 > times.count else { return }
        times.removeFirst(head)
        head = 0
    }

    mutating func removeAll() {
        times = []
        head = 0
    }
}
