internal import Wire

/// Every request of a run as the bytes to send, made once before the first is sent.
final class RequestSet {
    /// If requests differ, this many are made and sent in turn; more would only cost memory.
    static let synthetic = 512
    /// The most memory for all prepared requests; large prompts come in fewer variants.
    static let maximumBytes = 64 << 20

    private struct Entry {
        let range: Range<Int>
        let streams: Bool
    }

    private var storage = ByteBuffer()
    private var entries: [Entry] = []

    /// Makes the requests to one target.
    ///
    /// - Parameter bearer: The key, sent as a bearer token; it is in these bytes and nowhere else.
    init(_ recipe: RequestRecipe, path: String, authority: String, bearer: String?) {
        var random = LoadRandom(seed: recipe.seed)
        var body = ByteBuffer()
        let bodies: [RequestMembers]
        let wanted: Int
        switch recipe.prompts {
        case .file(let file): (bodies, wanted) = (file.entries, file.count)
        case .synthetic: (bodies, wanted) = ([], RequestSet.synthetic)
        }
        for number in 0..<wanted {
            var members = RequestMembers()
            if case .synthetic(let size) = recipe.prompts {
                // With a model the request reads as clients write it: `model` first.
                members.set("model", to: "\"\"")
                members.setPrompt(SyntheticPrompt.json(tokens: size.draw(using: &random), using: &random), for: recipe.endpoint)
            } else {
                members = bodies[number]
            }
            let streams = RequestSet.complete(&members, by: recipe, using: &random)
            body.removeAll()
            members.append(to: &body)
            append(body.bytes, path: path, authority: authority, bearer: bearer, streams: streams)
            if bodies.isEmpty, storage.count > RequestSet.maximumBytes { break }
        }
    }

    /// How many different requests there are.
    var count: Int { entries.count }

    /// Whether the request asks for a stream.
    func streams(_ index: Int) -> Bool { entries[index].streams }

    /// Lends the bytes of a request, head and body.
    func withBytes<Result>(of index: Int, _ body: (RawSpan) -> Result) -> Result {
        let range = entries[index].range
        let bytes = _overrideLifetime(storage.bytes, borrowing: self)
        return body(bytes.extracting(range))
    }

    /// Adds what the run asks for. Returns whether the answer will be a stream.
    private static func complete(_ members: inout RequestMembers, by recipe: RequestRecipe, using random: inout LoadRandom) -> Bool {
        if let model = recipe.model {
            var text = ByteBuffer()
            text.append(jsonString: model)
            members.set("model", to: text.bytes.text)
        }
        if let tokens = recipe.outputTokens, recipe.endpoint.streams { members.set("max_tokens", to: "\(tokens.draw(using: &random))") }
        guard recipe.endpoint.streams else { return false }
        if recipe.streams { members.set("stream", to: "true") }
        let streams = members["stream"] == "true"
        // The provider is asked for its count of tokens.
        if streams, members["stream_options"] == nil { members.set("stream_options", to: #"{"include_usage":true}"#) }
        return streams
    }

    private func append(_ body: RawSpan, path: String, authority: String, bearer: String?, streams: Bool) {
        let start = storage.count
        storage.append("POST ")
        storage.append(utf8: path)
        storage.append(" HTTP/1.1\r\nHost: ")
        storage.append(utf8: authority)
        if let bearer {
            storage.append("\r\nAuthorization: Bearer ")
            storage.append(utf8: bearer)
        }
        storage.append("\r\nUser-Agent: best-bench\r\nAccept: ")
        storage.append(streams ? "text/event-stream" : "application/json")
        storage.append("\r\nContent-Type: application/json\r\nContent-Length: ")
        storage.append(decimal: body.byteCount)
        storage.append("\r\n\r\n")
        storage.append(body)
        entries.append(Entry(range: start..<storage.count, streams: streams))
    }
}
