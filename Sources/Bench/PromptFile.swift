internal import Wire

/// The requests of a JSON Lines file: one value a line; empty lines are skipped.
///
/// | a line | what is sent |
/// | --- | --- |
/// | `"Why is the sky blue?"` | a request with this prompt |
/// | `{"prompt": "Why …", "max_tokens": 50}` | the same, with the further members |
/// | `{"messages": […], …}`, to `/embeddings` `{"input": …}` | the object itself |
public struct PromptFile: Sendable {
    /// The request bodies, without what the run adds.
    let entries: [RequestMembers]

    /// How many requests the file holds.
    public var count: Int { entries.count }

    /// Reads the file's text.
    public init(parsing text: RawSpan, for endpoint: LoadEndpoint) throws(PromptFileError) {
        var entries: [RequestMembers] = []
        var start = 0
        var number = 0
        while start < text.byteCount {
            let end = text.firstIndex(of: 0x0A, from: start) ?? text.byteCount
            number += 1
            let line = text.extracting(start..<end)
            if !PromptFile.isBlank(line) { entries.append(try PromptFile.entry(of: line, number, endpoint)) }
            start = end + 1
        }
        guard !entries.isEmpty else { throw PromptFileError(line: 0, reason: "no line holds a request") }
        self.entries = entries
    }

    private static func entry(of line: RawSpan, _ number: Int, _ endpoint: LoadEndpoint) throws(PromptFileError) -> RequestMembers {
        let members: RequestMembers?
        do throws(JSONError) {
            members = try read(line, endpoint)
        } catch {
            throw PromptFileError(line: number, reason: "not JSON at byte \(error.offset + 1): \(error.explanation)")
        }
        guard let members else {
            let wanted = endpoint == .embeddings ? "`input`" : endpoint == .chat ? "`messages` or `prompt`" : "`prompt`"
            throw PromptFileError(line: number, reason: "expected a string, or an object with \(wanted)")
        }
        return members
    }

    /// The line's request; `nil` if it is JSON but not a request.
    private static func read(_ line: RawSpan, _ endpoint: LoadEndpoint) throws(JSONError) -> RequestMembers? {
        var scanner = JSONScanner(line)
        var members = RequestMembers()
        switch try scanner.nextKind() {
        case .string:
            let range = try scanner.skipValue()
            try scanner.finish()
            members.setPrompt(line.extracting(range).text, for: endpoint)
            return members
        case .object:
            try members.read(&scanner, in: line)
        case .array, .number, .true, .false, .null:
            try JSONScanner.validate(line)
            return nil
        }
        switch endpoint {
        case .chat:
            if members["messages"] != nil { return members }
            guard let prompt = members["prompt"], prompt.utf8.first == UInt8(ascii: "\"") else { return nil }
            members.remove("prompt")
            members.setPrompt(prompt, for: .chat)
            return members
        case .completions: return members["prompt"] == nil ? nil : members
        case .embeddings: return members["input"] == nil ? nil : members
        }
    }

    private static func isBlank(_ line: RawSpan) -> Bool {
        for offset in 0..<line.byteCount where line[byte: offset] > 0x20 { return false }
        return true
    }
}
