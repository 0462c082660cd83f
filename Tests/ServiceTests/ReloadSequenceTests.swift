import Service
import Testing

@Suite struct ReloadSequenceTests {
    @Test func `one request is one reload`() {
        var sequence = ReloadSequence()
        #expect(!sequence.isRunning)
        for _ in 0..<3 {
            #expect(sequence.requested() == .begin)
            #expect(sequence.isRunning)
            #expect(sequence.finished() == .wait)
            #expect(!sequence.isRunning)
        }
    }

    @Test func `all requests during a reload lead to one more after it`() {
        var sequence = ReloadSequence()
        #expect(sequence.requested() == .begin)
        for _ in 0..<10 { #expect(sequence.requested() == .wait) }
        #expect(sequence.finished() == .begin)
        #expect(sequence.isRunning)
        #expect(sequence.finished() == .wait)
        #expect(sequence == ReloadSequence())
    }

    @Test func `each round of requests is a reload of its own`() {
        var sequence = ReloadSequence()
        #expect(sequence.requested() == .begin)
        for _ in 0..<5 {
            #expect(sequence.requested() == .wait)
            #expect(sequence.finished() == .begin)
        }
        #expect(sequence.finished() == .wait)
    }

    @Test func `after the end no reload begins`() {
        for asked in 0..<3 {
            var sequence = ReloadSequence()
            for _ in 0..<asked { _ = sequence.requested() }
            sequence.stopped()
            #expect(sequence.hasEnded && !sequence.isRunning)
            #expect(sequence.finished() == .wait)
            #expect(sequence.requested() == .wait)
            #expect(sequence.finished() == .wait)
        }
    }
}
