import Gateway
import Testing

@testable import best

/// What the shell shows.
@Suite struct TextTests {
    @Test func `a table's columns are as wide as their widest cell, with numbers at the right`() {
        var table = TextTable(["NAME", "COUNT>", "WHAT"])
        table.add(["a", "5", "x"])
        table.add(["longer", "12345678", ""])
        #expect(table.lines == ["NAME       COUNT  WHAT", "a              5  x", "longer  12345678"])
    }

    @Test func `nothing in a cell steers the terminal`() {
        var table = TextTable(["NAME"])
        table.add(["a\u{1B}[31m\n\u{202E}b"])
        #expect(table.lines[1] == "a?[31m??b")
    }

    @Test(arguments: [(0, "0s"), (45, "45s"), (60, "1m"), (725, "12m 5s"), (12_000, "3h 20m"), (3601, "1h"), (187_200, "2d 4h"), (86_400, "1d")])
    func `a span is told in its two largest units`(seconds: Int, text: String) { #expect(RestList.span(seconds) == text) }

    @Test func `a list of rests is a table with what rests, for whom and how long yet`() throws {
        let entry =
            #"{"scope":"deployment","provider":"groq","model":"m","key":"GROQ_API_KEY","for":"everybody","client_key":null,"reason":"rate_limited_minute","#
            + #""cause":"limit","evidence":"stated by the provider","confirmed_by":"nothing","since":"2027-01-15T12:00:00Z","#
            + #""until":"2027-01-15T12:01:30Z","seconds_left":90,"is_word":true,"rung":1}"#
        let guess = entry.replacing("\"is_word\":true", with: "\"is_word\":false").replacing("\"model\":\"m\"", with: "\"model\":null")
        let list = try #require(RestList(Array(#"{"total":2,"data":[\#(entry),\#(guess)]}"#.utf8)))
        #expect(list.total == 2 && list.cleared == nil && list.endpoints == nil)
        let lines = list.table.lines
        #expect(lines[1].contains("groq      deployment  m with GROQ_API_KEY  everybody  rate_limited_minute  stated by the provider  nothing"))
        #expect(lines[1].hasSuffix(" 1m 30s") && lines[2].hasSuffix(" ~1m 30s") && lines[2].contains("  GROQ_API_KEY  "))
        #expect(RestList(Array("{}".utf8)) == nil && RestList(Array(#"{"data":[{}]}"#.utf8)) == nil && RestList([]) == nil)
    }

    @Test(
        arguments: [
            (.init(provider: "a", variable: "K", answer: .models(["x"], listed: 1), unlisted: [], isFailure: false), "ok, 1 model"),
            (
                .init(provider: "a", variable: "K", answer: .models(["x"], listed: 24), unlisted: [], isFailure: false),
                "ok, 24 models, 1 taken by include and exclude"
            ),
            (
                .init(provider: "a", variable: "K", answer: .models(["x", "y"], listed: 2), unlisted: ["p", "q"], isFailure: false),
                "ok, 2 models; not on its list: p, q"
            ),
            (.init(provider: "a", variable: "K", answer: .rejected("status 401"), unlisted: [], isFailure: true), "key rejected: status 401"),
            (.init(provider: "a", variable: nil, answer: .noList("status 404"), unlisted: [], isFailure: true), "no list of models: status 404"),
            (
                .init(provider: "a", variable: nil, answer: .noList("status 404"), unlisted: [], isFailure: false),
                "reached; no list of models (status 404), the file has them"
            ),
            (.init(provider: "a", variable: "K", answer: .unreachable("no route"), unlisted: [], isFailure: true), "unreachable: no route"),
        ] as [(LiveCheck.Finding, String)])
    func `what a provider has answered is told in words`(finding: LiveCheck.Finding, words: String) {
        #expect(CheckReport.sentence(finding) == words)
    }
}
