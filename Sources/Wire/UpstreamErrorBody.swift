/// What the body of a provider's error answer says, in any of the shapes in use.
///
/// | shape | from |
/// |---|---|
/// | `{"error":{"message","type","param","code"}}` | OpenAI and most others |
/// | the same with a number for `code` | OpenRouter, llama.cpp |
/// | `[{"error":{"code","message","status"}}]`, also without the array | Google |
/// | `{"object":"error","message","type","code"}` | vLLM, Mistral |
/// | `{"detail":"…"}`, `{"detail":[{"msg"}]}` | FastAPI |
/// | `{"error":"…"}`, `{"message":"…"}`, `{"errors":[{"message"}]}` | various; `Message` from Amazon |
/// | `{"title":"…","detail":"…"}` | RFC 9457, NVIDIA |
/// | `{"base_resp":{"status_code":1008,"status_msg":"…"}}` | MiniMax |
/// | `{"error_code":17,"error_msg":"…"}` | Qianfan |
/// | plain text | proxies |
///
/// An HTML page says nothing that helps a client, so it has no message.
public struct UpstreamErrorBody: Equatable, Sendable {
    /// How many bytes of UTF-8 the message may have; it is cut at a character. Real ones are far shorter;
    /// longer ones quote the request.
    public static let maximumMessageBytes = 2048

    /// What was wrong, for a person to read.
    public private(set) var message: String?
    /// The provider's code, a number as its digits.
    public private(set) var code: String?
    /// The class of error; Google's `status`, such as `RESOURCE_EXHAUSTED`, when there is no `type`.
    public private(set) var type: String?
    /// The member of the request it is about.
    public private(set) var param: String?
    /// Whether it is an HTML page and not an answer of the API.
    public private(set) var isPage = false
    /// Whether it is an answer of the API: JSON with any member of an error, not bare text.
    public private(set) var isStructured = false

    /// Reads the body, whatever it is, to show it to a person: where a router only passes on an error
    /// (OpenRouter's `Provider returned error`), the message of the server behind it is appended.
    public init(telling body: RawSpan) {
        self.init(parsing: body)
        guard let message, message.utf8.count <= 32, let raw = ErrorDetails(parsing: body).raw, !raw.isEmpty, raw != message else { return }
        self.message = Self.bounded("\(message): \(NestedError(in: raw)?.body.message ?? raw)")
    }

    /// Reads the body, whatever it is.
    public init(parsing body: RawSpan) {
        let text = (body.hasPrefix("\u{FEFF}") ? body.extracting(droppingFirst: 3) : body).withoutSpace
        guard text.byteCount > 0 else { return }
        guard text[byte: 0] != UInt8(ascii: "<") else {
            isPage = true
            return
        }
        do throws(JSONError) {
            var scanner = JSONScanner(text, acceptingLoneSurrogates: true)
            try read(&scanner, in: text)
            try scanner.finish()
            isStructured = message != nil || code != nil || type != nil || param != nil
        } catch {
            self = UpstreamErrorBody()
            message = Self.plainText(text)
        }
    }

    /// Edits every text in it, for example to remove a key that it quotes.
    public mutating func rewrite(_ edit: (inout String) -> Void) {
        func edited(_ text: String?) -> String? {
            guard var text else { return nil }
            edit(&text)
            return text
        }
        (message, code, type, param) = (edited(message), edited(code), edited(type), edited(param))
    }

    /// Whether any of these lower-case words occurs anywhere in a body, in any case.
    public static func names(anyOf words: [StaticString], in body: RawSpan) -> Bool {
        for word in words {
            let (size, first) = (word.utf8CodeUnitCount, word.utf8Start[0])
            guard size <= body.byteCount else { continue }
            for at in 0...body.byteCount - size where body[byte: at] | 0x20 == first && body.extracting(at..<at + size).equalsIgnoringCase(word) {
                return true
            }
        }
        return false
    }

    private init() {}

    /// Reads the value at the scanner: an error, something that holds one, or a text.
    private mutating func read(_ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) {
        switch try scanner.nextKind() {
        case .string:
            let text = try scanner.readString()
            if message == nil, !text.isEmpty { message = Self.bounded(text.string(in: body)) }
        case .array:
            // The first element speaks for the list.
            try scanner.enterArray()
            var isFirst = true
            while try scanner.nextElement() {
                if isFirst { try read(&scanner, in: body) } else { try scanner.skipValue() }
                isFirst = false
            }
        case .object:
            try scanner.enterObject()
            var inner = UpstreamErrorBody()
            while let name = try scanner.nextMember() { try readMember(name, &scanner, in: body, inner: &inner) }
            // An error's own members take precedence over those beside it, wherever they are. But the name of a
            // status counts less than any message.
            if let message, let name = inner.message, Self.isStatusName(name) { inner.message = message }
            take(inner)
        case .number, .true, .false, .null:
            try scanner.skipValue()
        }
    }

    /// Whether a text is only the name of a status (RFC 9110 §15), as NestJS and hapi have it in `error`,
    /// beside their message.
    private static func isStatusName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return statusNames.contains { bytes.span.bytes.equalsIgnoringCase($0) }
    }

    private static let statusNames: [StaticString] = [
        "bad request", "unauthorized", "payment required", "forbidden", "not found", "method not allowed", "request timeout", "conflict", "gone",
        "payload too large", "content too large", "unprocessable entity", "unprocessable content", "too many requests", "internal server error",
        "not implemented", "bad gateway", "service unavailable", "gateway timeout",
    ]

    /// Takes what another body says.
    private mutating func take(_ other: UpstreamErrorBody) {
        message = other.message ?? message
        code = other.code ?? code
        type = other.type ?? type
        param = other.param ?? param
    }

    /// - Parameter inner: Collects what the error inside this one says.
    private mutating func readMember(
        _ name: JSONText, _ scanner: inout JSONScanner, in body: RawSpan, inner: inout UpstreamErrorBody
    ) throws(JSONError) {
        if name.equals("error", in: body) || name.equals("detail", in: body) || name.equals("errors", in: body) || name.equals("base_resp", in: body)
        {
            var error = UpstreamErrorBody()
            try error.read(&scanner, in: body)
            inner.take(error)
        } else if name.equals("message", in: body) || name.equals("msg", in: body) || name.equals("Message", in: body) {
            try read(&scanner, in: body)
        } else if Self.isOtherMessage(name, in: body) {
            let text = try scanner.readTextOrSkip()
            if message == nil, let text, !text.isEmpty { message = Self.bounded(text.string(in: body)) }
        } else if name.equals("title", in: body) {
            // The kind of problem in a few words (RFC 9457 §3.1.4); `detail` says more if present.
            let title = try scanner.readTextOrSkip()
            if message == nil, let title, !title.isEmpty { message = Self.bounded(title.string(in: body)) }
        } else if name.equals("error_code", in: body) || name.equals("errorCode", in: body) || name.equals("status_code", in: body) {
            let word = try Self.readWord(&scanner, in: body)
            code = code ?? word
        } else if name.equals("code", in: body) {
            code = try Self.readWord(&scanner, in: body) ?? code
        } else if name.equals("type", in: body) {
            type = try Self.readWord(&scanner, in: body) ?? type
        } else if name.equals("param", in: body) {
            param = try Self.readWord(&scanner, in: body) ?? param
        } else if body.extracting(name.range).hasPrefixIgnoringCase("error ") {
            // Ollama puts the sentence into the name (https://github.com/ollama/ollama/issues/11704).
            let text = try scanner.readTextOrSkip()
            if message == nil, let text { message = Self.bounded("\(name.string(in: body)): \(text.string(in: body))") }
        } else if name.equals("status", in: body) {
            let status = try scanner.readTextOrSkip()
            if type == nil, let status { type = status.string(in: body) }
        } else {
            try scanner.skipValue()
        }
    }

    /// Whether a member is a message under another name.
    private static func isOtherMessage(_ name: JSONText, in body: RawSpan) -> Bool {
        name.equals("error_msg", in: body) || name.equals("error_message", in: body) || name.equals("errorMessage", in: body)
            || name.equals("status_msg", in: body)
    }

    /// A non-empty string, or a number as its digits; `nil` for anything else.
    private static func readWord(_ scanner: inout JSONScanner, in body: RawSpan) throws(JSONError) -> String? {
        if try scanner.nextKind() == .number { return bounded(body.extracting(try scanner.skipValue()).text) }
        guard let text = try scanner.readTextOrSkip(), !text.isEmpty else { return nil }
        return bounded(text.string(in: body))
    }

    /// A body that is not JSON, as a message; `nil` if control bytes show that it is not text either.
    private static func plainText(_ body: RawSpan) -> String? {
        let start = body.extracting(0..<min(body.byteCount, maximumMessageBytes + 4))
        for at in 0..<start.byteCount {
            let byte = start[byte: at]
            if byte < 0x20, !isSpace(byte) { return nil }
        }
        return bounded(start.text)
    }

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > maximumMessageBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: maximumMessageBytes)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
