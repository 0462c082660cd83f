import Testing
import Wire

@testable import Bench

@Suite struct AnswerReaderTests {
    private struct Outcome: Equatable {
        var failure: LoadFailure?
        var contentEvents: Int
        var tokens: Int?
        var transits: UInt64
        var intervals: UInt64
    }

    /// With the memory of its histograms, which would take most of the tests' time to allocate.
    private static let empty = LoadMeasurement()

    /// Feeds an answer in the given pieces, one every microsecond from 1 ms on.
    private func read(
        _ pieces: [String], status: Int = 200, type: String = "text/event-stream", asksForStream: Bool = true, _ endpoint: LoadEndpoint = .chat
    )
        -> Outcome
    {
        read(pieces.map { Array($0.utf8) }, status: status, type: type, asksForStream: asksForStream, endpoint)
    }

    private func read(
        _ pieces: [[UInt8]], status: Int = 200, type: String = "text/event-stream", asksForStream: Bool = true, _ endpoint: LoadEndpoint = .chat
    )
        -> Outcome
    {
        var reader = AnswerReader(endpoint: endpoint)
        var measurement = AnswerReaderTests.empty
        measurement.window = 0..<UInt64.max
        reader.begin(asksForStream: asksForStream)
        reader.readHead(status: status, isEventStream: type.hasPrefix("text/event-stream"))
        for (number, piece) in pieces.enumerated() {
            reader.read(piece.span.bytes, at: 1_000_000 + UInt64(number) * 1000, into: &measurement, isCounted: true)
        }
        let failure = reader.finish()
        return Outcome(
            failure: failure, contentEvents: reader.contentEvents, tokens: reader.usage?.outputTokens, transits: measurement.transit.count,
            intervals: measurement.interToken.count)
    }

    private static func chunk(_ text: String, finish: String = "null") -> String {
        #"data: {"choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":\#(finish)}]}"# + "\n\n"
    }

    private static let good =
        #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"# + "\n\n" + chunk("a") + ": ping\n\n"
        + chunk("b") + chunk("c") + chunk("", finish: "\"stop\"") + #"data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":7}}"#
        + "\n\ndata: [DONE]\n\n"

    @Test func `a stream gives its events with content, its usage and no failure`() {
        #expect(read([AnswerReaderTests.good]) == Outcome(failure: nil, contentEvents: 3, tokens: 7, transits: 0, intervals: 2))
    }

    @Test func `a stream cut in two at any byte gives the same result`() {
        let bytes = Array(AnswerReaderTests.good.utf8)
        let whole = read([bytes])
        for cut in 1..<bytes.count { #expect(read([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole) }
        #expect(read(bytes.map { [$0] }) == whole)
    }

    @Test func `a stream that stops short anywhere before its finish is malformed`() {
        let bytes = Array(AnswerReaderTests.good.utf8)
        var accepted: [Int] = []
        for end in bytes.indices where read([Array(bytes[..<end])]).failure == nil { accepted.append(end) }
        // Complete from the event with the finish_reason on, at the end of each event.
        #expect(accepted.count == 2)
        #expect(accepted.allSatisfy { String(decoding: bytes[..<$0], as: UTF8.self).contains(#""stop""#) })
    }

    @Test func `times are those of the events with content`() {
        var reader = AnswerReader(endpoint: .chat)
        var measurement = LoadMeasurement()
        measurement.window = 2_000_000..<3_000_000
        reader.begin(asksForStream: true)
        reader.readHead(status: 200, isEventStream: true)
        let role = #"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"# + "\n\n"
        for (time, text) in [
            (1_000_000, role), (1_500_000, AnswerReaderTests.chunk("a")), (2_250_000, AnswerReaderTests.chunk("b")),
            (3_000_000, AnswerReaderTests.chunk("c")),
        ] {
            reader.read(Array(text.utf8).span.bytes, at: UInt64(time), into: &measurement, isCounted: true)
        }
        let (first, last, events) = (reader.firstContentAt, reader.lastContentAt, reader.contentEvents)
        #expect(first == 1_500_000 && last == 3_000_000 && events == 3)
        #expect(measurement.interToken.count == 2 && measurement.interToken.maximum == 750_000)
        #expect(measurement.chunksInWindow == 1)
    }

    @Test func `a request that does not count leaves only the rate of events`() {
        var reader = AnswerReader(endpoint: .chat)
        var measurement = LoadMeasurement()
        measurement.window = 0..<UInt64.max
        reader.begin(asksForStream: true)
        reader.readHead(status: 200, isEventStream: true)
        reader.read(Array(AnswerReaderTests.good.utf8).span.bytes, at: 5, into: &measurement, isCounted: false)
        #expect(measurement.interToken.count == 0 && measurement.chunksInWindow == 3)
    }

    @Test func `each kind of failure has its class`() {
        #expect(read(["no"], status: 503, type: "text/plain").failure == .status(503))
        #expect(read([#"{"choices":[]}"#], type: "application/json").failure == .malformed)
        #expect(read([AnswerReaderTests.chunk("a"), "data: {\"error\":{\"message\":\"x\"}}\n\n"]).failure == .errorInAnswer)
        #expect(read([AnswerReaderTests.chunk("a", finish: "\"error\"")]).failure == .errorInAnswer)
        #expect(read(["data: {\"choices\":[\n\n", "data: [DONE]\n\n"]).failure == .malformed)
        #expect(read([AnswerReaderTests.chunk("a"), "data: [DO"]).failure == .malformed)
        #expect(read(["data: " + String(repeating: "x", count: 2_000_000) + "\n\ndata: [DONE]\n\n"]).failure == .malformed)
    }

    @Test func `a whole answer must be a valid answer`() {
        func whole(_ text: String, _ endpoint: LoadEndpoint = .chat, type: String = "application/json") -> Outcome {
            read([text], type: type, asksForStream: false, endpoint)
        }
        let good = #"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#
        #expect(whole(good).failure == nil && whole(good).tokens == 2)
        let bytes = Array(good.utf8)
        for cut in bytes.indices { #expect(read([Array(bytes[..<cut])], type: "application/json", asksForStream: false).failure == .malformed) }
        #expect(whole(#"{"error":{"message":"x"}}"#).failure == .errorInAnswer)
        #expect(whole(#"{"choices":[]}"#).failure == .malformed)
        #expect(whole(good, type: "text/event-stream").failure == .malformed)
        #expect(whole(#"{"data":[{"embedding":[1]}]}"#, .embeddings).failure == nil)
        #expect(whole(#"{"data":[]}"#, .embeddings).failure == .malformed)
        #expect(whole(#"{"choices":[{"text":"hi"}]}"#, .completions).failure == nil)
    }

    @Test func `a reader reads answer after answer and forgets the last one`() {
        var reader = AnswerReader(endpoint: .chat)
        var measurement = LoadMeasurement()
        for round in 0..<3 {
            reader.begin(asksForStream: true)
            reader.readHead(status: 429, isEventStream: false)
            reader.read(Array("slow down".utf8).span.bytes, at: 1, into: &measurement, isCounted: true)
            let refused = reader.finish()
            #expect(refused == .status(429))
            let sample = reader.sample
            #expect(sample == "slow down")
            reader.begin(asksForStream: round % 2 == 0)
            reader.readHead(status: 200, isEventStream: round % 2 == 0)
            let text = round % 2 == 0 ? AnswerReaderTests.good : #"{"choices":[{"message":{"content":"hi"}}]}"#
            reader.read(Array(text.utf8).span.bytes, at: 2, into: &measurement, isCounted: true)
            let failure = reader.finish()
            let (tokens, events) = (reader.usage?.outputTokens, reader.contentEvents)
            #expect(failure == nil && tokens == (round % 2 == 0 ? 7 : nil) && events == (round % 2 == 0 ? 3 : 0))
        }
    }

    // MARK: Stamps

    /// The stamps of the events of one stream.
    private func read(stamps events: [String]) -> [StampReader.Stamp] {
        var stamps = StampReader()
        stamps.begin()
        return events.enumerated().map { stamps.read(Array($1.utf8).span.bytes, number: $0) }
    }

    private static func stamped(_ number: String, _ time: String) -> String { chunk("s=\(number) t=\(time) and filler") }

    @Test func `stamps give the time from the write to the arrival`() {
        let outcome = read([
            AnswerReaderTests.stamped("000000", "0000000000000400"), AnswerReaderTests.stamped("000001", "0000000000000900") + "data: [DONE]\n\n",
        ])
        #expect(outcome == Outcome(failure: nil, contentEvents: 2, tokens: nil, transits: 2, intervals: 1))
        let events = [#"{"x":"s=000000 t=0000000000000400 "}"#, #"{"longer":"s=000001 t=12"}"#, #"{"x":"s=000003 t=12"}"#, #"{"x":"nothing"}"#]
        #expect(read(stamps: events) == [.sent(microseconds: 400), .sent(microseconds: 12), .outOfOrder, .outOfOrder])
    }

    @Test func `a stamped stream that loses or swaps an event is malformed`() {
        for order in [["000000", "000002"], ["000001", "000000"], ["000000", "000000"]] {
            #expect(read(order.map { AnswerReaderTests.stamped($0, "0000000000000400") } + ["data: [DONE]\n\n"]).failure == .malformed)
        }
    }

    @Test func `a stamp cut at any byte is not a stamp, and does not crash`() {
        let text = Array(#""s=000000 t=0000000000000400"#.utf8)
        for end in text.indices {
            let stamp = read(stamps: [String(decoding: text[..<end], as: UTF8.self)])[0]
            #expect(end < 3 ? stamp == .none : end < 13 ? stamp == .outOfOrder : stamp != .none && stamp != .outOfOrder)
        }
    }

    @Test func `a stream without a stamp in its first event is not searched for stamps`() {
        #expect(read(stamps: [#"{"a":"b"}"#, #"{"a":"s=000009 t=1"}"#]) == [.none, .none])
    }
}
