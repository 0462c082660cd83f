/// A whole answer of `/v1/responses` as the events of a stream: for clients that asked for a stream where the
/// provider sent none.
///
/// | of | events |
/// |---|---|
/// | the answer | `response.created`, `response.in_progress`; at its end `response.completed`, or `response.incomplete` |
/// | each item of `output` | `response.output_item.added`, `response.output_item.done` |
/// | a part of a message | `response.content_part.added`, `response.output_text.delta` and `.done` or the same of a refusal, `response.content_part.done` |
/// | a call | `response.function_call_arguments.delta` and `.done`, or those of `response.custom_tool_call_input` |
///
/// Values are copied unchanged; only their line ends become spaces, since an event's data is one line. Content
/// that comes in pieces is empty in the objects that precede them.
public struct StreamedResponse {
    /// A member of an object: its name, with its quotes, and its value.
    private typealias Member = (name: JSONText, value: Range<Int>)
    /// The events of a text that comes in pieces.
    private typealias Pieces = (member: StaticString, delta: StaticString, done: StaticString)

    private static let arguments: Pieces = (
        "arguments", "response.function_call_arguments.delta", "response.function_call_arguments.done"
    )
    private static let input: Pieces = ("input", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done")
    private static let text: Pieces = ("text", "response.output_text.delta", "response.output_text.done")
    private static let refusal: Pieces = ("refusal", "response.refusal.delta", "response.refusal.done")

    /// The most members of an object and elements of an array that are read, a thousand times as many as
    /// answers have: each is kept, and may be only two bytes long.
    private static let mostParts = 65_536

    private static let noText: StaticString = "\"\""
    private static let noList: StaticString = "[]"

    private let members: [Member]
    private let output: Range<Int>
    private let isIncomplete: Bool

    /// Reads an answer.
    ///
    /// - Returns: `nil` if it is not one JSON object with `output`, or one that has failed.
    public init?(reading body: RawSpan) {
        guard let members = try? StreamedResponse.members(body, 0..<body.byteCount),
            let output = StreamedResponse.value(of: "output", members, body), body.byteOrZero(at: output.lowerBound) == UInt8(ascii: "[")
        else { return nil }
        var isIncomplete = false
        if let status = StreamedResponse.value(of: "status", members, body) {
            let word = body.extracting(status)
            guard !word.equals("\"failed\""), !word.equals("\"cancelled\"") else { return nil }
            isIncomplete = word.equals("\"incomplete\"")
        }
        (self.members, self.output, self.isIncomplete) = (members, output, isIncomplete)
    }

    /// Appends the events of what was read.
    ///
    /// - Parameter most: How long they may become, in bytes.
    /// - Returns: Whether all of them were appended.
    @discardableResult
    public func write(_ body: RawSpan, atMost most: Int = .max, into buffer: inout ByteBuffer) -> Bool {
        var number = 0
        for type in ["response.created", "response.in_progress"] as [StaticString] {
            begin(type, &number, into: &buffer)
            buffer.append(",\"response\":{\"status\":\"in_progress\",\"output\":[]")
            append(members, without: ["status", "output", "output_text", "usage", "completed_at"], body, into: &buffer)
            buffer.append("}}\n\n")
        }
        guard let items = try? StreamedResponse.elements(body, output) else { return false }
        for (place, item) in items.enumerated() {
            guard buffer.count <= most else { return false }
            do throws(JSONError) {
                try write(item, place, body, &number, atMost: most, into: &buffer)
            } catch {
                // The text was validated: a value of another kind is left out.
                guard error.reason != .tooManyMembers else { return false }
            }
        }
        begin(isIncomplete ? "response.incomplete" : "response.completed", &number, into: &buffer)
        buffer.append(",\"response\":")
        buffer.append(line: body.withoutSpace)
        buffer.append("}\n\n")
        return buffer.count <= most
    }

    private func write(
        _ item: Range<Int>, _ place: Int, _ body: RawSpan, _ number: inout Int, atMost most: Int, into buffer: inout ByteBuffer
    ) throws(JSONError) {
        let members = try StreamedResponse.members(body, item)
        var pieces: Pieces?
        if StreamedResponse.says("function_call", members, body) { pieces = StreamedResponse.arguments }
        if StreamedResponse.says("custom_tool_call", members, body) { pieces = StreamedResponse.input }
        let isMessage = StreamedResponse.says("message", members, body)
        let content = isMessage ? StreamedResponse.value(of: "content", members, body) : nil
        begin("response.output_item.added", place, nil, nil, body, &number, into: &buffer)
        buffer.append(",\"item\":")
        if pieces != nil || content != nil {
            buffer.append("{\"status\":\"in_progress\"")
            append(members, without: ["status", pieces?.member ?? "content"], body, into: &buffer)
            if let pieces {
                append(pieces.member, StreamedResponse.noText.span, into: &buffer)
            } else {
                append("content", StreamedResponse.noList.span, into: &buffer)
            }
            buffer.append("}")
        } else {
            buffer.append(line: body.extracting(item))
        }
        buffer.append("}\n\n")
        let id = StreamedResponse.value(of: "id", members, body)
        if let pieces { try write(pieces, members, place, id, nil, body, &number, into: &buffer) }
        if let content {
            for (index, part) in try StreamedResponse.elements(body, content).enumerated() where buffer.count <= most {
                try writePart(part, place, id, index, body, &number, into: &buffer)
            }
        }
        begin("response.output_item.done", place, nil, nil, body, &number, into: &buffer)
        append("item", body.extracting(item), into: &buffer)
        buffer.append("}\n\n")
    }

    private func writePart(
        _ part: Range<Int>, _ place: Int, _ id: Range<Int>?, _ index: Int, _ body: RawSpan, _ number: inout Int, into buffer: inout ByteBuffer
    ) throws(JSONError) {
        let members = try StreamedResponse.members(body, part)
        let pieces = StreamedResponse.says("refusal", members, body) ? StreamedResponse.refusal : StreamedResponse.text
        begin("response.content_part.added", place, id, index, body, &number, into: &buffer)
        buffer.append(",\"part\":{")
        append(members, without: [pieces.member], body, isFirst: true, into: &buffer)
        append(pieces.member, StreamedResponse.noText.span, isFirst: members.isEmpty, into: &buffer)
        buffer.append("}}\n\n")
        try write(pieces, members, place, id, index, body, &number, into: &buffer)
        begin("response.content_part.done", place, id, index, body, &number, into: &buffer)
        append("part", body.extracting(part), into: &buffer)
        buffer.append("}\n\n")
    }

    /// Writes a text as one piece, followed by the whole of it.
    private func write(
        _ pieces: Pieces, _ members: [Member], _ place: Int, _ id: Range<Int>?, _ index: Int?, _ body: RawSpan, _ number: inout Int,
        into buffer: inout ByteBuffer
    ) throws(JSONError) {
        guard let text = StreamedResponse.value(of: pieces.member, members, body) else { return }
        begin(pieces.delta, place, id, index, body, &number, into: &buffer)
        append("delta", body.extracting(text), into: &buffer)
        buffer.append("}\n\n")
        begin(pieces.done, place, id, index, body, &number, into: &buffer)
        append(pieces.member, body.extracting(text), into: &buffer)
        buffer.append("}\n\n")
    }

    // MARK: Pieces of events

    private func begin(_ type: StaticString, _ number: inout Int, into buffer: inout ByteBuffer) {
        buffer.append("event: ")
        buffer.append(type)
        buffer.append("\ndata: {\"type\":\"")
        buffer.append(type)
        buffer.append("\",\"sequence_number\":")
        buffer.append(decimal: number)
        number += 1
    }

    /// Begins an event about an item or a part of one.
    private func begin(
        _ type: StaticString, _ place: Int, _ id: Range<Int>?, _ index: Int?, _ body: RawSpan, _ number: inout Int, into buffer: inout ByteBuffer
    ) {
        begin(type, &number, into: &buffer)
        buffer.append(",\"output_index\":")
        buffer.append(decimal: place)
        if let id { append("item_id", body.extracting(id), into: &buffer) }
        guard let index else { return }
        buffer.append(",\"content_index\":")
        buffer.append(decimal: index)
    }

    private func append(_ name: StaticString, _ value: RawSpan, isFirst: Bool = false, into buffer: inout ByteBuffer) {
        buffer.append(isFirst ? "\"" : ",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(line: value)
    }

    private func append(
        _ members: [Member], without names: [StaticString], _ body: RawSpan, isFirst: Bool = false, into buffer: inout ByteBuffer
    ) {
        var isFirst = isFirst
        for member in members {
            var isLeftOut = false
            for name in names where member.name.equals(name, in: body) { isLeftOut = true }
            if isLeftOut { continue }
            buffer.append(isFirst ? "\"" : ",\"")
            isFirst = false
            buffer.append(body.extracting(member.name.range))
            buffer.append("\":")
            buffer.append(line: body.extracting(member.value))
        }
    }

    // MARK: Reading

    private static func members(_ body: RawSpan, _ object: Range<Int>) throws(JSONError) -> [Member] {
        var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
        scanner.offset = object.lowerBound
        var members: [Member] = []
        try scanner.enterObject()
        while let name = try scanner.nextMember() {
            members.append((name, try scanner.skipValue()))
            guard members.count <= mostParts else { throw JSONError(.tooManyMembers, at: scanner.offset) }
        }
        return members
    }

    private static func elements(_ body: RawSpan, _ array: Range<Int>) throws(JSONError) -> [Range<Int>] {
        var scanner = JSONScanner(body, acceptingLoneSurrogates: true)
        scanner.offset = array.lowerBound
        var elements: [Range<Int>] = []
        guard try scanner.enterArrayOrSkip() else { return [] }
        while try scanner.nextElement() {
            elements.append(try scanner.skipValue())
            guard elements.count <= mostParts else { throw JSONError(.tooManyMembers, at: scanner.offset) }
        }
        return elements
    }

    private static func value(of name: StaticString, _ members: [Member], _ body: RawSpan) -> Range<Int>? {
        for member in members where member.name.equals(name, in: body) { return member.value }
        return nil
    }

    /// Whether the type of an object is this word.
    private static func says(_ type: StaticString, _ members: [Member], _ body: RawSpan) -> Bool {
        guard let value = value(of: "type", members, body), value.count > 2 else { return false }
        return body.extracting(value.lowerBound + 1..<value.upperBound - 1).equals(type)
    }
}
