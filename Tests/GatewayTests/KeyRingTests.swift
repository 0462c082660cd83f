import Cryptography
import Testing
import Wire

@testable import Gateway

/// Numbers that can be told in advance (SplitMix64).
private struct Counting: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct KeyRingTests {
    private let now = UnixTime(parsing: "2026-11-22T12:00:00Z")!

    private func key(_ change: (inout StoredKey) -> Void = { _ in }) -> (ClientKey, StoredKey) {
        var generator = SystemRandomNumberGenerator()
        let drawn = ClientKey(using: &generator)
        var stored = StoredKey(drawn, name: "team", createdAt: now)
        change(&stored)
        return (drawn, stored)
    }

    private func result(_ ring: KeyRing, _ token: String?) -> Result<VirtualKey, GatewayError> {
        do throws(GatewayError) {
            // Without a token the gateway asks only whether one is needed.
            guard let token else { return ring.isOpen ? .success(.anonymous) : .failure(.missingKey) }
            let bytes = Array("Bearer \(token)".utf8)
            guard let found = KeyRing.bearerToken(bytes.span.bytes) else { return .failure(.missingKey) }
            return .success(try ring.authenticate(token: found, at: now))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ ring: KeyRing, _ token: String?) -> GatewayError? {
        if case .failure(let error) = result(ring, token) { error } else { nil }
    }

    private func name(_ ring: KeyRing, _ token: String?) -> String? { try? result(ring, token).get().name }

    /// What a configuration says of clients.
    private func options(_ tokens: [String] = [], admin: String? = nil, _ authentication: Authentication = .automatic, host: String = "127.0.0.1")
        -> ServerOptions
    {
        var options = ServerOptions()
        options.bearerTokens = tokens.map(Secret.init)
        options.adminKey = admin.map(Secret.init)
        (options.authentication, options.host) = (authentication, host)
        return options
    }

    @Test func `a stored key opens, its secret with a slip or another id does not`() {
        let ring = KeyRing()
        ring.configure(options([], .keys))
        let (drawn, stored) = key()
        ring.put(stored)
        drawn.plaintext.reveal { text in
            #expect(name(ring, text) == "team")
            for index in text.indices {
                var spoiled = text
                spoiled.replaceSubrange(index...index, with: text[index] == "a" ? "b" : "a")
                #expect(error(ring, spoiled) == .unknownKey)
            }
            for length in 0..<text.count { #expect(error(ring, String(text.prefix(length))) != nil) }
        }
        let (other, _) = key()
        other.plaintext.reveal { #expect(error(ring, $0) == .unknownKey) }
    }

    @Test func `a revoked or expired key opens nothing`() {
        let ring = KeyRing()
        ring.configure(options([], .keys))
        var (drawn, stored) = key { $0.expiresAt = now.advanced(by: .seconds(1)) }
        ring.put(stored)
        drawn.plaintext.reveal { #expect(name(ring, $0) == "team") }
        stored.expiresAt = now
        ring.put(stored)
        drawn.plaintext.reveal { #expect(error(ring, $0) == .expiredKey) }
        stored.expiresAt = nil
        stored.revokedAt = now
        ring.put(stored)
        drawn.plaintext.reveal { #expect(error(ring, $0) == .unknownKey) }
    }

    @Test func `every change makes connections prove their key anew`() {
        let ring = KeyRing()
        let generations = [
            { ring.configure(options([], .keys)) }, { ring.put(key().1) }, { ring.replaceKeys([]) },
        ].map { change in
            change()
            return ring.generation
        }
        #expect(Set(generations).count == 3)
    }

    @Test func `open mode ends with the first key, and a revoked one does not bring it back`() {
        let ring = KeyRing()
        ring.configure(options())
        #expect(ring.isOpen && name(ring, nil) == "anonymous" && name(ring, "anything") == "anonymous")
        var (_, stored) = key()
        ring.put(stored)
        #expect(!ring.isOpen && error(ring, nil) == .missingKey && error(ring, "anything") == .unknownKey)
        stored.revokedAt = now
        ring.replaceKeys([stored])
        #expect(!ring.isOpen)
    }

    @Test(arguments: ["a token", "an admin key", "keys for all", "another address", "a key", "doubt"])
    func `what ends open mode ends it for good, and only the operator's word opens the gateway again`(end: String) {
        let ring = KeyRing()
        ring.configure(options())
        #expect(ring.isOpen)
        switch end {
        case "a token": ring.configure(options(["t"]))
        case "an admin key": ring.configure(options(admin: "a"))
        case "keys for all": ring.configure(options([], .keys))
        case "another address": ring.configure(options(host: "0.0.0.0"))
        case "a key": ring.put(key().1)
        default: ring.endOpenMode()
        }
        #expect(!ring.isOpen && error(ring, nil) == .missingKey)
        ring.replaceKeys([])
        ring.configure(options())
        #expect(!ring.isOpen, "a reload of the configuration of before")
        ring.hasLoadedKeys = false
        ring.configure(options([], Authentication.none))
        #expect(ring.isOpen && name(ring, nil) == "anonymous" && name(ring, "anything") == "anonymous")
        ring.configure(options([], Authentication.none, host: "0.0.0.0"))
        #expect(!ring.isOpen, "but never to other machines")
        ring.configure(options())
        #expect(!ring.isOpen)
    }

    @Test func `where keys are asked for there is no open mode, with nothing that opens either`() {
        let ring = KeyRing()
        ring.configure(options([], .keys))
        #expect(!ring.isOpen && error(ring, nil) == .missingKey && ring.access(at: now).isShut)
        let (drawn, stored) = key()
        ring.put(stored)
        drawn.plaintext.reveal { #expect(name(ring, $0) == "team") }
        #expect(!ring.access(at: now).isShut)
    }

    @Test(arguments: 0..<200)
    func `whatever happens in whichever order, a gateway that needed a key never does without but for none`(seed: Int) {
        var random = Counting(state: UInt64(seed))
        let ring = KeyRing()
        let stored = [key().1, key { $0.revokedAt = now }.1]
        var (hasNeededKeys, authentication) = (false, Authentication.automatic)
        ring.configure(options())
        for _ in 0..<40 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: ring.put(stored[0])
            case 1: ring.replaceKeys(stored)
            case 2, 3: ring.replaceKeys([])
            case 4: ring.endOpenMode()
            case 5: ring.hasLoadedKeys.toggle()
            case let step:
                authentication = [.automatic, .automatic, .keys, Authentication.none].randomElement(using: &random)!
                ring.configure(options(step < 8 ? ["t"] : [], admin: step == 8 ? "a" : nil, authentication))
            }
            if authentication == .none {
                #expect(ring.isOpen)
            } else if hasNeededKeys {
                #expect(!ring.isOpen)
            }
            // Not being able to read the keys for a moment is no need of keys by itself.
            if !ring.isOpen, ring.hasLoadedKeys { hasNeededKeys = true }
            #expect((name(ring, nil) != nil) == ring.isOpen)
        }
    }

    @Test(
        arguments: [
            ("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER   abc  ", "abc"), ("Bearer ", nil), ("Bearer    ", nil), ("Bearer", nil),
            ("", nil),
            ("Basic abc", nil), ("abc", nil), ("Bearer a b", "a b"), (" Bearer abc", nil),
        ] as [(String, String?)])
    func `the token of a field is what follows the scheme`(field: String, token: String?) {
        let bytes = Array(field.utf8)
        #expect(bytes.withBytes { KeyRing.bearerToken($0)?.text } == token)
    }

    @Test func `what opens the gateway is counted as it is`() {
        let ring = KeyRing()
        ring.configure(options(["t", "u"]))
        ring.replaceKeys([key().1, key().1, key { $0.revokedAt = now }.1, key { $0.expiresAt = now }.1])
        let access = ring.access(at: now)
        #expect(access.activeKeys == 2 && access.keptKeys == 4 && access.tokens == 2 && !access.isOpen && !access.isShut)
        ring.configure(options())
        #expect(ring.access(at: now).tokens == 0 && !ring.access(at: now).isShut)
        ring.replaceKeys([key { $0.revokedAt = now }.1])
        #expect(ring.access(at: now).isShut && ring.access(at: now).keptKeys == 1)
    }

    @Test func `while the store can't be read nobody is let in by mistake, and nobody is told that his key is wrong`() {
        let ring = KeyRing()
        ring.configure(options(["static"]))
        ring.hasLoadedKeys = false
        #expect(!ring.isOpen && name(ring, "static") == "token-1")
        key().0.plaintext.reveal { #expect(error(ring, $0)?.status == 503) }
    }

    @Test(arguments: [
        ("*", "anything", true), ("gpt-*", "gpt-5", true), ("gpt-*", "GPT-5", true), ("gpt-*", "my-gpt-5", false), ("*:free", "a/b:free", true),
        ("*:free", "a/b:free-ish", false), ("a*b*c", "aXbYc", true), ("a*b*c", "abc", true), ("a*b*c", "acb", false), ("exact", "exact", true),
        ("exact", "exactly", false), ("ab*ba", "aba", false), ("", "", true), ("", "x", false),
    ])
    func `a pattern of models matches whole names`(pattern: String, name: String, matches: Bool) {
        #expect(ModelPattern(pattern).matches(name) == matches)
    }

    @Test(arguments: [
        (0, "0s"), (1, "1ms"), (999, "999ms"), (1000, "1s"), (1500, "1.5s"), (59_001, "59.001s"), (60_000, "1m0s"), (360_000, "6m0s"),
        (86_399_000, "23h59m59s"), (3_600_000, "1h0m0s"), (3_660_250, "1h1m0.25s"),
    ])
    func `a duration is written as Go writes it`(milliseconds: Int, text: String) {
        #expect(Duration.milliseconds(milliseconds).goText == text)
    }
}
