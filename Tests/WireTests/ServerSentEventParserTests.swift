import Testing
import Wire

@Suite struct `An event stream` {
    @Test(arguments: [
        ("data: a\n\n", ["a"]), ("data:a\n\n", ["a"]), ("data:  a\n\n", [" a"]), ("data: a\n\ndata: b\n\n", ["a", "b"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]),
        ("data: a\r\rdata: b\r\r", ["a", "b"]), ("data: a\n\r\ndata: b\r\n\n", ["a", "b"]), ("data: a\r\n\rdata: b\n\r", ["a", "b"]),
        ("data: a\r\ndata: b\r\r\n", ["a\nb"]),
        ("data: a\ndata: b\n\n", ["a\nb"]), ("data: a\ndata:\ndata\ndata: b\n\n", ["a\n\n\nb"]), ("data\n\n", [""]), ("data:\n\n", [""]),
        ("data: \n\n", [""]),
        ("event: x\ndata: a\nid: 1\n\n", ["a"]), (": c\ndata: a\n\n", ["a"]), ("data: a\n: c\ndata: b\n\n", ["a\nb"]), ("dat: a\n\n", []),
        ("database: a\n\n", []),
        ("data : a\n\n", []), ("Data: a\n\n", []), (" data: a\n\n", []), ("datadata: a\n\n", []), ("\n\n\ndata: a\n\n", ["a"]), ("data: a\n", []),
        ("data: a", []),
        ("\u{FEFF}data: a\n\n", ["a"]), ("\u{FEFF}data: a\ndata: b\n\n", ["a\nb"]), ("data: a\n\n\u{FEFF}data: b\n\n", ["a"]),
        ("\u{FEFF}\u{FEFF}data: a\n\n", []),
        ("data: [DONE]\n\n", ["[DONE]"]), ("data: \u{FEFF}a\n\n", ["\u{FEFF}a"]), ("data: é日😀\n\n", ["é日😀"]), ("data: a:b: c\n\n", ["a:b: c"]),
    ]) func `its data is what the specification says`(stream: String, data: [String]) {
        #expect(EventStreamReading(stream).data == data)
    }

    @Test func `events without data are recognized by kind`() {
        let reading = EventStreamReading(": ping\n\nevent: x\n\nid: 7\n: c\n\nretry: 10\n\n\n:\n\ndata\n\nx\n\n")
        #expect(reading.events.map(\.kind) == [.comment, .other, .other, .other, .comment, .comment, .data, .other])
    }

    @Test(arguments: [
        ("Internal Server Error\n\n", "Internal Server Error", false),
        ("upstream connect error: reset reason: x\n\n", "upstream connect error: reset reason: x", false),
        ("Unauthorized\n\n", "Unauthorized", false), ("{\"error\":1}data: [DONE]\n\n", "{\"error\":1}", false),
        ("{\"error\":1}\ndata: [DONE]\n\n", "{\"error\":1}", false),
        ("id: 1\n{\n  \"a\": 1\n}\nevent: x\n\n", "{\n  \"a\": 1\n}", false), ("<p>\nname: x\n</p>\n\n", "<p>\nname: x\n</p>", false),
        ("HTTP/1.1 502 Bad Gateway\nServer: nginx\n: c\n\n", "HTTP/1.1 502 Bad Gateway\nServer: nginx", false),
        ("error: a b\n\n", "a b", true), ("Error: a\ndata: b\n\n", "a", true), ("TypeError: a\n\n", "TypeError: a", true), ("error\n\n", "", true),
        ("event: error\n\n", "", true), ("event: x_exception\ndata: b\n\n", "", true),
        ("event: x\nid: 5\nretry\ndata: a\n\n", "", false), ("trace-id: a b\n\n", "", false), ("7b\ndata: a\n\n", "", false),
        ("x-error: 0\n\n", "", false),
        (": a b\n\n", "", false), ("\u{FEFF}\u{FEFF}data: a\n\n", "", false),
    ]) func `text outside of fields is recognized`(stream: String, words: String, isError: Bool) throws {
        for cuts in [[], Array(0..<stream.utf8.count)] {
            let event = try #require(EventStreamReading(Array(stream.utf8), cutAt: cuts).events.first)
            #expect(event.words == words && event.isError == isError && event.hasWords == (!words.isEmpty && !isError), "\(event)")
        }
    }

    @Test func `an event's raw bytes reach to its blank line`() {
        let reading = EventStreamReading("data: a\n\n: ping\r\n\r\nevent: x\rdata: b\r\rdata: c\n\n")
        #expect(reading.rawEvents == ["data: a\n\n", ": ping\r\n\r\n", "event: x\rdata: b\r\r", "data: c\n\n"])
        #expect(!reading.usedHeld && !reading.isInsideEvent)
    }

    @Test(arguments: [
        ("", false), ("data: a\n\n", false), ("data: a\n", true), ("data: a", true), ("d", true), (":", true), (": ping\n", true),
        ("data: a\r\n\r\n", false),
        ("data: a\r\n\r", false), ("data: a\r\r\n", false), ("\u{FEFF}", false), ("\n", false), ("data: a\n\nd", true), ("data: a\r", true),
        ("data: a\r\n", true),
    ]) func `its end shows whether an event was cut off`(stream: String, isInside: Bool) {
        let bytes = Array(stream.utf8)
        #expect(EventStreamReading(bytes).isInsideEvent == isInside)
        #expect(EventStreamReading(bytes, cutAt: Array(0..<max(bytes.count, 1))).isInsideEvent == isInside)
    }

    static let streams = [
        "data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n", "data: a\r\n\r\n: ping\r\n\r\ndata: b\r\ndata: c\r\n\r\ndata: d",
        "data: a\r\rid: 3\rdata: b\rdata: c\r\r:x\r\r",
        "data: a\n\r\ndata: b\r\n\ndata: c\r\n\rdata: d\n\rdata: e\r\r\n", "\u{FEFF}data: a\ndata: b\n\n\n\r\n\r: x\n\n", "\u{FEFF}\n\ndata: a\n\n",
        "event: message\nid:\n\ndata\n\ndata:\n\nnope\n\n",
        "\u{EFFF}data: a\n\ndata: b\n\n", "\u{FEC0}data: a\n\ndata: b\n\n", "\n\r\r\n\n\r\rdata: x\n\n",
        "data: \u{FEFF}é日😀\r\n\r\n\u{FEFF}data: y\n\n",
    ]

    @Test(arguments: streams) func `cut anywhere it gives the same events and the same bytes`(stream: String) {
        let bytes = Array(stream.utf8)
        let whole = EventStreamReading(bytes)
        #expect(whole.raw == bytes)
        var failures = 0
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let reading = EventStreamReading(bytes, cutAt: [first, second])
                if reading.events != whole.events || reading.raw != bytes || reading.isInsideEvent != whole.isInsideEvent { failures += 1 }
            }
        }
        let single = EventStreamReading(bytes, cutAt: Array(0..<bytes.count))
        #expect(failures == 0 && single.events == whole.events && single.raw == bytes)
    }

    @Test func `an event spread over chunks is held until it is whole`() {
        let reading = EventStreamReading("data: a\n\ndata: bcd\n\n", cutAt: [12, 15])
        #expect(reading.data == ["a", "bcd"] && reading.usedHeld)
        #expect(reading.rawEvents == ["data: a\n\n", "data: bcd\n\n"])
    }

    @Test func `an LF after a chunk that ended with CR makes no event of its own`() {
        let reading = EventStreamReading("data: a\r\n\r\ndata: b\r\n\r\n", cutAt: [10, 21])
        #expect(reading.rawEvents == ["data: a\r\n\r", "\ndata: b\r\n\r"])
        #expect(reading.raw.last == 0x0A && !reading.isInsideEvent)
    }

    @Test func `an event at the limit is whole and one beyond it comes in pieces`() {
        let limit = 1000
        func stream(_ size: Int) -> String { "data: x\n\ndata: \(String(repeating: "a", count: size - 8))\n\ndata: y\n\n" }
        let fits = EventStreamReading(stream(limit), maximumEventBytes: limit)
        #expect(fits.data.count == 3 && fits.oversizedPieces == 0)
        let beyond = EventStreamReading(stream(limit + 1), maximumEventBytes: limit)
        #expect(beyond.data == ["x", "y"] && beyond.oversizedPieces == 1 && beyond.oversizedBytes == limit + 1)
    }

    @Test func `however the stream is cut, an event beyond the limit passes in pieces and the rest as events`() {
        let big = "data: \(String(repeating: "a", count: 60))\ndata: b\r\n\r\n"
        let stream = Array("data: x\n\n\(big)data: y\n\n".utf8)
        for first in 0...stream.count {
            for second in first...stream.count {
                let reading = EventStreamReading(stream, cutAt: [first, second], maximumEventBytes: 40)
                // A cut between the last CR and LF gives that LF to the next event.
                let expected = first == 9 + big.utf8.count - 1 || second == 9 + big.utf8.count - 1 ? big.utf8.count - 1 : big.utf8.count
                guard reading.data == ["x", "y"], reading.raw == stream, reading.oversizedBytes == expected, !reading.isInsideEvent else {
                    Issue.record("cut at \(first) and \(second): \(reading)")
                    return
                }
            }
        }
    }

    @Test func `a stream that ends within an oversized event shows it`() {
        let open = EventStreamReading("data: \(String(repeating: "a", count: 100))", maximumEventBytes: 40)
        #expect(open.isInsideEvent && open.oversizedPieces == 1 && open.raw.count == 106)
        let closed = EventStreamReading("data: \(String(repeating: "a", count: 100))\n\n", cutAt: [50, 106, 107], maximumEventBytes: 40)
        #expect(!closed.isInsideEvent && closed.oversizedBytes == 108)
        let first = EventStreamReading(
            "\u{FEFF}data: \(String(repeating: "a", count: 100))\n\ndata: b\n\n", cutAt: [1, 2, 50], maximumEventBytes: 40)
        #expect(first.data == ["b"] && !first.isInsideEvent)
    }

    @Test func `short lines with another line end do not make a chunk slow`() {
        let stream = String(repeating: "data\r\r", count: 20_000)
        #expect(EventStreamReading(stream).events.count == 20_000)
        #expect(EventStreamReading(String(repeating: "data\r", count: 10_000) + "\r").data == [String(repeating: "\n", count: 9_999)])
    }
}
