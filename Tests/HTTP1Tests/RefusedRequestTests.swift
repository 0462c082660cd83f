import HTTP1
import Testing
import Wire

/// A POST with these field lines, followed by this body; it has a Host.
private func post(_ lines: String, _ body: String = "") -> String {
    "POST /v1 HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\(body)"
}

/// A GET with this target.
private func get(_ target: String) -> String {
    "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n"
}

/// A GET with this Host line's value.
private func host(_ value: String) -> String {
    "GET / HTTP/1.1\r\nHost:\(value)\r\n\r\n"
}

private let startLines: [Refusal] = [
    Refusal(.malformedRequestLine, 400, "HELLO\r\n"),
    Refusal(.malformedRequestLine, 400, "HELLO THERE\r\n"),
    Refusal(.unsupportedVersion, 505, "GET /\r\n"),
    Refusal(.unsupportedVersion, 505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n"),
    Refusal(.unsupportedVersion, 505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
    Refusal(.unsupportedVersion, 505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
    Refusal(.unsupportedVersion, 505, "GET / HTTP/3.0\r\nHost: h\r\n\r\n"),
    Refusal(.unsupportedVersion, 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/11\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/1,1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/x.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/1.x\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / http/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP /1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTPS/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / RTSP/1.0\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "SOURCE / ICE/1.0\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET / HTTP/1.1\t\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET  HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "PUT HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unsupportedVersion, 505, "GET HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedRequestLine, 400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.foldedLine, 400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.foldedLine, 400, "\tGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedMethod, 400, "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedMethod, 400, "GET: / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedMethod, 400, "G\u{C4}T / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedMethod, 400, "\"GET\" / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "get / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "Get / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "GETX / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
    Refusal(.unknownMethod, 501, "CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "DESCRIBE / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "ANNOUNCE / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "PLAY / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "GET_PARAMETER / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "FLUSH / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unknownMethod, 501, "SOURCE / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.unsupportedVersion, 505, "PRI / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.strayEmptyLine, 400, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.bareLineFeed, 400, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.bareCarriageReturn, 400, "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.controlByte, 400, "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\u{01}\u{FC}\u{03}\u{03}"),
    Refusal(.controlByte, 400, "\u{00}GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.controlByte, 400, "GET /\u{00} HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.controlByte, 400, "GET\u{0B}/ HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.controlByte, 400, "GET /\u{0C} HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedMethod, 400, "\u{EF}\u{BB}\u{BF}GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
]

private let lineEnds: [Refusal] = [
    Refusal(.bareLineFeed, 400, "GET / HTTP/1.1\nHost: h\r\n\r\n"),
    Refusal(.bareLineFeed, 400, "GET / HTTP/1.1\r\nHost: h\n\r\n"),
    Refusal(.bareLineFeed, 400, "GET / HTTP/1.1\r\nHost: h\r\n\n"),
    Refusal(.bareLineFeed, 400, "GET / HTTP/1.1\nHost: h\n\n"),
    Refusal(.bareLineFeed, 400, "GET / HTTP/1.1\r\nHost: h\r\nA: b\nTransfer-Encoding: chunked\r\n\r\n"),
    Refusal(.bareCarriageReturn, 400, "GET / HTTP/1.1\rHost: h\r\n\r\n"),
    Refusal(.bareCarriageReturn, 400, "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n"),
    Refusal(.bareCarriageReturn, 400, "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n"),
    Refusal(.bareCarriageReturn, 400, "GET / HTTP/1.1\r\nHost: h\r\nA: b\rTransfer-Encoding: chunked\r\n\r\n"),
    Refusal(.bareCarriageReturn, 400, "GET / HTTP/1.1\r\nHost: h\r\n\rA: b\r\n\r\n"),
    Refusal(.foldedLine, 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
    Refusal(.foldedLine, 400, "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n"),
    Refusal(.foldedLine, 400, "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n"),
    Refusal(.foldedLine, 400, "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\tc\r\n\r\n"),
    Refusal(.foldedLine, 400, "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n \r\n\r\n"),
    Refusal(.foldedLine, 400, post("Transfer-Encoding:\r\n chunked\r\n")),
    Refusal(.foldedLine, 400, post("Content-Length: 5\r\n 0\r\n")),
]

private let fieldLines: [Refusal] = [
    Refusal(.malformedFieldLine, 400, post("NoColon\r\n")),
    Refusal(.malformedFieldLine, 400, post(": empty name\r\n")),
    Refusal(.malformedFieldLine, 400, post("A : b\r\n")),
    Refusal(.malformedFieldLine, 400, post("A\t: b\r\n")),
    Refusal(.malformedFieldLine, 400, post("Content-Length : 5\r\n", "hello")),
    Refusal(.malformedFieldLine, 400, post("Content-Length\t: 5\r\n", "hello")),
    Refusal(.malformedFieldLine, 400, post("Transfer-Encoding : chunked\r\n")),
    Refusal(.malformedFieldLine, 400, post("A B: c\r\n")),
    Refusal(.malformedFieldLine, 400, post("A(b): c\r\n")),
    Refusal(.malformedFieldLine, 400, post("A\"b: c\r\n")),
    Refusal(.malformedFieldLine, 400, post("A/b: c\r\n")),
    Refusal(.malformedFieldLine, 400, post("A@b: c\r\n")),
    Refusal(.malformedFieldLine, 400, post("A[b]: c\r\n")),
    Refusal(.malformedFieldLine, 400, post("A\u{E4}: c\r\n")),
    Refusal(.malformedFieldLine, 400, post("Content-Length\u{A0}: 5\r\n")),
    Refusal(.controlByte, 400, post("A\u{00}: c\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{00}c\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{01}c\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{08}c\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{0B}c\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{0C}c\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{1B}[31m\r\n")),
    Refusal(.controlByte, 400, post("A: b\u{7F}c\r\n")),
    Refusal(.controlByte, 400, post("Transfer-Encoding: \u{0B}chunked\r\n")),
    Refusal(.controlByte, 400, post("Transfer-Encoding\u{00}: chunked\r\n")),
    Refusal(.unknownExpectation, 417, post("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello")),
    Refusal(.unknownExpectation, 417, post("Expect: 100-continue, x\r\nContent-Length: 5\r\n", "hello")),
    Refusal(.unknownExpectation, 417, post("Expect: 100-continue\r\nExpect: x\r\nContent-Length: 5\r\n", "hello")),
    Refusal(.unknownExpectation, 417, post("Expect:\r\nContent-Length: 5\r\n", "hello")),
]

private let targets: [Refusal] = [
    Refusal(.misplacedTargetForm, 400, get("*")),
    Refusal(.misplacedTargetForm, 400, get("v1/models")),
    Refusal(.misplacedTargetForm, 400, get("?a=b")),
    Refusal(.misplacedTargetForm, 400, get("example.com:80")),
    Refusal(.misplacedTargetForm, 400, get("ftp://h/")),
    Refusal(.misplacedTargetForm, 400, get("http:/h/")),
    Refusal(.misplacedTargetForm, 400, "OPTIONS ** HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.misplacedTargetForm, 400, "OPTIONS */ HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refusal(.malformedTarget, 400, get("/#fragment")),
    Refusal(.malformedTarget, 400, get("/?a#fragment")),
    Refusal(.malformedTarget, 400, get("/a\"b")),
    Refusal(.malformedTarget, 400, get("/a<b>")),
    Refusal(.malformedTarget, 400, get("/a\\b")),
    Refusal(.malformedTarget, 400, get("/a^b")),
    Refusal(.malformedTarget, 400, get("/a`b")),
    Refusal(.malformedTarget, 400, get("/a{b}")),
    Refusal(.malformedTarget, 400, get("/a|b")),
    Refusal(.malformedTarget, 400, get("/a[b]")),
    Refusal(.malformedTarget, 400, get("/?a={}")),
    Refusal(.malformedTarget, 400, get("/a\u{80}")),
    Refusal(.malformedTarget, 400, get("/a\u{FF}")),
    Refusal(.malformedTarget, 400, get("/a\tb")),
    Refusal(.malformedTarget, 400, get("/%")),
    Refusal(.malformedTarget, 400, get("/%1")),
    Refusal(.malformedTarget, 400, get("/%zz")),
    Refusal(.malformedTarget, 400, get("/%1g?x")),
    Refusal(.malformedTarget, 400, get("http://")),
    Refusal(.malformedTarget, 400, get("http:///path")),
    Refusal(.malformedTarget, 400, get("http://user@h/")),
    Refusal(.malformedTarget, 400, get("http://user:pass@h/")),
    Refusal(.malformedTarget, 400, get("http://h:99999/")),
    Refusal(.malformedTarget, 400, get("http://h,i/")),
    Refusal(.malformedTarget, 400, get("http://h/a#b")),
    Refusal(.mismatchedHost, 400, get("http://other/")),
    Refusal(.mismatchedHost, 400, get("http://h:80/")),
]

private let hosts: [Refusal] = [
    Refusal(.missingHost, 400, "GET / HTTP/1.1\r\n\r\n"),
    Refusal(.missingHost, 400, "GET / HTTP/1.1\r\nX-Host: h\r\n\r\n"),
    Refusal(.missingHost, 400, "GET http://h/ HTTP/1.1\r\n\r\n"),
    Refusal(.repeatedHost, 400, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
    Refusal(.repeatedHost, 400, "GET / HTTP/1.1\r\nHost: h\r\nhOST: i\r\n\r\n"),
    Refusal(.repeatedHost, 400, "GET / HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n"),
    Refusal(.malformedHost, 400, host("")),
    Refusal(.malformedHost, 400, host(" \t ")),
    Refusal(.malformedHost, 400, host(" h i")),
    Refusal(.malformedHost, 400, host(" h, i")),
    Refusal(.malformedHost, 400, host(" h,i")),
    Refusal(.malformedHost, 400, host(" user@h")),
    Refusal(.malformedHost, 400, host(" http://h")),
    Refusal(.malformedHost, 400, host(" h/path")),
    Refusal(.malformedHost, 400, host(" h?query")),
    Refusal(.malformedHost, 400, host(" h#fragment")),
    Refusal(.malformedHost, 400, host(" h\\i")),
    Refusal(.malformedHost, 400, host(" h%20i")),
    Refusal(.malformedHost, 400, host(" h:port")),
    Refusal(.malformedHost, 400, host(" h:80:80")),
    Refusal(.malformedHost, 400, host(" h:-1")),
    Refusal(.malformedHost, 400, host(" h:+80")),
    Refusal(.malformedHost, 400, host(" h:65536")),
    Refusal(.malformedHost, 400, host(" h:000080")),
    Refusal(.malformedHost, 400, host(" :80")),
    Refusal(.malformedHost, 400, host(" .")),
    Refusal(.malformedHost, 400, host(" .h")),
    Refusal(.malformedHost, 400, host(" h..i")),
    Refusal(.malformedHost, 400, host(" h\u{E4}")),
    Refusal(.malformedHost, 400, host(" \"h\"")),
    Refusal(.malformedHost, 400, host(" h;i")),
    Refusal(.malformedHost, 400, host(" h'i")),
    Refusal(.malformedHost, 400, host(" [::1")),
    Refusal(.malformedHost, 400, host(" ::1")),
    Refusal(.malformedHost, 400, host(" []")),
    Refusal(.malformedHost, 400, host(" [1]")),
    Refusal(.malformedHost, 400, host(" [::g]")),
    Refusal(.malformedHost, 400, host(" [fe80::1%25eth0]")),
    Refusal(.malformedHost, 400, host(" [::1]x")),
    Refusal(.malformedHost, 400, host(" [::1]:x")),
    Refusal(.malformedHost, 400, host(" [1:2:3:4:5:6:7:8:9:a]")),
    Refusal(.malformedHost, 400, host(" " + String(repeating: "a", count: 256))),
]

@Suite struct RefusedRequestTests {
    @Test(arguments: [startLines, lineEnds, fieldLines, targets, hosts].joined())
    func `a request that breaks a rule is refused, however it is cut`(_ refusal: Refusal) {
        let (transcript, spoiledBy) = requests(latin1(refusal.input))
        #expect(transcript.error?.code == refusal.code)
        #expect(transcript.error?.status == refusal.status)
        #expect(spoiledBy == nil)
        #expect(transcript.messages.allSatisfy { !$0.isWhole })
    }

    @Test func `a refused connection stays refused`() throws {
        let parser = HTTP1RequestParser()
        let good = latin1("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        let first = readRequests([latin1("GET / HTTP/1.1\n")], with: parser)
        let second = readRequests([good], with: parser)
        #expect(first.error?.code == .bareLineFeed)
        #expect(second == first)
        #expect(!parser.isIdle)
        parser.reset()
        #expect(parser.isIdle)
        #expect(readRequests([good], with: parser).messages.count == 1)
    }
}
