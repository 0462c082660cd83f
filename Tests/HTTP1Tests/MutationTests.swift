import HTTP1
import Testing
import Wire

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

private let requestSeeds = [
    "GET /v1/models?x=%20[] HTTP/1.1\r\nHost: localhost:8000\r\nAccept: */*\r\n\r\n",
    "POST http://h/v1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "POST /v1 HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5;a=\"b\";c\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
    "\r\nOPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\nUpgrade: h2c\r\n\r\nDELETE /x HTTP/1.1\r\nHost: h\r\n\r\n",
]

private let answerSeeds = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
    "HTTP/1.0 529 \r\nConnection: keep-alive\r\n\r\nuntil the end",
    "HTTP/1.1 304 Not Modified\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
]

/// Pieces of protocol text that matter for parsing.
private let dictionary = [
    "\r\n", "\n", "\r", " ", "\t", "\0", ":", ";", ",", "=", "\"", "0", "1", "f", "\u{7F}", "\u{80}", "\r\n\r\n",
    "\r\n ", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0",
    "Host: h\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "chunked", "gzip, ",
    "Connection: upgrade\r\n", "Upgrade: h2c\r\n",
    "0\r\n\r\n", "5\r\nhello\r\n", "GET / HTTP/1.1\r\n", "CONNECT ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "Expect: 100-continue\r\n", "%", "#",
]

/// Changes bytes in one to four places.
private func mutate(_ seed: [UInt8], with generator: inout SeededGenerator) -> [UInt8] {
    var bytes = seed
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = Int.random(in: place...min(bytes.count, place + 8), using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 3 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        default: bytes.insert(contentsOf: latin1(dictionary.randomElement(using: &generator) ?? ""), at: place)
        }
    }
    return bytes
}

/// Up to five places to cut at, in order.
private func randomCuts(_ count: Int, with generator: inout SeededGenerator) -> [Int] {
    (0..<Int.random(in: 1...5, using: &generator)).map { _ in Int.random(in: 0...count, using: &generator) }.sorted()
}

@Suite struct MutationTests {
    /// Limits that the mutations can reach.
    private static let limits: HTTPHeadLimits = {
        var limits = HTTPHeadLimits()
        limits.maximumTargetBytes = 30
        limits.maximumHeadBytes = 160
        limits.maximumFieldCount = 5
        limits.maximumTrailerBytes = 30
        limits.maximumChunkExtensionBytes = 8
        limits.maximumTotalChunkExtensionBytes = 12
        return limits
    }()

    @Test(arguments: 0..<8)
    func `a corrupted request is read the same way however it is cut`(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        for round in 0..<1500 {
            let bytes = mutate(latin1(requestSeeds[round % requestSeeds.count]), with: &generator)
            let limits = round % 3 == 0 ? MutationTests.limits : HTTPHeadLimits()
            let whole = readRequests([bytes], with: HTTP1RequestParser(limits: limits))
            let pieces = cut(bytes, at: randomCuts(bytes.count, with: &generator))
            #expect(readRequests(pieces, with: HTTP1RequestParser(limits: limits)) == whole, "\(bytes) in \(pieces.map(\.count))")
            #expect(readRequests(bytes.map { [$0] }, with: HTTP1RequestParser(limits: limits)) == whole, "\(bytes)")
            checkFraming(whole)
        }
    }

    @Test(arguments: 0..<8)
    func `a corrupted answer is read the same way however it is cut`(seed: Int) {
        var generator = SeededGenerator(state: UInt64(1000 + seed))
        for round in 0..<1500 {
            let bytes = mutate(latin1(answerSeeds[round % answerSeeds.count]), with: &generator)
            let limits = round % 3 == 0 ? MutationTests.limits : HTTPHeadLimits()
            func read(_ pieces: [[UInt8]]) -> Transcript<SeenAnswer> {
                readAnswers(pieces, expectsNoBody: round % 5 == 0, closes: true, with: HTTP1ResponseParser(limits: limits))
            }
            let whole = read([bytes])
            let pieces = cut(bytes, at: randomCuts(bytes.count, with: &generator))
            #expect(read(pieces) == whole, "\(bytes) in \(pieces.map(\.count))")
            #expect(read(bytes.map { [$0] }) == whole, "\(bytes)")
        }
    }

    @Test(arguments: 0..<4)
    func `random bytes are refused or wait for more, and are never accepted`(seed: Int) {
        var generator = SeededGenerator(state: UInt64(2000 + seed))
        for _ in 0..<1000 {
            let bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(readRequests([bytes], with: HTTP1RequestParser()).messages.isEmpty)
            #expect(readAnswers([bytes], expectsNoBody: false, closes: true, with: HTTP1ResponseParser()).messages.isEmpty)
        }
    }

    /// What must hold for every accepted request.
    private func checkFraming(_ transcript: Transcript<SeenRequest>) {
        for request in transcript.messages {
            let names = request.fields.map { $0.prefix { $0 != ":" }.lowercased() }
            #expect(!(request.isChunked && request.contentLength != nil))
            #expect(names.count { $0 == "content-length" } + names.count { $0 == "transfer-encoding" } <= 1)
            #expect(names.count { $0 == "host" } == 1 || (request.minorVersion == 0 && !names.contains("host")))
            #expect(!request.isChunked || request.minorVersion == 1)
            #expect(!request.isWhole || request.isChunked || request.body.count == request.contentLength ?? 0)
        }
    }
}
