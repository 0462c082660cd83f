import HTTP1
import Testing
import Wire

/// A request and what it must be understood as.
struct Acceptance: CustomTestStringConvertible, Sendable {
    let input: String
    let check: @Sendable (SeenRequest) -> Bool

    init(_ input: String, _ check: @escaping @Sendable (SeenRequest) -> Bool = { _ in true }) {
        self.input = input
        self.check = check
    }

    var testDescription: String { input.debugDescription }
}

private func head(_ lines: String, _ body: String = "") -> String {
    "POST /v1 HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\(body)"
}

private func get(_ target: String) -> String {
    "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n"
}

private func host(_ value: String) -> Acceptance {
    Acceptance("GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n") { $0.host == value }
}

private func chunked(_ body: String, _ expected: String) -> Acceptance {
    Acceptance(head("Transfer-Encoding: chunked\r\n", body)) { $0.isChunked && $0.contentLength == nil && $0.body == latin1(expected) }
}

private let startLines: [Acceptance] = [
    Acceptance("GET / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .get && $0.token == "GET" && $0.target == "/" && $0.minorVersion == 1 },
    Acceptance("GET / HTTP/1.0\r\n\r\n") { $0.minorVersion == 0 && $0.host == "" && !$0.keepAlive },
    Acceptance("GET / HTTP/1.0\r\nHost: h\r\n\r\n") { $0.host == "h" },
    Acceptance("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .head },
    Acceptance("POST / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .post && $0.contentLength == nil && !$0.isChunked },
    Acceptance("PUT / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .put },
    Acceptance("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .patch },
    Acceptance("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .delete },
    Acceptance("OPTIONS / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .options },
    Acceptance("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .options && $0.target == "*" },
    Acceptance("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .other && $0.token == "TRACE" },
    Acceptance("PROPFIND / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .other && $0.token == "PROPFIND" },
    Acceptance("M-SEARCH / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .other && $0.token == "M-SEARCH" },
    Acceptance("UNLINK / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .other && $0.token == "UNLINK" },
    Acceptance("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .get && $0.target == "/" },
    Acceptance("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") { $0.method == .get },
]

private let targets: [Acceptance] = [
    Acceptance(get("/v1/chat/completions")) { $0.target == "/v1/chat/completions" },
    Acceptance(get("/v1/models/vendor%2Fx:free@1")) { $0.target == "/v1/models/vendor%2Fx:free@1" },
    Acceptance(get("/-._~!$&'()*+,;=:@/")) { $0.target == "/-._~!$&'()*+,;=:@/" },
    Acceptance(get("/?a=b&c=/?:@")) { $0.target == "/?a=b&c=/?:@" },
    Acceptance(get("/?include[]=x")) { $0.target == "/?include[]=x" },
    Acceptance(get("/a?%00%ff%Ff")) { $0.target == "/a?%00%ff%Ff" },
    Acceptance(get("//double//slash/../dots")) { $0.target == "//double//slash/../dots" },
    Acceptance(get("http://h/path?query")) { $0.target == "/path?query" && $0.host == "h" },
    Acceptance(get("HTTPS://H/")) { $0.target == "/" && $0.host == "H" },
    Acceptance(get("http://h")) { $0.target == "/" && $0.host == "h" },
    Acceptance(get("http://h?query")) { $0.target == "/?query" },
    Acceptance("GET http://h:80/a HTTP/1.1\r\nHost: h:80\r\n\r\n") { $0.target == "/a" && $0.host == "h:80" },
    Acceptance("GET http://h/a HTTP/1.0\r\n\r\n") { $0.target == "/a" && $0.host == "h" },
    Acceptance("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n") { $0.target == "*" },
    Acceptance("OPTIONS http://h/ HTTP/1.1\r\nHost: h\r\n\r\n") { $0.target == "/" },
    Acceptance("OPTIONS http://h?q HTTP/1.1\r\nHost: h\r\n\r\n") { $0.target == "/?q" },
]

private let hosts: [Acceptance] = [
    host("h"), host("localhost:8000"), host("example.com"), host("example.com."), host("EXAMPLE.com:443"), host("my_container-1"),
    host("127.0.0.1"), host("127.0.0.1:65535"), host("h:"), host("h:0"), host("[::1]"), host("[::1]:8000"), host("[2001:db8::1:0]"),
    host("[::ffff:1.2.3.4]:80"), host("[1:2:3:4:5:6:7:8]"), host(String(repeating: "a", count: 255)),
]

private let fieldLines: [Acceptance] = [
    Acceptance(head("A:b\r\n")) { $0.fields == ["Host: h", "A: b"] },
    Acceptance(head("A: \t b \t \r\n")) { $0.fields == ["Host: h", "A: b"] },
    Acceptance(head("A:\r\n")) { $0.fields == ["Host: h", "A: "] },
    Acceptance(head("A:   \r\nB: c\r\n")) { $0.fields == ["Host: h", "A: ", "B: c"] },
    Acceptance(head("A: b: c\r\n")) { $0.fields == ["Host: h", "A: b: c"] },
    Acceptance(head("A: b\tc d\r\n")) { $0.fields == ["Host: h", "A: b\tc d"] },
    Acceptance(head("A: \u{80}\u{FF}\r\n")) { $0.fields.count == 2 },
    Acceptance(head("snake_case: x\r\n")) { $0.fields == ["Host: h", "snake_case: x"] },
    Acceptance(head("!#$%&'*+-.^_`|~09azAZ: x\r\n")) { $0.fields == ["Host: h", "!#$%&'*+-.^_`|~09azAZ: x"] },
    Acceptance(head("A: 1\r\nA: 2\r\na: 3\r\n")) { $0.fields == ["Host: h", "A: 1", "A: 2", "a: 3"] },
    Acceptance(head("Hosts: x\r\nContent-Lengths: 5\r\nTransfer-Encodings: x\r\nConnections: close\r\n")) { $0.keepAlive && $0.fields.count == 5 },
]

private let connections: [Acceptance] = [
    Acceptance(head("")) { $0.keepAlive },
    Acceptance(head("Connection: close\r\n")) { !$0.keepAlive },
    Acceptance(head("connection: CLOSE\r\n")) { !$0.keepAlive },
    Acceptance(head("Connection: x, close\r\n")) { !$0.keepAlive },
    Acceptance(head("Connection: keep-alive\r\nConnection: close\r\n")) { !$0.keepAlive },
    Acceptance(head("Connection: keep-alive, close\r\n")) { !$0.keepAlive },
    Acceptance(head("Connection: closed\r\n")) { $0.keepAlive },
    Acceptance(head("Connection:\r\n")) { $0.keepAlive },
    Acceptance(head("Proxy-Connection: close\r\n")) { $0.keepAlive },
    Acceptance("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") { $0.keepAlive },
    Acceptance("GET / HTTP/1.0\r\nConnection: Keep-Alive, x\r\n\r\n") { $0.keepAlive },
    Acceptance("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n") { !$0.keepAlive },
    Acceptance("GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n") { !$0.keepAlive },
    Acceptance(head("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi")) { $0.expectsContinue && $0.body == latin1("hi") },
    Acceptance(head("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")) { $0.expectsContinue },
    Acceptance(head("Expect: 100-continue\r\n")) { !$0.expectsContinue },
    Acceptance(head("Expect: 100-continue\r\nContent-Length: 0\r\n")) { !$0.expectsContinue },
    Acceptance("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi") { !$0.expectsContinue },
    // Nothing is tunnelled: the body stays a body.
    Acceptance(head("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "hello")) { $0.body == latin1("hello") && $0.keepAlive },
    Acceptance(head("Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n")) { $0.keepAlive },
    Acceptance(head("Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n")) { $0.body == latin1("hi") },
]

private let bodies: [Acceptance] = [
    Acceptance(head("Content-Length: 5\r\n", "hello")) { $0.contentLength == 5 && $0.body == latin1("hello") },
    Acceptance(head("Content-Length: 0\r\n")) { $0.contentLength == 0 && $0.body.isEmpty },
    Acceptance(head("Content-Length: 5  \r\n", "hello")) { $0.contentLength == 5 },
    Acceptance(head("Content-Length: 0000000000000000005\r\n", "hello")) { $0.contentLength == 5 },
    Acceptance(head("Content-Length: 7\r\n", "\r\n\r\n\0\r\n")) { $0.body == latin1("\r\n\r\n\0\r\n") },
    Acceptance("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi") { $0.body == latin1("hi") },
    Acceptance("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi") { $0.body == latin1("hi") },
    Acceptance(head("Transfer-Encoding: CHUNKED \r\n", "0\r\n\r\n")) { $0.isChunked },
    chunked("0\r\n\r\n", ""),
    chunked("5\r\nhello\r\n0\r\n\r\n", "hello"),
    chunked("5\r\nhello\r\n1\r\n \r\n00000005\r\nworld\r\n0\r\n\r\n", "hello world"),
    chunked("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello"),
    chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
    chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
    chunked("5;a\r\nhello\r\n0;last\r\n\r\n", "hello"),
    chunked("5;a=b\r\nhello\r\n0\r\n\r\n", "hello"),
    chunked("5;a;b;c\r\nhello\r\n0\r\n\r\n", "hello"),
    chunked("5;a=\"b; c\t\u{80}\";d\r\nhello\r\n0\r\n\r\n", "hello"),
    chunked("5\r\nhello\r\n0\r\nA: b\r\nX-Checksum: c\r\n\r\n", "hello"),
    chunked("0\r\nA:\r\n\r\n", ""),
]

@Suite struct AcceptedRequestTests {
    @Test(arguments: [startLines, targets, hosts, fieldLines, connections, bodies].joined())
    func `a request within the rules is understood, however it is cut`(_ acceptance: Acceptance) throws {
        let (transcript, spoiledBy) = requests(latin1(acceptance.input))
        #expect(transcript.error == nil)
        #expect(spoiledBy == nil)
        let request = try #require(transcript.messages.first)
        #expect(transcript.messages.count == 1)
        #expect(request.isWhole)
        #expect(acceptance.check(request), "\(request)")
    }

    @Test func `pipelined requests are read one by one`() {
        let all = [startLines, targets, hosts, fieldLines, bodies].joined().map { latin1($0.input) }
        let alone = all.compactMap { readRequests([$0], with: HTTP1RequestParser()).messages.first }
        let parser = HTTP1RequestParser()
        let together = readRequests([all.flatMap(\.self)], with: parser)
        #expect(together.error == nil)
        #expect(together.messages == alone)
        #expect(parser.isIdle)
    }

    @Test func `bytes after a request to upgrade are its body and not another request`() {
        let input = head("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 36\r\n", "GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n")
        let (transcript, _) = requests(latin1(input))
        #expect(transcript.messages.count == 1)
        #expect(transcript.messages.first?.target == "/v1")
        #expect(transcript.messages.first?.body.count == 36)
    }

    @Test func `fields can be looked up in any case`() throws {
        let parser = HTTP1RequestParser()
        _ = readRequests([latin1(head("X-One: 1\r\nx-two: 2\r\nX-TWO: 3\r\n"))], with: parser)
        #expect(parser.fieldCount == 4)
        #expect(parser.count(of: "x-two") == 2)
        #expect(parser.count(of: "x-three") == 0)
        let (one, two, three) = (parser.value(of: "x-one")?.text, parser.value(of: "x-two")?.text, parser.value(of: "x-three")?.text)
        #expect(one == "1" && two == "2" && three == nil)
        #expect(parser.name(at: 3).text == "X-TWO")
        #expect(parser.withFields { $0.count } == 4)
    }

    @Test func `a parser is idle between requests and can then free its memory`() throws {
        let parser = HTTP1RequestParser()
        #expect(parser.isIdle)
        let input = latin1(head("Content-Length: 2\r\n", "hi"))
        for end in 1..<input.count {
            parser.reset()
            _ = readRequests([Array(input[..<end])], with: parser)
            #expect(!parser.isIdle, "after \(end) bytes")
            parser.releaseMemory()
        }
        parser.reset()
        for _ in 0..<3 {
            #expect(readRequests(cut(input, at: [30]), with: parser).messages.first?.isWhole == true)
            #expect(parser.isIdle)
            #expect(parser.target.text == "/v1")
            parser.releaseMemory()
            #expect(parser.fieldCount == 0)
            #expect(parser.target.byteCount == 0)
            #expect(parser.isIdle)
        }
    }
}
