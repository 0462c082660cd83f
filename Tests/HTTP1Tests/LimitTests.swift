import HTTP1
import Testing
import Wire

private let small: HTTPHeadLimits = {
    var limits = HTTPHeadLimits()
    limits.maximumTargetBytes = 40
    limits.maximumHeadBytes = 200
    limits.maximumFieldCount = 5
    limits.maximumTrailerBytes = 60
    limits.maximumChunkExtensionBytes = 20
    limits.maximumTotalChunkExtensionBytes = 50
    return limits
}()

private func request(target size: Int) -> [UInt8] {
    latin1("GET /\(String(repeating: "t", count: size - 1)) HTTP/1.1\r\nHost: h\r\n\r\n")
}

/// A request whose head has this many bytes.
private func request(head size: Int) -> [UInt8] {
    let rest = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n"
    return latin1("GET / HTTP/1.1\r\nHost: h\r\nA: \(String(repeating: "a", count: size - rest.utf8.count))\r\n\r\n")
}

private func request(fields count: Int) -> [UInt8] {
    latin1("GET / HTTP/1.1\r\nHost: h\r\n\(String(repeating: "A: b\r\n", count: count - 1))\r\n")
}

private func request(chunks: String) -> [UInt8] {
    latin1("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)")
}

/// A chunk of one byte with this many bytes of extensions, separators included.
private func chunk(extensions size: Int) -> String {
    "1;\(String(repeating: "e", count: size - 1))\r\nx\r\n"
}

@Suite struct LimitTests {
    /// Checks that one request is accepted and another refused with a status, however they are cut.
    private func expect(_ accepted: [UInt8], _ refused: [UInt8], _ code: HTTP1Error.Code, _ status: UInt16, _ limits: HTTPHeadLimits = small) {
        let good = requests(accepted, limits: limits)
        #expect(good.transcript.error == nil)
        #expect(good.transcript.messages.first?.isWhole == true)
        #expect(good.spoiledBy == nil)
        let bad = requests(refused, limits: limits)
        #expect(bad.transcript.error?.code == code)
        #expect(bad.transcript.error?.status == status)
        #expect(bad.spoiledBy == nil)
    }

    @Test func `a target may be as long as the limit`() {
        expect(request(target: 40), request(target: 41), .targetTooLong, 414)
    }

    @Test func `a request line without end is not waited for`() {
        #expect(requests(latin1("GET /" + String(repeating: "t", count: 60)), limits: small).transcript.error == nil)
        let (transcript, spoiledBy) = requests(latin1("GET /" + String(repeating: "t", count: 100)), limits: small)
        #expect(transcript.error?.code == .targetTooLong)
        #expect(spoiledBy == nil)
    }

    @Test func `a head may be as long as the limit`() {
        expect(request(head: 200), request(head: 201), .headTooLarge, 431)
    }

    @Test func `a head without end is not waited for`() {
        let endless = "GET / HTTP/1.1\r\nHost: h\r\nA: "
        let fits = latin1(endless + String(repeating: "a", count: 200 - endless.utf8.count))
        #expect(requests(fits, limits: small).transcript.error == nil)
        #expect(requests(fits + [0x61], limits: small).transcript.error?.code == .headTooLarge)
    }

    @Test func `a line end that crosses the limit is beyond it`() {
        for size in 195...205 {
            let (transcript, spoiledBy) = requests(request(head: size), limits: small)
            #expect((transcript.error == nil) == (size <= 200))
            #expect(spoiledBy == nil)
        }
    }

    @Test func `the limit of the head applies to the request line too`() {
        var limits = small
        limits.maximumHeadBytes = 50
        let (transcript, spoiledBy) = requests(latin1("GET /" + String(repeating: "t", count: 100)), limits: limits)
        #expect(transcript.error?.code == .headTooLarge)
        #expect(spoiledBy == nil)
    }

    @Test func `a head may have as many fields as the limit`() {
        expect(request(fields: 5), request(fields: 6), .tooManyFields, 431)
    }

    @Test func `the default limits are the documented ones`() {
        #expect(readRequests([request(target: 8 * 1024)], with: HTTP1RequestParser()).error == nil)
        #expect(readRequests([request(target: 8 * 1024 + 1)], with: HTTP1RequestParser()).error?.status == 414)
        #expect(readRequests([request(head: 32 * 1024)], with: HTTP1RequestParser()).error == nil)
        #expect(readRequests([request(head: 32 * 1024 + 1)], with: HTTP1RequestParser()).error?.status == 431)
        #expect(readRequests([request(fields: 100)], with: HTTP1RequestParser()).error == nil)
        #expect(readRequests([request(fields: 101)], with: HTTP1RequestParser()).error?.status == 431)
    }

    @Test func `the extensions of one chunk may be as long as the limit`() {
        let good = request(chunks: chunk(extensions: 20) + "0\r\n\r\n")
        expect(good, request(chunks: chunk(extensions: 21) + "0\r\n\r\n"), .malformedChunk, 400)
        expect(good, request(chunks: "1;a=\"\(String(repeating: "q", count: 16))\"\r\nx\r\n0\r\n\r\n"), .malformedChunk, 400)
        expect(good, request(chunks: "0;\(String(repeating: "e", count: 20))\r\n\r\n"), .malformedChunk, 400)
    }

    @Test func `the extensions of all chunks may be as long as the limit`() {
        let two = chunk(extensions: 20) + chunk(extensions: 20)
        let (good, bad) = (chunk(extensions: 10) + "0\r\n\r\n", chunk(extensions: 11) + "0\r\n\r\n")
        expect(request(chunks: two + good), request(chunks: two + bad), .malformedChunk, 400)
    }

    @Test func `a chunk line without end is not waited for`() {
        for line in [String(repeating: "0", count: 100), "1;" + String(repeating: "e", count: 100), "1;a=\"" + String(repeating: "q", count: 100)] {
            let (transcript, spoiledBy) = requests(request(chunks: line), limits: small)
            #expect(transcript.error?.code == .malformedChunk)
            #expect(spoiledBy == nil)
        }
    }

    @Test func `a chunk size may have sixteen digits`() {
        let zeros = String(repeating: "0", count: 15)
        expect(request(chunks: "\(zeros)1;e\r\nx\r\n\(zeros)0\r\n\r\n"), request(chunks: "0\(zeros)1;e\r\nx\r\n0\r\n\r\n"), .malformedChunk, 400)
        expect(request(chunks: "1\r\nx\r\n\(zeros)0\r\n\r\n"), request(chunks: "1\r\nx\r\n0\(zeros)0\r\n\r\n"), .malformedChunk, 400)
    }

    @Test func `the largest chunk is accepted and an even larger one refused`() {
        let (begun, spoiledBy) = requests(request(chunks: "ffffffffffffffff\r\nx"))
        #expect(begun.error == nil && begun.messages.first?.body == latin1("x"))
        #expect(spoiledBy == nil)
        #expect(requests(request(chunks: "10000000000000000\r\nx")).transcript.error?.code == .malformedChunk)
    }

    @Test func `trailers may be as long as the limit`() {
        let rest = "A: \r\n\r\n"
        let good = "0\r\nA: \(String(repeating: "t", count: 60 - rest.utf8.count))\r\n\r\n"
        let bad = "0\r\nA: \(String(repeating: "t", count: 61 - rest.utf8.count))\r\n\r\n"
        expect(request(chunks: good), request(chunks: bad), .trailerTooLarge, 431)
        expect(request(chunks: good), request(chunks: "0\r\nA: \(String(repeating: "t", count: 100))"), .trailerTooLarge, 431)
    }

    @Test func `there may be as many trailers as the limit`() {
        let good = String(repeating: "A: b\r\n", count: 5)
        expect(request(chunks: "0\r\n\(good)\r\n"), request(chunks: "0\r\n\(good)A: b\r\n\r\n"), .tooManyFields, 431)
    }

    @Test func `a content length may be as large as an Int`() {
        let good = readRequests([latin1("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\nx")], with: HTTP1RequestParser())
        #expect(good.error == nil && good.messages.first?.contentLength == Int.max && good.messages.first?.body == latin1("x"))
    }

    @Test func `the same limits apply to an answer`() {
        let line = "HTTP/1.1 200 OK\r\n"
        let fields = String(repeating: "A: b\r\n", count: 4)
        func padded(_ size: Int) -> [UInt8] { latin1("\(line)A: \(String(repeating: "a", count: size - line.utf8.count - 7))\r\n\r\n") }
        #expect(answers(padded(200), limits: small).transcript.error == nil)
        let (long, spoiledBy) = answers(padded(201), limits: small)
        #expect(long.error?.code == .headTooLarge && long.error?.status == 502 && spoiledBy == nil)
        #expect(answers(latin1("\(line)\(fields)A: b\r\n\r\n"), limits: small).transcript.error == nil)
        #expect(answers(latin1("\(line)\(fields)A: b\r\nA: b\r\n\r\n"), limits: small).transcript.error?.code == .tooManyFields)
        #expect(answers(latin1("HTTP/1.1 200 \(String(repeating: "r", count: 200))"), limits: small).transcript.error?.code == .headTooLarge)
    }
}
