import EventLoop
import Testing

@testable import Gateway

@Suite struct DecayedMeanTests {
    private let decay = Decay(halfLife: .seconds(1800), silence: .seconds(30))

    @Test func `a mean of logarithms comes to what is measured, and a change shows after a few measurements`() {
        var mean = DecayedMean()
        var now = noon
        for _ in 0..<100 {
            now = now.advanced(by: .seconds(1))
            mean.record(2, at: now, decay: decay)
        }
        #expect(abs(mean.mean - 0.693) < 0.01 && mean.weight <= DecayedMean.maximumWeight)
        var count = 0
        while mean.mean < 2 {
            now = now.advanced(by: .seconds(1))
            mean.record(20, at: now, decay: decay)
            count += 1
        }
        #expect((5...12).contains(count), "after \(count)")
        #expect(abs(mean.lowest - 0.693) < 0.01)
    }

    @Test func `what was measured loses half its weight in a half-life, and the belief before it returns`() {
        var mean = DecayedMean()
        for _ in 0..<20 { mean.record(100, at: noon, decay: decay) }
        let fresh = mean.estimate(prior: 0, at: noon, decay: decay)
        let old = mean.estimate(prior: 0, at: noon.advanced(by: .seconds(1800)), decay: decay)
        let ancient = mean.estimate(prior: 0, at: noon.advanced(by: .seconds(1800 * 20)), decay: decay)
        #expect(abs(fresh - 4.605 * 10 / 11) < 0.01 && abs(old - 4.605 * 5 / 6) < 0.01 && ancient < 0.01)
    }

    @Test func `after a silence a few measurements are enough`() {
        var mean = DecayedMean()
        for _ in 0..<20 { mean.record(10, at: noon, decay: decay) }
        let later = noon.advanced(by: .seconds(60))
        mean.record(0.1, at: later, decay: decay)
        #expect(mean.weight < 3.1 && mean.mean < 1)
    }
}

@Suite struct DecayedSuccessTests {
    private let decay = Decay(halfLife: .seconds(1800), silence: .seconds(30))

    @Test func `nothing known is nineteen of twenty`() {
        #expect(DecayedSuccess().estimate(prior: DecayedSuccess.prior, at: noon, decay: decay) == 0.95)
    }

    @Test func `each failure lowers the probability, each success raises it, and both are forgotten`() {
        var success = DecayedSuccess()
        var last = 0.95
        for second in 1...40 {
            let now = noon.advanced(by: .seconds(second))
            success.record(false, at: now, decay: decay)
            let estimate = success.estimate(prior: 0.95, at: now, decay: decay)
            #expect(estimate < last || success.failures > 29.9, "until the memory is full of failures")
            last = estimate
        }
        #expect(last < 0.5)
        let recovering = noon.advanced(by: .seconds(50))
        for _ in 0..<30 { success.record(true, at: recovering, decay: decay) }
        #expect(success.estimate(prior: 0.95, at: recovering, decay: decay) > 0.75)
        #expect(abs(success.estimate(prior: 0.95, at: noon.advanced(by: .seconds(360_000)), decay: decay) - 0.95) < 1e-6)
    }
}

@Suite struct LiveRecordTests {
    private let decay = Decay(halfLife: .seconds(1800), silence: .seconds(30))

    @Test func `a long prompt's time to the first token is learnt apart, and guessed from a short one's until then`() {
        var record = LiveRecord()
        for _ in 0..<20 { record.record(outcome(first: .milliseconds(200), size: .small), at: noon, decay: decay) }
        let guessed = record.delay(.large, prior: nil, at: noon, decay: decay)
        #expect(guessed > record.delay(.small, prior: nil, at: noon, decay: decay) + 1)
        for _ in 0..<20 { record.record(outcome(first: .seconds(30), size: .large), at: noon, decay: decay) }
        #expect(abs(record.delay(.large, prior: nil, at: noon, decay: decay) - 3.4) < 0.4)
        #expect(abs(record.delay(.small, prior: nil, at: noon, decay: decay) + 1.6) < 0.3)
    }

    @Test func `the rate is that of the tokens behind the first, and an answer that comes whole is divided`() {
        var stream = LiveRecord()
        for _ in 0..<20 { stream.record(outcome(first: .seconds(1), total: .seconds(4), tokens: 300), at: noon, decay: decay) }
        #expect(abs(stream.pace(prior: nil, at: noon, decay: decay) + 4.6) < 0.1, "a hundred tokens a second")
        var whole = LiveRecord()
        for _ in 0..<30 { whole.record(outcome(first: .seconds(4), total: .seconds(4), tokens: 300, isStream: false), at: noon, decay: decay) }
        #expect(abs(whole.seconds(.small, prior: nil, at: noon, decay: decay) - 5) < 1.5, "a hundred tokens more take a second more")
    }

    @Test func `what a provider's other models show is believed of one that has shown nothing`() {
        var provider = LiveRecord()
        for _ in 0..<30 { provider.record(outcome(false), at: noon, decay: decay) }
        #expect(LiveRecord().successProbability(prior: provider, at: noon, decay: decay) < 0.6)
        #expect(LiveRecord().successProbability(prior: nil, at: noon, decay: decay) == 0.95)
    }
}

@Suite struct HeadroomTests {
    private func standing(_ change: (inout QuotaAllowance) -> Void) -> Standing {
        var standing = Standing()
        standing.quota.note(.requests, .minute, change)
        standing.quotaAt = noon
        return standing
    }

    @Test func `a limit counts from its last tenth on, until its window is over`() {
        let scarce = standing {
            $0.limit = 1000
            $0.remaining = 20
            $0.reset = LoopInterval(.seconds(30))
        }
        #expect(scarce.headroom(at: noon) == 0.2 && scarce.headroom(at: noon.advanced(by: .seconds(31))) == 1)
        let plenty = standing {
            $0.limit = 1000
            $0.remaining = 500
        }
        #expect(plenty.headroom(at: noon) == 1 && Standing().headroom(at: noon) == 1)
        let empty = standing { $0.remaining = 0 }
        #expect(empty.headroom(at: noon) == 0 && empty.headroom(at: noon.advanced(by: .seconds(60))) == 1)
    }
}
