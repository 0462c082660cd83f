import Testing

@testable import Mock

@Suite struct MockDistributionTests {
    @Test func `a plain number is always drawn as itself`() throws {
        var random = MockRandom(seed: 1)
        let distribution = try #require(MockDistribution("12.5"))
        #expect(distribution.sample(using: &random) == 12.5)
        #expect(distribution.fixed == 12.5)
    }

    @Test(arguments: [("uniform:10-90", 50.0), ("exp:50", 50), ("lognormal:50/0.5", 56.66)])
    func `many draws approach the mean`(text: String, mean: Double) throws {
        let distribution = try #require(MockDistribution(text))
        var random = MockRandom(seed: 42)
        let samples = (0..<20_000).map { _ in distribution.sample(using: &random) }
        #expect(samples.allSatisfy { $0 >= 0 })
        #expect(abs(samples.reduce(0, +) / 20_000 - mean) < mean * 0.03)
    }

    @Test func `a uniform draw stays between its bounds`() throws {
        let distribution = try #require(MockDistribution("uniform:10-20"))
        var random = MockRandom(seed: 3)
        for _ in 0..<1000 { #expect((10...20).contains(distribution.sample(using: &random))) }
    }

    @Test func `a huge sigma is capped`() throws {
        let distribution = try #require(MockDistribution("lognormal:1000000/10"))
        var random = MockRandom(seed: 5)
        for _ in 0..<1000 { #expect(distribution.sample(using: &random) <= 1e9) }
    }

    @Test(arguments: [
        "", "-1", "nan", "inf", "0x10", "1e3", "exp", "exp:", "exp:-5", "uniform:9-3", "uniform:5", "lognormal:5", "lognormal:5/11", "x:5",
        "2000000000",
    ])
    func `anything else is refused`(text: String) {
        #expect(MockDistribution(text) == nil)
    }
}
