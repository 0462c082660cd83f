/// A whole answer of a chat model as the events of a stream: for clients that asked for a stream where the
/// provider sent none.
///
/// Each choice becomes one event with all its content and one with its `finish_reason`; then come the counts,
/// if they were asked for, and `[DONE]`. Values are copied unchanged; only their line ends become spaces, since
/// an event's data is one line.
public struct StreamedAnswer {
    private var id: Range<Int>?
    private var created: Range<Int>?
    private var model: Range<Int>?
    private var fingerprint: Range<Int>?
    private var usage: Range<Int>?
    private var choices: Range<Int>?
    private let dialect: StreamEvent.Dialect

    /// Reads an answer.
    ///
    /// - Returns: `nil` if it is not one JSON object with `choices`, or belongs to an API whose streams work
    ///   differently.
    public init?(reading body: RawSpan, dialect: StreamEvent.Dialect) {
        guard dialect != .responses else { return nil }
        self.dialect = dialect
        do throws(JSONError) {
            var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let isNull = try scanner.nextKind() == .null
                let value = try scanner.skipValue()
                guard !isNull else { continue }
                if name.equals("id", in: body) { id = value }
                if name.equals("created", in: body) { created = value }
                if name.equals("model", in: body) { model = value }
                if name.equals("system_fingerprint", in: body) { fingerprint = value }
                if name.equals("usage", in: body) { usage = value }
                if name.equals("choices", in: body) { choices = value }
            }
            try scanner.finish()
        } catch {
            return nil
        }
        guard choices != nil else { return nil }
    }

    /// Appends the events.
    ///
    /// - Parameters:
    ///   - body: The answer that was read.
    ///   - withUsage: Whether the client asked for the counts.
    ///   - counts: The counts if they are not in `usage`.
    ///   - most: How long the events may become, in bytes. Members repeated in each of them may be long, and
    ///     the choices many.
    /// - Returns: Whether all of them were appended.
    @discardableResult
    public func write(_ body: RawSpan, withUsage: Bool, counts: Usage?, atMost most: Int = .max, into buffer: inout ByteBuffer) -> Bool {
        // The text was validated; if reading fails here, the part is left out.
        guard (try? writeChoices(body, atMost: most, into: &buffer)) ?? true else { return false }
        if withUsage, usage != nil || counts != nil {
            begin(body, into: &buffer)
            buffer.append(",\"choices\":[],\"usage\":")
            if let usage { buffer.append(line: body.extracting(usage)) } else { StreamedAnswer.write(counts ?? Usage(), into: &buffer) }
            buffer.append("}\n\n")
        }
        buffer.append("data: [DONE]\n\n")
        return buffer.count <= most
    }

    private func begin(_ body: RawSpan, into buffer: inout ByteBuffer) {
        buffer.append("data: {\"object\":")
        buffer.append(dialect == .chat ? "\"chat.completion.chunk\"" : "\"text_completion\"")
        member("id", id, body, into: &buffer)
        member("created", created, body, into: &buffer)
        member("model", model, body, into: &buffer)
        member("system_fingerprint", fingerprint, body, into: &buffer)
    }

    private func member(_ name: StaticString, _ value: Range<Int>?, _ body: RawSpan, into buffer: inout ByteBuffer) {
        guard let value else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(line: body.extracting(value))
    }

    private func writeChoices(_ body: RawSpan, atMost most: Int, into buffer: inout ByteBuffer) throws(JSONError) -> Bool {
        guard let choices else { return true }
        let list = body.extracting(choices)
        var scanner = JSONScanner(list, acceptingLoneSurrogates: true)
        guard try scanner.enterArrayOrSkip() else { return true }
        var place = 0
        while try scanner.nextElement() {
            let choice = list.extracting(try scanner.skipValue())
            try writeChoice(choice, place, body, into: &buffer)
            guard buffer.count <= most else { return false }
            place += 1
        }
        return true
    }

    private func writeChoice(_ choice: RawSpan, _ place: Int, _ body: RawSpan, into buffer: inout ByteBuffer) throws(JSONError) {
        var index: Range<Int>?
        var message: Range<Int>?
        var text: Range<Int>?
        var reason: Range<Int>?
        var logprobs: Range<Int>?
        var scanner = JSONScanner(choice, acceptingLoneSurrogates: true)
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            let kind = try scanner.nextKind()
            let value = try scanner.skipValue()
            guard kind != .null else { continue }
            if name.equals("index", in: choice), kind == .number { index = value }
            if name.equals("message", in: choice) || name.equals("delta", in: choice), kind == .object { message = value }
            if name.equals("text", in: choice) { text = value }
            if name.equals("finish_reason", in: choice), kind == .string { reason = value }
            if name.equals("logprobs", in: choice) { logprobs = value }
        }
        begin(body, into: &buffer)
        beginChoice(index, place, choice, into: &buffer)
        if dialect == .chat {
            buffer.append(",\"delta\":{")
            if let message { try writeDelta(choice.extracting(message), into: &buffer) } else { buffer.append("\"role\":\"assistant\"") }
            buffer.append("}")
        } else {
            buffer.append(",\"text\":")
            if let text { buffer.append(line: choice.extracting(text)) } else { buffer.append("\"\"") }
        }
        member("logprobs", logprobs, choice, into: &buffer)
        buffer.append(",\"finish_reason\":null}]}\n\n")
        begin(body, into: &buffer)
        beginChoice(index, place, choice, into: &buffer)
        buffer.append(dialect == .chat ? ",\"delta\":{}" : ",\"text\":\"\"")
        buffer.append(",\"finish_reason\":")
        if let reason { buffer.append(line: choice.extracting(reason)) } else { buffer.append("\"stop\"") }
        buffer.append("}]}\n\n")
    }

    private func beginChoice(_ index: Range<Int>?, _ place: Int, _ choice: RawSpan, into buffer: inout ByteBuffer) {
        buffer.append(",\"choices\":[{\"index\":")
        if let index { buffer.append(choice.extracting(index)) } else { buffer.append(decimal: place) }
    }

    /// Writes the members of a message as those of a delta: the same, except that tool calls have an index.
    private func writeDelta(_ message: RawSpan, into buffer: inout ByteBuffer) throws(JSONError) {
        var scanner = JSONScanner(message, acceptingLoneSurrogates: true)
        var hasRole = false
        var isFirst = true
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            let kind = try scanner.nextKind()
            let start = scanner.offset
            if name.equals("role", in: message) { hasRole = true }
            let isCalls = name.equals("tool_calls", in: message) && kind == .array
            let value = try scanner.skipValue()
            guard kind != .null else { continue }
            if !isFirst { buffer.append(",") }
            isFirst = false
            buffer.append("\"")
            buffer.append(message.extracting(name.range))
            buffer.append("\":")
            if isCalls {
                try writeCalls(message.extracting(start..<value.upperBound), into: &buffer)
            } else {
                buffer.append(line: message.extracting(value))
            }
        }
        guard !hasRole else { return }
        buffer.append(isFirst ? "\"role\":\"assistant\"" : ",\"role\":\"assistant\"")
    }

    /// Writes tool calls, each with its `index`, by which clients put the pieces of a stream together.
    private func writeCalls(_ calls: RawSpan, into buffer: inout ByteBuffer) throws(JSONError) {
        var scanner = JSONScanner(calls, acceptingLoneSurrogates: true)
        try scanner.enterArray()
        buffer.append("[")
        var place = 0
        while try scanner.nextElement() {
            let isObject = try scanner.nextKind() == .object
            let call = calls.extracting(try scanner.skipValue())
            if place > 0 { buffer.append(",") }
            if isObject, try !StreamedAnswer.hasIndex(call) {
                let inside = call.extracting(droppingFirst: 1)
                buffer.append("{\"index\":")
                buffer.append(decimal: place)
                if inside.withoutSpace.byteCount > 1 { buffer.append(",") }
                buffer.append(line: inside)
            } else {
                buffer.append(line: call)
            }
            place += 1
        }
        buffer.append("]")
    }

    private static func hasIndex(_ call: RawSpan) throws(JSONError) -> Bool {
        var scanner = JSONScanner(call, acceptingLoneSurrogates: true)
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            if name.equals("index", in: call) { return true }
            try scanner.skipValue()
        }
        return false
    }

    private static func write(_ usage: Usage, into buffer: inout ByteBuffer) {
        buffer.append("{\"prompt_tokens\":")
        buffer.append(decimal: usage.inputTokens)
        buffer.append(",\"completion_tokens\":")
        buffer.append(decimal: usage.outputTokens)
        buffer.append(",\"total_tokens\":")
        buffer.append(decimal: usage.totalTokens)
        buffer.append("}")
    }
}

extension ByteBuffer {
    /// Appends JSON as one line: the line ends between its tokens become spaces; strings contain none.
    mutating func append(line json: RawSpan) {
        var start = 0
        for at in 0..<json.byteCount where json[byte: at] == 0x0A || json[byte: at] == 0x0D {
            append(json.extracting(start..<at))
            append(UInt8(ascii: " "))
            start = at + 1
        }
        append(json.extracting(start..<json.byteCount))
    }
}
