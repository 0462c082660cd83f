import Testing

@testable import Mock

@Suite struct MockRandomTests {
    @Test func `the same seed gives the same numbers`() {
        var first = MockRandom(seed: 7, stream: 1, request: 3)
        var second = MockRandom(seed: 7, stream: 1, request: 3)
        var other = MockRandom(seed: 7, stream: 1, request: 4)
        let numbers = (0..<8).map { _ in first.next() }
        #expect(numbers == (0..<8).map { _ in second.next() })
        #expect(numbers != (0..<8).map { _ in other.next() })
    }

    @Test func `the numbers are those of the published generator`() {
        // The first outputs of SplitMix64 for the seed 1234567, as its reference code prints them.
        var random = MockRandom(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }
}
