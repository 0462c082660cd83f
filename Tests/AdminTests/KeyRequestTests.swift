import Gateway
import GatewayTesting
import Testing

@testable import Admin

/// What a key can be made of, and what is said of a body that it can't be made of.
@Suite struct KeyRequestTests {
    private static let now = UnixTime(seconds: 1_800_014_400)

    private func change(_ text: String) throws(GatewayError) -> KeyChange { try KeyRequest(Array(text.utf8), at: Self.now).change }

    private func refusal(_ text: String) -> GatewayError? {
        do throws(GatewayError) {
            _ = try change(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `an empty body changes nothing`() throws {
        for body in ["", "{}"] {
            let change = try change(body)
            #expect(change.name == nil && change.models == nil && change.tags == nil && change.weight == nil && change.budgetPeriod == nil)
        }
    }

    @Test func `limits stand in an object of their own or beside the name`() throws {
        let members = #""requests_per_minute":1,"requests_per_day":2,"tokens_per_minute":3,"tokens_per_day":4,"concurrency":5,"budget":6.5,"#
        for body in [#"{\#(members)"budget_period":"day"}"#, #"{"limits":{\#(members)"budget_period":"day"}}"#] {
            var generator = RandomSource(seed: 1)
            let key = try change(body).applied(to: StoredKey(ClientKey(using: &generator), name: "a", createdAt: Self.now))
            var expected = KeyLimits()
            (expected.requestsPerMinute, expected.requestsPerDay) = (1, 2)
            (expected.tokensPerMinute, expected.tokensPerDay, expected.concurrency) = (3, 4, 5)
            (expected.budget, expected.budgetPeriod) = (Money(dollars: 6.5), .day)
            #expect(key.limits == expected)
        }
    }

    @Test(arguments: [("\"2027-01-15T12:00:01Z\"", 1_800_014_401), ("1800014401", 1_800_014_401), ("\"1800014401\"", 1_800_014_401)])
    func `a time is text or a number, and lies ahead`(text: String, seconds: Int64) throws {
        guard case .changed(let time) = try change(#"{"expires_at":\#(text)}"#).expiresAt else { throw NothingChanged() }
        #expect(time == UnixTime(seconds: seconds))
    }

    @Test func `the end of time is one, and no fault of anybody's`() throws {
        guard case .changed(let time) = try change(#"{"expires_at":1e300}"#).expiresAt else { throw NothingChanged() }
        #expect(time?.description == "9999-12-31T23:59:59Z")
        guard case .changed(let limit) = try change(#"{"tokens_per_day":1e300}"#).tokensPerDay else { throw NothingChanged() }
        #expect(limit == 1_000_000_000_000)
    }

    @Test func `a pattern or a word that is given twice is there once`() throws {
        let change = try change(#"{"models":["a/*","m","a/*"],"tags":["x","x"]}"#)
        #expect(change.models == ["a/*", "m"] && change.tags == ["x"])
    }

    private struct NothingChanged: Error {}

    /// Bodies, the member that is at fault, and words of the message.
    @Test(
        arguments: [
            ("{", nil, "the body must be a JSON object"), ("[]", nil, "like {\"name\": \"team\"}"), ("\"a\"", nil, "the body must be a JSON object"),
            (#"{"name":1}"#, "name", "`name` is a number that does not fit"), (#"{"name":null}"#, "name", "`name` is null"),
            (#"{"name":""}"#, "name", "a text of 1 to 200 characters"), (#"{"name":" \t"}"#, "name", "control characters"),
            (#"{"name":"a\u007f"}"#, "name", "control characters"), (#"{"nam":"a"}"#, "nam", "did you mean `name`?"),
            (#"{"wieght":2}"#, "wieght", "did you mean `weight`?"), (#"{"sfdkjh":2}"#, "sfdkjh", "there are name, expires_at, models"),
            (#"{"limits":[]}"#, "limits", "`limits` is a list that does not fit: expected an object of limits"),
            (#"{"limits":{"requests_per_minut":1}}"#, "limits.requests_per_minut", "did you mean `limits.requests_per_minute`?"),
            (#"{"limits":{"weight":3}}"#, "limits.weight", "is not known here"),
            (#"{"limits":{"tokens_per_day":0}}"#, "limits.tokens_per_day", "a whole number of at least 1, or null for no limit"),
            (#"{"requests_per_minute":1.5}"#, "requests_per_minute", "`requests_per_minute` is a number"),
            (#"{"requests_per_day":-1}"#, "requests_per_day", "at least 1"), (#"{"concurrency":"2"}"#, "concurrency", "is a text"),
            (#"{"tokens_per_minute":true}"#, "tokens_per_minute", "is a boolean"), (#"{"budget":-1}"#, "budget", "US dollars, more than 0, or null"),
            (#"{"budget":0}"#, "budget", "more than 0"), (#"{"budget":"1"}"#, "budget", "is a text"),
            (#"{"limits":{"budget":{}}}"#, "limits.budget", "is an object"), (#"{"budget_period":"year"}"#, "budget_period", "one of `day`"),
            (#"{"budget_period":1}"#, "budget_period", "one of"), (#"{"expires_at":"2020-01-01"}"#, "expires_at", "a time to come"),
            (#"{"expires_at":"2027-01-15T12:00:00Z"}"#, "expires_at", "a time to come"), (#"{"expires_at":true}"#, "expires_at", "is a boolean"),
            (#"{"expires_at":1.5}"#, "expires_at", "is a number"), (#"{"weight":0}"#, "weight", "a whole number of 1 to 1000, or null for 1"),
            (#"{"weight":1001}"#, "weight", "1 to 1000"), (#"{"weight":1.5}"#, "weight", "1 to 1000"), (#"{"models":"m"}"#, "models", "is a text"),
            (#"{"models":[1]}"#, "models", "is a number"), (#"{"tags":[""]}"#, "tags", "each of 1 to 200 characters"),
            (#"{"tags":{}}"#, "tags", "is an object"),
        ] as [(String, String?, String)])
    func `what a key can't be made of is refused by name`(body: String, param: String?, words: String) throws {
        let error = try #require(refusal(body))
        #expect(error.status == 400 && error.type == .invalidRequest && error.code == nil && error.param == param)
        #expect(error.message.contains(words), "\(error.message)")
    }

    @Test func `long and many names are bounded`() throws {
        func name(_ count: Int) -> String { String(repeating: "é", count: count) }
        #expect(try change(#"{"name":"\#(name(200))"}"#).name?.count == 200)
        #expect(refusal(#"{"name":"\#(name(201))"}"#)?.param == "name")
        func list(_ count: Int) -> String { (0..<count).map { "\"w\($0)\"" }.joined(separator: ",") }
        #expect(try change(#"{"tags":[\#(list(100))],"models":[\#(list(100))]}"#).tags?.count == 100)
        #expect(refusal(#"{"tags":[\#(list(101))]}"#)?.message.contains("at most 100") == true)
        #expect(refusal(#"{"models":[\#(list(101))]}"#)?.param == "models")
    }

    @Test func `a value that does not fit is never repeated, for it may be a secret in the wrong place`() throws {
        for body in [#"{"weight":"sk-secret"}"#, #"{"expires_at":"sk-secret"}"#, #"{"limits":"sk-secret"}"#, #"{"models":"sk-secret"}"#] {
            #expect(try #require(refusal(body)).message.contains("secret") == false)
        }
    }

    @Test func `a refused body makes no key`() throws {
        try withOperator { admin in
            let answer = try admin.ask("POST", "/admin/keys", #"{"name":"a","weight":0}"#)
            #expect(answer.status == 400 && errorObject(answer)["param"] as? String == "weight")
            let nameless = try admin.ask("POST", "/admin/keys", #"{"weight":2}"#)
            #expect(nameless.status == 400 && errorObject(nameless)["param"] as? String == "name")
            #expect(try admin.listedNames("?include_revoked=true").isEmpty)
        }
    }
}
