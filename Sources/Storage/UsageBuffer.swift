internal import Gateway
internal import Wire

/// Usage that has been taken but not yet written: the records as they came, and their sums, both bounded.
///
/// While the database is out of order records pile up. Beyond the bound the oldest are dropped as rows but stay
/// in the sums, of which there are few: one for each minute, key, provider and model. Only if there are too
/// many of these too is a record dropped altogether.
struct UsageBuffer {
    /// The key of a sum.
    struct Group: Hashable {
        let minute: UnixTime
        let key: VirtualKey.ID
        let provider: String
        let model: String
    }

    /// The most rows that wait; 0 keeps none, for when rows are not wanted.
    let maximumRows: Int
    /// The most sums that wait: a day of 34 groups, about 10 MB.
    static let maximumSums = 50_000

    /// The oldest first.
    private(set) var rows: [UsageRecord] = []
    private(set) var sums: [Group: UsageRow] = [:]
    /// Records in `sums`.
    private(set) var count = 0
    /// Records dropped altogether.
    private(set) var dropped = 0
    /// Records dropped as rows only.
    private(set) var droppedRows = 0

    init(maximumRows: Int) { self.maximumRows = maximumRows }

    mutating func append(_ records: [UsageRecord]) {
        for record in records { append(record) }
    }

    private mutating func append(_ record: UsageRecord) {
        let group = Group(minute: record.startedAt.minute, key: record.key, provider: record.provider, model: record.model)
        guard sums.count < UsageBuffer.maximumSums || sums[group] != nil else {
            dropped += 1
            return
        }
        sums[group, default: UsageRow()].add(record)
        count += 1
        guard maximumRows > 0 else { return }
        if rows.count >= maximumRows {
            // A tenth at a time, so that a long outage does not move the whole array for each record.
            let excess = max(1, maximumRows / 10)
            rows.removeFirst(excess)
            droppedRows += excess
        }
        rows.append(record)
    }

    /// Forgets what has been written.
    mutating func removeAll() {
        rows.removeAll(keepingCapacity: rows.count < 4096)
        sums.removeAll(keepingCapacity: sums.count < 1024)
        count = 0
    }

    /// Counts records that were dropped elsewhere, altogether or as rows only.
    mutating func dropped(records: Int, rows: Int = 0) {
        dropped = dropped.addingCount(records)
        droppedRows = droppedRows.addingCount(rows)
    }
}
