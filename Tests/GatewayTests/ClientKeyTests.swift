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

@Suite struct ClientKeyTests {
    private func key(_ seed: UInt64 = 1) -> ClientKey {
        var generator = Counting(state: seed)
        return ClientKey(using: &generator)
    }

    private func presented(_ text: String) -> ClientKey.Presented? { withBytes(text) { ClientKey.presented($0) } }

    @Test func `a key is the scheme, twelve letters that find it and forty-three that open`() {
        let text = key().plaintext.reveal { $0 }
        let parts = text.split(separator: "-")
        #expect(parts.count == 4 && text.hasPrefix("llmgw-sk-"))
        #expect(parts[2].count == 12 && parts[2].allSatisfy { $0.isNumber || $0.isLowercase })
        #expect(parts[3].count == 43 && parts[3].allSatisfy { $0.isASCII && ($0.isNumber || $0.isLetter) })
        #expect(key().id.value == parts[2] && key().prefix == "llmgw-sk-\(parts[2])")
    }

    @Test func `the same numbers make the same key, others another`() {
        #expect(key(1).plaintext.reveal { $0 } == key(1).plaintext.reveal { $0 })
        #expect(key(1).id != key(2).id && !key(1).digest.matches(key(2).digest))
    }

    @Test func `a thousand keys of the system's numbers are all different`() {
        var generator = SystemRandomNumberGenerator()
        #expect(Set((0..<1000).map { _ in ClientKey(using: &generator).plaintext.reveal { $0 } }).count == 1000)
    }

    @Test func `a key that is shown is taken apart and its secret matches`() throws {
        let shown = try #require(presented(key().plaintext.reveal { $0 }))
        #expect(shown.id == key().id && shown.digest.matches(key().digest))
    }

    @Test func `a new secret keeps the id`() throws {
        var generator = Counting(state: 9)
        let rotated = ClientKey(id: key().id, using: &generator)
        #expect(rotated.id == key().id && !rotated.digest.matches(key().digest))
        #expect(try #require(presented(rotated.plaintext.reveal { $0 })).digest.matches(rotated.digest))
    }

    @Test func `what is cut anywhere, longer or otherwise spelt is no key`() {
        let text = key().plaintext.reveal { $0 }
        for count in 0..<text.count { #expect(presented(String(text.prefix(count))) == nil) }
        #expect(presented(text + "x") == nil)
        #expect(presented(text.uppercased()) == nil)
        #expect(presented(text.replacing("llmgw-sk-", with: "llmgw_sk_")) == nil)
        #expect(presented("llmgw-sk-" + String(repeating: "-", count: 56)) == nil)
        #expect(presented("llmgw-sk-ABCDEFGHIJKL-" + String(repeating: "a", count: 43)) == nil)
    }

    @Test func `neither the key nor what is stored of it prints the secret`() throws {
        let secret = try #require(key().plaintext.reveal { $0 }.split(separator: "-").last)
        let stored = StoredKey(key(), name: "ann", createdAt: UnixTime(seconds: 0))
        var dumped = ""
        dump(key(), to: &dumped)
        dump(stored, to: &dumped)
        #expect(!dumped.contains(secret) && !"\(key()) \(stored)".contains(secret))
    }

    @Test func `a digest comes back from its bytes`() {
        let digest = key().digest
        #expect(SecretDigest(bytes: digest.array)?.matches(digest) == true)
        #expect(SecretDigest(bytes: Array(digest.array.dropLast())) == nil)
    }
}

@Suite struct StoredKeyTests {
    private let now = UnixTime(seconds: 1_000)
    private var key: StoredKey {
        var generator = SystemRandomNumberGenerator()
        return StoredKey(ClientKey(using: &generator), name: "ann", createdAt: now)
    }

    @Test func `a key opens until it expires or is revoked`() {
        var key = key
        #expect(key.isActive(at: now))
        key.expiresAt = UnixTime(seconds: 1_001)
        #expect(key.isActive(at: now) && !key.isActive(at: UnixTime(seconds: 1_001)))
        key.expiresAt = nil
        key.revokedAt = now
        #expect(!key.isActive(at: now))
    }

    @Test func `a change changes what it names and nothing else`() {
        var key = key
        key.limits.requestsPerDay = 7
        key.limits.concurrency = 3
        key.tags = ["a"]
        var change = KeyChange()
        #expect(change.applied(to: key).limits == key.limits && change.applied(to: key).tags == ["a"])
        change.name = "bob"
        change.requestsPerDay = .changed(nil)
        change.tokensPerMinute = .changed(9)
        change.expiresAt = .changed(now)
        let changed = change.applied(to: key)
        #expect(changed.name == "bob" && changed.expiresAt == now && changed.tags == ["a"])
        #expect(changed.limits.requestsPerDay == nil && changed.limits.tokensPerMinute == 9 && changed.limits.concurrency == 3)
    }
}

@Suite struct MoneyTests {
    @Test(
        arguments: [(0, "0.00"), (12_500_000_000, "12.50"), (123_000, "0.000123"), (-1, "-0.000000001"), (9_000_000_000, "9.00")] as [(Int64, String)]
    )
    func `an amount is written without needless zeros`(nanodollars: Int64, text: String) {
        #expect(Money(nanodollars: nanodollars).description == text)
    }

    @Test func `what prices come to is rounded to the billionth, and is never less than nothing`() {
        #expect(Money(billing: 0.00000001) == Money(nanodollars: 10) && Money(billing: 7.5) == Money(dollars: 7.5))
        #expect(Money(billing: -1) == .zero && Money(billing: .infinity).nanodollars == .max && Money(billing: .nan) == .zero)
    }

    @Test(arguments: [(0, "0"), (1, "0.000000001"), (100_250_000, "0.1003"), (12_500_000_000, "12.50"), (12_345, "0.00001235"), (2_000_000_000, "2")])
    func `an amount for people has as many places as mean something, rounded up`(nanodollars: Int64, text: String) {
        #expect(Money(nanodollars: nanodollars).shortText == text)
    }

    @Test func `sums stop at the ends of the range`() {
        #expect(Money(nanodollars: .max) + Money(nanodollars: 1) == Money(nanodollars: .max))
        #expect(Money(nanodollars: .min) - Money(nanodollars: 1) == Money(nanodollars: .min))
        #expect(Money(dollars: .nan) == nil && Money(dollars: 1e30) == nil)
    }
}

@Suite struct UnixTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_795_383_005, "2026-11-22T21:30:05Z"),
            (-1, "1969-12-31T23:59:59Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
        ] as [(Int64, String)])
    func `a moment is written in UTC and read again`(seconds: Int64, text: String) {
        #expect(UnixTime(seconds: seconds).description == text)
        #expect(UnixTime(parsing: text) == UnixTime(seconds: seconds))
    }

    @Test(
        arguments: [
            ("2026-11-22", 1_795_305_600_000), ("1795305600", 1_795_305_600_000), ("2026-11-22T00:00:00.25Z", 1_795_305_600_250),
            ("2026-11-22T02:00:00+02:00", 1_795_305_600_000), ("2026-11-21 22:30:00-01:30", 1_795_305_600_000),
        ] as [(String, Int64)])
    func `other forms of a moment are read`(text: String, milliseconds: Int64) {
        #expect(UnixTime(parsing: text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            "", "2026", "x", "2026-13-01", "2026-02-29", "2026-11-22T", "2026-11-22T25:00:00Z", "2026-11-22T00:00:00", "2026-11-22T00:00:00Z ",
            "2026-11-22T00:00:00.Z", "2026-11-22T00:00:00+1:00", "99999999999999", "-5",
        ])
    func `what is no moment is refused`(text: String) {
        // A year alone is a number of seconds.
        #expect(UnixTime(parsing: text) == (text == "2026" ? UnixTime(seconds: 2026) : nil))
    }

    @Test func `a moment knows its minute and its day`() {
        let time = UnixTime(milliseconds: 1_795_383_005_678)
        #expect(time.minute.description == "2026-11-22T21:30:00Z" && time.day.dayText == "2026-11-22")
        #expect(UnixTime(milliseconds: -1).minute == UnixTime(seconds: -60) && UnixTime(milliseconds: -1).seconds == -1)
    }

    @Test func `moments move and stop at the ends`() {
        let time = UnixTime(seconds: 10)
        #expect(time.advanced(by: .milliseconds(-1500)).milliseconds == 8_500)
        #expect(UnixTime(milliseconds: .max).advanced(by: .seconds(1)).milliseconds == .max)
        #expect(time.elapsed(since: UnixTime(seconds: 8)) == .seconds(2) && UnixTime(seconds: 8).elapsed(since: time) == .zero)
    }
}
