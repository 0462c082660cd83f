import HTTP1
import Testing
import Wire

/// An answer and what must be made of it.
struct AnswerCase: CustomTestStringConvertible, Sendable {
    let input: String
    /// The expected error; `nil` when the answer must be accepted.
    var code: HTTP1Error.Code?
    var expectsNoBody = false
    var closes = false
    var check: @Sendable (SeenAnswer) -> Bool = { _ in true }

    static func good(
        _ input: String, expectsNoBody: Bool = false, closes: Bool = false, _ check: @escaping @Sendable (SeenAnswer) -> Bool = { _ in true }
    ) -> AnswerCase {
        AnswerCase(input: input, expectsNoBody: expectsNoBody, closes: closes, check: check)
    }

    static func bad(_ code: HTTP1Error.Code, _ input: String, expectsNoBody: Bool = false, closes: Bool = false) -> AnswerCase {
        AnswerCase(input: input, code: code, expectsNoBody: expectsNoBody, closes: closes)
    }

    var testDescription: String { input.debugDescription }
}

private func ok(_ lines: String, _ body: String = "") -> String {
    "HTTP/1.1 200 OK\r\n\(lines)\r\n\(body)"
}

private let good: [AnswerCase] = [
    .good(ok("Content-Length: 2\r\n", "hi")) { $0.status == 200 && $0.reason == "OK" && $0.minorVersion == 1 && $0.keepAlive },
    .good(ok("Content-Length: 2\r\n", "hi")) { $0.contentLength == 2 && $0.body == latin1("hi") },
    .good(ok("Content-Length: 0\r\n")) { $0.contentLength == 0 && $0.keepAlive },
    .good("HTTP/1.1 529 \r\nContent-Length: 0\r\n\r\n") { $0.status == 529 && $0.reason == "" },
    .good("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n") { $0.status == 200 && $0.reason == "" },
    .good("HTTP/1.1 404 Not  Found\t!\r\nContent-Length: 0\r\n\r\n") { $0.reason == "Not  Found\t!" },
    .good("HTTP/1.1 200 \u{E4}\r\nContent-Length: 0\r\n\r\n") { $0.status == 200 },
    .good("HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n") { $0.status == 999 },
    .good("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi") { $0.minorVersion == 0 && !$0.keepAlive },
    .good("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi") { $0.keepAlive },
    .good(ok("Connection: close\r\nContent-Length: 2\r\n", "hi")) { !$0.keepAlive },
    .good(ok("Content-Length: 2\r\nContent-Length: 2\r\n", "hi")) { $0.contentLength == 2 && $0.body == latin1("hi") },
    .good(ok("Content-Length: 2\r\nA: b\r\ncontent-length: 2\r\nCONTENT-LENGTH: 2\r\n", "hi")) { $0.contentLength == 2 },
    .good(ok("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n")) { $0.isChunked && $0.keepAlive && $0.body == latin1("hi") },
    .good(ok("Transfer-Encoding: Chunked\r\n", "2;x=\"y\"\r\nhi\r\n0\r\nTrailer: x\r\n\r\n")) { $0.body == latin1("hi") },
    .good(ok("", "until the end"), closes: true) { !$0.keepAlive && $0.contentLength == nil && !$0.isChunked && $0.body == latin1("until the end") },
    .good(ok(""), closes: true) { !$0.keepAlive && $0.body.isEmpty },
    .good(ok("Content-Length: 5\r\n"), expectsNoBody: true) { $0.contentLength == 5 && $0.body.isEmpty && $0.keepAlive },
    .good(ok("Transfer-Encoding: chunked\r\n"), expectsNoBody: true) { $0.isChunked && $0.body.isEmpty && $0.keepAlive },
    .good(ok(""), expectsNoBody: true) { $0.keepAlive },
    .good("HTTP/1.1 204 No Content\r\n\r\n") { $0.keepAlive && $0.body.isEmpty },
    .good("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n") { $0.keepAlive },
    .good("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n") { !$0.keepAlive && $0.body.isEmpty },
    .good("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n") { !$0.keepAlive },
    .good("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") { $0.keepAlive && $0.body.isEmpty },
    .good("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n") { $0.status == 205 },
    .good("HTTP/1.1 100 Continue\r\n\r\n" + ok("Content-Length: 2\r\n", "hi")) { $0.status == 200 && $0.fields == ["Content-Length: 2"] },
    .good("HTTP/1.1 100\r\nContent-Length: 0\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + ok("Content-Length: 0\r\n")) { $0.fields.count == 1 },
    .good(ok("Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n", "hi")) { $0.body == latin1("hi") && $0.keepAlive },
    .good(ok("Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 0\r\n")) { $0.keepAlive },
    .good(ok("Keep-Alive: timeout=5\r\nSet-Cookie: \u{80}\r\nEmpty:\r\nContent-Length: 0\r\n")) { $0.fields.count == 4 },
    .good(ok("Host: a\r\nHost: b\r\nExpect: x\r\nContent-Length: 0\r\n")) { $0.fields.count == 4 },
]

private let bad: [AnswerCase] = [
    .bad(.malformedStatusLine, "hello\r\n"),
    .bad(.malformedStatusLine, "<html>\r\n"),
    .bad(.malformedStatusLine, "ICY 200 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "http/1.1 200 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1  200 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1\t200 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 20 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 2000 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 099 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 2x0 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 -20 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 200OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1 200\tOK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.1\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/11 200 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.10 200 OK\r\n\r\n"),
    .bad(.malformedStatusLine, "HTTP/1.x 200 OK\r\n\r\n"),
    .bad(.unsupportedVersion, "HTTP/1.2 200 OK\r\n\r\n"),
    .bad(.unsupportedVersion, "HTTP/2.0 200 OK\r\n\r\n"),
    .bad(.unsupportedVersion, "HTTP/0.9 200 OK\r\n\r\n"),
    .bad(.strayEmptyLine, "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    .bad(.foldedLine, " HTTP/1.1 200 OK\r\n\r\n"),
    .bad(.controlByte, "HTTP/1.1 200 O\u{00}K\r\n\r\n"),
    .bad(.controlByte, "HTTP/1.1 200 O\u{7F}K\r\n\r\n"),
    .bad(.bareLineFeed, "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
    .bad(.bareLineFeed, ok("Content-Length: 0\n")),
    .bad(.bareLineFeed, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n"),
    .bad(.bareCarriageReturn, ok("A: b\rC: d\r\n")),
    .bad(.foldedLine, ok("A: b\r\n c\r\n")),
    .bad(.foldedLine, "HTTP/1.1 200 OK\r\n A: b\r\n\r\n"),
    .bad(.controlByte, ok("A: \u{01}\r\n")),
    .bad(.malformedFieldLine, ok("NoColon\r\n")),
    .bad(.malformedFieldLine, ok("A : b\r\n")),
    .bad(.malformedFieldLine, ok(": b\r\n")),
    .bad(.contentLengthWithTransferEncoding, ok("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n")),
    .bad(.contentLengthWithTransferEncoding, ok("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\nhi\r\n0\r\n\r\n")),
    .bad(.repeatedContentLength, ok("Content-Length: 2\r\nContent-Length: 3\r\n", "hi!")),
    .bad(.repeatedContentLength, ok("Content-Length: 2\r\nContent-Length: 02\r\n", "hi")),
    .bad(.malformedContentLength, ok("Content-Length: 2\r\nContent-Length:\r\n", "hi")),
    .bad(.malformedContentLength, ok("Content-Length: 2, 2\r\n", "hi")),
    .bad(.malformedContentLength, ok("Content-Length: -2\r\n", "hi")),
    .bad(.malformedContentLength, ok("Content-Length: 9223372036854775808\r\n", "hi")),
    .bad(.malformedContentLength, ok("Content-Length: 18446744073709551618\r\n", "hi")),
    .bad(.unknownTransferCoding, ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    .bad(.unknownTransferCoding, ok("Transfer-Encoding: gzip\r\n", "x")),
    .bad(.unknownTransferCoding, ok("Transfer-Encoding: identity\r\n", "x")),
    .bad(.malformedTransferEncoding, ok("Transfer-Encoding: chunked, gzip\r\n", "x")),
    .bad(.malformedTransferEncoding, ok("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")),
    .bad(.malformedTransferEncoding, ok("Transfer-Encoding:\r\n", "x")),
    .bad(.repeatedTransferEncoding, ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    .bad(.transferEncodingOnHTTP10, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .bad(.malformedChunk, ok("Transfer-Encoding: chunked\r\n", "hello")),
    .bad(.malformedChunk, ok("Transfer-Encoding: chunked\r\n", "2\r\nhi!\r\n")),
    .bad(.bareLineFeed, ok("Transfer-Encoding: chunked\r\n", "0\r\n\n")),
    .bad(.forbiddenTrailer, ok("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 0\r\n\r\n")),
    .bad(.switchedProtocols, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    .bad(.interimWithBody, "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello"),
    .bad(.interimWithBody, "HTTP/1.1 103 Early\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .bad(.truncated, "", closes: true),
    .bad(.truncated, "HTTP/1.1 2", closes: true),
    .bad(.truncated, "HTTP/1.1 200 OK\r\n", closes: true),
    .bad(.truncated, "HTTP/1.1 100 Continue\r\n\r\n", closes: true),
    .bad(.truncated, ok("Content-Length: 5\r\n", "hell"), closes: true),
    .bad(.truncated, ok("Content-Length: 5\r\n"), closes: true),
    .bad(.truncated, ok("Transfer-Encoding: chunked\r\n"), closes: true),
    .bad(.truncated, ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), closes: true),
    .bad(.truncated, ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n"), closes: true),
    .bad(.truncated, ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nA: b\r\n"), closes: true),
]

@Suite struct AnswerTests {
    @Test(arguments: good)
    func `an answer within the rules is understood, however it is cut`(_ answer: AnswerCase) throws {
        let (transcript, spoiledBy) = answers(latin1(answer.input), expectsNoBody: answer.expectsNoBody, closes: answer.closes)
        #expect(transcript.error == nil)
        #expect(spoiledBy == nil)
        let seen = try #require(transcript.messages.first)
        #expect(transcript.messages.count == 1)
        #expect(seen.isWhole)
        #expect(answer.check(seen), "\(seen)")
    }

    @Test(arguments: bad)
    func `an answer that breaks a rule is refused, however it is cut`(_ answer: AnswerCase) {
        let (transcript, spoiledBy) = answers(latin1(answer.input), expectsNoBody: answer.expectsNoBody, closes: answer.closes)
        #expect(transcript.error?.code == answer.code)
        #expect(transcript.error?.status == 502)
        #expect(spoiledBy == nil)
        #expect(transcript.messages.allSatisfy { !$0.isWhole })
    }

    @Test(arguments: ["HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </\(String(repeating: "x", count: 990))>\r\n\r\n"])
    func `any number of interim answers is skipped, up to a bound in bytes`(interim: String) {
        let most = 64 * 1024 / interim.utf8.count
        #expect(most > 60)
        let final = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        func read(_ count: Int, inPiecesOf size: Int) -> Transcript<SeenAnswer> {
            let bytes = latin1(String(repeating: interim, count: count) + final)
            let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
            return readAnswers(pieces, expectsNoBody: false, closes: false, with: HTTP1ResponseParser())
        }
        for size in [100_000, 1009, 7] {
            #expect(read(most, inPiecesOf: size).messages.first?.isWhole == true)
            #expect(read(most + 1, inPiecesOf: size).error?.code == .tooManyInterimAnswers)
        }
    }

    @Test func `the bytes of interim answers are counted separately for each answer`() throws {
        let parser = HTTP1ResponseParser()
        for _ in 0..<3 {
            parser.begin(expectsNoBody: false)
            var buffer = ByteBuffer()
            for _ in 0..<2000 { buffer.append("HTTP/1.1 102 Processing\r\n\r\n") }
            buffer.append("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            var offset = 0
            #expect(try parser.next(in: buffer.bytes, at: &offset) == .head)
            #expect(try parser.next(in: buffer.bytes, at: &offset) == .end)
        }
    }

    @Test func `bytes after an answer are left to the caller`() throws {
        let parser = HTTP1ResponseParser()
        parser.begin(expectsNoBody: false)
        var buffer = ByteBuffer()
        buffer.append("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhigarbage")
        var offset = 0
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .head)
        #expect(!parser.isIdle)
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .body(38..<40))
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .end)
        #expect(parser.isIdle)
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .needsMoreBytes)
        #expect(offset == 40)
        #expect(try parser.finish() == false)
        #expect(parser.status == 200)
    }

    @Test func `a parser reads one answer after another and can start again after an error`() throws {
        let parser = HTTP1ResponseParser()
        let first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
        let second = "HTTP/1.1 404 Gone\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbye\r\n0\r\n\r\n"
        let both = readAnswers([latin1(first + second)], expectsNoBody: false, closes: false, with: parser)
        #expect(both.messages.map(\.status) == [200, 404])
        #expect(both.messages.map(\.body) == [latin1("hi"), latin1("bye")])
        let broken = readAnswers([latin1("nonsense\r\n")], expectsNoBody: false, closes: true, with: parser)
        #expect(broken.error?.code == .malformedStatusLine)
        #expect(throws: HTTP1Error.self) { try parser.finish() }
        let again = readAnswers([latin1(first)], expectsNoBody: false, closes: false, with: parser)
        #expect(again.messages.map(\.status) == [200])
        parser.releaseMemory()
        #expect(parser.fieldCount == 0)
        #expect(parser.reason.byteCount == 0)
    }

    @Test func `an end by close is distinguished from a proven end`() throws {
        let parser = HTTP1ResponseParser()
        parser.begin(expectsNoBody: false)
        var buffer = ByteBuffer()
        buffer.append("HTTP/1.1 200 OK\r\n\r\nbody")
        var offset = 0
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .head)
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .body(19..<23))
        #expect(try parser.next(in: buffer.bytes, at: &offset) == .needsMoreBytes)
        #expect(try parser.finish())
        #expect(parser.isIdle)
    }
}
