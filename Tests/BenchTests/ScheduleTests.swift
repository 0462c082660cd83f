import Testing

@testable import Bench

@Suite struct ScheduleTests {
    @Test func `the generator is SplitMix64`() {
        // The reference code's first outputs for seed 0 (prng.di.unimi.it/splitmix64.c).
        var random = LoadRandom(seed: 0)
        #expect([random.next(), random.next(), random.next()] == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F])
    }

    @Test(arguments: [0.5, 3, 1000, 30_000, 1_000_000])
    func `constant arrivals come every 1/rate seconds and never drift`(rate: Double) {
        var schedule = ArrivalSchedule(rate: rate, kind: .constant, seed: 1)
        var wrong = 0
        for number in 0..<10_000 {
            let wanted = Double(number) / rate * 1e9
            if abs(Double(schedule.next()) - wanted) > 1 + wanted * 1e-15 { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test(arguments: [10.0, 5000])
    func `Poisson arrivals have exponential gaps of mean 1/rate`(rate: Double) {
        var schedule = ArrivalSchedule(rate: rate, kind: .poisson, seed: 7)
        var last: UInt64 = 0
        var gaps: [Double] = []
        for _ in 0..<100_000 {
            let next = schedule.next()
            #expect(next >= last)
            gaps.append(Double(next - last))
            last = next
        }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        #expect(abs(mean * rate / 1e9 - 1) < 0.02)
        // An exponential's deviation is its mean, and 1/e of its values are above the mean.
        let deviation = (gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)).squareRoot()
        #expect(abs(deviation / mean - 1) < 0.03)
        #expect(abs(Double(gaps.count { $0 > mean }) / Double(gaps.count) - 0.3679) < 0.01)
    }

    @Test func `the same seed gives the same times, and another seed different ones`() {
        func times(_ seed: UInt64) -> [UInt64] {
            var schedule = ArrivalSchedule(rate: 100, kind: .poisson, seed: seed)
            return (0..<50).map { _ in schedule.next() }
        }
        #expect(times(1) == times(1) && times(1) != times(2))
    }

    @Test(arguments: ["1", "256", "1000000", "uniform:1-1", "uniform:100-400", "normal:256/64", "normal:10/0", "lognormal:200/0.8"])
    func `a size that can be drawn is read and printed`(text: String) throws {
        let sizes = try #require(SizeDistribution(text))
        #expect(sizes.description == text)
        var random = LoadRandom(seed: 3)
        for _ in 0..<2000 { #expect(SizeDistribution.range.contains(sizes.draw(using: &random))) }
    }

    @Test(arguments: [
        "", "0", "-1", "1.5", "1000001", "abc", "nan", "0x10", "1e3", "uniform:", "uniform:5", "uniform:9-1", "uniform:0-5", "uniform:1-2-3",
        "uniform:1/2", "normal:256", "normal:nan/1", "normal:256/-1", "normal:0.5/1", "lognormal:200/11", "lognormal:200-0.8", "exp:5", ":5", "256 ",
    ])
    func `a size that makes no sense is refused`(text: String) {
        #expect(SizeDistribution(text) == nil)
    }

    @Test func `draws have the shape that their name says`() throws {
        func draws(_ text: String) throws -> [Double] {
            let sizes = try #require(SizeDistribution(text))
            var random = LoadRandom(seed: 11)
            return (0..<50_000).map { _ in Double(sizes.draw(using: &random)) }
        }
        #expect(try draws("99").allSatisfy { $0 == 99 })
        let uniform = try draws("uniform:1-4")
        for size in 1...4 { #expect(abs(Double(uniform.count { $0 == Double(size) }) / 50_000 - 0.25) < 0.01) }
        let normal = try draws("normal:500/50")
        let mean = normal.reduce(0, +) / 50_000
        #expect(abs(mean - 500) < 2)
        #expect(abs((normal.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 50_000).squareRoot() - 50) < 2)
        let logNormal = try draws("lognormal:200/0.5").sorted()
        #expect(abs(logNormal[25_000] - 200) < 4)
        // One deviation above the median is a factor of e^0.5.
        #expect(abs(logNormal[Int(50_000 * 0.8413)] - 329.7) < 10)
    }

    @Test(arguments: [
        ("", LoadEndpoint.chat, "/v1/chat/completions"), ("/", .chat, "/v1/chat/completions"), ("/v1", .chat, "/v1/chat/completions"),
        ("/openai/v1/", .chat, "/openai/v1/chat/completions"), ("/v1/chat/completions", .chat, "/v1/chat/completions"),
        ("/v1/completions", .completions, "/v1/completions"), ("/x/embeddings", .embeddings, "/x/embeddings"),
    ])
    func `a URL's path says which endpoint is called`(path: String, endpoint: LoadEndpoint, called: String) {
        #expect(LoadEndpoint.resolve(path: path) == (endpoint, called))
    }
}
