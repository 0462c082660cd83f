internal import Gateway

/// Reads the query of `GET /admin/usage`.
struct UsageRequest {
    private(set) var query = UsageQuery()
    private(set) var isCSV = false

    /// - Throws: 400, naming the member and what would be right.
    ///
    /// - Parameter accept: The value of the `accept` field: a client that takes `text/csv` and not JSON gets that, unless the query says otherwise.
    init(_ members: [(name: String, value: String)], accept: String = "") throws(GatewayError) {
        let types = accept.split(separator: ",").map { $0.prefix { $0 != ";" }.filter { $0 != " " }.lowercased() }
        isCSV = types.contains("text/csv") && !types.contains("application/json")
        for (name, value) in members {
            switch name {
            case "from": query.from = try UsageRequest.time(name, value)
            case "to": query.to = try UsageRequest.time(name, value)
            case "key", "key_id": query.key = VirtualKey.ID(value)
            case "group_by":
                query.groups = []
                // One row for everything, as `best usage --group-by none` has it.
                if value == "none" { continue }
                for word in value.split(separator: ",") {
                    guard let group = UsageQuery.Grouping(rawValue: String(word)) else {
                        let names = UsageQuery.Grouping.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                        throw GatewayError(
                            400, .invalidRequest, code: nil, param: name, "`group_by` is a comma-separated list of \(names), or `none`")
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
