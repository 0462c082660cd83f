internal import Wire

/// The tokens of one answer. A token of prompt is four bytes of the request, one of completion is a chunk.
struct MockUsage: Equatable {
    var prompt: Int
    var completion: Int

    /// Counts the prompt of a request's body.
    static func promptTokens(bodyBytes: Int) -> Int { (bodyBytes + 3) / 4 }

    /// Appends the object under `usage`.
    func append(to output: inout ByteBuffer) {
        output.append("{\"prompt_tokens\":")
        output.append(decimal: prompt)
        output.append(",\"completion_tokens\":")
        output.append(decimal: completion)
        output.append(",\"total_tokens\":")
        output.append(decimal: prompt + completion)
        output.append("}")
    }

    /// The length of that object in bytes.
    var byteCount: Int { 55 + decimalDigits(prompt) + decimalDigits(completion) + decimalDigits(prompt + completion) }
}
