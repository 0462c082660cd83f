/// One answer as a client has received it, as far as it has come.
public struct ReceivedAnswer: Sendable {
    /// The status.
    public let status: Int
    /// The header fields, names in lower case.
    public let fields: [(name: String, value: String)]
    /// The body, without its framing.
    public internal(set) var body: [UInt8] = []
    /// Whether the framing says that it is whole.
    public internal(set) var isWhole = false

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The value of the first field of this name.
    public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The payloads of a stream's events, in order.
    public var events: [String] {
        text.split(separator: "\n", omittingEmptySubsequences: true).compactMap { line in
            line.hasPrefix("data: ") ? String(line.dropFirst(6)) : nil
        }
    }

    /// The comments of a stream, in order, without their colon.
    public var comments: [String] {
        text.split(separator: "\n", omittingEmptySubsequences: true).compactMap { line in
            line.hasPrefix(":") ? String(line.drop { $0 == ":" || $0 == " " }) : nil
        }
    }

    /// The content of a chat answer, streamed or whole.
    public var content: String { values(of: "content").joined() }

    /// The code of an error, in a body or in an event.
    public var errorCode: String? { values(of: "code").first }

    /// The error's message.
    public var errorMessage: String? { values(of: "message").first }

    /// The string values of every member of this name, in order. Reads what the gateway and the scripts write, not any JSON.
    public func values(of member: String) -> [String] {
        text.split(separator: "\"\(member)\":\"", omittingEmptySubsequences: false).dropFirst().map { rest in
            var value = ""
            var isEscaped = false
            for character in rest {
                if isEscaped {
                    value.append(character == "n" ? "\n" : character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    break
                } else {
                    value.append(character)
                }
            }
            return value
        }
    }
}

/// Reads the answers of one connection from its bytes as they come (RFC 9112), on its own terms and not on the product's.
struct AnswerReader {
    private enum Phase {
        case head
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case untilClose
    }

    private(set) var answers: [ReceivedAnswer] = []
    /// What is wrong with the bytes; nothing is read behind it.
    private(set) var problem: String?
    /// The requests whose answers have no body, by their place.
    var headRequests: Set<Int> = []
    private var phase = Phase.head
    private var offset = 0

    /// Reads on in all the bytes that have come.
    mutating func read(_ bytes: [UInt8]) {
        while problem == nil, step(bytes) {}
    }

    /// Whether an answer is under way.
    var isInside: Bool { if case .head = phase { false } else { true } }
    /// How many bytes were read.
    var consumed: Int { offset }

    private mutating func step(_ bytes: [UInt8]) -> Bool {
        switch phase {
        case .head:
            guard let end = AnswerReader.find([13, 10, 13, 10], in: bytes, from: offset) else { return false }
            begin(bytes[offset..<end])
            offset = end + 4
            return true
        case .length(let left):
            return take(left, of: bytes) {
                .length($0)
            } then: {
                $0.finish()
            }
        case .chunkSize:
            guard let line = line(bytes) else { return false }
            guard let size = Int(line, radix: 16) else { return fail("a chunk of the size \(line)") }
            phase = size == 0 ? .trailer : .chunk(size)
            return true
        case .chunk(let left):
            return take(left, of: bytes) {
                .chunk($0)
            } then: {
                $0.phase = .chunkEnd
            }
        case .chunkEnd:
            guard let line = line(bytes) else { return false }
            guard line.isEmpty else { return fail("a chunk that does not end") }
            phase = .chunkSize
            return true
        case .trailer:
            guard let line = line(bytes) else { return false }
            guard line.isEmpty else { return fail("a trailer") }
            finish()
            return true
        case .untilClose:
            return take(.max, of: bytes) { _ in
                .untilClose
            } then: { _ in
            }
        }
    }

    private mutating func begin(_ head: ArraySlice<UInt8>) {
        var lines = AnswerReader.lines(of: head)
        let parts = lines.removeFirst().split(separator: 0x20, maxSplits: 2)
        guard parts.count >= 2, parts[0].starts(with: "HTTP/1.".utf8), let status = Int(AnswerReader.text(parts[1])) else {
            problem = "no status line: \(AnswerReader.text(head.prefix(100)))"
            return
        }
        if status < 200 { return }
        let fields = lines.map { line -> (name: String, value: String) in
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            var name = AnswerReader.text(line[..<colon])
            if name.utf8.contains(where: { $0 &- 0x41 < 26 }) { name = name.lowercased() }
            return (name, AnswerReader.text(line[colon...].dropFirst().drop { $0 == 0x20 }))
        }
        let answer = ReceivedAnswer(status: status, fields: fields)
        let hasNoBody = headRequests.contains(answers.count) || status == 204
        answers.append(answer)
        if hasNoBody { return finish() }
        if answer["transfer-encoding"] == "chunked" {
            phase = .chunkSize
        } else if let length = answer["content-length"].flatMap(Int.init) {
            phase = .length(length)
            if length == 0 { finish() }
        } else {
            phase = .untilClose
        }
    }

    private mutating func finish() {
        answers[answers.count - 1].isWhole = true
        phase = .head
    }

    /// The connection has ended in order: that ends an answer without a length.
    mutating func closed() {
        if case .untilClose = phase { finish() }
    }

    private mutating func take(
        _ left: Int, of bytes: [UInt8], _ rest: (Int) -> Phase, then: (inout AnswerReader) -> Void
    ) -> Bool {
        let count = min(left, bytes.count - offset)
        guard count > 0 else { return false }
        answers[answers.count - 1].body += bytes[offset..<offset + count]
        offset += count
        if count == left { then(&self) } else { phase = rest(left - count) }
        return true
    }

    private mutating func line(_ bytes: [UInt8]) -> String? {
        guard let end = AnswerReader.find([13, 10], in: bytes, from: offset) else { return nil }
        defer { offset = end + 2 }
        return String(decoding: bytes[offset..<end], as: UTF8.self)
    }

    private mutating func fail(_ text: String) -> Bool {
        problem = text
        return false
    }

    private static func lines(of head: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = head.startIndex
        for place in head.indices where head[place] == 10 && place > start && head[place - 1] == 13 {
            lines.append(head[start..<place - 1])
            start = place + 1
        }
        lines.append(head[start...])
        return lines
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        var place = start
        while place <= bytes.count - pattern.count {
            if bytes[place] == pattern[0], bytes[place..<place + pattern.count].elementsEqual(pattern) { return place }
            place += 1
        }
        return nil
    }
}
