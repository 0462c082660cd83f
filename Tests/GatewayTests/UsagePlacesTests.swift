import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// The counts of an answer, wherever a provider puts them, and what stands for them where it does not.
@Suite struct UsagePlacesTests {
    private func records(stream: Bool = false, _ script: UpstreamScript, _ body: (GatewaySimulation) throws -> Void) throws -> [UsageRecord] {
        var records: [UsageRecord] = []
        try withGateway(
            [.script(script)], hasStore: true,
            { simulation in
                try body(simulation)
                records = simulation.store?.records ?? []
            })
        return records
    }

    private func record(_ script: UpstreamScript, stream: Bool) throws -> UsageRecord {
        try #require(
            try records(script) { simulation in
                simulation.client(simulation.addKey("key")).chat(String(repeating: "x", count: 400), stream: stream)
            }.first)
    }

    /// Members of an answer that say 110 and 70.
    static let counts = [
        #""usage":{"prompt_tokens":110,"completion_tokens":70,"total_tokens":180}"#, #""usage":{"prompt_tokens":110,"completion_tokens":70}"#,
        #""usage":{"input_tokens":110,"output_tokens":70}"#, #""usage":{"prompt_tokens":110,"total_tokens":180}"#,
        #""usage":{"completion_tokens":70,"total_tokens":180}"#, #""usage":{"prompt_tokens":110.0,"completion_tokens":70.0}"#,
        #""usage":{"promptTokens":110,"completionTokens":70}"#, #""x_groq":{"id":"r","usage":{"prompt_tokens":110,"completion_tokens":70}}"#,
        #""timings":{"prompt_n":10,"cache_n":100,"predicted_n":70,"prompt_ms":3.5}"#, #""prompt_eval_count":110,"eval_count":70"#,
        #""usageMetadata":{"promptTokenCount":110,"candidatesTokenCount":40,"thoughtsTokenCount":30,"totalTokenCount":180}"#,
        #""amazon-bedrock-invocationMetrics":{"inputTokenCount":110,"outputTokenCount":70}"#,
        #""meta":{"tokens":{"input_tokens":110,"output_tokens":70}}"#,
        #""meta_info":{"prompt_tokens":110,"completion_tokens":70}"#,
        #""usage":{"prompt_tokens":"110","completion_tokens":"70","total_tokens":"180"}"#,
        #""usage":{"input_tokens":10,"cache_read_input_tokens":60,"cache_creation_input_tokens":40,"output_tokens":70}"#,
        #""usage":{"prompt_tokens":110,"completion_tokens":70,"input_tokens":0,"output_tokens":0}"#,
        #""usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0},"x_groq":{"usage":{"prompt_tokens":110,"completion_tokens":70}}"#,
    ]

    @Test(arguments: counts) func `counts are found at the top of an answer or an event`(members: String) throws {
        let whole = UpstreamScript.status(
            200, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\(members)}")
        let last = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\(members)}\n\n"
        let behind = "data: {\"choices\":[],\(members)}\n\n"
        for (script, stream) in [
            (whole, false), (.events([ChatText.chunk("x"), last, ChatText.done]), true),
            (.events([ChatText.chunk("x"), ChatText.finish(), behind, ChatText.done]), true),
            (.events([ChatText.chunk("x"), ChatText.finish(), String(behind.dropLast(2))]), true),
        ] {
            let record = try record(script, stream: stream)
            #expect([record.usage.inputTokens, record.usage.outputTokens, record.usage.totalTokens] == [110, 70, 180] && record.source == .upstream)
        }
    }

    @Test(arguments: counts.prefix(6)) func `counts are found in a choice`(members: String) throws {
        let whole = UpstreamScript.status(
            200, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\",\(members)}]}")
        let inMessage = UpstreamScript.status(
            200, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\",\(members)},\"finish_reason\":\"stop\"}]}")
        let last = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\",\(members)}]}\n\n"
        for (script, stream) in [(whole, false), (inMessage, false), (.events([ChatText.chunk("x"), last, ChatText.done]), true)] {
            let record = try record(script, stream: stream)
            #expect([record.usage.inputTokens, record.usage.outputTokens] == [110, 70] && record.source == .upstream)
        }
    }

    @Test func `counts of several choices are one prompt and all answers`() throws {
        func choice(_ index: Int, _ output: Int) -> String {
            "{\"index\":\(index),\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":110,\"completion_tokens\":\(output)}}"
        }
        let record = try record(.status(200, "{\"choices\":[\(choice(0, 30)),\(choice(1, 40))]}"), stream: false)
        #expect([record.usage.inputTokens, record.usage.outputTokens, record.usage.totalTokens] == [110, 70, 180])
    }

    @Test func `of several reports the best counts`() throws {
        func event(_ usage: String, _ delta: String = "{\"content\":\"x\"}") -> String {
            "data: {\"choices\":[{\"index\":0,\"delta\":\(delta)}],\"usage\":\(usage)}\n\n"
        }
        let streams = [
            // The prompt at the beginning, the answer at the end.
            [
                event("{\"prompt_tokens\":110,\"completion_tokens\":0}", "{}"), ChatText.chunk("x"), event("{\"completion_tokens\":70}", "{}"),
                ChatText.finish(),
            ],
            // As they grow.
            [event("{\"prompt_tokens\":110,\"completion_tokens\":1}"), event("{\"prompt_tokens\":110,\"completion_tokens\":70}"), ChatText.finish()],
            // A zero at the end.
            [
                event("{\"prompt_tokens\":110,\"completion_tokens\":70}"), ChatText.finish(),
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}}\n\n",
            ],
            // Null in each but one.
            [
                event("null"), event("{\"prompt_tokens\":110,\"completion_tokens\":70}"),
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n",
            ],
        ]
        for events in streams {
            let record = try record(.events(events + [ChatText.done]), stream: true)
            #expect([record.usage.inputTokens, record.usage.outputTokens] == [110, 70] && record.source == .upstream, "\(events)")
        }
    }

    @Test(arguments: [
        #""usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, #""usage":null"#, #""usage":{}"#, #""id":"x""#, #""usage":"none""#,
        #""usage":{"prompt_tokens":-1,"completion_tokens":-1}"#, #""x_groq":{"id":"r"}"#, #""timings":{"prompt_ms":1.5}"#,
    ]) func `no word, and zeros beside an answer, are an estimate, marked so`(members: String) throws {
        let text = String(repeating: "word ", count: 100)
        let whole = UpstreamScript.status(
            200, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"\(text)\"},\"finish_reason\":\"stop\"}],\(members)}")
        let events = Array(repeating: ChatText.chunk("word "), count: 100)
        let stream = UpstreamScript.events(events + [ChatText.finish(), "data: {\"choices\":[],\(members)}\n\n", ChatText.done])
        for (script, isStream) in [(whole, false), (stream, true)] {
            let record = try record(script, stream: isStream)
            #expect(record.source == .estimated && (70...180).contains(record.usage.inputTokens) && (20...150).contains(record.usage.outputTokens))
        }
        var row = UsageRow()
        row.add(try record(stream, stream: true))
        #expect(row.estimatedRequests == 1 && row.usage.totalTokens > 0)
    }

    @Test func `half a report is kept, and the other half is estimated`() throws {
        let events = Array(repeating: ChatText.chunk("word "), count: 100)
        for (usage, isKept) in [
            ("{\"prompt_tokens\":999}", true), ("{\"prompt_tokens\":999,\"completion_tokens\":0,\"total_tokens\":999}", true),
            ("{\"completion_tokens\":98}", false),
            ("{\"total_tokens\":200}", false),
        ] {
            let script = UpstreamScript.events(events + [ChatText.finish(), "data: {\"choices\":[],\"usage\":\(usage)}\n\n", ChatText.done])
            let record = try record(script, stream: true)
            #expect(record.source == .estimated, "\(usage)")
            if isKept { #expect(record.usage.inputTokens == 999) }
            #expect((70...130).contains(record.usage.outputTokens), "\(usage): \(record.usage)")
        }
    }

    @Test func `what was told before the answer does not know its end`() throws {
        let first =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}],\"usage\":{\"prompt_tokens\":110,\"completion_tokens\":1}}\n\n"
        let events = [first] + Array(repeating: ChatText.chunk("word "), count: 100)
        for script in [UpstreamScript.events(events + [ChatText.finish(), ChatText.done]), UpstreamScript.events(events).breaking(after: 9000)] {
            let record = try record(script, stream: true)
            #expect(record.source == .estimated && record.usage.inputTokens == 110 && (50...130).contains(record.usage.outputTokens))
        }
    }

    @Test(arguments: [
        #"{"prompt_tokens":10000,"completion_tokens":1000,"total_tokens":11000,"cached_tokens":8000}"#,
        #"{"input_tokens":2000,"cache_read_input_tokens":8000,"cache_creation_input_tokens":0,"output_tokens":1000}"#,
        #"{"prompt_tokens":10000,"completion_tokens":1000,"prompt_tokens_details":{"cached_tokens":8000}}"#,
        #"{"prompt_tokens":10000,"completion_tokens":1000,"prompt_cache_hit_tokens":8000,"prompt_cache_miss_tokens":2000}"#,
        #"{"prompt_tokens":"10000","completion_tokens":"1000","cached_tokens":"8000"}"#,
        #"{"prompt_tokens":10000,"completion_tokens":1000,"cache_read_input_tokens":8000}"#,
        #"{"inputTokens":2000,"outputTokens":1000,"cacheReadInputTokens":8000}"#,
    ]) func `cached tokens cost their price, wherever they are counted`(usage: String) throws {
        let provider = ScriptedProvider("a") {
            $0.models?[0].prices = TokenPrices(prompt: 3, completion: 15)
            $0.models?[0].prices.cacheRead = 0.3
        } answer: {
            $0.asksForStream
                ? .events([ChatText.chunk("x"), ChatText.finish(), "data: {\"choices\":[],\"usage\":\(usage)}\n\n", ChatText.done])
                : .status(200, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":\(usage)}")
        }
        try withGateway([provider], hasStore: true) { simulation in
            let client = simulation.client(simulation.addKey("key"))
            for stream in [false, true] { client.chat(stream: stream) }
            #expect(simulation.store?.records.map(\.cost) == Array(repeating: Money(dollars: 0.0234)!, count: 2))
            #expect(simulation.store?.records.map(\.usage.inputTokens) == [10_000, 10_000])
        }
    }

    @Test func `an answer without a word whose counts are zero is believed`() throws {
        let body =
            "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":0}}"
        let record = try record(.status(200, body), stream: false)
        #expect(record.source == .upstream && record.usage.totalTokens == 9)
    }
}
