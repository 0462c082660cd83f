import HTTP1
import Testing
import Wire

/// A POST with these field lines, followed by this body; it has a Host.
private func post(_ lines: String, _ body: String = "") -> String {
    "POST /v1 HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\(body)"
}

/// A chunked POST with this encoded body.
private func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

private let framing: [Refusal] = [
    Refusal(.contentLengthWithTransferEncoding, 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    Refusal(.contentLengthWithTransferEncoding, 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
    Refusal(.contentLengthWithTransferEncoding, 400, post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    Refusal(.contentLengthWithTransferEncoding, 400, post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello")),
    Refusal(.contentLengthWithTransferEncoding, 400, post("Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello")),
    Refusal(.repeatedContentLength, 400, post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")),
    Refusal(.repeatedContentLength, 400, post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
    Refusal(.repeatedContentLength, 400, post("content-length: 5\r\nCONTENT-LENGTH: 0\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5, 5\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5,6\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length:\r\n")),
    Refusal(.malformedContentLength, 400, post("Content-Length: \r\n")),
    Refusal(.malformedContentLength, 400, post("Content-Length: +5\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: -5\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5 5\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5.0\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5e0\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 0x5\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5;\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: \"5\"\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 1_0\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: \u{B2}\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 5\t\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 9223372036854775808\r\n")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 18446744073709551621\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 99999999999999999999999999\r\n", "hello")),
    Refusal(.malformedContentLength, 400, post("Content-Length: 00000000000000000005\r\n", "hello")),
    Refusal(.repeatedTransferEncoding, 400, post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    Refusal(.repeatedTransferEncoding, 400, post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding:\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked foo\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chun ked\r\n", "0\r\n\r\n")),
    Refusal(.malformedTransferEncoding, 400, post("Transfer-Encoding: chunked\u{A0}\r\n", "0\r\n\r\n")),
    Refusal(.inconsistentFraming, 400, post("Transfer-Encoding: chunked\t\r\n", "0\r\n\r\n")),
    Refusal(.unknownTransferCoding, 501, post("Transfer-Encoding: gzip\r\n", "0\r\n\r\n")),
    Refusal(.unknownTransferCoding, 501, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    Refusal(.unknownTransferCoding, 501, post("Transfer-Encoding: identity\r\n", "0\r\n\r\n")),
    Refusal(.unknownTransferCoding, 501, post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
    Refusal(.unknownTransferCoding, 501, post("Transfer-Encoding: chunke\r\n", "0\r\n\r\n")),
    Refusal(.transferEncodingOnHTTP10, 400, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Refusal(.transferEncodingOnHTTP10, 400, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"),
]

private let chunks: [Refusal] = [
    Refusal(.malformedChunk, 400, chunked("\r\n")),
    Refusal(.malformedChunk, 400, chunked("hello\r\n")),
    Refusal(.malformedChunk, 400, chunked("g\r\n")),
    Refusal(.malformedChunk, 400, chunked("0x5\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("-5\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("+5\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked(" 5\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5 \r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\t\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5_0\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\u{0B}\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("\u{FF}5\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\rhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\r\nhello\n")),
    Refusal(.malformedChunk, 400, chunked("5\r\nhello\r0\r\n\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\r\nhello0\r\n\r\n")),
    Refusal(.malformedChunk, 400, chunked("5\r\nhelloXX0\r\n\r\n")),
    Refusal(.malformedChunk, 400, chunked("4\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("00000000000000005\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("10000000000000005\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("fffffffffffffffff\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5; a\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5 ;a\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;=b\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;;a\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a =b\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a= b\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=b c\r\nhello\r\n")),
    // llhttp 8.1 cannot continue after an unquoted value.
    Refusal(.malformedChunk, 400, chunked("5;a=b;c\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=\"b\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=\"b\"c\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=b\"c\"\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=\"\u{7F}\"\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=\"\u{00}\"\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a\u{00}\r\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a\nhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a\rhello\r\n")),
    Refusal(.malformedChunk, 400, chunked("5;a=\"b\nc\"\r\nhello\r\n")),
    Refusal(.bareLineFeed, 400, chunked("0\r\n\n")),
    Refusal(.malformedChunk, 400, chunked("0\n\n")),
    Refusal(.bareCarriageReturn, 400, chunked("0\r\n\r\r\n")),
    Refusal(.bareLineFeed, 400, chunked("0\r\nA: b\n\r\n")),
    Refusal(.bareCarriageReturn, 400, chunked("0\r\nA: b\rC: d\r\n\r\n")),
    Refusal(.foldedLine, 400, chunked("0\r\n A: b\r\n\r\n")),
    Refusal(.foldedLine, 400, chunked("0\r\nA: b\r\n c\r\n\r\n")),
    Refusal(.controlByte, 400, chunked("0\r\nA: \u{00}\r\n\r\n")),
    Refusal(.malformedFieldLine, 400, chunked("0\r\nA b: c\r\n\r\n")),
    Refusal(.malformedFieldLine, 400, chunked("0\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")),
    Refusal(.forbiddenTrailer, 400, chunked("0\r\nContent-Length: 5\r\n\r\n")),
    Refusal(.forbiddenTrailer, 400, chunked("0\r\ntransfer-encoding: chunked\r\n\r\n")),
    Refusal(.forbiddenTrailer, 400, chunked("0\r\nA: b\r\nHOST: i\r\n\r\n")),
]

/// The ways to smuggle a second request that use the length of the first (RFC 9112 §11.2).
@Suite struct RefusedFramingTests {
    @Test(arguments: [framing, chunks].joined())
    func `a request of ambiguous length is refused, however it is cut`(_ refusal: Refusal) {
        let (transcript, spoiledBy) = requests(latin1(refusal.input))
        #expect(transcript.error?.code == refusal.code)
        #expect(transcript.error?.status == refusal.status)
        #expect(spoiledBy == nil)
        #expect(transcript.messages.allSatisfy { !$0.isWhole })
    }
}
