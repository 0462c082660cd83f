import Testing
import Wire

@testable import Gateway

@Suite struct CrossOriginTests {
    /// What is in a `host` field, or behind the scheme of an origin.
    private static let authorities: [(text: String, isOurs: Bool)] = [
        ("localhost", true), ("LOCALHOST", true), ("LocalHost:8000", true), ("localhost:1", true), ("localhost:65535", true), ("127.0.0.1", true),
        ("127.0.0.1:80", true), ("127.9.9.9", true), ("127.255.255.255:5173", true), ("127.0.0.0", true), ("[::1]", true), ("[::1]:8000", true),
        // Names that begin, end or are spelt like ours.
        ("", false), ("example.com", false), ("localhost.example.com", false), ("localhost.evil.com", false), ("127.0.0.1.evil.com", false),
        ("xlocalhost", false), ("localhostx", false), ("localhost.", false), (".localhost", false), ("local host", false), ("localhos", false),
        ("localhost%00", false), ("localhost\u{0}", false), ("local\u{AD}host", false), ("ｌocalhost", false), (" localhost", false),
        ("localhost ", false),
        // Ports.
        ("localhost:", false), ("localhost:0", false), ("localhost:080", false), ("localhost:65536", false), ("localhost:99999", false),
        ("localhost:100000", false), ("localhost:18446744073709551617", false), ("localhost:80.evil.com", false), ("localhost:evil", false),
        ("localhost:+80", false), ("localhost:-80", false), ("localhost: 80", false), ("localhost:80 ", false), ("localhost:80:80", false),
        ("localhost:8O", false), ("localhost::80", false), ("127.0.0.1:", false), ("[::1]:", false), ("[::1]:99999", false),
        // Addresses.
        ("10.0.0.1", false), ("0.0.0.0", false), ("128.0.0.1", false), ("126.255.255.255", false), ("127.0.0.256", false), ("127.0.0.01", false),
        ("127.0.0.00", false), ("0127.0.0.1", false), ("127.1", false), ("127", false), ("127.0.0", false), ("127.0.0.", false), ("127..0.1", false),
        ("127.0.0.1.", false), ("127.0.0.1.1", false), ("127.0.0.0x1", false), ("2130706433", false), ("0x7f000001", false), ("127.0.0.1a", false),
        ("127.0.0.1111", false), ("[::2]", false), ("[::1", false), ("::1", false), ("[::1]x", false), ("[::1].evil.com", false), ("[::1]80", false),
        ("[0:0:0:0:0:0:0:1]", false), ("[::ffff:127.0.0.1]", false), ("[::1%lo]", false), ("[]", false), ("[", false), ("x[::1]", false),
        ("[127.0.0.1]", false), ("[localhost]", false),
        // What is more than an authority.
        ("user@localhost", false), ("localhost@evil.com", false), ("127.0.0.1@example.com", false), ("localhost:80@evil.com", false),
        ("localhost/", false), ("localhost/path", false), ("localhost?x", false), ("localhost#x", false), ("localhost\\evil.com", false),
        ("localhost,evil.com", false), ("localhost, localhost", false), ("localhost\thttp://evil.com", false),
    ]

    @Test(arguments: CrossOriginTests.authorities)
    func `a host is this machine's only when all of it says so`(text: String, isOurs: Bool) {
        #expect(withBytes(text) { CrossOrigin.isLoopback(authority: $0) } == isOurs)
    }

    @Test(arguments: CrossOriginTests.authorities, ["http://", "https://", "HTTP://", "Https://"])
    func `an origin is this machine's only when all of it says so`(authority: (text: String, isOurs: Bool), scheme: String) {
        #expect(withBytes(scheme + authority.text) { CrossOrigin.isLoopback(origin: $0) } == authority.isOurs)
    }

    @Test(arguments: [
        "null", "", "localhost", "http:/localhost", "http:localhost", "http//localhost", "://localhost", "http://", "https://", "file://localhost",
        "file:///", "ftp://localhost", "ws://localhost", "wss://localhost", "httpx://localhost", "xhttp://localhost", "http ://localhost",
        " http://localhost", "http:// localhost", "app://localhost", "tauri://localhost", "vscode-webview://localhost",
        "chrome-extension://localhost", "capacitor://localhost", "http://example.com?://localhost", "http://evil.com#://localhost",
        "http://localhost http://evil.com", "http://http://localhost", "data:,", "about:blank", "blob:http://localhost", "javascript://localhost",
        "http://user@localhost", "http://localhost@evil.com",
    ])
    func `what is no origin of a page of this machine is refused`(origin: String) {
        #expect(!withBytes(origin) { CrossOrigin.isLoopback(origin: $0) })
    }
}

@Suite struct WebOriginTests {
    @Test(arguments: [
        ("https://chat.example", "https://chat.example"), ("HTTPS://Chat.Example", "https://chat.example"),
        ("https://chat.example:443", "https://chat.example"), ("http://chat.example:80", "http://chat.example"),
        ("http://chat.example:443", "http://chat.example:443"), ("https://chat.example:8443", "https://chat.example:8443"),
        ("http://localhost:3000", "http://localhost:3000"), ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[FE80::1]", "http://[fe80::1]"), ("app://obsidian.md", "app://obsidian.md"), ("tauri://localhost", "tauri://localhost"),
        ("vscode-webview://0a1b2c3d-Ee", "vscode-webview://0a1b2c3d-ee"),
        ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
        ("app://x:80", "app://x:80"),
    ])
    func `an origin has one spelling`(text: String, spelling: String) {
        #expect(WebOrigin(parsing: text)?.text == spelling)
        #expect(WebOrigin(parsing: spelling)?.text == spelling)
    }

    @Test(arguments: [
        "", "null", "*", "https", "https:", "https://", "://x", "chat.example", "https://chat.example/", "https://chat.example/path",
        "https://chat.example?x", "https://chat.example#x", "https://user@chat.example", "https://chat.example:", "https://chat.example:0",
        "https://chat.example:065", "https://chat.example:65536", "https://chat.example:x", "https://chat.example:80:80", "https://*.example",
        "https://chat .example", "https://chat..example", "https://[::1", "https://[::1]x", "https://[x]", "https://::1", "https://127.1",
        "https://chat.example, https://other.example", "1app://x", "a b://x", "app:///x", "app://", "https://chät.example", "file:///",
        "https://" + String(repeating: "a.", count: 200) + "example",
    ])
    func `what is no origin is refused`(text: String) {
        #expect(WebOrigin(parsing: text) == nil)
    }
}
