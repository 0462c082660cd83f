internal import Gateway

/// Reads the query of `GET /admin/usage`.
struct UsageRequest {
    private(set) var query = UsageQuery()
    private(set) var isCSV = false

    /// - Throws: 400, naming the member and what would be right.
    init(_ members: [(name: String, value: String)]) throws(GatewayError) {
        for (name, value) in members {
            switch name {
            case "from": query.from = try UsageRequest.time(name, value)
            case "to": query.to = try UsageRequest.time(name, value)
            case "key", "key_id": query.key = VirtualKey.ID(value)
            case "group_by":
                query.groups = []
                for word in value.split(separator: ",") {
                    guard let group = UsageQuery.Grouping(rawValue: String(word)) else {
                        let names = UsageQuery.Grouping.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                        throw GatewayError(400, .invalidRequest, code: nil, param: name, "`group_by` is a comma-separated list of \(names)")
                    }
                    query.groups.insert(group)
                }
            case "format":
                guard value == "csv" || value == "json" else {
                    throw GatewayError(400, .invalidRequest, code: nil, param: name, "`format` is `json` or `csv`")
                }
                isCSV = value == "csv"
            default:
                throw GatewayError(
                    400, .invalidRequest, code: nil, param: name, "the query may hold `from`, `to`, `group_by`, `key` and `format`")
            }
        }
        if let from = query.from, let to = query.to, to <= from {
            throw GatewayError(
                400, .invalidRequest, code: nil, param: "to", "`to` must be later than `from`; it is the first moment that does not count")
        }
    }

    private static func time(_ name: String, _ value: String) throws(GatewayError) -> UnixTime {
        guard let time = UnixTime(parsing: value) else {
            throw GatewayError(
                400, .invalidRequest, code: nil, param: name,
                "`\(name)` is a day (`2026-11-22`), a time of RFC 3339 (`2026-11-22T21:30:00Z`), or seconds since 1970")
        }
        return time
    }
}
