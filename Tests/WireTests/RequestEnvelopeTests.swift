import Testing
import Wire

/// The envelope of a body, or what is wrong with the body.
func envelope(_ body: String, limits: RequestEnvelope.Limits = .init()) -> Result<RequestEnvelope, WireError> {
    let bytes = Array(body.utf8)
    do throws(WireError) {
        return .success(try RequestEnvelope(scanning: bytes.span.bytes, limits: limits))
    } catch {
        return .failure(error)
    }
}

/// The bytes of `body` at `range`, as text.
func slice(_ body: String, _ range: Range<Int>?) -> String? {
    range.map { String(decoding: Array(body.utf8)[$0], as: UTF8.self) }
}

@Suite struct `The envelope of a request` {
    @Test func `it has the members the gateway acts on`() throws {
        let found = try envelope(Samples.chat).get()
        #expect(slice(Samples.chat, found.model) == "\"llama-3.3-70b\"")
        #expect(found.stream && found.asksForUsage && found.hasTools && found.hasMessages && found.hasImages)
        #expect(
            !found.hasAudio && !found.hasFiles && !found.hasInput && !found.hasResponseFormat && !found.hasPreviousResponseID
                && !found.modelHasEscapes)
        #expect(found.maximumTokens == 512 && found.choiceCount == 2)
        #expect(slice(Samples.chat, found.streamOptions) == "{\"include_usage\":true}")
        #expect(slice(Samples.chat, found.user) == "\"u-1\"")
        #expect(found.models == nil && found.provider == nil && found.promptCacheKey == nil)
    }

    @Test func `a body with only a model has the defaults`() throws {
        let body = "{\"model\":\"m\"}"
        let found = try envelope(body).get()
        #expect(!found.stream && !found.asksForUsage && !found.hasTools && !found.hasMessages && found.parts.isEmpty && found.responseFormat == .free)
        #expect(found.streamOptions == nil && found.maximumTokens == nil && found.maximumOutputTokens == nil && found.choiceCount == 1)
    }

    @Test(arguments: [
        ("Model", "model"), ("MODEL", "model"), ("m\\u004fdel", "model"), ("Max_Tokens", "max_tokens"), ("\u{17F}tream", "stream"),
        ("me\\u017fsages", "messages"),
        ("N", "n"),
    ])
    func `a member that some servers would take for another is refused, and the error names the right one`(name: String, meant: String) {
        let body = "{\"model\":\"small\",\"messages\":[],\"\(name)\":\"gold\"}"
        do {
            _ = try envelope(body).get()
            Issue.record("taken")
        } catch {
            #expect(error.param == meant && error.message.contains("write `\(meant)`"), "\(error)")
        }
    }

    @Test func `other members may have any name`() throws {
        _ = try envelope("{\"model\":\"small\",\"Temperature\":1,\"X\":2,\"modél\":3,\"MODELS2\":4}").get()
    }

    @Test func `white space and order do not matter`() throws {
        let found = try envelope(Samples.spaced).get()
        #expect(slice(Samples.spaced, found.model) == "\"a/b:free\"" && found.hasMessages && !found.stream)
    }

    @Test func `a model with escapes is read unescaped`() throws {
        let body = #"{"m\u006fdel":"a\/b\u00e9\"\ud83d\ude00"}"#
        let found = try envelope(body).get()
        let bytes = Array(body.utf8)
        let name = found.modelName(in: bytes.span.bytes)
        #expect(found.modelHasEscapes && name == "a/bé\"😀")
    }

    @Test(arguments: [
        ("\"stream\":null", false), ("\"stream\":false", false), ("\"stream\":true", true), ("\"str\\u0065am\":true", true),
    ]) func `stream is false when absent or null`(member: String, stream: Bool) throws {
        #expect(try envelope("{\"model\":\"m\",\(member)}").get().stream == stream)
    }

    @Test(arguments: [
        ("null", false), ("{}", false), ("{\"include_usage\":true}", true), ("{\"include_usage\":false}", false), ("{\"include_usage\":null}", false),
        ("{\"include_usage\":1}", false), ("{\"continuous_usage_stats\":true,\"include\\u005fusage\":true}", true),
        ("{\"include_usage\":true,\"include_usage\":false}", false), ("{\"x\":{\"include_usage\":true}}", false),
    ]) func `usage is asked for by include_usage alone`(options: String, asks: Bool) throws {
        let body = "{\"model\":\"m\",\"stream_options\":\(options)}"
        let found = try envelope(body).get()
        #expect(found.asksForUsage == asks && slice(body, found.streamOptions) == options)
    }

    @Test(
        arguments: [
            ("\"max_tokens\":5", 5, nil, nil), ("\"max_completion_tokens\":6", nil, 6, nil),
            ("\"max_tokens\":5,\"max_completion_tokens\":6", 5, 6, nil),
            ("\"max_tokens\":null", nil, nil, nil), ("\"max_tokens\":null,\"max_output_tokens\":9", nil, nil, 9), ("\"max_tokens\":0", 0, nil, nil),
            ("\"max_tokens\":16.0", 16, nil, nil), ("\"max_tokens\":-1", -1, nil, nil), ("\"max_completion_tokens\":-1,\"max_tokens\":5", 5, -1, nil),
            ("\"max_output_tokens\":-9223372036854775808", nil, nil, -ForeignNumber.count),
        ] as [(String, Int?, Int?, Int?)])
    func `each limit on the output is read separately`(members: String, tokens: Int?, completion: Int?, output: Int?) throws {
        let found = try envelope("{\"model\":\"m\",\(members)}").get()
        #expect(found.maximumTokens == tokens && found.maximumCompletionTokens == completion && found.maximumOutputTokens == output)
    }

    @Test(arguments: [
        ("\"prompt\":\"a\"", 1, 1), ("\"prompt\":[]", 1, 1), ("\"prompt\":[\"a\",\"b\",\"c\"]", 3, 1), ("\"prompt\":[1,2,3]", 1, 1),
        ("\"prompt\":[[1,2],[3]]", 2, 1), ("\"prompt\":{\"a\":1}", 1, 1), ("\"prompt\":null", 1, 1), ("\"best_of\":7", 1, 7),
        ("\"best_of\":\"x\"", 1, 1),
        ("\"best_of\":99999999999999999999", 1, ForeignNumber.choices),
    ])
    func `prompts, and the answers made for each, are counted`(member: String, prompts: Int, best: Int) throws {
        let found = try envelope("{\"model\":\"m\",\(member)}").get()
        #expect(found.promptCount == prompts && found.bestOf == best)
    }

    @Test(arguments: [
        ("\"tools\":[{}]", true), ("\"tools\":[]", false), ("\"tools\":[ ]", false), ("\"tools\":null", false), ("\"functions\":[{}]", true),
        ("\"functions\":[]", false), ("\"tools\":[{}],\"functions\":[]", true), ("\"tool_choice\":\"auto\"", false),
    ]) func `a request has tools when the list of tools or functions is not empty`(member: String, has: Bool) throws {
        #expect(try envelope("{\"model\":\"m\",\(member)}").get().hasTools == has)
    }

    @Test(
        arguments: [
            ("null", .free), ("{\"type\":\"text\"}", .free), ("{\"type\":\"json_object\"}", .jsonObject),
            ("{\"json_schema\":{\"type\":\"object\"},\"type\":\"json_schema\"}", .jsonSchema), ("{}", .other), ("\"mp3\"", .other),
            ("{\"type\":\"grammar\"}", .other),
        ] as [(String, RequestEnvelope.ResponseFormat)]) func `each response format is recognized`(
            value: String, format: RequestEnvelope.ResponseFormat
        ) throws
    {
        let found = try envelope("{\"model\":\"m\",\"response_format\":\(value)}").get()
        #expect(found.responseFormat == format && found.hasResponseFormat == (format != .free))
    }

    @Test(
        arguments: [
            ("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"\"}}]}]", .image),
            ("\"messages\":[{\"content\":[{\"input_audio\":{\"data\":\"\"},\"type\":\"input_audio\"}]}]", .audio),
            ("\"messages\":[{\"content\":[{ \"type\" : \"file\" , \"file\" : {} }]}]", .file),
            ("\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"},{\"type\":\"input_file\"}]}]", [.image, .file]),
            ("\"input\":[{\"type\":\"input_image\"}]", .image), ("\"messages\":[{\"content\":[{\"ty\\u0070e\":\"image\\u005furl\"}]}]", .image),
            ("\"messages\":[{\"content\":[{\"type\":\"video_url\"}]}]", .video), ("\"messages\":[{\"content\":[{\"type\":\"document\"}]}]", .file),
            ("\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"image_url\"}]}]", []), ("\"messages\":[{\"content\":\"image_url\"}]", []),
            ("\"messages\":[{\"content\":[{\"type\":{\"x\":\"image_url\"}}]}]", []),
            ("\"messages\":[{\"content\":[{\"type\":[\"image_url\"]}]}]", []),
            ("\"messages\":[{\"content\":[{\"type\":null,\"a\":\"image_url\"}]}]", []),
            ("\"messages\":[{\"content\":[{\"type\":{},\"a\":\"image_url\"}]}]", []),
            ("\"messages\":[{\"content\":[{\"type\":[],\"a\":\"image_url\"}]}]", []),
            ("\"messages\":[{\"content\":[{\"type\":1,\"a\":\"file\"}]}]", []),
            ("\"input\":\"file\"", []), ("\"input\":[\"file\"]", []), ("\"tools\":[{\"type\":\"file\"}]", []),
            ("\"metadata\":{\"type\":\"image_url\"}", []),
        ] as [(String, ContentParts)]) func `content parts are found below messages and input`(member: String, parts: ContentParts) throws
    {
        #expect(try envelope("{\"model\":\"m\",\(member)}").get().parts == parts)
    }

    @Test(
        arguments: [
            ("\"x\":1", .usual), ("\"reasoning_effort\":null", .usual), ("\"reasoning_effort\":\"high\"", .much),
            ("\"reasoning_effort\":\"low\"", .little),
            ("\"reasoning_effort\":\"none\"", .little), ("\"reasoning\":{\"effort\":\"medium\"}", .much),
            ("\"reasoning\":{\"effort\":\"minimal\"}", .little),
            ("\"reasoning\":{\"enabled\":false}", .little), ("\"reasoning\":{\"max_tokens\":2000}", .much), ("\"reasoning\":{}", .much),
            ("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":5}", .much), ("\"thinking\":{\"type\":\"disabled\"}", .little),
            ("\"enable_thinking\":true", .much), ("\"enable_thinking\":false", .little), ("\"thinking\":[{\"effort\":[]}]", .usual),
            ("\"reasoning\":{\"effort\":{\"a\":[1]},\"exclude\":true}", .much), ("\"Thinking\":true", .usual),
        ] as [(String, RequestEnvelope.Thinking)]) func `the amount of thinking is read from the usual members, and no value of them is refused`(
            member: String, thinking: RequestEnvelope.Thinking
        ) throws
    {
        #expect(try envelope("{\"model\":\"m\",\(member),\"n\":2}").get().thinking == thinking)
    }

    @Test func `a request that continues an earlier response is noticed`() throws {
        #expect(try envelope("{\"model\":\"m\",\"previous_response_id\":\"r\"}").get().hasPreviousResponseID)
        #expect(try !envelope("{\"model\":\"m\",\"previous_response_id\":null}").get().hasPreviousResponseID)
        #expect(try envelope("{\"model\":\"m\",\"input\":\"x\"}").get().hasInput)
        #expect(try !envelope("{\"model\":\"m\",\"input\":null}").get().hasInput)
    }

    @Test func `the keys for caches and users are found when they are strings`() throws {
        let body = "{\"model\":\"m\",\"user\":\"u\",\"prompt_cache_key\":\"k\"}"
        let found = try envelope(body).get()
        #expect(slice(body, found.user) == "\"u\"" && slice(body, found.promptCacheKey) == "\"k\"")
        let others = try envelope("{\"model\":\"m\",\"user\":1,\"prompt_cache_key\":null}").get()
        #expect(others.user == nil && others.promptCacheKey == nil)
    }

    @Test func `OpenRouter's routing members are read`() throws {
        let body = """
            {"models":["a/b","c\\u002fd"],"model":"m","provider":{"order":["Groq","Cerebras"],"only":[],"ignore":["x"],"allow_fallbacks":false,\
            "require_parameters":true,"sort":"throughput","max_price":{"prompt":1}}}
            """
        let found = try envelope(body).get()
        let bytes = Array(body.utf8)
        let (names, read) = (found.modelNames(in: bytes.span.bytes), found.providerPreferences(in: bytes.span.bytes))
        #expect(names == ["a/b", "c/d"])
        let preferences = try #require(read)
        #expect(preferences.order == ["Groq", "Cerebras"] && preferences.only == [] && preferences.ignore == ["x"])
        #expect(preferences.allowFallbacks == false && preferences.requireParameters == true && preferences.sort == "throughput")
    }

    @Test func `routing members that are null say nothing`() throws {
        let body = "{\"model\":\"m\",\"models\":null,\"provider\":null}"
        let found = try envelope(body).get()
        let bytes = Array(body.utf8)
        let (names, read) = (found.modelNames(in: bytes.span.bytes), found.providerPreferences(in: bytes.span.bytes))
        #expect(found.models != nil && names == [])
        #expect(found.provider != nil && read == nil)
        let nulls = "{\"model\":\"m\",\"provider\":{\"order\":null,\"allow_fallbacks\":null,\"sort\":{\"by\":\"price\"}}}"
        let preferences = try envelope(nulls).get().providerPreferences(in: Array(nulls.utf8).span.bytes)
        #expect(preferences?.order == [] && preferences?.allowFallbacks == nil && preferences?.sort == nil)
    }
}
