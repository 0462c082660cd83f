import Gateway
import Testing

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1", "api.groq.com", 443, "/openai/v1"),
        ("HTTPS://API.Groq.com", "https://api.groq.com", "api.groq.com", 443, ""),
        ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1", "api.anthropic.com", 443, "/v1"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1", "127.0.0.1", 11434, "/v1"),
        ("http://localhost:80", "http://localhost", "localhost", 80, ""),
        ("http://[::1]:8080/", "http://[::1]:8080", "::1", 8080, ""),
        ("https://[2001:DB8::7]/v1", "https://[2001:db8::7]/v1", "2001:db8::7", 443, "/v1"),
        ("http://[::ffff:10.0.0.1]", "http://[::ffff:10.0.0.1]", "::ffff:10.0.0.1", 80, ""),
        ("http://my_server/a%20b/~c;d=1,@e", "http://my_server/a%20b/~c;d=1,@e", "my_server", 80, "/a%20b/~c;d=1,@e"),
    ])
    func `a good URL is split into its parts`(text: String, normal: String, host: String, port: UInt16, path: String) throws {
        let url = try HTTPURL(parsing: text)
        #expect(url.text == normal)
        #expect((url.host, url.port, url.path) == (host, port, path))
        #expect(try HTTPURL(parsing: url.text) == url)
    }

    @Test(arguments: [
        ("", "begin with http"), ("api.groq.com/v1", "begin with http"), ("ftp://host/", "begin with http"), ("http:/host", "begin with http"),
        ("https://", "host"), ("https:///v1", "host"), ("https://-a.com", "host"), ("https://a..b", "host"), ("https://a.com:", "port"),
        ("https://:443", "host"), ("https://a.com:0", "port"), ("https://a.com:65536", "port"), ("https://a.com:44x", "port"),
        ("https://a.com:+80", "port"), ("https://user:secret@a.com/", "user name"), ("https://key@a.com", "user name"),
        ("https://a.com?key=1", "query"),
        ("https://a.com/v1?key=1", "query"), ("https://a.com/v1#x", "fragment"), ("https://a.com/ v1", "white space"),
        ("https://a.com/v1\n", "white space"), (" https://a.com", "begin with http"), ("https://ä.com", "white space"),
        ("https://a.com/ü", "white space"),
        ("https://a.com/<x>", "white space"), ("https://a.com/a[b]", "white space"), ("https://a.com/%zz", "%"), ("https://a.com/%4", "%"),
        ("https://a.com//v1", "segment"), ("https://a.com/../v1", "segment"), ("https://a.com/./v1", "segment"), ("https://127.1", "address"),
        ("https://0x7f.1", "address"), ("https://0x7f000001", "address"), ("https://2130706433", "address"), ("https://0177.0.0.1", "address"),
        ("https://1.2.3.256", "address"), ("https://a.b.3", "address"), ("http://[::1", "address"), ("http://[]", "address"),
        ("http://[1:2]", "address"),
        ("http://[1::2::3]", "address"), ("http://[1:2:3:4:5:6:7:8:9]", "address"), ("http://[::1%25eth0]", "address"), ("http://[::1]8080", "host"),
        ("http://\(String(repeating: "a", count: 64)).com", "host"), ("https://a.com/\(String(repeating: "a", count: 2048))", "longer"),
    ])
    func `a bad URL is refused with its reason, which does not repeat it`(text: String, reason: String) {
        let error = #expect(throws: HTTPURLError.self) { try HTTPURL(parsing: text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a URL cut anywhere is either refused or normal again`() {
        for text in ["https://api.groq.com:8443/openai/v1/%41%42", "http://[2001:db8::1.2.3.4]:99/a/b", "http://10.20.30.40:1/x"] {
            for end in text.indices {
                guard let url = try? HTTPURL(parsing: String(text[..<end])) else { continue }
                #expect((try? HTTPURL(parsing: url.text)) == url)
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true, true), ("127.8.8.8", true, true), ("::1", true, true), ("localhost", true, true), ("0.0.0.0", true, false),
        ("::", true, false),
        ("192.168.1.2", true, false), ("gateway.example", true, false), ("127.0.0.1.example", true, false), ("", false, false), ("a b", false, false),
        ("127.1", false, false), ("[::1]", false, false), ("http://x", false, false),
    ])
    func `a host is valid or not, and loopback or not`(text: String, isValid: Bool, isLoopback: Bool) {
        #expect(HostName.isValid(text) == isValid)
        #expect(HostName.isLoopback(text) == isLoopback)
    }

    @Test func `the authority names the port only where it is not the scheme's own`() throws {
        #expect(try HTTPURL(parsing: "https://a.example:443").authority == "a.example")
        #expect(try HTTPURL(parsing: "http://a.example:443").authority == "a.example:443")
        #expect(try HTTPURL(parsing: "http://[::1]:81").authority == "[::1]:81")
    }
}
