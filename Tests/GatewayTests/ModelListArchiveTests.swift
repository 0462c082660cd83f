import Testing
import Wire

@testable import Gateway

@Suite struct ModelListArchiveTests {
    private static var archive: ModelListArchive {
        var full = ModelConfiguration(id: "vendor/big:free")
        full.contextLength = 131_072
        full.maximumOutputTokens = 4096
        full.inputModalities = [.text, .image, .file]
        full.outputModalities = [.text]
        full.supportsTools = true
        full.supportsJSON = false
        full.supportsSchemas = true
        full.promptPrice = 0.15
        full.completionPrice = 1e-7
        full.aliases = ["big", "quo\"ted"]
        full.otherNames = ["Vendor/Big"]
        full.created = 1_733_447_754
        full.kind = .chat
        return ModelListArchive(lists: [
            ModelListArchive.List(
                provider: "a", url: "https://a.test/v1", fetchedAt: 1_764_000_000, models: [full, ModelConfiguration(id: "plain")]),
            ModelListArchive.List(provider: "b", url: "http://127.0.0.1:9/v1", fetchedAt: 1, models: []),
        ])
    }

    @Test func `what is written is read again`() {
        let archive = Self.archive
        #expect(ModelListArchive(reading: archive.bytes) == archive)
        #expect(ModelListArchive(reading: ModelListArchive().bytes) == ModelListArchive())
    }

    @Test func `a list belongs to a name and a place`() {
        #expect(Self.archive.list(of: "a", at: "https://a.test/v1")?.models.count == 2)
        #expect(Self.archive.list(of: "a", at: "https://other.test/v1") == nil && Self.archive.list(of: "c", at: "https://a.test/v1") == nil)
    }

    @Test func `an archive that is cut at any byte is none`() {
        let bytes = Self.archive.bytes
        // The line feed at the end is not missed.
        for end in 0..<bytes.count - 1 { #expect(ModelListArchive(reading: Array(bytes[..<end])) == nil, "\(end)") }
    }

    @Test(arguments: ["", "{}", "[]", #"{"version":2,"lists":[]}"#, #"{"lists":[]}"#, #"{"version":"1","lists":[]}"#, "\u{0}\u{0}\u{0}"])
    func `what this version has not written is none`(text: String) {
        #expect(ModelListArchive(reading: Array(text.utf8)) == nil)
    }

    @Test func `what someone has edited into it is checked`() {
        let text =
            #"{"version":1,"lists":[7,{"provider":"a","url":"u","models":[{"id":""},{"id":"line\nend"},5,{"id":"x","context_length":-1,"kind":"odd","#
            + #""prompt_price":-3,"completion_price":"1","input_modalities":["smell"],"aliases":["",7,"ok"]}]},{"models":[]}]}"#
        let archive = ModelListArchive(reading: Array(text.utf8))
        var expected = ModelConfiguration(id: "x")
        expected.aliases = ["ok"]
        #expect(archive?.lists == [ModelListArchive.List(provider: "a", url: "u", fetchedAt: 0, models: [expected])])
    }
}

@Suite struct ModelListDifferenceTests {
    private func text(_ old: [String], _ new: [String]) -> String? {
        ModelListDifference(from: old.map(ModelConfiguration.init), to: new.map(ModelConfiguration.init)).description
    }

    @Test func `a difference is told in words`() {
        #expect(text(["a", "c"], ["a", "d", "b"]) == "2 new models (d, b), 1 gone (c)")
        #expect(text(["a"], ["a", "b"]) == "1 new model (b)")
        #expect(text(["a", "b"], []) == "2 gone (a, b)")
        #expect(text(["a", "b"], ["b", "a"]) == nil)
        #expect(text([], ["1", "2", "3", "4", "5", "6", "7"]) == "7 new models (1, 2, 3, 4, 5 and 2 more)")
    }
}

@Suite struct FetchScheduleTests {
    private let options = DiscoveryOptions()

    @Test(arguments: [(1, 15), (2, 30), (3, 60), (5, 240), (8, 1800), (100, 1800)])
    func `each failure doubles the pause up to the cap`(failures: Int, seconds: Int) {
        var longest = FetchSchedule()
        var shortest = FetchSchedule()
        var pauses: (Duration, Duration) = (.zero, .zero)
        for _ in 0..<failures { pauses = (longest.failed(options, random: 1), shortest.failed(options, random: 0)) }
        #expect(pauses.0 == .seconds(seconds) && pauses.1 == .milliseconds(seconds * 500))
    }

    @Test func `a list is asked for again after a day, give or take a tenth, and a success ends the growing`() {
        var schedule = FetchSchedule()
        #expect(schedule.succeeded(options, random: 0) == .seconds(77_760) && schedule.succeeded(options, random: 1) == .seconds(95_040))
        #expect(schedule.succeeded(options, age: .seconds(80_000), random: 0) == .zero)
        #expect(schedule.succeeded(options, age: .seconds(-5), random: 0) == .seconds(77_760))
        for _ in 0..<4 { _ = schedule.failed(options, random: 1) }
        _ = schedule.succeeded(options, random: 0.5)
        #expect(schedule.failed(options, random: 1) == .seconds(15))
    }
}
