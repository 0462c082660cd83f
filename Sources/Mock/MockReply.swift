internal import HTTPServer
internal import Wire

/// A whole answer before it is sent.
struct MockReply: ~Copyable {
    /// How much of the body is sent, and what follows.
    enum Ending: Equatable {
        /// All of it.
        case whole
        /// Half of it, followed by this.
        case half(MockStream.Action)
        /// Nothing, not even a head, followed by this.
        case nothing(MockStream.Action)
    }

    var status = 200
    var contentType: StaticString? = "application/json"
    var body = ByteBuffer()
    /// Further lines of the head, each with its line end.
    var fields = ByteBuffer()
    var ending = Ending.whole

    /// Empties the answer but keeps the memory.
    mutating func removeAll() {
        status = 200
        contentType = "application/json"
        body.removeAll()
        fields.removeAll()
        ending = .whole
    }

    /// Makes it an error answer.
    mutating func become(_ error: MockErrorBody) {
        status = error.headStatus
        contentType = error.contentType
        body.removeAll()
        error.append(to: &body)
        for hint in error.hints { hint.appendFields(to: &fields, epoch: error.epoch) }
    }

    /// Sends the answer as its ending says.
    ///
    /// - Returns: Whether the answer is over; otherwise there is silence until the client leaves.
    func send(on exchange: HTTPExchange) -> Bool {
        switch ending {
        case .whole:
            exchange.respond(status: status, contentType: contentType, body: body.bytes) { $0.add(lines: fields.bytes) }
            return true
        case .half(let action):
            let half = body.bytes.extracting(first: body.count / 2)
            _ = exchange.startStream(status: status, contentType: StaticString("application/json").span, first: half) { $0.add(lines: fields.bytes) }
            return MockReply.end(exchange, with: action)
        case .nothing(let action):
            return MockReply.end(exchange, with: action)
        }
    }

    private static func end(_ exchange: HTTPExchange, with action: MockStream.Action) -> Bool {
        switch action {
        case .more, .stall: return false
        case .finish: exchange.finish()
        case .reset:
            // A client whose connection was closed here has not left by itself.
            exchange.observer = nil
            exchange.abort()
        }
        return true
    }
}
