import Testing

@testable import Gateway

@Suite struct ResponseHomesTests {
    private let home = ResponseHomes.Home(provider: "a", keyIndex: 1)

    @Test func `an answer is found again, an unknown one is not`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        #expect(homes.home(of: "resp_1") == home && homes.home(of: "resp_2") == nil)
    }

    @Test func `the oldest are forgotten first, and no more are kept than there is room for`() {
        var homes = ResponseHomes()
        for number in 0..<ResponseHomes.most + 3 { homes.note("resp_\(number)", at: home) }
        #expect(homes.count == ResponseHomes.most)
        #expect(homes.home(of: "resp_2") == nil && homes.home(of: "resp_3") == home)
        #expect(homes.home(of: "resp_\(ResponseHomes.most + 2)") == home)
    }

    @Test func `noting an answer twice takes one place, and an id beyond all measure none`() {
        var homes = ResponseHomes()
        homes.note("resp_1", at: home)
        homes.note("resp_1", at: ResponseHomes.Home(provider: "b", keyIndex: 0))
        homes.note(String(repeating: "x", count: 257), at: home)
        homes.note("", at: home)
        #expect(homes.count == 1 && homes.home(of: "resp_1")?.provider == "b")
    }
}
