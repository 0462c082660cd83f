import EventLoop
import Testing
import Wire

@testable import Gateway

/// Damaged answers: what must hold whatever a provider sends. `make fuzz` looks for more of them.
@Suite struct FailureMutationTests {
    /// A random number generator that gives the same numbers each time (SplitMix64).
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    private static let digits = Array("0123456789.-+:hmsdTZ ,;\"{}[]\\\u{B5}".utf8)

    private func damaged(_ bytes: [UInt8], _ random: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(Self.digits.randomElement(using: &random)!, at: place)
            case 1 where place < bytes.count: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 2 where place < bytes.count: bytes.remove(at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...8, using: &random)))
            }
        }
        return bytes
    }

    @Test(arguments: FailureFixture.all) func `a damaged answer never makes a wait beyond the cap, nor a mistake that counts`(fixture: FailureFixture)
    {
        var random = Generator(state: UInt64(fixture.body.count) &* 31 &+ UInt64(fixture.status))
        let circumstances = FailureClassifier.Circumstances(isLocal: fixture.isLocal, longestWait: .seconds(3600))
        for _ in 0..<60 {
            var fields = HTTPFields()
            for (name, value) in fixture.fields {
                let value = damaged(Array(value.utf8), &random)
                withBytes(name) { name in value.withBytes { fields.append(name: name, value: $0) } }
            }
            let limits = LimitFields(fields, now: FailureFixture.now)
            let verdict = damaged(fixture.body, &random).withBytes {
                fixture.isInAnswer
                    ? FailureClassifier.classify(errorInAnswer: $0, limits: limits, request: RawSpan(), circumstances, now: FailureFixture.now)
                    : FailureClassifier.classify(
                        status: fixture.status, limits: limits, body: $0, request: RawSpan(), circumstances, now: FailureFixture.now)
            }
            #expect(verdict.hint.wait.map { $0 > .zero && $0 <= .seconds(3600) } ?? true, "\(verdict)")
            #expect(verdict.scope != .request || !verdict.countsAgainstProvider, "\(verdict)")
            for index in 0..<limits.quota.count { #expect(limits.quota[index].remaining ?? 0 >= 0 && limits.quota[index].limit ?? 0 >= 0) }
        }
    }
}
