import Testing

@testable import Scoring

@Suite struct ModelClassTests {
    private func modelClass(_ model: ListedModel) -> ModelClass { ModelClass(of: model, ModelIdentity(parsing: model.id)) }

    @Test(arguments: [
        ("llama-3.3-70b-versatile", ModelClass.chat), ("nousresearch/hermes-4-405b", .chat), ("mistralai/mistral-nemotron", .chat),
        ("mistralai/voxtral-small-24b-2507", .chat), ("o3-deep-research", .chat), ("google/gemini-2.5-flash", .chat), ("mistral-embed", .embedding),
        ("text-embedding-3-large", .embedding), ("nvidia/nv-embedcode-7b-v1", .embedding), ("rerank-v3.5", .rerank),
        ("openai/gpt-oss-safeguard-20b", .moderation),
        ("meta-llama/llama-prompt-guard-2-86m", .moderation), ("qwen3guard-gen-8b", .moderation), ("whisper-large-v3", .speech),
        ("canopylabs/orpheus-v1-english", .speech),
        ("gpt-image-1", .media), ("black-forest-labs/flux.1-dev", .media), ("baidu/qianfan-ocr-fast", .tool), ("meta/esm2-650m", .tool),
        ("openrouter/auto", .router),
        ("switchpoint/router", .router),
    ])
    func `the words of a name give the class if nothing else does`(id: String, expected: ModelClass) {
        #expect(modelClass(ListedModel(id: id)) == expected)
    }

    @Test func `what a provider's list says about chat counts`() {
        var model = ListedModel(id: "unknown-thing")
        #expect(modelClass(model).isChat)
        model.servesChat = false
        #expect(!modelClass(model).isChat)
        model.servesChat = nil
        model.outputModalities = ["audio"]
        #expect(modelClass(model) == .speech)
    }

    @Test func `lists in every native format are read`() throws {
        let groq = try ListedModelReader.read(Array(#"{"data":[{"id":"a","created":1733447754,"context_window":131072}]}"#.utf8))
        #expect(groq.first?.contextLength == 131_072)
        #expect(groq.first?.createdDay == 1_733_447_754 / 86_400 - 18_262)
        let cohere = try ListedModelReader.read(Array(#"{"models":[{"name":"b","endpoints":["embed"],"context_length":512}]}"#.utf8))
        #expect(cohere.first?.servesChat == false)
        let together = try ListedModelReader.read(Array(#"[{"id":"c","type":"chat","pricing":{"input":0.2,"output":0.4}}]"#.utf8))
        #expect(together.first?.servesChat == true)
        #expect(together.first?.price == ModelPrice(input: 0.2, output: 0.4))
        let mistral = try ListedModelReader.read(
            Array(#"{"data":[{"id":"d","max_context_length":32000,"aliases":["e"],"capabilities":{"completion_chat":true},"type":"base"}]}"#.utf8))
        #expect(mistral.first?.aliases == ["e"])
        #expect(mistral.first?.contextLength == 32_000)
        let router = try ListedModelReader.read(
            Array(#"{"data":[{"id":"f","created":0,"pricing":{"prompt":"0.000001","completion":"-1"},"context_length":null}]}"#.utf8))
        #expect(router == [ListedModel(id: "f")])
        #expect(throws: BoardError.self) { try ListedModelReader.read(Array(#"{"error":"no"}"#.utf8)) }
        #expect(throws: BoardError.self) { try ListedModelReader.read(Array("<html>".utf8)) }
    }
}
