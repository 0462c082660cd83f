internal import EventLoop

/// The books of limits as text, a line for each key. A line that was written stays until its book changes.
///
/// | text | means |
/// | --- | --- |
/// | `best limits 3 WALL MONOTONIC` | the time of day and of the clock that windows run on, in milliseconds |
/// | `KEY PERIOD SPENT MINUTE DAY MINUTE DAY` | a book: when the budget's period began, nanodollars, requests, tokens; each window as `LAST:AMOUNT,…`, LAST for when something was added |
final class BooksArchive: Sendable {
    static let version = "best limits 3"

    /// What has changed and is not in the lines yet, in order; a book that is gone is `nil`. Locked for moments only, as the loop does it.
    private let changes = Locked<[(key: VirtualKey.ID, book: KeyBook?)]>([])
    /// Locked for as long as text is made; never by the loop while it runs.
    private let lines = Locked<[VirtualKey.ID: [UInt8]]>([:])

    /// Notes books that have changed; in no time, as values are copied.
    func note(_ changed: [(key: VirtualKey.ID, book: KeyBook?)]) {
        changes.withLock { $0 += changed }
    }

    /// All books as text.
    func bytes(at now: Moment) -> [UInt8] {
        lines.withLock { lines in
            let changed = changes.withLock { changes in
                defer { changes = [] }
                return changes
            }
            for (key, book) in changed { lines[key] = book.map { BooksArchive.line(key, $0) } }
            var text = Array("\(BooksArchive.version) \(now.wall.milliseconds) \(now.monotonic.wholeMilliseconds)\n".utf8)
            text.reserveCapacity(text.count + lines.values.reduce(0) { $0 + $1.count })
            for (_, line) in lines.sorted(by: { $0.key.value < $1.key.value }) { text += line }
            return text
        }
    }

    private static func line(_ key: VirtualKey.ID, _ book: KeyBook) -> [UInt8] {
        let book = book.measured
        let windows = [book.requestsPerMinute, book.requestsPerDay, book.tokensPerMinute, book.tokensPerDay].map { window in
            window.slices.map { "\($0.last):\($0.amount)" }.joined(separator: ",")
        }
        let period = book.periodStart.map { "\($0.milliseconds)" } ?? "-"
        return Array("\(key.value) \(period) \(book.spent.nanodollars) \(windows.joined(separator: " "))\n".utf8)
    }
}
