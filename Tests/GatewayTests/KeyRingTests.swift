import Cryptography
import Testing
import Wire

@testable import Gateway

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
            guard let token else { return .success(try ring.authenticate(nil, at: now)) }
            let bytes = Array("Bearer \(token)".utf8)
            return .success(try ring.authenticate(bytes.span.bytes, at: now))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ ring: KeyRing, _ token: String?) -> GatewayError? {
        if case .failure(let error) = result(ring, token) { error } else { nil }
    }

    private func name(_ ring: KeyRing, _ token: String?) -> String? { try? result(ring, token).get().name }

    @Test func `a stored key opens, its secret with a slip or another id does not`() {
        let ring = KeyRing()
        ring.configure(bearerTokens: [], open: false)
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
        ring.configure(bearerTokens: [], open: false)
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
            { ring.configure(bearerTokens: [], open: false) }, { ring.put(key().1) }, { ring.replaceKeys([]) },
        ].map { change in
            change()
            return ring.generation
        }
        #expect(Set(generations).count == 3)
    }

    @Test func `open mode ends with the first key, and a revoked one does not bring it back`() {
        let ring = KeyRing()
        ring.configure(bearerTokens: [], open: true)
        #expect(ring.isOpen && name(ring, nil) == "anonymous" && name(ring, "anything") == "anonymous")
        var (_, stored) = key()
        ring.put(stored)
        #expect(!ring.isOpen && error(ring, nil) == .missingKey && error(ring, "anything") == .unknownKey)
        stored.revokedAt = now
        ring.replaceKeys([stored])
        #expect(!ring.isOpen)
    }

    @Test func `while the store can't be read nobody is let in by mistake, and nobody is told that his key is wrong`() {
        let ring = KeyRing()
        ring.configure(bearerTokens: [Secret("static")], open: true)
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
