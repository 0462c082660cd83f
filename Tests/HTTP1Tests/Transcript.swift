import HTTP1
import Wire

/// The bytes of a text whose scalars are all below 100 (hexadecimal), one byte each.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}

/// Cuts bytes after each of the given offsets.
func cut(_ bytes: [UInt8], at offsets: [Int]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    for end in offsets + [bytes.count] {
        pieces.append(Array(bytes[start..<end]))
        start = end
    }
    return pieces
}

/// What a parser made of some bytes, in a form that does not depend on how they were cut.
struct Transcript<Message: Equatable & Sendable>: Equatable, Sendable {
    var messages: [Message] = []
    var error: HTTP1Error?
}

/// A request as the parser described it.
struct SeenRequest: Equatable, Sendable {
    var method: HTTPMethod
    var token: String
    var target: String
    var host: String
    var minorVersion: Int
    var fields: [String]
    var contentLength: Int?
    var isChunked: Bool
    var keepAlive: Bool
    var expectsContinue: Bool
    var body: [UInt8] = []
    var isWhole = false

    init(_ parser: HTTP1RequestParser) {
        method = parser.method
        token = parser.methodToken.text
        target = parser.target.text
        host = parser.host.text
        minorVersion = parser.minorVersion
        fields = (0..<parser.fieldCount).map { "\(parser.name(at: $0).text): \(parser.value(at: $0).text)" }
        contentLength = parser.contentLength
        isChunked = parser.isChunked
        keepAlive = parser.keepAlive
        expectsContinue = parser.expectsContinue
    }
}

/// An answer as the parser described it.
struct SeenAnswer: Equatable, Sendable {
    var status: UInt16
    var reason: String
    var minorVersion: Int
    var fields: [String]
    var contentLength: Int?
    var isChunked: Bool
    var keepAlive: Bool
    var body: [UInt8] = []
    var isWhole = false

    init(_ parser: HTTP1ResponseParser) {
        status = parser.status
        reason = parser.reason.text
        minorVersion = parser.minorVersion
        fields = (0..<parser.fieldCount).map { "\(parser.name(at: $0).text): \(parser.value(at: $0).text)" }
        contentLength = parser.contentLength
        isChunked = parser.isChunked
        keepAlive = parser.keepAlive
    }
}

/// Feeds pieces of bytes to a request parser until they are used or refused.
func readRequests(_ pieces: [[UInt8]], with parser: HTTP1RequestParser) -> Transcript<SeenRequest> {
    var transcript = Transcript<SeenRequest>()
    do throws(HTTP1Error) {
        for piece in pieces {
            var buffer = ByteBuffer(capacity: piece.count)
            for byte in piece { buffer.append(byte) }
            var offset = 0
            reading: while true {
                switch try parser.next(in: buffer.bytes, at: &offset) {
                case .needsMoreBytes:
                    precondition(offset == piece.count, "bytes were left behind")
                    break reading
                case .head:
                    transcript.messages.append(SeenRequest(parser))
                case .body(let range):
                    precondition(!range.isEmpty && range.upperBound == offset, "the body's bytes are not where they should be")
                    transcript.messages[transcript.messages.count - 1].body += piece[range]
                case .end:
                    transcript.messages[transcript.messages.count - 1].isWhole = true
                }
            }
        }
    } catch {
        transcript.error = error
    }
    return transcript
}

/// Feeds pieces of bytes to an answer parser until they are used or refused; a new answer begins after each
/// complete one.
///
/// - Parameter closes: Whether the connection is closed after the last piece.
func readAnswers(_ pieces: [[UInt8]], expectsNoBody: Bool, closes: Bool, with parser: HTTP1ResponseParser) -> Transcript<SeenAnswer> {
    var transcript = Transcript<SeenAnswer>()
    parser.begin(expectsNoBody: expectsNoBody)
    do throws(HTTP1Error) {
        for piece in pieces {
            var buffer = ByteBuffer(capacity: piece.count)
            for byte in piece { buffer.append(byte) }
            var offset = 0
            reading: while true {
                switch try parser.next(in: buffer.bytes, at: &offset) {
                case .needsMoreBytes:
                    precondition(offset == piece.count || parser.isIdle, "bytes were left behind")
                    guard offset < piece.count else { break reading }
                    parser.begin(expectsNoBody: expectsNoBody)
                case .head:
                    transcript.messages.append(SeenAnswer(parser))
                case .body(let range):
                    precondition(!range.isEmpty && range.upperBound == offset, "the body's bytes are not where they should be")
                    transcript.messages[transcript.messages.count - 1].body += piece[range]
                case .end:
                    transcript.messages[transcript.messages.count - 1].isWhole = true
                }
            }
        }
        if closes, try parser.finish() { transcript.messages[transcript.messages.count - 1].isWhole = true }
    } catch {
        transcript.error = error
    }
    return transcript
}

/// Reads requests whole, cut once at every byte, and byte by byte.
///
/// - Returns: The outcome, if it was always the same; otherwise the cut that changed it.
func requests(_ bytes: [UInt8], limits: HTTPHeadLimits = HTTPHeadLimits()) -> (transcript: Transcript<SeenRequest>, spoiledBy: Int?) {
    let whole = readRequests([bytes], with: HTTP1RequestParser(limits: limits))
    for offset in 0...bytes.count where readRequests(cut(bytes, at: [offset]), with: HTTP1RequestParser(limits: limits)) != whole {
        return (whole, offset)
    }
    let single = readRequests(bytes.map { [$0] }, with: HTTP1RequestParser(limits: limits))
    return (whole, single == whole ? nil : -1)
}

/// Reads answers whole, cut once at every byte, and byte by byte.
func answers(
    _ bytes: [UInt8], expectsNoBody: Bool = false, closes: Bool = false, limits: HTTPHeadLimits = HTTPHeadLimits()
) -> (transcript: Transcript<SeenAnswer>, spoiledBy: Int?) {
    func read(_ pieces: [[UInt8]]) -> Transcript<SeenAnswer> {
        readAnswers(pieces, expectsNoBody: expectsNoBody, closes: closes, with: HTTP1ResponseParser(limits: limits))
    }
    let whole = read([bytes])
    for offset in 0...bytes.count where read(cut(bytes, at: [offset])) != whole { return (whole, offset) }
    return (whole, read(bytes.map { [$0] }) == whole ? nil : -1)
}
