internal import Gateway

/// What providers answer when they are asked for their models.
struct FuzzLists {
    private let cursor: FuzzCursor

    init(_ cursor: FuzzCursor) { self.cursor = cursor }

    /// An answer.
    func script() -> UpstreamScript {
        switch cursor.choose(16) {
        case 0, 1, 2: return .status(200, #"{"object":"list","data":[{"id":"m"},{"id":"gold"}]}"#)
        case 3: return .silence
        case 4: return .status([401, 403, 404, 500, 429, 301][cursor.choose(6)], "{}")
        case 5: return .failure(.connect)
        case 6: return .status(200, cursor.raw(most: 60).string)
        case 7: return .status(200, #"{"data":[]}"#)
        default:
            var body: [UInt8] = []
            list(into: &body)
            let script = UpstreamScript.status(200, body.string)
            switch cursor.choose(8) {
            case 5: return script.after(.seconds(4))
            case 6: return script.cut(every: 9)
            case 7: return script.breaking(after: cursor.byte())
            default: return script
            }
        }
    }

    private func list(into text: inout [UInt8]) {
        let shape = cursor.choose(5)
        text.put(shape == 0 ? "{\"models\":[" : shape == 1 ? "[" : "{\"data\":[")
        let count = 1 + cursor.choose(6)
        for place in 0..<count {
            if place > 0 { text.put(",") }
            text.put(cursor.choose(4) == 3 ? "{\"name\":" : "{\"id\":")
            FuzzJSON.name(cursor, into: &text)
            for _ in 0..<max(0, cursor.choose(6) - 2) {
                text.put(",")
                member(into: &text)
            }
            text.put("}")
        }
        text.put("]")
        if shape == 3 {
            text.put(",\"has_more\":true,\"last_id\":")
            FuzzJSON.name(cursor, into: &text)
        }
        if shape == 4 {
            text.put(",\"next_page_token\":")
            FuzzJSON.string(cursor, into: &text)
        }
        if shape != 1 { text.put("}") }
    }

    private func member(into text: inout [UInt8]) {
        switch cursor.choose(12) {
        case 0, 1:
            text.put("\"aliases\":[")
            FuzzJSON.name(cursor, into: &text)
            text.put(",")
            FuzzJSON.name(cursor, into: &text)
            text.put("]")
        case 2: number("context_length", into: &text)
        case 3: number("created", into: &text)
        case 4:
            text.put("\"pricing\":{\"prompt\":\"")
            text.put(cursor.pick(FuzzWords.numbers))
            text.put("\",\"completion\":")
            text.put(cursor.pick(FuzzWords.numbers))
            text.put("}")
        case 5: number("max_completion_tokens", into: &text)
        case 6:
            text.put("\"type\":")
            text.put(["\"chat\"", "\"embedding\"", "\"image\"", "\"rerank\""][cursor.choose(4)] as StaticString)
        case 7: text.put("\"architecture\":{\"input_modalities\":[\"text\",\"image\"],\"output_modalities\":[\"text\"]}")
        case 8: text.put("\"supported_parameters\":[\"max_tokens\"]")
        case 9:
            text.put("\"canonical_slug\":")
            FuzzJSON.name(cursor, into: &text)
        case 10: text.put("\"active\":false")
        default:
            text.put("\"name\":")
            FuzzJSON.value(cursor, into: &text)
        }
    }

    private func number(_ name: StaticString, into text: inout [UInt8]) {
        text.put("\"")
        text.put(name)
        text.put("\":")
        text.put(cursor.pick(FuzzWords.numbers))
    }
}
