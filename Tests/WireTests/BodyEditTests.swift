import Testing
import Wire

@Suite struct `Editing a request body` {
    private func edited(_ body: String, model: String = "new", requestUsage: Bool = false, keepRouting: Bool = false) throws -> String {
        let bytes = Array(body.utf8)
        let name = Array(model.utf8)
        let envelope = try RequestEnvelope(scanning: bytes.span.bytes)
        let edit = BodyEdit(of: bytes.span.bytes, envelope, requestUsage: requestUsage, keepRouting: keepRouting)
        var buffer = ByteBuffer()
        edit.write(bytes.span.bytes, model: name.span.bytes, into: &buffer)
        let (length, count) = (edit.length(model: name.span.bytes), buffer.count)
        #expect(length == count)
        // A provider's name may hold what a client may not write.
        guard !model.holdsHiddenCharacter else { return text(buffer) }
        let again = try RequestEnvelope(scanning: buffer.bytes)
        let (found, hasModels, hasProvider) = (again.modelName(in: buffer.bytes), again.models != nil, again.provider != nil)
        #expect(found == model)
        #expect(!hasModels && (keepRouting || !hasProvider))
        #expect(again.asksForUsage == (requestUsage || envelope.asksForUsage))
        return text(buffer)
    }

    @Test func `only the model changes`() throws {
        #expect(try edited("{\"model\":\"old\",\"x\":1}") == "{\"model\":\"new\",\"x\":1}")
        #expect(try edited(" { \"a\" : [1, 2]\n, \"model\"  :  \"old\" }\n") == " { \"a\" : [1, 2]\n, \"model\"  :  \"new\" }\n")
        #expect(try edited(Samples.chat) == Samples.chat.replacing("llama-3.3-70b", with: "new"))
        #expect(try edited(Samples.spaced, model: "a/b:free") == Samples.spaced)
    }

    @Test func `the model's name is escaped`() throws {
        #expect(try edited("{\"model\":\"old\"}", model: "a\"b\\c\n\u{1}é") == #"{"model":"a\"b\\c\n\u0001é"}"#)
        #expect(try edited("{\"m\\u006fdel\":\"\\\"\"}", model: "x") == "{\"m\\u006fdel\":\"x\"}")
    }

    @Test(arguments: [
        (#"{"models":[],"model":"m"}"#, #"{"model":"new"}"#), (#"{"model":"m","models":[]}"#, #"{"model":"new"}"#),
        (#"{"models":["a"],"provider":{},"model":"m"}"#, #"{"model":"new"}"#), (#"{"model":"m","models":["a"],"provider":{}}"#, #"{"model":"new"}"#),
        (#"{"models":["a"],"model":"m","provider":{"order":["a,b"]}}"#, #"{"model":"new"}"#),
        (#"{"provider":{},"a":1,"model":"m","b":2,"models":[]}"#, #"{"a":1,"model":"new","b":2}"#),
        (#"{"a":1,"models":[],"model":"m","provider":null,"b":2}"#, #"{"a":1,"model":"new","b":2}"#),
        (#"{"a":1,"models":[],"b":2,"provider":{},"model":"m"}"#, #"{"a":1,"b":2,"model":"new"}"#),
        (#"{"model":"m","a":1,"models":[],"b":2,"provider":{},"c":3}"#, #"{"model":"new","a":1,"b":2,"c":3}"#),
        ("{ \"models\" : [] , \"model\" : \"m\" }", "{ \"model\" : \"new\" }"),
        ("{ \"model\" : \"m\" , \"models\" : [] }", "{ \"model\" : \"new\"  }"),
        (#"{"m\u006fdels":[],"model":"m","provid\u0065r":{}}"#, #"{"model":"new"}"#),
        (#"{"a":"x,\"","models":[],"model":"m"}"#, #"{"a":"x,\"","model":"new"}"#),
    ]) func `each routing member is removed with one comma`(body: String, expected: String) throws {
        #expect(try edited(body) == expected)
    }

    @Test(arguments: [
        (#"{"models":["a"],"model":"m","provider":{}}"#, #"{"model":"new"}"#),
        (#"{"model":"m","provider":null}"#, #"{"model":"new"}"#),
        (#"{"model":"m","provider":{"sort":"price"}}"#, #"{"model":"new","provider":{"sort":"price"}}"#),
        (#"{"model":"m","provider":{"order":["a"],"only":"b","allow_fallbacks":true}}"#, #"{"model":"new"}"#),
        (#"{"model":"m","provider":{"order":["a"],"sort":"price","only":["b"]}}"#, #"{"model":"new","provider":{"sort":"price"}}"#),
        (
            #"{"provider":{"ignore":["c"],"order":["a,}"],"max_price":{"prompt":1},"allow_fallbacks":false},"models":[],"model":"m"}"#,
            #"{"provider":{"ignore":["c"],"max_price":{"prompt":1}},"model":"new"}"#
        ),
        (
            "{\"model\":\"m\",\"provider\": { \"only\" : [] , \"\\u006frder\":[\"a\"] ,\"zdr\":true , \"allow_fallbacks\" : true } }",
            "{\"model\":\"new\",\"provider\": { \"zdr\":true  } }"
        ),
        (#"{"models":["m","x"],"provider":{"zdr":true},"a":1}"#, #"{"model":"new","provider":{"zdr":true},"a":1}"#),
    ]) func `OpenRouter gets the preferences for hosts of the one model, and no other model`(body: String, expected: String) throws {
        #expect(try edited(body, keepRouting: true) == expected)
    }

    @Test(arguments: [false, true]) func `other routers' members for further models are removed as well`(keepRouting: Bool) throws {
        let body = #"{"fallbacks":[{"model":"b"}],"a":1,"model":"m","fallback_models":["c"],"rout\u0065":"fallback","b":2}"#
        #expect(try edited(body, keepRouting: keepRouting) == #"{"a":1,"model":"new","b":2}"#)
        #expect(try edited(#"{"route":null,"models":["m"],"fallbacks":[]}"#, keepRouting: keepRouting) == #"{"model":"new"}"#)
    }

    @Test(arguments: [
        (#"{"model":"m"}"#, #"{"model":"new","stream_options":{"include_usage":true}}"#),
        (#"{"model":"m","a":1}"#, #"{"model":"new","stream_options":{"include_usage":true},"a":1}"#),
        (#"{"a":1,"model":"m"}"#, #"{"a":1,"model":"new","stream_options":{"include_usage":true}}"#),
        (#"{"model":"m","stream_options":null}"#, #"{"model":"new","stream_options":{"include_usage":true}}"#),
        (#"{"stream_options":{},"model":"m"}"#, #"{"stream_options":{"include_usage":true},"model":"new"}"#),
        (#"{"stream_options":{ },"model":"m"}"#, #"{"stream_options":{"include_usage":true },"model":"new"}"#),
        (#"{"stream_options":{"x":1},"model":"m"}"#, #"{"stream_options":{"include_usage":true,"x":1},"model":"new"}"#),
        (#"{"stream_options":{"include_usage":false},"model":"m"}"#, #"{"stream_options":{"include_usage":true},"model":"new"}"#),
        (
            #"{"stream_options":{"x":1,"include_usage":null,"y":2},"model":"m"}"#,
            #"{"stream_options":{"x":1,"include_usage":true,"y":2},"model":"new"}"#
        ),
        (#"{"stream_options":{"include_usage":true},"model":"m"}"#, #"{"stream_options":{"include_usage":true},"model":"new"}"#),
        (
            #"{"stream_options":{"include_usage":true,"include_usage":[]},"model":"m"}"#,
            #"{"stream_options":{"include_usage":true,"include_usage":true},"model":"new"}"#
        ),
        (#"{"models":[],"stream_options":null,"provider":{},"model":"m"}"#, #"{"stream_options":{"include_usage":true},"model":"new"}"#),
        (#"{"model":"m","provider":{},"stream_options":{},"models":[]}"#, #"{"model":"new","stream_options":{"include_usage":true}}"#),
        (#"{"model":"m","models":[],"provider":{}}"#, #"{"model":"new","stream_options":{"include_usage":true}}"#),
    ]) func `usage is asked for wherever the options are`(body: String, expected: String) throws {
        #expect(try edited(body, requestUsage: true) == expected)
    }

    @Test func `members in any order give a valid body`() throws {
        let members = ["\"model\":\"m\"", "\"models\":[\"a\"]", "\"provider\":{}", "\"stream_options\":{\"x\":1}", "\"a\":[1]"]
        func permutations(_ rest: [String]) -> [[String]] {
            rest.isEmpty ? [[]] : rest.flatMap { first in permutations(rest.filter { $0 != first }).map { [first] + $0 } }
        }
        for order in permutations(members) {
            for separator in [",", " ,\n "] {
                let body = "{" + order.joined(separator: separator) + "}"
                let kept = order.filter { !$0.hasPrefix("\"models") && !$0.hasPrefix("\"provider") }
                let expected = kept.joined(separator: ",").replacing("\"m\"", with: "\"new\"").replacing(
                    "{\"x\"", with: "{\"include_usage\":true,\"x\"")
                let found = try edited(body, requestUsage: true)
                #expect(found.filter { $0 != " " && $0 != "\n" } == "{" + expected + "}")
            }
        }
    }
}
