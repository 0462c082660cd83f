internal import Foundation

/// A list of rests, as `/admin/rests` tells it.
struct RestList: Decodable {
    /// One rest.
    struct Entry: Decodable {
        let scope: String
        let provider: String
        let model: String?
        let key: String?
        let audience: String
        let reason: String
        let evidence: String
        let confirmation: String
        let since: String
        let until: String
        let secondsLeft: Int
        let isWord: Bool

        private enum CodingKeys: String, CodingKey {
            case scope, provider, model, key, reason, evidence, since, until
            case audience = "for"
            case confirmation = "confirmed_by"
            case secondsLeft = "seconds_left"
            case isWord = "is_word"
        }

        /// What rests, in a few words.
        fileprivate var subject: String {
            switch (model, key) {
            case (let model?, let key?): "\(model) with \(key)"
            case (let model?, nil): model
            case (nil, let key?): key
            case (nil, nil): ""
            }
        }
    }

    /// How many rests there are; `data` may hold fewer.
    let total: Int?
    /// How many were ended.
    let cleared: Int?
    let data: [Entry]
    /// The limits that hold requests back, where they are told.
    let limits: [Limit]?
    /// The endpoints that are asked for again, of providers that were taken not to have them.
    let endpoints: [Endpoint]?

    /// An endpoint of a provider.
    struct Endpoint: Decodable {
        let provider: String
        let endpoint: String
    }

    /// Reads a body; `nil` when it is none of these.
    init?(_ body: [UInt8]) {
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
        self = read
    }

    /// The rests under each other.
    var table: TextTable {
        var table = TextTable(["PROVIDER", "SCOPE", "WHAT", "FOR", "WHY", "EVIDENCE", "CONFIRMED BY", "SINCE", "UNTIL", "LEFT>"])
        for entry in data {
            table.add([
                entry.provider, entry.scope, entry.subject, entry.audience, entry.reason, entry.evidence, entry.confirmation, entry.since,
                entry.until, (entry.isWord ? "" : "~") + Self.span(entry.secondsLeft),
            ])
        }
        return table
    }

    /// A limit that holds requests back.
    struct Limit: Decodable {
        let scope: String
        let provider: String
        let model: String?
        let key: String?
        let resource: String
        let limit: Int
        let window: Int?
        let manner: String
        let source: String
        let evidence: String
        let since: String?
        let used: Int?
        let freeIn: Int?

        private enum CodingKeys: String, CodingKey {
            case scope, provider, model, key, resource, limit, manner, source, evidence, since, used
            case window = "window_seconds"
            case freeIn = "free_in_seconds"
        }

        /// The limit in a few words: `30 requests in 1m`.
        fileprivate var text: String {
            resource == "in_flight" ? "\(limit) at a time" : "\(limit) \(resource)\(window.map { " in \(RestList.span($0))" } ?? "")"
        }
    }

    /// The limits under each other.
    var limitTable: TextTable {
        var table = TextTable(["PROVIDER", "SCOPE", "WHAT", "LIMIT", "HOW", "WHOSE WORD", "EVIDENCE", "SINCE", "USED>", "FREE IN>"])
        for entry in limits ?? [] {
            let subject = [entry.model, entry.key].compactMap { $0 }.joined(separator: " with ")
            table.add([
                entry.provider, entry.scope, subject, entry.text, entry.manner, entry.source, entry.evidence, entry.since ?? "",
                entry.used.map { "\($0)" } ?? "", entry.freeIn.map { $0 == 0 ? "now" : Self.span($0) } ?? "one ends",
            ])
        }
        return table
    }

    /// A span in its two largest units: `45s`, `12m 5s`, `3h 20m`, `2d 4h`.
    static func span(_ seconds: Int) -> String {
        let units = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        guard let first = units.firstIndex(where: { seconds >= $0.0 }) else { return "0s" }
        let whole = "\(seconds / units[first].0)\(units[first].1)"
        guard first + 1 < units.count else { return whole }
        let rest = seconds % units[first].0 / units[first + 1].0
        return rest == 0 ? whole : "\(whole) \(rest)\(units[first + 1].1)"
    }
}
