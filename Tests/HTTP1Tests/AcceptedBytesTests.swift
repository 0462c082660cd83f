import CLLHTTP
import Testing
import Wire

@testable import HTTP1

private let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
private let digits = "0123456789"
private let token = letters + digits + "!#$%&'*+-.^_`|~"

/// Every byte, put between two texts; the ones that are accepted.
private func acceptedBytes(_ before: String, _ after: String) -> [UInt8] {
    (UInt8.min...UInt8.max).filter { byte in
        let transcript = readRequests([latin1(before) + [byte] + latin1(after)], with: HTTP1RequestParser())
        return transcript.error == nil && transcript.messages.first?.isWhole == true
    }
}

/// Everything but control bytes, and HTAB.
private let inValues: [UInt8] = [0x09] + Array(0x20...0x7E) + Array(0x80...0xFF)

private func sorted(_ text: String) -> [UInt8] { latin1(text).sorted() }

/// The table of `AcceptedBytes`, spelled out again and checked against the parser with every byte.
@Suite struct AcceptedBytesTests {
    @Test func `the table holds the bytes its documentation lists`() {
        func members(_ place: AcceptedBytes.Place) -> [UInt8] { (UInt8.min...UInt8.max).filter { AcceptedBytes.accepts($0, in: place) } }
        #expect(members(.token) == sorted(token))
        #expect(members(.path) == sorted(letters + digits + "-._~!$&'()*+,;=:@/"))
        #expect(members(.query) == sorted(letters + digits + "-._~!$&'()*+,;=:@/?[]"))
        #expect(members(.hostName) == sorted(letters + digits + "-._"))
        #expect(members(.hostAddress) == sorted(digits + "abcdefABCDEF:."))
        #expect((UInt8.min...UInt8.max).filter { AcceptedBytes.isHexDigit($0) } == sorted(digits + "abcdefABCDEF"))
    }

    @Test func `a field name is a token in every position`() {
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\n", "A: b\r\n\r\n") == sorted(token))
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nA", "A: b\r\n\r\n") == sorted(token + ":"))
        // Without the letter h, which would make a malformed length of it.
        let beside = sorted(token + ":").filter { $0 != 0x48 && $0 != 0x68 }
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nContent-Lengt", ": b\r\n\r\n") == beside)
        #expect(acceptedBytes("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n\r\n") == sorted(token))
    }

    @Test func `a field value may hold any byte but control bytes`() {
        let values = inValues
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nA: b", "b\r\n\r\n") == values)
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nA: ", "\r\n\r\n") == values)
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nA:", "\r\n\r\n") == values)
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nConnection: close", "x\r\n\r\n") == values)
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x", "x\r\n\r\n") == values)
        #expect(acceptedBytes("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b", "b\r\n\r\n") == values)
    }

    @Test func `path and query accept exactly their bytes`() {
        #expect(acceptedBytes("GET /a", "/b HTTP/1.1\r\nHost: h\r\n\r\n") == sorted(letters + digits + "-._~!$&'()*+,;=:@/?"))
        #expect(acceptedBytes("GET /?a", "/b HTTP/1.1\r\nHost: h\r\n\r\n") == sorted(letters + digits + "-._~!$&'()*+,;=:@/?[]"))
        #expect(acceptedBytes("GET /%", "0 HTTP/1.1\r\nHost: h\r\n\r\n") == sorted(digits + "abcdefABCDEF"))
        #expect(acceptedBytes("GET /%0", " HTTP/1.1\r\nHost: h\r\n\r\n") == sorted(digits + "abcdefABCDEF"))
        #expect(acceptedBytes("GET ", " HTTP/1.1\r\nHost: h\r\n\r\n") == sorted("/"))
    }

    @Test func `a host accepts exactly the bytes of names`() {
        // Comma, slash and the like are missing; the colon begins an empty port.
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h", "\r\n\r\n") == sorted("\t " + letters + digits + "-._:"))
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h", "h\r\n\r\n") == sorted(letters + digits + "-._"))
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h:", "\r\n\r\n") == sorted("\t " + digits))
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: [::", "1]\r\n\r\n") == sorted(digits + "abcdefABCDEF:."))
    }

    @Test func `only the listed bytes are accepted between the parts of a request line`() {
        #expect(acceptedBytes("GET", "/ HTTP/1.1\r\nHost: h\r\n\r\n") == sorted(" "))
        #expect(acceptedBytes("GET /", "HTTP/1.1\r\nHost: h\r\n\r\n") == sorted(" "))
        #expect(acceptedBytes("GET / HTTP/1.", "\r\nHost: h\r\n\r\n") == sorted("01"))
        #expect(acceptedBytes("GET / HTTP/", ".1\r\nHost: h\r\n\r\n") == sorted("1"))
        #expect(acceptedBytes("GET / HTTP/1", "1\r\nHost: h\r\n\r\n") == sorted("."))
        #expect(acceptedBytes("GET / HTTP/1.1", "\nHost: h\r\n\r\n") == [0x0D])
        #expect(acceptedBytes("GET / HTTP/1.1\r", "Host: h\r\n\r\n") == [0x0A])
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h", "\n\r\n") == [0x0D])
        #expect(acceptedBytes("GET / HTTP/1.1\r\nHost: h\r\n\r", "") == [0x0A])
        #expect(acceptedBytes("GE", " / HTTP/1.1\r\nHost: h\r\n\r\n") == sorted("T"))
        #expect(acceptedBytes("", "GET / HTTP/1.1\r\nHost: h\r\n\r\n") == [])
    }

    @Test func `each part of a chunk accepts exactly its bytes`() {
        let before = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(acceptedBytes(before, "\r\nx\r\n0\r\n\r\n") == sorted("1"))
        #expect(acceptedBytes(before + "0", "1\r\nx\r\n0\r\n\r\n") == sorted("0"))
        #expect(acceptedBytes(before + "1", "\nx\r\n0\r\n\r\n") == [0x0D])
        #expect(acceptedBytes(before + "1\r", "x\r\n0\r\n\r\n") == [0x0A])
        #expect(acceptedBytes(before + "1\r\nx", "\n0\r\n\r\n") == [0x0D])
        #expect(acceptedBytes(before + "1\r\nx\r", "0\r\n\r\n") == [0x0A])
        #expect(acceptedBytes(before + "1\r\n", "\r\n0\r\n\r\n") == Array(UInt8.min...UInt8.max))
        #expect(acceptedBytes(before + "1;", "\r\nx\r\n0\r\n\r\n") == sorted(token))
        #expect(acceptedBytes(before + "1;a", "a\r\nx\r\n0\r\n\r\n") == sorted(token + ";="))
        #expect(acceptedBytes(before + "1;a=", "\r\nx\r\n0\r\n\r\n") == sorted(token))
        // A quote ends the string too early and a backslash would escape.
        #expect(acceptedBytes(before + "1;a=\"b", "b\"\r\nx\r\n0\r\n\r\n") == inValues.filter { $0 != 0x22 && $0 != 0x5C })
    }

    @Test func `llhttp is compiled in strict mode, both for its sources and for ours`() {
        #expect(LLHTTP_STRICT_MODE == 1)
        // Only strict code refuses another byte in place of the line feed after a chunk's size.
        var settings = llhttp_settings_t()
        llhttp_settings_init(&settings)
        withUnsafePointer(to: &settings) { settings in
            var parser = llhttp_t()
            llhttp_init(&parser, HTTP_REQUEST, settings)
            let input = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\rXx"
            #expect(llhttp_execute(&parser, input, input.utf8.count) == HPE_STRICT)
        }
    }

    @Test func `every refusal has a reason suitable for a log`() {
        for code in HTTP1Error.Code.allCases {
            let error = HTTP1Error(request: code)
            #expect(!error.reason.isEmpty && error.reason.first?.isUppercase == false && error.reason.last != ".", "\(code)")
            #expect([400, 414, 417, 431, 501, 505].contains(error.status))
            #expect(HTTP1Error(response: code).status == 502)
        }
    }
}
