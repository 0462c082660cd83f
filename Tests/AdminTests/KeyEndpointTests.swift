import Gateway
import GatewayTesting
import Testing

/// Keys as the operator makes, changes and revokes them: what is answered, what is kept, and from when on it counts.
@Suite struct KeyEndpointTests {
    private static let noLimits =
        #"{"requests_per_minute":null,"requests_per_day":null,"tokens_per_minute":null,"tokens_per_day":null,"concurrency":null,"#
        + #""budget":null,"budget_period":null}"#

    @Test func `a key is answered once with its secret, and from then on without`() throws {
        try withOperator { admin in
            let made = try admin.ask("POST", "/admin/keys", #"{"name":"team","tags":["red"]}"#)
            let (id, token) = (try #require(made.values(of: "id").first), try #require(made.values(of: "plaintext_key").first))
            #expect(made.status == 201 && token.hasPrefix("llmgw-sk-\(id)-") && made["content-type"] == "application/json")
            let start = #"{"id":"\#(id)","name":"team","prefix":"llmgw-sk-\#(id)""#
            let rest =
                #","created_at":"2027-01-15T12:00:00Z","expires_at":null,"revoked_at":null,"last_used":null,"models":[],"limits":"#
                + Self.noLimits + #","weight":1,"tags":["red"]}"#
            #expect(made.text == start + #","plaintext_key":"\#(token)""# + rest)
            #expect(try admin.ask("GET", "/admin/keys/\(id)").text == start + rest)
            #expect(try admin.ask("GET", "/admin/keys").text == #"{"data":["# + start + rest + "]}")
            #expect(admin.status(of: token) == 200 && admin.status(of: "wrong") == 401)
        }
    }

    @Test func `an answer with a secret is kept by nobody on the way`() throws {
        try withOperator { admin in
            let made = try admin.ask("POST", "/admin/keys", #"{"name":"team"}"#)
            #expect(made["cache-control"] == "no-store")
        }
    }

    @Test func `an id that is taken is drawn again`() throws {
        try withOperator { admin in
            admin.store.failures = [StoreFailure(.idTaken, "taken"), StoreFailure(.idTaken, "taken")]
            let (id, token) = try admin.makeKey()
            #expect(admin.status(of: token) == 200 && admin.store.failures.isEmpty)
            #expect(try admin.listedNames() == ["team"] && admin.ask("GET", "/admin/keys/\(id)").status == 200)
        }
    }

    @Test func `a change touches what it names and nothing else, and null takes away`() throws {
        try withOperator { admin in
            let (id, _) = try admin.makeKey(
                #"{"name":"team","models":["m"],"limits":{"requests_per_minute":5,"tokens_per_day":7},"expires_at":"2027-02-01","weight":3}"#)
            let first = try admin.ask("PATCH", "/admin/keys/\(id)", #"{"requests_per_minute":9}"#)
            #expect(first.status == 200 && first.text.contains(#""requests_per_minute":9,"#) && first.text.contains(#""tokens_per_day":7"#))
            #expect(first.text.contains(#""expires_at":"2027-02-01T00:00:00Z""#) && first.text.contains(#""models":["m"]"#))
            let second = try admin.ask(
                "PATCH", "/admin/keys/\(id)", #"{"name":"crew","limits":{"tokens_per_day":null},"expires_at":null,"weight":null,"models":null}"#)
            #expect(second.text.contains(#""name":"crew""#) && second.text.contains(#""tokens_per_day":null"#))
            #expect(second.text.contains(#""requests_per_minute":9,"#) && second.text.contains(#""expires_at":null"#))
            #expect(second.text.contains(#""weight":1"#) && second.text.contains(#""models":[]"#) && second.values(of: "plaintext_key").isEmpty)
            #expect(try admin.ask("GET", "/admin/keys/\(id)").text == second.text)
        }
    }

    @Test func `a limit counts from the answer on that sets it`() throws {
        try withOperator { admin in
            let (id, token) = try admin.makeKey()
            #expect(admin.status(of: token) == 200)
            #expect(try admin.ask("PATCH", "/admin/keys/\(id)", #"{"models":["other"]}"#).status == 200)
            #expect(admin.status(of: token) == 403)
            #expect(try admin.ask("PATCH", "/admin/keys/\(id)", #"{"models":["*"]}"#).status == 200)
            #expect(admin.status(of: token) == 200)
        }
    }

    @Test func `a revoked key opens nothing from its answer on, and is listed only where that is asked for`() throws {
        try withOperator { admin in
            let (id, token) = try admin.makeKey()
            let (_, other) = try admin.makeKey(#"{"name":"other"}"#)
            let client = admin.simulation.client(token)
            client.chat()
            admin.simulation.advance(by: .seconds(5))
            let revoked = try admin.ask("DELETE", "/admin/keys/\(id)")
            #expect(revoked.status == 200 && revoked.values(of: "revoked_at") == ["2027-01-15T12:00:05Z"])
            client.chat()
            #expect(client.answers.map(\.status) == [200, 401] && client.answer?.errorCode == "invalid_api_key" && admin.status(of: other) == 200)
            #expect(try admin.listedNames() == ["other"])
            #expect(try admin.listedNames("?include_revoked=true") == ["team", "other"] && admin.listedNames("?include_revoked=0") == ["other"])
            #expect(try admin.ask("GET", "/admin/keys/\(id)").status == 200, "an operator may still look at it")
            for (method, target) in [("DELETE", ""), ("PATCH", ""), ("POST", "/rotate")] {
                let again = try admin.ask(method, "/admin/keys/\(id)\(target)", method == "DELETE" ? nil : #"{"name":"b"}"#)
                #expect(again.status == 404 && again.errorCode == "key_not_found" && again.errorMessage?.contains(id) == true, "\(method)")
            }
        }
    }

    @Test func `a key whose time is up is listed only where that is asked for`() throws {
        try withOperator { admin in
            let (_, token) = try admin.makeKey(#"{"name":"short","expires_at":"2027-01-15T12:00:10Z"}"#)
            #expect(try admin.listedNames() == ["short"] && admin.status(of: token) == 200)
            admin.simulation.advance(by: .seconds(10))
            #expect(try admin.listedNames().isEmpty && admin.listedNames("?include_revoked=1") == ["short"] && admin.status(of: token) == 401)
        }
    }

    @Test(arguments: [("", false), ("?end_streams=false", false), ("?end_streams=true", true), ("?end_streams=1", true)])
    func `a stream of a revoked key goes on, unless its end is asked for`(query: String, ends: Bool) throws {
        try withOperator(ScriptedProvider("a")) { admin in
            let (id, token) = try admin.makeKey()
            let client = admin.simulation.client(token)
            client.chat(stream: true)
            let call = try #require(admin.simulation.call)
            call.beginStream()
            call.send(ChatText.chunk("Hel"))
            #expect(try admin.ask("DELETE", "/admin/keys/\(id)\(query)").status == 200)
            call.send(ChatText.chunk("lo"))
            call.send(ChatText.finish() + ChatText.done)
            let answer = try #require(client.answer)
            #expect(answer.isWhole && answer.content == (ends ? "Hel" : "Hello") && (answer.events.last == "[DONE]") == !ends)
            #expect(answer.errorCode == (ends ? "invalid_api_key" : nil), "\(answer.text)")
        }
    }

    @Test func `a new secret opens and the old one does not`() throws {
        try withOperator { admin in
            let (id, old) = try admin.makeKey()
            let rotated = try admin.ask("POST", "/admin/keys/\(id)/rotate")
            let new = try #require(rotated.values(of: "plaintext_key").first)
            #expect(rotated.status == 200 && new != old && new.hasPrefix("llmgw-sk-\(id)-") && rotated.values(of: "id") == [id])
            #expect(admin.status(of: new) == 200 && admin.status(of: old) == 401)
            #expect(try admin.listedNames() == ["team"])
        }
    }

    @Test func `while the store is out of order nothing is promised, and it is said when to come back`() throws {
        try withOperator { admin in
            let (id, token) = try admin.makeKey()
            let calls: [(method: String, target: String, body: String?)] = [
                ("POST", "/admin/keys", #"{"name":"other"}"#), ("GET", "/admin/keys", nil), ("GET", "/admin/keys/\(id)", nil),
                ("PATCH", "/admin/keys/\(id)", #"{"models":["none"]}"#), ("DELETE", "/admin/keys/\(id)", nil),
                ("POST", "/admin/keys/\(id)/rotate", nil), ("GET", "/admin/usage", nil),
            ]
            for call in calls {
                admin.store.failures = [StoreFailure(.unavailable, "the disk is full")]
                let answer = try admin.ask(call.method, call.target, call.body)
                #expect(answer.status == 503 && answer.errorCode == "store_unavailable" && answer.errorMessage == "the disk is full", "\(call)")
                #expect(answer["retry-after"] == "5" && admin.store.failures.isEmpty)
            }
            #expect(try admin.listedNames() == ["team"] && admin.status(of: token) == 200)
        }
    }

    @Test(arguments: [
        ("/admin/keys?colour=red", "GET", "colour"), ("/admin/keys?include_revoked=maybe", "GET", "include_revoked"),
        ("/admin/keys?include_revoked", "GET", "include_revoked"), ("/admin/keys/ID?end_streams=maybe", "DELETE", "end_streams"),
        ("/admin/keys/ID?now=true", "DELETE", "now"),
    ])
    func `a query that is not understood changes nothing, and is named`(target: String, method: String, param: String) throws {
        try withOperator { admin in
            let (id, token) = try admin.makeKey()
            let answer = try admin.ask(method, target.replacing("ID", with: id))
            #expect(answer.status == 400 && errorObject(answer)["param"] as? String == param && admin.status(of: token) == 200)
        }
    }

    @Test func `the first key ends open mode at once`() throws {
        try withOperator { admin in
            _ = try admin.makeKey()
            let client = admin.simulation.client()
            client.chat()
            #expect(client.answer?.status == 401)
        }
    }
}
