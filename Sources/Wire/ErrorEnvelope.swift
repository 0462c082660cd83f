/// An error in the one shape that every client of the API understands: `{"error":{"message","type","param","code"}}`.
public struct ErrorEnvelope: Equatable, Sendable {
    /// What was wrong, for a person to read.
    public var message: String
    /// The class of error, such as `invalid_request_error`.
    public var type: String
    /// The member of the request it is about.
    public var param: String?
    /// What programs branch on, such as `context_length_exceeded`: a string or nothing, never a number.
    public var code: String?

    /// Makes an error.
    public init(message: String, type: String, param: String? = nil, code: String? = nil) {
        self.message = message
        self.type = type
        self.param = param
        self.code = code
    }

    /// Appends the error as a JSON object.
    ///
    /// - Parameters:
    ///   - buffer: The buffer to append to.
    ///   - best: A JSON value for the member `best` of the error, which clients ignore. It is not checked.
    public func write(into buffer: inout ByteBuffer, best: RawSpan? = nil) {
        buffer.append("{\"error\":")
        writeObject(into: &buffer, best: best)
        buffer.append("}")
    }

    /// Appends the inner object alone, for an event that has other members beside `error`.
    public func writeObject(into buffer: inout ByteBuffer, best: RawSpan? = nil) {
        buffer.append("{\"message\":")
        buffer.append(jsonString: message)
        buffer.append(",\"type\":")
        buffer.append(jsonString: type)
        buffer.append(",\"param\":")
        Self.write(param, into: &buffer)
        buffer.append(",\"code\":")
        Self.write(code, into: &buffer)
        if let best {
            buffer.append(",\"best\":")
            buffer.append(best)
        }
        buffer.append("}")
    }

    /// Appends `code`, `message` and `param` as members of an already open object, as in an `error` event of
    /// `/v1/responses`.
    public func writeMembers(into buffer: inout ByteBuffer) {
        buffer.append("\"code\":")
        Self.write(code, into: &buffer)
        buffer.append(",\"message\":")
        buffer.append(jsonString: message)
        buffer.append(",\"param\":")
        Self.write(param, into: &buffer)
    }

    private static func write(_ text: String?, into buffer: inout ByteBuffer) {
        if let text { buffer.append(jsonString: text) } else { buffer.append("null") }
    }
}
