import Gateway
import GatewayTesting
import Testing

@testable import Admin

/// What is left alone, as the operator sees it and ends it.
@Suite struct RestEndpointTests {
    private static let rejection = UpstreamScript.status(401, #"{"error":{"message":"no","code":"invalid_api_key"}}"#)

    /// A gateway whose provider has just rejected its key for two clients; from then on it answers.
    private func withRest(_ body: (Operator) throws -> Void) throws {
        try withOperator(.script(Self.rejection, Self.rejection, .completion("well again"))) { admin in
            for name in ["first", "second"] {
                let client = admin.simulation.client(admin.simulation.addKey(name))
                client.chat("hi \(name)", fields: [("x-best-wait", "0")])
            }
            try #require(admin.simulation.calls.count == 2)
            try body(admin)
        }
    }

    @Test func `where nothing rests the list is empty`() throws {
        try withOperator { admin throws in
            #expect(try admin.ask("GET", "/admin/rests").text == #"{"total":0,"data":[],"limits":[]}"#)
            #expect(try admin.ask("POST", "/admin/rests/clear").text == #"{"cleared":0,"data":[],"endpoints":[]}"#)
        }
    }

    @Test func `a rest is told with what rests, why and until when, and no secret`() throws {
        try withRest { admin in
            let list = try admin.ask("GET", "/admin/rests")
            #expect(list.text.hasPrefix(#"{"total":"#) && list.values(of: "provider").first == "a" && list.values(of: "key").first == "A_KEY_1")
            #expect(list.values(of: "reason").first == "credential" && list.values(of: "since").first == "2027-01-15T12:00:00Z")
            #expect(!list.text.contains("sk-provider"))
        }
    }

    @Test func `a rest that is ended is told, is gone, and its provider is asked again`() throws {
        try withRest { admin in
            let client = admin.simulation.client(admin.simulation.addKey("third"))
            let ended = try admin.ask("POST", "/admin/rests/clear", #"{"provider":"a"}"#)
            #expect(ended.status == 200 && ended.text.hasPrefix(#"{"cleared":"#) && ended.values(of: "reason").first == "credential")
            #expect(try admin.ask("GET", "/admin/rests").text == #"{"total":0,"data":[],"limits":[]}"#)
            client.chat(fields: [("x-best-wait", "0")])
            #expect(client.answer?.content == "well again")
            #expect(admin.simulation.observer.notices.contains { $0.hasPrefix("an operator has ended ") })
        }
    }

    @Test func `a key is named by its variable, and one that is named by itself is not repeated`() throws {
        try withRest { admin in
            let wrong = try admin.ask("POST", "/admin/rests/clear", #"{"key":"sk-provider"}"#)
            #expect(
                wrong.status == 404 && wrong.errorCode == "key_not_found" && !wrong.text.contains("sk-provider") && wrong.text.contains("A_KEY_1"))
            #expect(try admin.ask("POST", "/admin/rests/clear", #"{"key":"A_KEY_1","model":null}"#).text.hasPrefix(#"{"cleared":0"#) == false)
        }
    }

    @Test(
        arguments: [
            (#"{"provider":"b"}"#, 404, "provider", "provider_not_found"), (#"{"model":"n"}"#, 404, "model", "model_not_found"),
            (#"{"provider":1}"#, 400, "provider", nil), (#"{"model":""}"#, 400, "model", nil), (#"{"keys":"A"}"#, 400, "keys", nil),
            ("[]", 400, nil, nil), ("{", 400, nil, nil),
        ] as [(String, Int, String?, String?)])
    func `a slip ends nothing and is named`(body: String, status: Int, param: String?, code: String?) throws {
        try withRest { admin in
            let answer = try admin.ask("POST", "/admin/rests/clear", body)
            let error = errorObject(answer)
            #expect(answer.status == status && error["param"] as? String == param && error["code"] as? String == code, "\(answer.text)")
            #expect(try admin.ask("GET", "/admin/rests").text.hasPrefix(#"{"total":0"#) == false)
        }
    }

    @Test func `a name of any length is a name up to what a client's model may have`() throws {
        let (longest, tooLong) = (String(repeating: "x", count: 4096), String(repeating: "x", count: 4097))
        #expect(try RestRequest(Array(#"{"model":"\#(longest)"}"#.utf8)).filter.model == longest)
        #expect(throws: GatewayError.self) { try RestRequest(Array(#"{"model":"\#(tooLong)"}"#.utf8)) }
        #expect(try RestRequest([]).filter.isEmpty && RestRequest(Array(#"{"provider":null,"key":null}"#.utf8)).filter.isEmpty)
    }

    @Test func `the list takes no query`() throws {
        try withOperator { admin in
            let answer = try admin.ask("GET", "/admin/rests?provider=a")
            #expect(answer.status == 400 && errorObject(answer)["param"] as? String == "provider")
        }
    }
}
