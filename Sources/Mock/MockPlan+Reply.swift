internal import Wire

/// Whole answers.
extension MockPlan {
    /// Appends the body of a whole chat or text completion of `total` words.
    func appendReply(number: UInt64, total: Int, prompt: Int, fault: MockFault.Kind?, microseconds: UInt64, to body: inout ByteBuffer) {
        let usage = MockUsage(prompt: prompt, completion: total)
        body.append(endpoint == .chat ? "{\"id\":\"chatcmpl-mock" : "{\"id\":\"cmpl-mock")
        body.append(padded: number, digits: 8)
        if fault == nil, repliesAreAlike {
            let usageBytes = usage.byteCount
            if replyBlockFits != (total, usageBytes) {
                replyBlock.removeAll()
                appendBlock(number: number, total: total, usage: usage, fault: nil, microseconds: microseconds, idEnd: body.count, to: &replyBlock)
                replyBlockFits = (total, usageBytes)
            }
            replyBlock.copy(to: &body)
        } else {
            var block = ByteBuffer()
            appendBlock(number: number, total: total, usage: usage, fault: fault, microseconds: microseconds, idEnd: body.count, to: &block)
            body.append(block.bytes)
        }
        if behaviour.usage != .never { usage.append(to: &body) }
        body.append("}")
    }

    /// Whether whole answers differ only in their id and usage, and not in a time or the id of a tool call. An
    /// answer of set size has filler instead of stamps, if there is room: everything around the text is below
    /// 512 bytes.
    private var repliesAreAlike: Bool {
        behaviour.tool.isEmpty && (behaviour.content != .stamp || behaviour.replyBytes >= 512 + model.count)
    }

    /// Appends a whole answer from after its id up to its usage. `idEnd` is how many bytes come before.
    private func appendBlock(
        number: UInt64, total: Int, usage: MockUsage, fault: MockFault.Kind?, microseconds: UInt64, idEnd: Int, to body: inout ByteBuffer
    ) {
        replyMiddle.copy(to: &body)
        if fault != .empty(.choices) {
            // Everything after the text: the reason, brackets, `,"usage":` and the usage, the last brace.
            let tail = finishReason.count + 2 + (behaviour.usage == .never ? 0 : 9 + usage.byteCount) + 1
            if endpoint == .chat {
                appendMessage(number: number, total: total, fault: fault, microseconds: microseconds, start: -idEnd, tail: tail, to: &body)
            } else {
                body.append("{\"index\":0,\"text\":\"")
                let closing: StaticString = "\",\"logprobs\":null,\"finish_reason\":"
                if fault != .empty(.content) {
                    appendText(0..<total, microseconds: microseconds, room: room(-idEnd, closing, tail, body.count), to: &body)
                }
                body.append(closing)
            }
            finishReason.copy(to: &body)
            body.append("}")
        }
        body.append("]")
        if behaviour.usage != .never { body.append(",\"usage\":") }
    }

    /// Appends the choice of a chat answer up to the value of `finish_reason`.
    private func appendMessage(
        number: UInt64, total: Int, fault: MockFault.Kind?, microseconds: UInt64, start: Int, tail: Int, to body: inout ByteBuffer
    ) {
        body.append("{\"index\":0,\"message\":{\"role\":\"assistant\",")
        let reasoning = min(total, behaviour.reasoningChunks)
        if reasoning > 0 {
            body.append("\"reasoning_content\":\"")
            appendText(0..<reasoning, microseconds: microseconds, room: 0, to: &body)
            body.append("\",")
        }
        var closing: StaticString = "\"},\"finish_reason\":"
        if behaviour.tool.isEmpty {
            body.append("\"content\":\"")
        } else {
            body.append("\"content\":null,\"tool_calls\":[{\"id\":\"call_mock")
            body.append(padded: number, digits: 8)
            body.append("\",\"type\":\"function\",\"function\":{\"name\":")
            tool.copy(to: &body)
            body.append(",\"arguments\":\"{\\\"text\\\":\\\"")
            closing = "\\\"}\"}}]},\"finish_reason\":"
        }
        if fault != .empty(.content) {
            appendText(reasoning..<total, microseconds: microseconds, room: room(start, closing, tail, body.count), to: &body)
        }
        body.append(closing)
    }

    /// Appends the words of a whole answer, or filler when the answer has a set size.
    private func appendText(_ words: Range<Int>, microseconds: UInt64, room: Int, to body: inout ByteBuffer) {
        if behaviour.replyBytes > 0, room > 0 { return body.append(filler: room) }
        for word in words {
            let start = body.count
            body.append(chunk: word, of: behaviour.content, microseconds: microseconds)
            if behaviour.floodBytes == 0 { body.append(filler: contentBytes - (body.count - start)) }
        }
    }

    /// How many bytes of text make the body as long as the behaviour asks for.
    private func room(_ start: Int, _ closing: StaticString, _ tail: Int, _ now: Int) -> Int {
        behaviour.replyBytes - (now - start) - closing.utf8CodeUnitCount - tail
    }
}
