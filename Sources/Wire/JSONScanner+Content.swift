/// Measuring how much content a value has.
extension JSONScanner {
    /// Passes the next value and measures its text (see `StreamEvent.contentSize`): a string's own, or in an
    /// object or array that of every string that is content and not part of the frame around it.
    ///
    /// - Returns: `nil` for a value that a client that tests it for truth finds false, as `skipTruth` has it; 0
    ///   for one that is true but no text.
    mutating func passContent() throws(JSONError) -> Int? {
        switch try nextKind() {
        case .string:
            let text = try readString()
            guard !text.isEmpty else { return nil }
            return text.size(in: bytes)
        case .object, .array: return try passContainer()
        case .number, .true, .false, .null: return try skipTruth() ? 0 : nil
        }
    }

    @inline(never)
    private mutating func passContainer() throws(JSONError) -> Int? {
        var size = 0
        var isEmpty = true
        if try nextKind() == .object {
            try enterObject()
            while let name = try nextMember() {
                isEmpty = false
                if ContentFrame.holds(name, in: bytes) { size &+= try passFrame(name) } else { size &+= try passContent() ?? 0 }
            }
        } else {
            try enterArray()
            while try nextElement() {
                isEmpty = false
                size &+= try passContent() ?? 0
            }
        }
        return isEmpty ? nil : size
    }

    /// Passes a member of a piece's frame and returns how much text it is. The name of a call is written by the
    /// model; anything longer than a name is not counted.
    private mutating func passFrame(_ name: JSONText) throws(JSONError) -> Int {
        guard name.equals("name", in: bytes), let text = try readTextOrSkip() else {
            if !name.equals("name", in: bytes) { try skipValue() }
            return 0
        }
        return text.range.count > ContentFrame.longestName ? text.size(in: bytes) : 0
    }

    /// Passes quoted material and returns how much text stands for it: a fixed size for each picture, its text
    /// for all else.
    mutating func passQuoted(_ name: JSONText) throws(JSONError) -> Int? {
        guard name.equals("images", in: bytes), try nextKind() == .array else { return try passContent() }
        var count = 0
        try enterArray()
        while try nextElement() {
            try skipValue()
            count += 1
        }
        return count == 0 ? nil : count.multipliedClamped(by: PictureSize.one)
    }
}

/// The members of a message, or of a piece of one, that say what it is but nothing to the user.
enum ContentFrame {
    /// Whether a member of a message is one of them.
    static func isOfMessage(_ name: JSONText, in bytes: RawSpan) -> Bool {
        for known in ofMessage where name.equals(known, in: bytes) { return true }
        return false
    }

    /// Whether a member within a piece of content is one of them, or holds something that is not the model's
    /// text, such as a signature or a picture's bytes.
    static func holds(_ name: JSONText, in bytes: RawSpan) -> Bool {
        for known in bytesOfOthers where name.equals(known, in: bytes) { return true }
        return isOfMessage(name, in: bytes) || isQuoted(name, in: bytes)
    }

    /// Whether a member of a message, or of a piece of one, holds text by others on which the answer is based:
    /// what a search or another tool of the provider's has found.
    static func isQuoted(_ name: JSONText, in bytes: RawSpan) -> Bool {
        for known in quoted where name.equals(known, in: bytes) { return true }
        return false
    }

    /// Bytes of the longest name of a function (https://platform.openai.com/docs/api-reference/chat/create, `tools`).
    static let longestName = 64

    private static let quoted: [StaticString] = [
        "annotations", "citations", "references", "sources", "search_results", "executed_tools", "tool_results", "code_results", "grounding_metadata",
        "content_filter_results", "context", "documents", "images", "related_questions",
    ]

    /// Names of the speaker, the recipient and the format. `provider_specific_fields` is LiteLLM's copy of
    /// other members, `channel` is harmony's.
    private static let ofMessage: [StaticString] = [
        "role", "name", "id", "type", "object", "model", "status", "metadata", "provider_specific_fields", "tool_call_id", "sender_type",
        "sender_name", "channel", "recipient", "content_type", "phase", "created", "created_at", "timestamp", "finish_reason", "stop_reason",
        "logprobs", "token_ids", "padding", "obfuscation", "extra_fields",
    ]

    /// Names of data that is not text: signatures, encrypted reasoning, sound and pictures in base64.
    private static let bytesOfOthers: [StaticString] = [
        "data", "signature", "thought_signature", "encrypted_content", "format", "url", "b64_json", "mime_type",
    ]
}

/// How much text a piece of sound stands for, as `StreamEvent.contentSize` has it.
enum SoundSize {
    /// Streams carry sound as base64 of 16-bit samples, 24,000 a second: 64,000 characters a second. A second
    /// of a model's speech has 20 tokens, one for 50 ms
    /// (https://platform.openai.com/docs/guides/realtime-costs): 3,200 characters for a token. A token of text
    /// has about 4.5.
    static func of(base64 count: Int) -> Int { count / 711 }
}

/// How much text a picture stands for, as `StreamEvent.contentSize` has it.
enum PictureSize {
    /// 1,290 tokens, as Google counts for a picture that a model has made
    /// (https://ai.google.dev/gemini-api/docs/image-generation); OpenAI's have 1,056 in medium quality. A token
    /// of text has about 4.5.
    static let one = 5_805
    /// 100 tokens for one that is shown while it is being made
    /// (https://platform.openai.com/docs/guides/image-generation).
    static let partial = 450
}

extension JSONText {
    /// How much text it is, without its escapes; `bytes` is the valid text it was found in. See
    /// `StreamEvent.contentSize`.
    func size(in bytes: RawSpan) -> Int {
        var size = bytes.extracting(unchecked: range).textSize
        guard hasEscapes else { return size }
        var at = range.lowerBound
        while let escape = bytes.firstIndex(of: 0x5C, from: at), escape < range.upperBound {
            guard let unit = JSONScanner.escapedUnit(bytes, escape) else {
                size &-= 1
                at = escape + 2
                continue
            }
            // Each half of a pair counts two bytes, together the four of the character.
            size &-= 6 - (unit < 0x80 ? 1 : unit < 0x800 || unit & 0xF800 == 0xD800 ? 2 : 4)
            at = escape + 6
        }
        return size
    }
}

extension RawSpan {
    /// The length of UTF-8 text in bytes, each three-byte character counted as four.
    var textSize: Int {
        var size = byteCount
        var at = 0
        while at < byteCount {
            if word(at: at) & 0x8080_8080_8080_8080 != 0 {
                for place in at..<Swift.min(at + 8, byteCount) where byteOrZero(at: place) & 0xF0 == 0xE0 { size &+= 1 }
            }
            at += 8
        }
        return size
    }
}

extension JSONScanner {
    /// Reads an id that is a string, or the `id` of an object, and passes the value; `nil` where there is none.
    mutating func readIDOrSkip(in bytes: RawSpan) throws(JSONError) -> JSONText? {
        guard try nextKind() == .object else { return try readTextOrSkip() }
        var id: JSONText?
        try enterObject()
        while let name = try nextMember() {
            if name.equals("id", in: bytes) { id = try readTextOrSkip() ?? id } else { try skipValue() }
        }
        return id
    }
}
