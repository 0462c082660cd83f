/// Why a message was refused. Its connection cannot be used any further: where the next message begins is
/// unknown.
public struct HTTP1Error: Error, Equatable, Sendable {
    /// What was wrong, for decisions and tests.
    public let code: Code
    /// The status for the other side: for a request, what the server answers; for an answer, 502 to the client
    /// that waits for it.
    public let status: UInt16

    /// What was wrong, in words for a log line or an error body: lower case, no full stop, nothing from the message itself.
    public var reason: String { code.reason }

    /// An error in a request.
    init(request code: Code) {
        self.code = code
        status = code.requestStatus
    }

    /// An error in an upstream's answer (502, RFC 9110 §15.6.3).
    init(response code: Code) {
        self.code = code
        status = 502
    }

    /// The kinds of refusal; names are stable.
    public enum Code: Error, Equatable, Sendable, CaseIterable {
        // Bytes and lines
        case controlByte, bareLineFeed, bareCarriageReturn, foldedLine, strayEmptyLine
        // Start line
        case malformedRequestLine, malformedMethod, malformedTarget, misplacedTargetForm
        case unknownMethod, unsupportedVersion, malformedStatusLine
        // Fields
        case malformedFieldLine, missingHost, repeatedHost, malformedHost, mismatchedHost, unknownExpectation
        // Framing
        case malformedContentLength, repeatedContentLength, contentLengthWithTransferEncoding
        case repeatedTransferEncoding, malformedTransferEncoding, unknownTransferCoding, transferEncodingOnHTTP10
        case malformedChunk, forbiddenTrailer, inconsistentFraming
        // Limits
        case targetTooLong, headTooLarge, tooManyFields, trailerTooLarge
        // Answers
        case switchedProtocols, interimWithBody, tooManyInterimAnswers, truncated
    }
}

extension HTTP1Error.Code {
    /// The status for a request with this fault. What could smuggle a second request is 400 (RFC 9112 §11.2).
    var requestStatus: UInt16 {
        switch self {
        case .targetTooLong: 414
        case .unknownExpectation: 417
        case .headTooLarge, .tooManyFields, .trailerTooLarge: 431
        case .unknownMethod, .unknownTransferCoding: 501
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// The fault in words.
    var reason: String {
        switch self {
        case .controlByte: "control byte in a line"
        case .bareLineFeed: "line feed without carriage return"
        case .bareCarriageReturn: "carriage return without line feed"
        case .foldedLine: "line begins with white space"
        case .strayEmptyLine: "empty line where a message should begin"
        case .malformedRequestLine: "request line is not 'method target HTTP/1.1' with single spaces"
        case .malformedMethod: "method is not a token"
        case .malformedTarget: "malformed request target, or bytes in it that must be percent-encoded"
        case .misplacedTargetForm: "request target is neither a path nor an http or https URI"
        case .unknownMethod: "unknown method"
        case .unsupportedVersion: "only HTTP/1.1 and HTTP/1.0 are spoken here"
        case .malformedStatusLine: "answer does not begin with an HTTP/1.1 or HTTP/1.0 status line"
        case .malformedFieldLine: "field line is not 'name: value'"
        case .missingHost: "missing host"
        case .repeatedHost: "repeated host"
        case .malformedHost: "host is not a name or address with an optional port"
        case .mismatchedHost: "host differs from the request target's"
        case .unknownExpectation: "only the expectation 100-continue is known"
        case .malformedContentLength: "content-length is not a decimal number"
        case .repeatedContentLength: "repeated content-length"
        case .contentLengthWithTransferEncoding: "content-length together with transfer-encoding"
        case .repeatedTransferEncoding: "repeated transfer-encoding"
        case .malformedTransferEncoding: "transfer-encoding does not end in one chunked"
        case .unknownTransferCoding: "only the transfer coding chunked is known"
        case .transferEncodingOnHTTP10: "transfer-encoding in an HTTP/1.0 message"
        case .malformedChunk: "malformed chunk, or its size or extensions too long"
        case .forbiddenTrailer: "framing or routing field among the trailers"
        case .inconsistentFraming: "ambiguous message length"
        case .targetTooLong: "request target too long"
        case .headTooLarge: "message head too large"
        case .tooManyFields: "too many fields"
        case .trailerTooLarge: "trailer section too large"
        case .switchedProtocols: "protocol switched without being asked"
        case .interimWithBody: "interim answer with a body"
        case .tooManyInterimAnswers: "too many interim answers"
        case .truncated: "connection closed before the answer was whole"
        }
    }
}
