internal import Wire

/// The events of a stream.
extension MockPlan {
    /// Appends the event that carries only the role.
    func appendRole(number: UInt64, reportsNull: Bool, to output: inout ByteBuffer) {
        beginEvent(number, to: &output)
        output.append("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]")
        endEvent(reportsNull: reportsNull, to: &output)
    }

    /// Appends the event of one content chunk.
    ///
    /// - Parameters:
    ///   - sequence: The chunk's number, from 0.
    ///   - total: How many chunks the stream has.
    ///   - number: The number in the stream's id.
    ///   - microseconds: The time of a stamp.
    ///   - reportsNull: Whether `"usage":null` is in every event.
    func appendChunk(_ sequence: Int, of total: Int, number: UInt64, microseconds: UInt64, reportsNull: Bool, to output: inout ByteBuffer) {
        let start = output.count
        beginEvent(number, to: &output)
        let closing = appendOpening(of: sequence, total: total, number: number, to: &output)
        let text = output.count
        output.append(chunk: sequence, of: behaviour.content, microseconds: microseconds)
        var filler = contentBytes - (output.count - text)
        if behaviour.eventBytes > 0 {
            // `,"usage":null` has 13 bytes, the last brace one.
            let tail = closing.utf8CodeUnitCount + (reportsNull ? 13 : 0) + 1 + lineEnd.utf8CodeUnitCount * 2
            filler = max(filler, behaviour.eventBytes - (output.count - start) - tail)
        }
        if behaviour.hugeBytes > 0, sequence == behaviour.position { filler = max(filler, behaviour.hugeBytes - (output.count - text)) }
        output.append(filler: filler)
        output.append(closing)
        endEvent(reportsNull: reportsNull, to: &output)
    }

    /// Appends the event with the `finish_reason`.
    func appendFinish(number: UInt64, usage: MockUsage, reportsNull: Bool, to output: inout ByteBuffer) {
        beginEvent(number, to: &output)
        output.append(
            endpoint == .chat ? "{\"index\":0,\"delta\":{},\"finish_reason\":" : "{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":")
        finishReason.copy(to: &output)
        output.append("}]")
        if behaviour.usage == .onChoice {
            output.append(",\"usage\":")
            usage.append(to: &output)
            endEvent(reportsNull: false, to: &output)
        } else {
            endEvent(reportsNull: reportsNull, to: &output)
        }
    }

    /// Appends the event with the usage and no choices.
    func appendUsage(number: UInt64, usage: MockUsage, to output: inout ByteBuffer) {
        beginEvent(number, to: &output)
        output.append("],\"usage\":")
        usage.append(to: &output)
        endEvent(reportsNull: false, to: &output)
    }

    /// Appends `[DONE]`.
    func appendDone(to output: inout ByteBuffer) {
        output.append("data: [DONE]")
        endLines(to: &output)
    }

    /// Appends a comment.
    func appendComment(to output: inout ByteBuffer) {
        output.append(": ping")
        endLines(to: &output)
    }

    /// Appends an event that reports a failure in the middle of a stream.
    func appendError(number: UInt64, epoch: Int, to output: inout ByteBuffer) {
        let error = MockErrorBody(
            shape: errorShape, status: 500, message: behaviour.errorMessage, code: behaviour.errorCode, hints: behaviour.retryHints, epoch: epoch)
        guard errorShape == .openRouter else {
            output.append("data: {\"error\":")
            error.appendObject(to: &output)
            output.append("}")
            return endLines(to: &output)
        }
        // The frame that OpenRouter documents: the error beside a choice that ends with `error`.
        beginEvent(number, to: &output)
        output.append("{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}],\"error\":")
        error.appendObject(to: &output)
        endEvent(reportsNull: false, to: &output)
    }

    /// Appends what replaces a chunk in a malformed stream.
    func appendMalformed(_ kind: MockFault.Malformation, number: UInt64, to output: inout ByteBuffer) {
        switch kind {
        case .json:
            beginEvent(number, to: &output)
            output.append("{\"index\":0,\"delta\":{\"content\":\"w")
            endLines(to: &output)
        case .sse:
            output.append("event stream this is not")
            output.append(lineEnd)
            output.append("dta: {\"choices\":[]}")
            endLines(to: &output)
            output.append("data")
            endLines(to: &output)
        case .truncated, .headers: break
        }
    }

    // MARK: Pieces

    /// Appends everything before a chunk's text.
    ///
    /// - Returns: Everything after it, up to the bracket of the choices.
    private func appendOpening(of sequence: Int, total: Int, number: UInt64, to output: inout ByteBuffer) -> StaticString {
        guard endpoint == .chat else {
            output.append("{\"index\":0,\"text\":\"")
            return "\",\"logprobs\":null,\"finish_reason\":null}]"
        }
        output.append("{\"index\":0,\"delta\":{")
        if sequence == 0, !behaviour.roleComesFirst { output.append("\"role\":\"assistant\",") }
        if sequence < behaviour.reasoningChunks {
            output.append("\"reasoning_content\":\"")
            return "\"},\"finish_reason\":null}]"
        }
        guard behaviour.tool.isEmpty else { return appendToolOpening(of: sequence, total: total, number: number, to: &output) }
        output.append("\"content\":\"")
        return "\"},\"finish_reason\":null}]"
    }

    /// Tool calls: the name is sent once, the arguments piece by piece, together one JSON object.
    private func appendToolOpening(of sequence: Int, total: Int, number: UInt64, to output: inout ByteBuffer) -> StaticString {
        let first = behaviour.reasoningChunks
        if sequence == first {
            output.append("\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"call_mock")
            output.append(padded: number, digits: 8)
            output.append("\",\"type\":\"function\",\"function\":{\"name\":")
            tool.copy(to: &output)
            output.append(",\"arguments\":\"{\\\"text\\\":\\\"")
        } else {
            output.append("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"")
        }
        return sequence == total - 1 ? "\\\"}\"}}]},\"finish_reason\":null}]" : "\"}}]},\"finish_reason\":null}]"
    }

    @inline(__always)
    private func beginEvent(_ number: UInt64, to output: inout ByteBuffer) {
        output.append(endpoint == .chat ? "data: {\"id\":\"chatcmpl-mock" : "data: {\"id\":\"cmpl-mock")
        output.append(padded: number, digits: 8)
        eventMiddle.copy(to: &output)
    }

    @inline(__always)
    private func endEvent(reportsNull: Bool, to output: inout ByteBuffer) {
        output.append(reportsNull ? ",\"usage\":null}" : "}")
        endLines(to: &output)
    }

    @inline(__always)
    private func endLines(to output: inout ByteBuffer) {
        output.append(behaviour.usesCRLF ? "\r\n\r\n" : "\n\n")
    }

    private var lineEnd: StaticString { behaviour.usesCRLF ? "\r\n" : "\n" }
}
