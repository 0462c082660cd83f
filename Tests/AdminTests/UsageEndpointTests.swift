import Gateway
import GatewayTesting
import Testing
import Wire

@testable import Admin

/// What was used, as the operator asks for it.
@Suite struct UsageEndpointTests {
    private func query(_ members: [(String, String)], accept: String = "") throws(GatewayError) -> UsageRequest {
        try UsageRequest(members.map { (name: $0.0, value: $0.1) }, accept: accept)
    }

    /// Sums of one key.
    private func row(_ id: String) -> UsageRow {
        var row = UsageRow()
        (row.key, row.name, row.requests, row.failedRequests) = (VirtualKey.ID(id), "team", 3, 1)
        (row.usage.inputTokens, row.usage.outputTokens, row.usage.totalTokens) = (10, 20, 30)
        row.lastUsed = UnixTime(seconds: 1_800_000_000)
        return row
    }

    @Test func `a question without members is for every key's sums of all time`() throws {
        let wanted = try query([])
        #expect(wanted.query.groups == [.key] && wanted.query.from == nil && wanted.query.to == nil && wanted.query.key == nil && !wanted.isCSV)
    }

    @Test func `times, groups and a key narrow it`() throws {
        let wanted = try query([("from", "2026-11-22"), ("to", "2026-11-22T21:30:00+02:00"), ("group_by", "model,day"), ("key", "abc")])
        #expect(wanted.query.from?.description == "2026-11-22T00:00:00Z" && wanted.query.to?.description == "2026-11-22T19:30:00Z")
        #expect(wanted.query.groups == [.model, .day] && wanted.query.key == VirtualKey.ID("abc"))
        #expect(try query([("key_id", "abc"), ("group_by", "none")]).query.groups.isEmpty)
        #expect(try query([("from", "1800000000")]).query.from == UnixTime(seconds: 1_800_000_000))
    }

    @Test(
        arguments: [
            ("text/csv", nil, true), ("text/csv;q=0.9, text/plain", nil, true), ("TEXT/CSV", nil, true), ("text/csv, application/json", nil, false),
            ("*/*", nil, false), ("", nil, false), ("text/csv", "json", false), ("application/json", "csv", true),
        ] as [(String, String?, Bool)])
    func `a table is for who takes one, unless the query says otherwise`(accept: String, format: String?, isCSV: Bool) throws {
        #expect(try query(format.map { [("format", $0)] } ?? [], accept: accept).isCSV == isCSV)
    }

    @Test(arguments: [
        ("from", "yesterday", "`from` is a day (`2026-11-22`)"), ("to", "2026-13-01", "`to` is a day"), ("to", "", "`to` is a day"),
        ("group_by", "colour", "a comma-separated list of `key`, `model`, `provider`, `day`, or `none`"),
        ("group_by", "key,none", "`group_by`"), ("format", "xml", "`format` is `json` or `csv`"),
        ("limit", "5", "the query may hold `from`, `to`, `group_by`, `key` and `format`"),
    ])
    func `what is not understood is refused by name`(name: String, value: String, words: String) throws {
        let refusal = try #require(throws: GatewayError.self) { _ = try query([(name, value)]) }
        #expect(refusal.status == 400 && refusal.param == name && refusal.message.contains(words), "\(refusal.message)")
    }

    @Test func `a span must have a length`() throws {
        for (from, to) in [("2026-11-22", "2026-11-22"), ("2026-11-22", "2026-11-21")] {
            let refusal = try #require(throws: GatewayError.self) { _ = try query([("from", from), ("to", to)]) }
            #expect(refusal.param == "to" && refusal.message.contains("must be later than `from`"))
        }
    }

    @Test func `the sums are told with the names of keys, those included that were never used`() throws {
        try withOperator { admin in
            let (id, _) = try admin.makeKey()
            let (unused, _) = try admin.makeKey(#"{"name":"unused"}"#)
            admin.store.usageRows = [row(id)]
            let answer = try admin.ask("GET", "/admin/usage")
            #expect(answer.status == 200 && answer["content-type"] == "application/json")
            #expect(answer.text.hasPrefix(#"{"data":[{"key_id":""#) && answer.text.hasSuffix(#"}],"from":null,"to":null}"#))
            let used =
                #"{"key_id":"\#(id)","name":"team","requests":3,"failed_requests":1,"estimated_requests":0,"input_tokens":10,"output_tokens":20,"#
                + #""total_tokens":30,"cached_tokens":0,"reasoning_tokens":0,"cost":0.00,"cost_configured":0.00,"cost_provider":0.00,"cost_catalogue":0.00,"#
                + #""unpriced_requests":0,"last_used":"2027-01-15T08:00:00Z"}"#
            #expect(answer.text.contains(used), "\(answer.text)")
            #expect(answer.text.contains(#"{"key_id":"\#(unused)","name":"unused","requests":0,"#))
            // Where keys are not told apart, nobody is named.
            admin.store.usageRows = []
            #expect(try admin.ask("GET", "/admin/usage?group_by=day&from=2027-01-01").text == #"{"data":[],"from":"2027-01-01T00:00:00Z","to":null}"#)
            #expect(admin.store.usageQueries.map(\.groups) == [[.key], [.day]])
        }
    }

    @Test func `a table has a line of names and one for each row`() throws {
        try withOperator { admin in
            admin.store.usageRows = [row("abc")]
            let answer = try admin.ask("GET", "/admin/usage?format=csv")
            #expect(answer["content-type"] == "text/csv; charset=utf-8")
            let lines = answer.text.split(separator: "\r\n", omittingEmptySubsequences: false)
            #expect(
                lines.count == 3 && lines[0].hasPrefix("key_id,name,requests,") && lines[1].hasPrefix("abc,team,3,1,0,10,20,30,") && lines[2] == "")
        }
    }

    @Test func `what a request has used is kept under its key`() throws {
        try withOperator { admin in
            let (id, token) = try admin.makeKey()
            #expect(admin.status(of: token) == 200)
            let record = try #require(admin.store.records.first)
            #expect(record.key == VirtualKey.ID(id) && record.usage.totalTokens == 12 && record.status == 200 && admin.store.records.count == 1)
        }
    }
}
