/// How long and how finely usage is kept.
public struct UsageOptions: Sendable {
    /// How long the row of each request is kept, 0 to 10 years; 0 keeps none. `GET /admin/usage` does not need them: they are for whoever looks into the
    /// database. None by default, because writing them costs two thirds of what the request itself does (41,000 instructions to 61,000).
    public var keepRequests: Duration = .zero
    /// Most rows of requests that are kept, 0 to 1,000,000,000; about 100 bytes each.
    public var maximumRequests = 1_000_000
    /// How long the sums for each minute, key, provider and model are kept, 1 day to 30 years.
    public var keepSums: Duration = .seconds(400 * 24 * 3600)
    /// Most records that wait while the database is out of order, 1,000 to 10,000,000. Beyond, the oldest lose their rows, but count in the sums.
    public var bufferedRecords = 20_000

    /// Makes the defaults.
    public init() {}
}
