import Foundation
import Testing
import Wire

@testable import Gateway

@Suite struct ModelListReaderTests {
    private func read(_ text: String) -> ModelListPage? { withBytes(text) { ModelListReader.read($0) } }
    @Test(arguments: [#"{"a":{"context":1000}}"#, #"{"a":{"object":"model"}}"#, #"{"a":{}}"#, #"{"object":"list","a":{"id":"a"}}"#])
    func `an object of models is a list however little each entry says`(body: String) {
        #expect(read(body)?.models.map(\.id) == ["a"])
    }

    @Test(arguments: [#"{"a":{"x":1}}"#, #"{"error":{}}"#, #"{"a":{"object":"error"}}"#, #"{"a":{"id":"a"},"b":{"x":1}}"#, "{}"])
    func `and what is none stays none`(body: String) {
        #expect(read(body) == nil)
    }

    @Test func `xAI's prices are hundredths of a cent for a million tokens`() throws {
        let entry = #"""
            {"id":"grok-4","prompt_text_token_price":20000,"cached_prompt_text_token_price":7500,"prompt_image_token_price":20000,
            "completion_text_token_price":100000,"search_price":250000000}
            """#
        let prices = try #require(model(entry)?.prices)
        #expect(prices.prompt == 2 && prices.completion == 10 && prices.cacheRead == 0.75 && prices.image == nil, "\(prices)")
        #expect(model(#"{"id":"grok-2-image","image_price":700000000}"#)?.prices.image == 0.07)
        #expect(model(#"{"id":"x","image_price":0.04}"#)?.prices.image == 0.04)
    }

    private func model(_ entry: String) -> ModelConfiguration? { read("{\"data\":[\(entry)]}")?.models.first }

    @Test func `a list may be bare, or under data or models`() {
        for text in [#"[{"id":"a"},{"name":"b"}]"#, #"{"data":[{"id":"a"},{"id":"b"}]}"#, #"{"object":"list","models":[{"name":"a"},{"name":"b"}]}"#]
        {
            #expect(read(text)?.models.map(\.id) == ["a", "b"], "\(text)")
        }
        // llama.cpp sends both; the ids under `data` are those that requests take.
        #expect(read(#"{"models":[{"name":"file.gguf"}],"data":[{"id":"x"}]}"#)?.models.map(\.id) == ["x"])
        #expect(read(#"{"data":[{"id":"x"}],"models":[{"name":"file.gguf"}]}"#)?.models.map(\.id) == ["x"])
        #expect(read(#"{"data":[]}"#)?.models.isEmpty == true)
    }

    @Test(arguments: [
        "", "null", "12", "\"a\"", "{}", #"{"data":{}}"#, #"{"error":{"message":"no"}}"#, "<html>", "[", #"[{"id":"a"}"#, #"{"data":[]}x"#,
    ])
    func `what is no list of models is refused`(text: String) {
        #expect(read(text) == nil)
    }

    @Test(arguments: [
        ("context_length", ""), ("context_window", ""), ("max_context_length", ""), ("max_model_len", ""), ("inputTokenLimit", ""),
        ("max_input_tokens", "limits"), ("context_length", "top_provider"), ("context_length", "metadata"),
    ])
    func `the context is found under every name`(name: String, parent: String) {
        let field = "\"\(name)\":131072"
        #expect(model("{\"id\":\"a\",\(parent.isEmpty ? field : "\"\(parent)\":{\(field)}")}")?.contextLength == 131_072)
    }

    @Test func `a context that is none counts as unknown`() {
        for value in ["null", "0", "-1", "\"many\"", "1.5", "[]", "1e99"] {
            #expect(model("{\"id\":\"a\",\"context_length\":\(value)}")?.contextLength == nil)
        }
        #expect(model(#"{"id":"a","context_length":99999999999999}"#)?.contextLength == DiscoveryLimits.maximumContextLength)
    }

    @Test func `Groq's entry`() {
        let entry = """
            {"id":"llama-3.3-70b-versatile","object":"model","created":1733447754,"owned_by":"Meta","active":true,"context_window":131072,
            "public_apps":null,"max_completion_tokens":32768}
            """
        let found = model(entry)
        #expect(found?.id == "llama-3.3-70b-versatile" && found?.contextLength == 131_072 && found?.maximumOutputTokens == 32_768)
        #expect(found?.created == 1_733_447_754 && found?.kind == nil)
        #expect(model(#"{"id":"old","active":false}"#) == nil)
    }

    @Test func `Mistral's entry`() {
        let entry = """
            {"id":"mistral-medium-2505","capabilities":{"completion_chat":true,"completion_fim":false,"function_calling":true,"fine_tuning":false,
            "vision":true,"classification":false},"name":"mistral-medium-2505","max_context_length":131072,
            "aliases":["mistral-medium-latest","mistral-medium"],"type":"base"}
            """
        let found = model(entry)
        #expect(found?.kind == .chat && found?.supportsTools == true && found?.inputModalities == [.text, .image])
        #expect(found?.aliases == ["mistral-medium-latest", "mistral-medium"] && found?.contextLength == 131_072)
        #expect(model(#"{"id":"mistral-embed","capabilities":{"completion_chat":false}}"#)?.kind == .embedding)
        #expect(model(#"{"id":"mistral-ocr-2505","capabilities":{"completion_chat":false}}"#)?.kind == .other)
        #expect(model(#"{"id":"codestral-fim","capabilities":{"completion_chat":false,"completion_fim":true}}"#)?.kind == .completion)
    }

    @Test func `Together's entry`() {
        let found = model(#"{"id":"m/x","type":"chat","context_length":32768,"pricing":{"hourly":0,"input":0.2,"output":0.88,"base":0}}"#)
        #expect(found?.kind == .chat && found?.promptPrice == 0.2 && found?.completionPrice == 0.88)
        for (type, kind) in [("embedding", .embedding), ("rerank", .rerank), ("moderation", .moderation), ("image", .image), ("video", .other)]
            as [(String, ModelKind)]
        {
            #expect(model("{\"id\":\"m\",\"type\":\"\(type)\"}")?.kind == kind)
        }
    }

    @Test func `Cohere's entry, and the token that leads to the next page`() {
        let page = read(
            #"{"models":[{"name":"command-a-03-2025","is_deprecated":false,"endpoints":["generate","chat"],"context_length":288000,"features":[]},"#
                + #"{"name":"embed-v4.0","endpoints":["embed"]},{"name":"rerank-v3.5","endpoints":["rerank"]}],"next_page_token":"a+b/c=="}"#)
        #expect(page?.models.map(\.id) == ["command-a-03-2025", "embed-v4.0", "rerank-v3.5"])
        #expect(page?.models.map(\.kind) == [.chat, .embedding, .rerank] && page?.models.first?.contextLength == 288_000)
        #expect(page?.next == ["page_token=a%2Bb%2Fc%3D%3D"])
        // An empty list of features says nothing about them.
        #expect(page?.models.first?.supportsTools == nil)
        #expect(model(#"{"id":"c","features":["tools","vision","json_mode"]}"#)?.supportsTools == true)
    }

    @Test(
        arguments: [
            ("text-embedding-3-small", .embedding), ("BAAI/bge-m3", .embedding), ("rerank-v3", .rerank), ("omni-moderation", .moderation),
            ("meta-llama/Llama-Guard-4-12B", .moderation), ("tts-1", .speech), ("canopylabs/orpheus-v1-english", .speech), ("whisper-1", .other),
            ("dall-e-3", .image), ("davinci-002", .completion), ("openai/gpt-3.5-turbo-instruct", .completion),
            ("Meta-Llama-3.1-405B-Base", .completion),
            ("voyage-3", .embedding), ("gpt-4o-realtime-preview", .other), ("gpt-3.5-turbo", nil), ("adamant-7b", nil), ("gpt-4o", nil),
            ("llama-3.1-8b", nil),
        ] as [(String, ModelKind?)])
    func `the kind is guessed from the id where the list says nothing`(id: String, kind: ModelKind?) {
        #expect(model("{\"id\":\"\(id)\"}")?.kind == kind)
    }

    @Test func `an id that is too long, or that holds what is not seen, is none, and its model has no other`() {
        let long = String(repeating: "x", count: DiscoveryLimits.maximumNameBytes + 1)
        for id in [long, "a\\u0000", "a\\u0085b", "a\\u2028b", "a\\u202Eb", "a\u{202E}b", "  ", ""] {
            let page = read("{\"data\":[{\"id\":\"\(id)\",\"name\":\"short\"},{\"id\":\"b\",\"aliases\":[\"\(id)\",\"c\"],\"root\":\"\(id)\"}]}")
            #expect(page?.models.map(\.id) == ["b"] && page?.skipped == 1, "\(id.prefix(10))")
            #expect(page?.models.first?.aliases == ["c"] && page?.models.first?.otherNames.isEmpty == true)
        }
        let hints = (0..<500).map { "\"root\":\"hint-\($0)\"" }.joined(separator: ",")
        #expect(model("{\"id\":\"a\",\(hints)}")?.otherNames.count == DiscoveryLimits.maximumHints)
    }

    @Test(
        arguments: [
            (#""has_more":true,"last_id":"a""#, ["after_id=a", "after=a"]), (#""has_more":true"#, ["after_id=z%20z", "after=z%20z"]),
            (#""has_more":false,"last_id":"a""#, []), (#""nextPageToken":"t""#, ["pageToken=t"]), (#""next_page_token":"t""#, ["page_token=t"]),
            (#""next_cursor":"c/1""#, ["cursor=c%2F1", "after=c%2F1"]), (#""next":"https://elsewhere.test/x?page=2&per=9""#, ["page=2&per=9"]),
            (#""next":"/v1/models?cursor=abc""#, ["cursor=abc"]), (#""next":null"#, []), (#""next":"https://elsewhere.test/x""#, []),
            (#""nextLink":"?after=7""#, ["after=7"]), (#""links":{"next":"?page=3"}"#, ["page=3"]),
            (#""_links":{"next":{"href":"/models?page=4"}}"#, ["page=4"]), (#""meta":{"page":1,"total_pages":2}"#, ["page=2"]),
            (#""pagination":{"next_page":5}"#, ["page=5"]), (#""result_info":{"page":2,"total_pages":2}"#, []),
            (#""result_info":{"page":1,"per_page":20,"count":20,"total_count":45}"#, ["page=2"]),
            (#""result_info":{"page":3,"per_page":20,"count":5,"total_count":45}"#, []),
            (#""total":9,"offset":0,"limit":1"#, ["offset=1&limit=1"]), (#""page":1,"pages":1"#, []),
        ] as [(String, [String])])
    func `a page says in its own way whether there is another`(mark: String, next: [String]) {
        #expect(read("{\"data\":[{\"id\":\"z z\"}],\(mark)}")?.next == next)
        #expect(read("{\(mark),\"models\":[{\"name\":\"z z\"}]}")?.next == next)
    }

    @Test func `what is no token leads nowhere`() {
        for none in ["null", "\"\"", "5", "\"\(String(repeating: "x", count: 1025))\"", "\"/v1/models\""] {
            #expect(read("{\"models\":[],\"next_page_token\":\(none)}")?.next == [], "\(none.prefix(20))")
        }
    }

    @Test(
        arguments: [
            (#"<https://a.test/models?page=2>; rel="next", <https://a.test/models?page=9>; rel="last""#, "page=2"),
            ("</m?cursor=x>; rel=next", "cursor=x"),
            (#"<https://a.test/models?page=1>; rel="prev""#, nil), ("", nil), (#"<https://a.test/models>; rel="next""#, nil),
        ] as [(String, String?)])
    func `the next page may be named by a field`(field: String, query: String?) {
        #expect(PageMarks.next(inLink: field) == query)
    }

    @Test(arguments: [
        #"{"data":{"a":{"object":"model"},"b":{"context_length":8}}}"#, #"{"models":{"a":{},"b":{"name":"The B"}}}"#,
        #"{"a":{"max_input_tokens":8,"mode":"chat"},"b":{"mode":"chat"}}"#, #"{"result":{"models":[{"id":"a"},{"id":"b"}]}}"#,
        #"{"result":{"data":[{"id":"a"},{"id":"b"}]},"success":true,"errors":[]}"#, #"{"success":true,"result":[{"id":"a"},{"name":"b"}]}"#,
        #"{"data":{"models":[{"id":"a"},{"id":"b"}],"total":2}}"#, #"{"data":{"items":{"0":{"id":"a"},"1":{"id":"b"}}}}"#, #"["a","b"]"#,
        #"{"models":["a","b"]}"#, #"{"data":[{"model":"a"},{"model_id":"b"}]}"#, #"{"models":[{"key":"a","display_name":"The A"},{"slug":"b"}]}"#,
        #"{"data":{"chat":[{"id":"a"}],"embedding":[{"id":"b"}]}}"#, #"{"data":[],"models":[{"id":"a"},{"id":"b"}]}"#,
        "\u{FEFF}{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}", #"{"response":{"result":{"models":["a","b"]}}}"#,
    ])
    func `a list may be an object, lie within others, or be of ids alone`(text: String) {
        #expect(read(text)?.models.map(\.id) == ["a", "b"])
    }

    @Test func `where the id is a number of the provider's own, requests take the name`() {
        let entry = #"{"id":"f8703a00-ed54-4f98-bdc3-cd9a813286f3","name":"@cf/qwen/qwen1.5-0.5b-chat","task":{"name":"Text Generation"}}"#
        #expect(model(entry)?.id == "@cf/qwen/qwen1.5-0.5b-chat" && model(entry)?.kind == .chat)
        #expect(model(#"{"id":"f8703a00-ed54-4f98-bdc3-cd9a813286f3","name":"My own model"}"#)?.id == "f8703a00-ed54-4f98-bdc3-cd9a813286f3")
    }

    @Test(arguments: [
        #""description":"half \ud83d""#, #""description":"half \ude00 the other""#, #""description":"\ud83d\ud83d""#, #""tags":["\udc00"]"#,
        #""\ud800":1"#, "\"description\":\"line\nend\tand tab\"", #""price":NaN"#, #""a":[-Infinity,Infinity]"#,
    ])
    func `what is wrong in one entry's text takes nothing from the list`(member: String) {
        let page = read("{\"data\":[{\"id\":\"a\"},{\"id\":\"b\",\(member)},{\"id\":\"c\"}]}")
        #expect(page?.models.map(\.id) == ["a", "b", "c"] && page?.skipped == 0)
    }

    @Test func `a description in another encoding takes nothing from the list`() {
        let bytes = Array(#"{"data":[{"id":"a","description":"caf"#.utf8) + [0xE9] + Array(#""},{"id":"b"}]}"#.utf8)
        #expect(bytes.withBytes { ModelListReader.read($0) }?.models.map(\.id) == ["a", "b"])
    }

    @Test func `an id with half a character is none, and the others are`() {
        let page = read(#"{"data":[{"id":"a\ud83d"},{"id":"b"}]}"#)
        #expect(page?.models.map(\.id) == ["b"] && page?.skipped == 1)
    }

    @Test func `OpenRouter's entry`() {
        let entry = """
            {"id":"vendor/big:free","canonical_slug":"vendor/big-20260512","hugging_face_id":"Vendor/Big","name":"Vendor: Big (free)","created":1778613011,
            "context_length":1000000,"architecture":{"modality":"text+image->text","input_modalities":["text","image","file"],"output_modalities":["text"],
            "tokenizer":"Other"},"pricing":{"prompt":"0.00003","completion":"0.00015","web_search":"0.01"},"top_provider":{"context_length":900000,
            "max_completion_tokens":128000},"supported_parameters":["max_tokens","response_format","tools"]}
            """
        let found = model(entry)
        #expect(found?.inputModalities == [.text, .image, .file] && found?.outputModalities == [.text] && found?.kind == nil)
        #expect(abs((found?.promptPrice ?? 0) - 30) < 1e-9 && abs((found?.completionPrice ?? 0) - 150) < 1e-9)
        #expect(found?.supportsTools == true && found?.supportsJSON == true && found?.supportsSchemas == false)
        #expect(found?.otherNames == ["vendor/big-20260512", "Vendor/Big"] && found?.aliases == [] && found?.maximumOutputTokens == 128_000)
        let without = model(#"{"id":"x","supported_parameters":["max_tokens"],"pricing":{"prompt":"-1","completion":"0"}}"#)
        #expect(without?.supportsTools == false && without?.promptPrice == nil && without?.completionPrice == 0)
        #expect(model(#"{"id":"x","architecture":{"output_modalities":["image"]}}"#)?.kind == .image)
        #expect(model(#"{"id":"x","architecture":{"output_modalities":["image","text"]}}"#)?.kind == nil)
    }

    @Test func `Gemini's prefix stays, as its endpoint wants it`() {
        #expect(model(#"{"id":"models/gemini-2.5-flash","object":"model","owned_by":"google"}"#)?.id == "models/gemini-2.5-flash")
    }

    @Test func `what other providers say of abilities is read, too`() {
        let github = model(
            #"{"id":"openai/x","capabilities":["streaming","tool-calling"],"limits":{"max_input_tokens":128000,"max_output_tokens":4096},"#
                + #""supported_input_modalities":["text","image"],"supported_output_modalities":["text"]}"#)
        #expect(github?.supportsTools == true && github?.contextLength == 128_000 && github?.maximumOutputTokens == 4096)
        #expect(github?.inputModalities == [.text, .image])
        let fireworks = model(#"{"id":"accounts/f/models/x","supports_chat":true,"supports_image_input":false,"supports_tools":false}"#)
        #expect(fireworks?.kind == .chat && fireworks?.supportsTools == false && fireworks?.inputModalities == [.text])
        let router = model(
            #"{"id":"v/x","providers":[{"provider":"a","context_length":8192,"supports_tools":false},{"provider":"b","context_length":131072,"#
                + #""supports_tools":true,"pricing":{"input":0.5,"output":2}}]}"#)
        #expect(router?.contextLength == 131_072 && router?.supportsTools == true && router?.promptPrice == 0.5)
        // The names of those behind the router are not the model's.
        #expect(router?.id == "v/x")
    }

    @Test(arguments: [(0.0000002, 0.2), (0.2, 0.2), (0, 0), (15, 15), (0.0006, 600)])
    func `a price for a token or for a million is told by its size`(value: Double, expected: Double) throws {
        let price = try #require(ModelEntry.pricePerMillion(value))
        #expect(abs(price - expected) < 1e-9)
        #expect(ModelEntry.pricePerMillion(-1) == nil && ModelEntry.pricePerMillion(.infinity) == nil && ModelEntry.pricePerMillion(.nan) == nil)
    }

    @Test func `entries without a usable id are left out and counted`() {
        let long = String(repeating: "x", count: 257)
        let page = read(
            "[{\"id\":\"ok\"},{\"id\":\"\"},{\"id\":\"two words\"},{\"id\":\"line\\nfeed\"},{\"id\":\"\(long)\"},{\"id\":7},{},5,null,true,"
                + "{\"id\":\"caf\u{E9}\"},{\"id\":\"ok,too\"}]")
        #expect(page?.models.map(\.id) == ["ok", "two words", "caf\u{E9}", "ok,too"] && page?.skipped == 8)
    }

    @Test func `a list has at most so many models, each once`() {
        let many = (0..<DiscoveryLimits.maximumModels + 3).map { "{\"id\":\"m\($0)\"}" }.joined(separator: ",")
        let page = read("[\(many)]")
        #expect(page?.models.count == DiscoveryLimits.maximumModels && page?.skipped == 3)
        var list = ModelList()
        list.append(read(#"[{"id":"a","context_length":1},{"id":"a","context_length":2},{"id":"b"}]"#)!)
        list.append(read(#"[{"id":"b"},{"id":"c"}]"#)!)
        #expect(list.models.map(\.id) == ["a", "b", "c"] && list.models.first?.contextLength == 1)
    }

    @Test func `a list that is cut at any byte is no list`() {
        let text = Array(
            #"{"data":[{"id":"a","pricing":{"prompt":"0.1"},"capabilities":["x"],"aliases":["b"]},{"id":"c"}],"next_page_token":"t"}"#.utf8)
        for end in 0..<text.count {
            let page = Array(text[..<end]).withBytes { ModelListReader.read($0) }
            #expect(page?.models == nil, "\(end)")
        }
        let whole = text.withBytes { ModelListReader.read($0) }
        #expect(whole?.models.count == 2)
    }

    /// The lists that were gathered for the scoring work, where they are at hand.
    private static let gathered = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/leaderboards/provider-models").standardized

    @Test(.enabled(if: FileManager.default.fileExists(atPath: gathered.path), "needs ../shared/leaderboards"))
    func `every gathered list is read whole`() throws {
        var count = 0
        for file in try FileManager.default.contentsOfDirectory(at: Self.gathered, includingPropertiesForKeys: nil) where file.pathExtension == "json"
        {
            let data = try Data(contentsOf: file)
            let object = try JSONSerialization.jsonObject(with: data)
            let entries = (object as? [String: Any])?["data"] as? [Any] ?? object as? [Any] ?? []
            let page = try #require(read(String(decoding: data, as: UTF8.self)), "\(file.lastPathComponent)")
            #expect(page.models.count == entries.count && page.skipped == 0, "\(file.lastPathComponent)")
            count += page.models.count
        }
        #expect(count > 500)
    }
}
