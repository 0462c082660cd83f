import Testing
import Wire

/// A generator with a fixed seed, so that failures are reproducible (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

@Suite struct `Bodies damaged at random` {
    private static let fragments =
        [
            "{", "}", "[", "]", "\"", "\\", ",", ":", "null", "true", "\\u", "\\ud800", "1e", "-", "\u{FEFF}", "\0", "model", "\"model\":",
            "\"models\":[],", "\"type\":", "\r", "\n", "data:", " ",
        ].map { Array($0.utf8) } + [[0x80], [0xFF], [0xED, 0xA0, 0x80], [0xF0, 0x9F]]

    private func damage(_ sample: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = sample
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.insert(contentsOf: Self.fragments.randomElement(using: &random)!, at: place)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0..<12, using: &random)))
            case 2: if place < bytes.count { bytes[place] = UInt8.random(in: .min ... .max, using: &random) }
            case 3: bytes.removeSubrange(place...)
            default:
                let from = Int.random(in: 0...place, using: &random)
                bytes.insert(contentsOf: bytes[from..<min(place, from + 40)], at: place)
            }
        }
        return bytes
    }

    @Test func `none traps, and each is either edited correctly or refused`() throws {
        var random = SeededGenerator(state: 42)
        let model = Array("a\"b".utf8)
        var edits = 0
        for round in 0..<20_000 {
            let sample =
                round % 3 == 0 ? Samples.spaced : #"{"models":["a"],"model":"m","stream_options":{"a":1},"provider":{"only":["x"]},"messages":[]}"#
            let bytes = damage(Array((round % 7 == 0 ? Samples.chat : sample).utf8), &random)
            do throws(WireError) {
                let envelope = try RequestEnvelope(scanning: bytes.span.bytes)
                #expect(flaw(in: bytes) == nil)
                let edit = BodyEdit(of: bytes.span.bytes, envelope, requestUsage: round % 2 == 0)
                var buffer = ByteBuffer()
                edit.write(bytes.span.bytes, model: model.span.bytes, into: &buffer)
                let again = try RequestEnvelope(scanning: buffer.bytes)
                let (name, length, count) = (again.modelName(in: buffer.bytes), edit.length(model: model.span.bytes), buffer.count)
                #expect(name == "a\"b" && length == count && again.models == nil && again.provider == nil)
                edits += 1
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect(edits > 1000)
    }

    @Test func `answers and events never trap`() {
        var random = SeededGenerator(state: 7)
        for round in 0..<5_000 {
            let bytes = damage(Array((round % 2 == 0 ? Samples.answer : Samples.chunk).utf8), &random)
            let isObject = flaw(in: bytes) == nil && bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{")
            let event = StreamEvent(inspecting: bytes.span.bytes, dialect: round % 3 == 0 ? .responses : .chat)
            let answer = AnswerInspection(inspecting: bytes.span.bytes, kind: .chat)
            #expect(!isObject || (event.isValid && answer.isValid))
            _ = UpstreamErrorBody(parsing: bytes.span.bytes)
        }
    }

    @Test func `streams keep every byte and their events however they are cut`() {
        var random = SeededGenerator(state: 11)
        let sample = Array("data: {\"a\":1}\n\n: ping\r\n\r\nevent: x\rdata: b\rdata: c\r\rdata: [DONE]\n\n".utf8)
        for _ in 0..<3_000 {
            let bytes = damage(sample, &random)
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let (whole, cut) = (EventStreamReading(bytes), EventStreamReading(bytes, cutAt: cuts))
            #expect(whole.raw == bytes && cut.raw == bytes && whole.events == cut.events && whole.isInsideEvent == cut.isInsideEvent)
        }
    }
}
