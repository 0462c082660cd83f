internal import Wire

/// How requests of one kind for one model are answered: a behaviour, and the constant pieces of its answers.
///
/// Plans are made once for each model name and script and then shared, so that an ordinary request creates no
/// string.
final class MockPlan {
    let behaviour: MockBehaviour
    let endpoint: MockEndpoint
    let counters: MockModelCounters
    /// Tokens of prompt that fit; 0 for no limit.
    let contextLength: Int
    /// The form of error bodies.
    let errorShape: MockErrorShape
    /// Requests that used this plan.
    var requests = 0

    /// The key by which the plan is found.
    private let key: ByteBuffer
    /// The model's name.
    let name: String
    /// The model's name as a JSON string.
    let model: ByteBuffer
    /// The `finish_reason` as a JSON string.
    let finishReason: ByteBuffer
    /// The called function's name as a JSON string.
    let tool: ByteBuffer
    /// From the end of an event's id to the bracket of its choices.
    let eventMiddle: ByteBuffer
    /// From the end of a whole answer's id to its choices' bracket.
    let replyMiddle: ByteBuffer
    /// The header lines of an event stream.
    let streamFields: ByteBuffer
    /// The behaviour's own header lines, each with its line end.
    let fields: ByteBuffer
    /// Content chunks in one write.
    let batch: Int
    /// Bytes of content in each chunk.
    let contentBytes: Int
    /// The last whole answer from after its id up to its usage, and the lengths it was made for.
    var replyBlock = ByteBuffer()
    var replyBlockFits = (total: -1, usageBytes: -1)

    init(
        endpoint: MockEndpoint, model name: String, behaviour: MockBehaviour, contextLength: Int, counters: MockModelCounters,
        key: consuming ByteBuffer
    ) {
        self.endpoint = endpoint
        self.behaviour = behaviour
        self.contextLength = contextLength
        self.counters = counters
        self.key = key
        self.name = name
        errorShape = behaviour.effectiveErrorShape
        var model = ByteBuffer()
        model.append(jsonString: name)
        var finish = ByteBuffer()
        finish.append(jsonString: behaviour.tool.isEmpty || behaviour.finishReason != "stop" ? behaviour.finishReason : "tool_calls")
        var tool = ByteBuffer()
        tool.append(jsonString: behaviour.tool)
        eventMiddle = MockPlan.middle(object: endpoint == .chat ? "chat.completion.chunk" : "text_completion", model: model.bytes)
        replyMiddle = MockPlan.middle(object: endpoint == .chat ? "chat.completion" : "text_completion", model: model.bytes)
        var fields = ByteBuffer()
        fields.append("cache-control: no-cache\r\n")
        if behaviour.closesConnection { fields.append("connection: close\r\n") }
        var own = ByteBuffer()
        for line in behaviour.fields {
            own.append(utf8: line)
            own.append("\r\n")
        }
        fields.append(own.bytes)
        self.fields = own
        streamFields = fields
        self.model = model
        self.tool = tool
        finishReason = finish
        if behaviour.floodBytes > 0 {
            // Blocks of about one system call's size, unless the script says otherwise.
            contentBytes = behaviour.contentBytes > 0 ? behaviour.contentBytes : 4096
            batch = behaviour.batch > 1 ? behaviour.batch : max(1, 65_536 / contentBytes)
        } else {
            contentBytes = behaviour.contentBytes
            batch = behaviour.batch
        }
    }

    /// Whether the plan belongs to this model name and script.
    func isFor(model: RawSpan, script: RawSpan) -> Bool {
        key.isPair(model, script)
    }

    /// The fault that strikes this request, if one does.
    func fault(using random: inout MockRandom) -> MockFault.Kind? {
        guard !behaviour.faults.isEmpty else { return nil }
        if behaviour.faultyRequests > 0, requests > behaviour.faultyRequests { return nil }
        return MockFault.choose(from: behaviour.faults, using: &random)
    }

    /// The number of content chunks of one answer.
    func chunkCount(using random: inout MockRandom) -> Int {
        if behaviour.floodBytes > 0 { return max(1, behaviour.floodBytes / contentBytes) }
        return Int(behaviour.tokens.sample(using: &random))
    }

    /// Milliseconds between two writes of one stream; `nil` if they are drawn for each.
    func steadyGap(using random: inout MockRandom) -> Double? {
        if behaviour.floodBytes > 0 { return 0 }
        switch behaviour.pace {
        case .gap(let distribution): return distribution.fixed
        case .rate(let distribution):
            let rate = distribution.sample(using: &random)
            return rate > 0 ? min(1000 / rate, MockDistribution.largest) : 0
        }
    }

    /// Milliseconds to the next write, drawn each time.
    func gap(using random: inout MockRandom) -> Double {
        if case .gap(let distribution) = behaviour.pace { distribution.sample(using: &random) } else { 0 }
    }

    private static func middle(object: StaticString, model: RawSpan) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.append("\",\"object\":\"")
        buffer.append(object)
        buffer.append("\",\"created\":")
        buffer.append(decimal: MockText.created)
        buffer.append(",\"model\":")
        buffer.append(model)
        buffer.append(",\"choices\":[")
        return buffer
    }
}
