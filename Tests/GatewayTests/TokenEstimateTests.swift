import GatewayTesting
import Testing
import Wire

@testable import Gateway

/// What is taken for the tokens of an answer whose provider did not tell.
@Suite struct TokenEstimateTests {
    /// A kind of answer, in pieces of one token.
    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let tokens: [String]
        var testDescription: String { name }

        /// The size of so many tokens, by an event's own measure.
        func size(_ tokens: some Sequence<String>) -> Int {
            tokens.reduce(0) { sum, token in
                let data = Array("{\"choices\":[{\"delta\":{\"content\":\"\(token)\"}}]}".utf8)
                return sum + StreamEvent(inspecting: data.span.bytes, dialect: .chat).contentSize
            }
        }
    }

    static let english = Kind(
        name: "English", tokens: "The quick brown fox jumps over the lazy dog and then it goes home to sleep ".split(separator: " ").map { "\($0) " })
    static let chinese = Kind(name: "Chinese", tokens: "今天天气很好我们去公园散步看见了许多美丽的花朵".map(String.init))
    static let escaped = Kind(name: "escaped Chinese", tokens: ["\\u4eca", "\\u5929", "\\u5f88", "\\u597d"])
    static let code = Kind(name: "code", tokens: ["def ", "foo", "(", "x", ",", " y", ")", ":\\n", "    ", "return", " x", " +", " y", "\\n"])
    static let json = Kind(name: "arguments", tokens: ["{\\\"", "city", "\\\":\\\"", "Ber", "lin", "\\\",\\\"", "days", "\\\":", "3", "}"])
    static let kinds = [english, chinese, escaped, code, json]

    private func booked(_ estimate: TokenEstimate, _ kind: Kind, events: Int, of size: Int = 1) -> Double {
        let tokens = (0..<events * size).map { kind.tokens[$0 % kind.tokens.count] }
        let used = estimate.used(bytes: 100, events: events, contentSize: kind.size(tokens)).outputTokens
        return Double(used) / Double(tokens.count)
    }

    private func learnt(_ kind: Kind, of size: Int = 1) -> TokenEstimate {
        var estimate = TokenEstimate()
        let tokens = (0..<300 * size).map { kind.tokens[$0 % kind.tokens.count] }
        for _ in 0..<3 { estimate.learn(events: 300, contentSize: kind.size(tokens), outputTokens: tokens.count) }
        return estimate
    }

    @Test(arguments: kinds) func `the first stream of a model is booked within a fifth of what was streamed`(kind: Kind) {
        #expect((0.8...1.2).contains(booked(TokenEstimate(), kind, events: 200)))
    }

    @Test(arguments: [english, chinese]) func `so it is where several tokens come in each event`(kind: Kind) {
        for size in [2, 4, 10] { #expect((0.8...1.2).contains(booked(TokenEstimate(), kind, events: 100, of: size)), "\(size)") }
    }

    @Test(arguments: kinds, kinds) func `what was learnt of one kind of answer holds for another`(first: Kind, second: Kind) {
        #expect((0.8...1.2).contains(booked(learnt(first), second, events: 200)), "\(second.name) after \(first.name)")
    }

    @Test(arguments: [0, 1, 3, 7])
    func `one client's odd prompts change nothing of what others are booked, however many of these are known`(others: Int) {
        for (bytes, tokens) in [(1_000_000, 1), (10, 1_000_000), (1000, 1000)] {
            let learned = LearnedState()
            let names = ["b", "c", "d", "e", "f", "g", "h"].prefix(others)
            for name in names { for _ in 0..<50 { learned.answered(name, bytes: 3600, tokens: 1000) } }
            func expected() -> [Int] { (names + ["new"]).map { learned.expected($0, bytes: 4000).inputTokens } }
            let before = expected()
            for _ in 0..<1000 { learned.answered("a", bytes: bytes, tokens: tokens) }
            #expect(zip(before, expected()).allSatisfy { abs($0 - $1) <= 10 }, "\(bytes) bytes, \(tokens) tokens: \(before) \(expected())")
        }
    }

    @Test func `of a client's own prompts all is learnt, and of others' from three clients on`() {
        let learned = LearnedState()
        for name in ["a", "b"] { for _ in 0..<200 { learned.answered(name, bytes: 3000, tokens: 1000) } }
        #expect((990...1010).contains(learned.expected("a", bytes: 3000).inputTokens))
        #expect(learned.expected("new", bytes: 3000).inputTokens == 750)
        for _ in 0..<200 { learned.answered("c", bytes: 3000, tokens: 1000) }
        #expect((990...1010).contains(learned.expected("new", bytes: 3000).inputTokens))
        for name in ["d", "e", "f", "g", "h", "i", "j", "k"] { learned.answered(name, bytes: 3000, tokens: 1000) }
        #expect(learned.expected("a", bytes: 3000).inputTokens == 750, "who has not asked for long is forgotten")
    }

    @Test func `blanks, of which one token has many, do not make a client's text cheaper`() {
        let learned = LearnedState()
        for _ in 0..<200 { learned.answered("a", bytes: 10_000, tokens: 160) }
        #expect((4000...5000).contains(learned.expected("a", bytes: 20_000).inputTokens))
    }

    @Test(arguments: [(1, 4), (4, 1), (1, 2), (2, 1), (3, 10)])
    func `a provider that puts more or fewer tokens into an event than before is found out`(
        before: Int, now: Int
    ) {
        #expect((0.8...1.2).contains(booked(learnt(TokenEstimateTests.english, of: before), TokenEstimateTests.english, events: 200, of: now)))
    }

    @Test func `thoughts that are not shown are learnt`() {
        var estimate = TokenEstimate()
        for _ in 0..<3 { estimate.learn(events: 100, contentSize: 500, outputTokens: 1100) }
        #expect(estimate.used(bytes: 100, events: 50, contentSize: 250).outputTokens == 550)
    }

    @Test func `a long answer is booked with what was streamed of it, whatever others thought`() {
        var estimate = TokenEstimate()
        for _ in 0..<3 { estimate.learn(events: 100, contentSize: 500, outputTokens: 750) }
        #expect((4000...8000).contains(estimate.used(bytes: 100, events: 4000, contentSize: 20_000).outputTokens))
    }

    @Test func `sound, which has no size, counts by its events`() {
        var estimate = TokenEstimate()
        #expect(estimate.used(bytes: 100, events: 30, contentSize: 0).outputTokens == 30)
        for _ in 0..<3 { estimate.learn(events: 100, contentSize: 500, outputTokens: 100) }
        #expect(estimate.used(bytes: 100, events: 30, contentSize: 0).outputTokens == 30)
    }

    @Test func `an answer that nothing bounds may be as long as its model gives`() {
        var estimate = TokenEstimate()
        #expect(estimate.longestAnswer(modelLimit: 64_000, contextLength: 200_000) == 64_000)
        #expect(estimate.longestAnswer(modelLimit: nil, contextLength: 131_072) == 16_384)
        #expect(estimate.longestAnswer(modelLimit: nil, contextLength: 4096) == 4096)
        #expect(estimate.longestAnswer(modelLimit: nil, contextLength: nil) == 16_384)
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens, usage.totalTokens) = (10, 50_000, 50_010)
        for _ in 0..<10 { estimate.learn(bytes: 40, usage) }
        #expect(estimate.longestAnswer(modelLimit: nil, contextLength: 131_072) > 40_000)
    }

    // MARK: Streams that end before their time

    /// The data of a piece of an answer in which a token comes.
    static let shapes: [(name: String, piece: @Sendable (String, Bool) -> String)] = [
        ("text", { token, _ in #"{"content":"\#(token)"}"# }), ("thoughts", { token, _ in #"{"reasoning_content":"\#(token)"}"# }),
        (
            "a call",
            { token, isFirst in
                let id = isFirst ? #""id":"call_0123456789","type":"function","# : ""
                let name = isFirst ? #""name":"get_weather","# : ""
                return #"{"tool_calls":[{"index":0,\#(id)"function":{\#(name)"arguments":"\#(token)"}}]}"#
            }
        ),
    ]

    @Test(arguments: shapes.indices) func `who leaves a stream half-way pays for what was streamed, whatever it is of`(index: Int) throws {
        let (name, piece) = TokenEstimateTests.shapes[index]
        let tokens = (0..<840).map { TokenEstimateTests.english.tokens[$0 % TokenEstimateTests.english.tokens.count] }
        let events = tokens.enumerated().map { place, token in
            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
                + piece(token, place == 0) + ",\"finish_reason\":null}]}\n\n"
        }
        try withGateway(ScriptedProvider("a"), hasStore: true) { simulation in
            let key = simulation.addKey("key")
            for round in 0..<3 {
                // After the first round what whole streams have told is known.
                for _ in 0..<(round == 0 ? 0 : 1) {
                    simulation.client(key).chat(stream: true)
                    simulation.call?.play(
                        .events(events + [ChatText.finish(), "data: {\"choices\":[],\"usage\":\(ChatText.usage((50, 840)))}\n\n", ChatText.done]))
                }
                for share in [0.1, 0.5] {
                    let client = simulation.client(key)
                    client.chat(stream: true)
                    simulation.call?.beginStream()
                    let count = Int(840 * share)
                    for event in events.prefix(count) { simulation.call?.send(event) }
                    client.leave()
                    let record = try #require(simulation.store?.records.last)
                    #expect(record.source == .estimated)
                    let ratio = Double(record.usage.outputTokens) / Double(count)
                    #expect((0.8...1.2).contains(ratio), "\(name), round \(round): \(ratio)")
                }
            }
        }
    }
}

extension LearnedState {
    fileprivate func answered(_ name: String, bytes: Int, tokens: Int) {
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens) = (tokens, 100)
        learn(bytes: bytes, usage, of: ClientTag(VirtualKey.ID(name)))
    }

    fileprivate func expected(_ name: String, bytes: Int) -> Usage {
        tokens(for: ClientTag(VirtualKey.ID(name))).expected(bytes: bytes, outputLimit: 1)
    }
}
