import Testing
import Wire

@testable import Gateway

@Suite struct RedactorTests {
    private static let secret = "sk-0123456789abcdef"

    private func redacted(_ text: String, _ secrets: [String] = [secret]) -> String { Redactor(secrets.map(Secret.init)).redacted(text) }

    @Test(arguments: [
        ("not \(secret), nor \(secret)", "not [redacted], nor [redacted]"), (secret, "[redacted]"), ("\(secret)\(secret)", "[redacted][redacted]"),
        ("x\(secret)x", "x[redacted]x"), ("sk-01234567X9abcdef is another", "sk-01234567X9abcdef is another"), ("", ""),
        ("nothing of it", "nothing of it"),
        // Marks that are put together with a letter do not change its bytes.
        ("é\(secret)\u{301}!", "é[redacted]\u{301}!"), ("\u{301}\(secret)", "\u{301}[redacted]"), ("\(secret)\u{200D}", "[redacted]\u{200D}"),
        ("\r\n\(secret)\r\n", "\r\n[redacted]\r\n"), ("SK-0123456789ABCDEF", "SK-0123456789ABCDEF"),
    ]) func `a secret is taken out wherever it stands`(text: String, expected: String) {
        #expect(redacted(text) == expected)
    }

    @Test func `a secret that a text's end cuts off is taken out from eight bytes on, or half of it`() {
        for visible in 0...Self.secret.utf8.count {
            let text = "quoted: " + Self.secret.prefix(visible)
            #expect(redacted(text) == (visible >= 8 ? "quoted: [redacted]" : text), "\(visible) bytes of it")
        }
        for visible in 0...6 {
            let text = "quoted: " + "p4ssw0".prefix(visible)
            #expect(redacted(text, ["p4ssw0"]) == (visible >= 3 ? "quoted: [redacted]" : text), "\(visible) bytes of it")
        }
        #expect(redacted("sk-01234567 and more") == "sk-01234567 and more", "the beginning alone, in the middle, is no secret")
    }

    @Test func `secrets are found in what goes on as it is, wherever they stand and among whatever`() {
        var random = SplitMix(seed: 16)
        let secrets = ["abababababab", "babababababa", "aaaaaaaaaaaab", "sk-ab/ba=abab", "short"]
        let redactor = Redactor(secrets.map(Secret.init))
        var found = 0
        for _ in 0..<4000 {
            // Of few letters, so that beginnings and ends of secrets stand everywhere.
            var text = String((0..<Int.random(in: 0...30, using: &random)).map { _ in "ab".randomElement(using: &random)! })
            if Int.random(in: 0..<3, using: &random) == 0 {
                let place = text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &random))
                text.insert(contentsOf: secrets.randomElement(using: &random)!, at: place)
            }
            let holds = secrets.contains { $0.utf8.count >= 12 && text.contains($0) }
            let clean = withBytes(text) { redactor.redacted($0).map { String(decoding: $0, as: UTF8.self) } }
            #expect((clean != nil) == holds && redactor.finds(in: text) == holds, "\(text)")
            #expect(clean.map { clean in secrets.allSatisfy { $0 == "short" || !clean.contains($0) } } ?? true, "\(clean ?? "")")
            if holds { found += 1 }
        }
        #expect(found > 1000 && found < 3000)
        #expect(withBytes("x sk-ab/ba=abab, sk-ab%2Fba%3Dabab!") { redactor.redacted($0) } == Array("x [redacted], [redacted]!".utf8))
    }

    private static let long = "sk-secret-abcdef0123456789ABCDEF"

    private func passing(_ text: String) -> String {
        withBytes(text) { Redactor([Secret(Self.long)]).redacted($0).map { String(decoding: $0, as: UTF8.self) } } ?? text
    }

    @Test func `letters that are spelt by their numbers are read`() {
        for (place, letter) in Self.long.utf8.enumerated() {
            for digits in [String(letter, radix: 16), String(letter, radix: 16, uppercase: true)] {
                let spelt = "\(Self.long.prefix(place))\\u00\(digits)\(Self.long.dropFirst(place + 1))"
                #expect(passing(#"{"a":"\n\u4e2d \#(spelt)","b":"\u003c"}"#) == #"{"a":"\n\u4e2d [redacted]","b":"\u003c"}"#)
                #expect(passing("\(Self.long) \(spelt)") == "[redacted] [redacted]")
            }
        }
        let all = Self.long.utf8.map { "\\u00" + String($0, radix: 16) }.joined()
        #expect(passing("x\(all)\(all)y\\u0073") == "x[redacted][redacted]y\\u0073")
        for text in [#"\u0073k-other"#, #"\u00"#, #"\"#, #"\u007"#, #"\\u0073\\"#, #"a\u0061\u0062\ud83d\u0000"#] { #expect(passing(text) == text) }
    }

    @Test func `letters that are spelt by their numbers are read in long texts, wherever the pieces end`() {
        let spelt = Self.long.replacing("c", with: "\\u0063")
        let (long, filler) = (400_000, "abc sk-secret- \\u0061 ")
        for end in stride(from: 65_500, through: 65_560, by: 1) {
            let front = String(repeating: filler, count: end / filler.utf8.count + 1).prefix(end)
            let rest = String(repeating: "x", count: long)
            #expect(passing("\(front)\(spelt) \(rest)\(spelt)") == "\(front)[redacted] \(rest)[redacted]")
        }
        #expect(passing(String(repeating: filler, count: 20_000)) == String(repeating: filler, count: 20_000))
    }

    @Test func `a beginning that is masked is taken out where it is no other's`() {
        for visible in 0...Self.long.utf8.count {
            let text = "key \(Self.long.prefix(visible))*** is wrong"
            #expect(passing(text) == (visible >= 16 ? "key [redacted]*** is wrong" : text), "\(visible) bytes of it")
        }
        let anthropic = Redactor([Secret("sk-ant-api03-0123456789abcdefghijklmnop")])
        #expect(anthropic.redacted("a key begins with sk-ant-api03- at all times") == "a key begins with sk-ant-api03- at all times")
        #expect(anthropic.redacted("sk-ant-api03-0123...op") == "[redacted]...op")
    }

    @Test func `of secrets that hold each other the longer one is taken out as a whole`() {
        #expect(redacted("Bearer abcdefgh and abcdefgh", ["abcdefgh", "Bearer abcdefgh"]) == "[redacted] and [redacted]")
        #expect(redacted("abcd", ["", "abcd", "abcd"]) == "[redacted]")
        #expect(redacted("abcd", []) == "abcd" && redacted("abcd", [""]) == "abcd")
    }

    @Test(arguments: [
        (#"a/b+c="d\e"#, #"{"raw":"key a/b+c=\"d\\e is wrong"}"#), (#"a/b+c="d\e"#, #"{"raw":"key a\/b+c=\"d\\e is wrong"}"#),
        (#"a/b+c="d\e"#, "https://host/?key=a%2Fb%2Bc%3D%22d%5Ce"), (#"a/b+c="d\e"#, "https://host/?key=a%2fb%2bc%3d%22d%5ce"),
        ("a/b+c=12", "https://host/?key=a%2Fb%2Bc%3D12&x"),
    ]) func `a secret is found as JSON and URLs spell it`(secret: String, text: String) {
        let result = redacted(text, [secret])
        #expect(result.contains("[redacted]") && !result.contains("c%3D") && !result.contains("c="), "\(result)")
    }

    @Test func `every text of an error body is without secrets`() throws {
        let secret = Self.secret
        let text = "{\"error\":{\"message\":\"not \(secret)\",\"type\":\"\(secret)\",\"param\":\"a \(secret)\",\"code\":\"\(secret)\"}}"
        let body = Redactor([Secret(secret)]).redacted(withBytes(text) { UpstreamErrorBody(parsing: $0) })
        #expect(body.message == "not [redacted]" && body.type == "[redacted]" && body.param == "a [redacted]" && body.code == "[redacted]")
        for visible in 8...secret.utf8.count {
            let front = String(repeating: ".", count: UpstreamErrorBody.maximumMessageBytes - visible)
            let cut = Redactor([Secret(secret)]).redacted(withBytes(front + secret + " and more") { UpstreamErrorBody(parsing: $0) })
            #expect(cut.message == front + "[redacted]", "\(visible) bytes of it")
        }
    }

    @Test func `all of a provider that is secret is gathered, and what is none is not`() throws {
        var provider = ProviderConfiguration(name: "p", baseURL: try HTTPURL(parsing: "https://p.test/v1"))
        provider.keys = [
            APIKeyReference(variable: "A", value: Secret("key-one-0123")), APIKeyReference(variable: "B", value: Secret("key-two-0123")),
        ]
        provider.headers = [
            ConfiguredHeader(name: "X-Api-Key", value: Secret("header-secret")),
            ConfiguredHeader(name: "X-Auth", value: Secret("Token tok-0123456789")),
            ConfiguredHeader(name: "Accept", value: Secret("application/json")), ConfiguredHeader(name: "X-Flag", value: Secret("1")),
        ]
        provider.proxyCredentials = [Secret("user:p4ssw0rd")]
        let redactor = Provider(provider, defaults: UpstreamTimeouts()).redactor
        let text = "key-one-0123 key-two-0123 header-secret Token tok-0123456789, tok-0123456789 user:p4ssw0rd"
        #expect(redactor.redacted(text) == "[redacted] [redacted] [redacted] [redacted], [redacted] [redacted]")
        #expect(redactor.redacted("application/json 1 of 10") == "application/json 1 of 10")
    }

    @Test func `a name is no secret because a dummy key is in it`() {
        let redactor = Redactor([Secret("ollama"), Secret(Self.secret)])
        #expect(!redactor.finds(in: "ollama/llama3:latest") && redactor.finds(in: "model-\(Self.secret)") && !redactor.finds(in: "m"))
    }

    /// Whatever stands around it: no text comes out with the secret in it.
    @Test(arguments: 0..<100) func `nothing around a secret hides it`(seed: Int) {
        var random = Seeded(state: UInt64(seed))
        let alphabet = ["s", "k", "-", "0", "1", "é", "\u{301}", "\u{200D}", "😀", "\"", "\\", "/", " ", "[redacted]"]
        func noise() -> String { (0..<Int.random(in: 0..<12, using: &random)).map { _ in alphabet.randomElement(using: &random)! }.joined() }
        for _ in 0..<50 {
            let secret = "k" + noise().utf8.map { String(UnicodeScalar(0x21 + $0 % 0x5E)) }.joined()
            let text = noise() + secret + noise() + secret + noise()
            let result = Array(redacted(text, [secret]).utf8)
            let (needle, plain) = (Array(secret.utf8), Array("[redacted]".utf8))
            // A secret of one letter or two may be in the placeholder itself.
            guard needle.count > plain.count else { continue }
            #expect(!(0...max(0, result.count - needle.count)).contains { result[$0...].starts(with: needle) }, "\(secret) in \(text)")
        }
    }
}

/// Numbers that can be told in advance (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
