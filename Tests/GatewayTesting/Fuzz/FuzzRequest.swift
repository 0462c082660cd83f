/// Writes a client's requests: of every endpoint, well-formed, spoiled, and cut.
struct FuzzRequest {
    /// The bytes of the request.
    private(set) var bytes: [UInt8] = []

    /// Writes a request.
    ///
    /// - Parameter token: What is sent in `authorization`.
    init(_ cursor: FuzzCursor, token: String?) {
        // Most are what most are.
        let shape = cursor.choose(8)
        var path: StaticString = "/v1/chat/completions"
        var method: StaticString = "POST"
        if shape >= 5 {
            path = cursor.pick(FuzzWords.paths)
            if shape == 6 { method = cursor.pick(FuzzWords.methods) }
            if shape == 7 { method = "GET" }
        }
        bytes.put(method)
        bytes.put(" ")
        bytes.put(path)
        bytes.put(" HTTP/1.1\r\nhost: localhost\r\n")
        if let token {
            bytes.put("authorization: Bearer ")
            bytes.put(token)
            bytes.put("\r\n")
        }
        fields(cursor)
        if shape == 7 {
            bytes.put("\r\n")
        } else {
            var body: [UInt8] = []
            FuzzRequest.body(cursor, isEmbedding: "\(path)".hasSuffix("embeddings"), into: &body)
            frame(body, cursor)
        }
    }

    private mutating func fields(_ cursor: FuzzCursor) {
        for _ in 0..<max(0, cursor.choose(7) - 3) {
            switch cursor.choose(14) {
            case 0: field("x-best-wait", cursor.pick(FuzzWords.times))
            case 1: field("x-stainless-read-timeout", cursor.pick(FuzzWords.times))
            case 2: field("x-request-id", cursor.pick(FuzzWords.words))
            case 3: field("x-session-id", cursor.pick(FuzzWords.words))
            case 4: field("content-encoding", cursor.choose(2) == 0 ? "identity" : "gzip")
            case 5: field("content-type", cursor.choose(2) == 0 ? "application/json" : "multipart/form-data; boundary=x")
            case 6: field("connection", cursor.choose(2) == 0 ? "close" : "keep-alive")
            case 7: field("expect", "100-continue")
            case 8: field("origin", cursor.choose(2) == 0 ? "http://localhost" : "https://evil.test")
            case 9: field("host", "evil.test")
            case 10: field("authorization", "Bearer token-of-the-second")
            case 11: field("x-admin-api-key", cursor.choose(2) == 0 ? "the-admin-key" : "wrong")
            case 12: field("x-api-key", cursor.pick(FuzzWords.words))
            default:
                bytes += cursor.raw(most: 20)
                bytes.put("\r\n")
            }
        }
    }

    private mutating func field(_ name: StaticString, _ value: StaticString) {
        bytes.put(name)
        bytes.put(": ")
        bytes.put(value)
        bytes.put("\r\n")
    }

    private mutating func frame(_ body: [UInt8], _ cursor: FuzzCursor) {
        switch cursor.choose(12) {
        case 8:
            // Chunks of what size ever.
            bytes.put("transfer-encoding: chunked\r\n\r\n")
            let size = 1 + cursor.byte()
            for start in stride(from: 0, to: body.count, by: size) {
                let piece = body[start..<min(body.count, start + size)]
                bytes.put(String(piece.count, radix: 16))
                bytes.put("\r\n")
                bytes += piece
                bytes.put("\r\n")
            }
            bytes.put("0\r\n\r\n")
        case 9:
            bytes.put("content-length: ")
            bytes.put(cursor.pick(FuzzWords.numbers))
            bytes.put("\r\n\r\n")
            bytes += body
        case 10:
            bytes.put("\r\n")
            bytes += body
        case 11:
            bytes.put("transfer-encoding: chunked\r\n\r\n")
            bytes += cursor.raw(most: 24)
            bytes += body
        default:
            bytes.put("content-length: ")
            bytes.put(body.count)
            bytes.put("\r\n\r\n")
            bytes += body
        }
    }

    // MARK: Bodies

    /// Writes a body.
    static func body(_ cursor: FuzzCursor, isEmbedding: Bool, into text: inout [UInt8]) {
        let shape = cursor.choose(16)
        if shape == 15 { return FuzzJSON.value(cursor, into: &text) }
        text.put("{\"model\":")
        if shape < 10 { text.put("\"m\"") } else { FuzzJSON.name(cursor, into: &text) }
        if isEmbedding { text.put(",\"input\":\"hi\"") } else { messages(cursor, into: &text) }
        for _ in 0..<max(0, cursor.choose(9) - 2) {
            text.put(",")
            member(cursor, into: &text)
        }
        if shape != 14 { text.put("}") }
    }

    private static func messages(_ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put(",\"messages\":[")
        let count = [1, 1, 1, 2, 3, 0, 5, 40][cursor.choose(8)]
        for place in 0..<count {
            if place > 0 { text.put(",") }
            text.put("{\"role\":")
            text.put(place % 2 == 0 ? "\"user\"" : "\"assistant\"")
            text.put(",\"content\":")
            // A long list is of one kind; more would be bytes and no more.
            if place >= 6 { text.put("\"hi\"") } else { content(cursor, into: &text) }
            text.put("}")
        }
        text.put("]")
    }

    private static func content(_ cursor: FuzzCursor, into text: inout [UInt8]) {
        switch cursor.choose(8) {
        case 0, 1, 2, 3: FuzzJSON.string(cursor, into: &text)
        case 4: text.put("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}},{\"type\":\"text\",\"text\":\"hi\"}]")
        case 5: text.put("[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AA\"}}]")
        case 6: FuzzJSON.value(cursor, into: &text)
        default: text.put("null")
        }
    }

    private static func member(_ cursor: FuzzCursor, into text: inout [UInt8]) {
        switch cursor.choose(26) {
        case 0, 1, 2, 3: text.put("\"stream\":true")
        case 4: text.put("\"stream_options\":{\"include_usage\":true}")
        case 5: number("max_tokens", cursor, into: &text)
        case 6: number("max_completion_tokens", cursor, into: &text)
        case 7: number("max_output_tokens", cursor, into: &text)
        case 8: number("n", cursor, into: &text)
        case 9: text.put("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]")
        case 10: text.put("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}")
        case 11: text.put("\"response_format\":{\"type\":\"json_object\"}")
        case 12, 13: names("models", cursor, into: &text)
        case 14, 15: preferences(cursor, into: &text)
        case 16: text.put("\"previous_response_id\":\"resp_1\"")
        case 17: named("user", cursor, into: &text)
        case 18: named("prompt_cache_key", cursor, into: &text)
        case 19: named("reasoning_effort", cursor, into: &text)
        case 20: text.put("\"input\":[]")
        case 21: text.put("\"input\":\"hi\"")
        case 22: text.put("\"stream\":null,\"stream_options\":null")
        case 23:
            // A name with an escape, or twice.
            text.put("\"m\\u006fdel\":")
            FuzzJSON.name(cursor, into: &text)
        case 24:
            FuzzJSON.string(cursor, into: &text)
            text.put(":")
            FuzzJSON.value(cursor, into: &text)
        default: text += cursor.raw(most: 24)
        }
    }

    private static func number(_ name: StaticString, _ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put("\"")
        text.put(name)
        text.put("\":")
        text.put(cursor.pick(FuzzWords.numbers))
    }

    private static func named(_ name: StaticString, _ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put("\"")
        text.put(name)
        text.put("\":")
        FuzzJSON.value(cursor, into: &text)
    }

    private static func names(_ name: StaticString, _ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put("\"")
        text.put(name)
        text.put("\":[")
        let count = cursor.choose(8) == 7 ? 33 : cursor.choose(4)
        for place in 0..<count {
            if place > 0 { text.put(",") }
            FuzzJSON.name(cursor, into: &text)
        }
        text.put("]")
    }

    private static func preferences(_ cursor: FuzzCursor, into text: inout [UInt8]) {
        text.put("\"provider\":{")
        let count = 1 + cursor.choose(3)
        for place in 0..<count {
            if place > 0 { text.put(",") }
            switch cursor.choose(9) {
            case 0: text.put("\"only\":[\"a\"]")
            case 1: text.put("\"only\":[\"b\",\"c\"]")
            case 2: text.put("\"order\":[\"c\",\"a\"]")
            case 3: text.put("\"ignore\":[\"a\"]")
            case 4: text.put("\"allow_fallbacks\":false")
            case 5: text.put(cursor.choose(2) == 0 ? "\"sort\":\"price\"" : "\"sort\":\"latency\"")
            case 6:
                text.put("\"max_price\":{\"prompt\":")
                text.put(cursor.pick(FuzzWords.numbers))
                text.put("}")
            case 7: text.put("\"require_parameters\":true")
            default: names("only", cursor, into: &text)
            }
        }
        text.put("}")
    }
}
