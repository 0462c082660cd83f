/// A client on a connection of its own: sends requests in any pieces, and has what came.
public final class SimulatedClient {
    /// The connection.
    public let stream: MemoryStream
    /// What is sent in `authorization`; nothing without one.
    public var token: String?
    private var reader = AnswerReader()
    private var requests = 0

    init(_ stream: MemoryStream, token: String?) {
        self.stream = stream
        self.token = token
    }

    // MARK: Sending

    /// Sends bytes as they are.
    ///
    /// - Parameter size: The size of the pieces in which they come; each is a callback of its own.
    public func send(_ bytes: [UInt8], every size: Int = .max) {
        guard bytes.count > size else { return stream.send(bytes) }
        for start in stride(from: 0, to: bytes.count, by: max(1, size)) { stream.send(Array(bytes[start..<min(bytes.count, start + max(1, size))])) }
    }

    /// Sends text as it is.
    public func send(_ text: String, every size: Int = .max) { send(Array(text.utf8), every: size) }

    /// Sends a whole request.
    public func request(
        _ method: String, _ path: String, fields: [(name: String, value: String)] = [], body: String? = nil, every size: Int = .max
    ) {
        send(text(method, path, fields: fields, body: body), every: size)
    }

    /// Sends a chat request.
    ///
    /// - Parameter members: Further members of the body, without braces.
    public func chat(
        _ prompt: String = "hi", model: String = "m", stream: Bool = false, members: String = "", fields: [(name: String, value: String)] = []
    ) {
        request(
            "POST", "/v1/chat/completions", fields: fields, body: SimulatedClient.chatBody(prompt, model: model, stream: stream, members: members))
    }

    /// The body of a chat request.
    public static func chatBody(_ prompt: String = "hi", model: String = "m", stream: Bool = false, members: String = "") -> String {
        "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(prompt)\"}]"
            + (stream ? ",\"stream\":true" : "") + (members.isEmpty ? "" : ",\(members)") + "}"
    }

    /// A whole request as text, which counts as sent: for what is sent together with others, or in part.
    public func text(_ method: String, _ path: String, fields: [(name: String, value: String)] = [], body: String? = nil) -> String {
        if method == "HEAD" { reader.headRequests.insert(requests) }
        requests += 1
        var text = "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n"
        if let token { text += "authorization: Bearer \(token)\r\n" }
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if let body { text += "content-length: \(body.utf8.count)\r\ncontent-type: application/json\r\n" }
        return text + "\r\n" + (body ?? "")
    }

    /// Leaves in order (FIN).
    public func leave() { stream.finish() }

    /// Leaves without a word (RST).
    public func reset() { stream.reset() }

    /// Whether the client reads what comes.
    public var reads: Bool {
        get { stream.clientReads }
        set { stream.clientReads = newValue }
    }

    // MARK: What came

    /// The answers so far, in order; the last may still be under way.
    public var answers: [ReceivedAnswer] {
        reader.read(stream.received)
        if stream.end == .finished { reader.closed() }
        return reader.answers
    }

    /// The last answer.
    public var answer: ReceivedAnswer? { answers.last }

    /// What is wrong with the bytes that came, as far as they are to be answers: `nil` in a correct program.
    public var problem: String? {
        _ = answers
        if let problem = reader.problem { return problem }
        if reader.isInside || stream.end == nil { return nil }
        // Who leaves first, or does not read, may have lost the rest of a head.
        let rest = stream.received.dropFirst(reader.consumed)
        return "HTTP/1.1 ".utf8.starts(with: rest.prefix(9)) ? nil : "bytes behind the last answer"
    }

    /// How the gateway has ended the connection; `nil` while it is open.
    public var end: MemoryStream.End? { stream.end }

    /// Everything that came.
    public var received: String { String(decoding: stream.received, as: UTF8.self) }
}
