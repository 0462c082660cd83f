import EventLoop
import Gateway
import GatewayTesting
import Testing
import Wire

/// Output that is no text: what is booked of it when its client leaves, or its provider counts nothing.
@Suite struct OtherContentTests {
    /// What is in an event, and the tokens that eight streams of four such events have at the least.
    static let text = String(repeating: "word ", count: 1000)
    static let deltas: [(String, Int)] = [
        (#""images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]"#, 8 * 4 * 1200),
        (#""content":"","annotations":[{"type":"url_citation","url_citation":{"content":"\#(text)"}}]"#, 8 * 4 * 1000),
        (#""tool_calls":[{"index":0,"id":"a","function":{"name":"\#(text)","arguments":""}}]"#, 8 * 4 * 1000),
        // A tenth of a second for 2 tokens, but no less than was reckoned with.
        (#""audio":{"data":"\#(String(repeating: "A", count: 6400))"}"#, 8 * 400),
    ]

    private func booked(_ path: String, _ body: String, _ events: [String]) throws -> (calls: Int, output: Int) {
        var result = (calls: 0, output: 0)
        try withGateway([ScriptedProvider("a")], hasStore: true) { simulation in
            let key = simulation.addKey("key")
            for _ in 0..<8 {
                let client = simulation.client(key)
                client.request("POST", path, body: body)
                simulation.call?.beginStream()
                for event in events { simulation.call?.send(event) }
                #expect(client.answer?.text.contains(events.last!) == true)
                client.leave()
                simulation.advance(by: .milliseconds(100))
            }
            let records = simulation.store?.records ?? []
            #expect(records.allSatisfy { $0.source == .estimated })
            result = (simulation.calls.count, records.reduce(0) { $0 + $1.usage.outputTokens })
        }
        return result
    }

    @Test(arguments: deltas) func `who leaves a stream of other things than text has them booked`(delta: String, least: Int) throws {
        let event = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\(delta)}}]}\n\n"
        let (calls, output) = try booked(
            "/v1/chat/completions", SimulatedClient.chatBody(stream: true), Array(repeating: event, count: 4))
        #expect(calls == 8 && output >= least && output <= 2 * least, "\(output)")
    }

    @Test func `who leaves a stream of responses has the items and pictures in it booked`() throws {
        let delta = #"{"type":"response.output_text.delta","delta":"a"}"#
        let call = #"{"type":"response.output_item.done","item":{"type":"function_call","arguments":"\#(OtherContentTests.text)"}}"#
        let picture = #"{"type":"response.image_generation_call.partial_image","partial_image_b64":"AAAA"}"#
        let done = #"{"type":"response.output_item.done","item":{"type":"image_generation_call","result":"AAAA"}}"#
        for (events, least) in [
            ([delta, call, delta, call], 8 * 2 * 1000), ([picture, picture], 8 * 1490), ([picture, picture, done], 8 * 1490),
            ([picture, done, picture], 8 * 2780), ([call], 8 * 1000),
        ] {
            let (calls, output) = try booked(
                "/v1/responses", #"{"model":"m","input":"hi","stream":true}"#, events.map { "data: \($0)\n\n" })
            #expect(calls == 8 && output >= least && output <= 2 * least, "\(output)")
        }
    }

    @Test func `an item that repeats its pieces is counted once`() throws {
        let delta = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"\(OtherContentTests.text)\"}\n\n"
        let item =
            "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\""
            + OtherContentTests.text + "\"}]}}\n\n"
        let (_, output) = try booked("/v1/responses", #"{"model":"m","input":"hi","stream":true}"#, [delta, item])
        #expect((8 * 1000...8 * 1300).contains(output), "\(output)")
    }
}
