import Configuration
import Testing

@Suite struct SpoiledConfigurationTests {
    private static let all = SpoiledConfiguration.providers + SpoiledConfiguration.otherFiles + SpoiledConfiguration.variables

    @Test(arguments: all)
    func `each fault is named with its place, what was found and what would be right, and nothing starts`(spoiled: SpoiledConfiguration) throws {
        let fixture = try ConfigurationFixture(spoiled.files)
        // A directory that is named must be there, and without a list of providers it has to be the default one.
        let hasProviders = spoiled.files.keys.contains("config/meta-providers.yaml")
        let loaded = fixture.load(directory: hasProviders ? "config" : nil, spoiled.environment)
        let said = loaded.problems.map(\.description)
        #expect(loaded.configuration == nil)
        for fault in spoiled.faults {
            let line = said.first { line in line.hasPrefix("\(fault.place): ") && fault.words.allSatisfy(line.contains) }
            #expect(line != nil, "\(fault.place) \(fault.words) is not in \(said)")
        }
        #expect(said.count == spoiled.faults.count, "nothing else is wrong: \(said)")
        for problem in loaded.problems { #expect(!problem.found.isEmpty && !problem.expected.isEmpty && !problem.description.contains("\n")) }
        #expect(!"\(loaded)".contains("hunter"), "no secret is repeated")
    }

    @Test func `there are at least forty of them, each another`() {
        #expect(Self.all.count >= 40)
        #expect(Set(Self.all.flatMap { $0.faults.map { $0.place + $0.words.joined() } }).count >= 60)
    }

    @Test func `a faulty file cut at every byte is refused or read, and never ends the program`() throws {
        let text = "providers:\n  - base_url: https://h/v1\n    limits: {requests_per_minute: 5}\n    models: [{id: 'm', context_length: 1_000}]\n"
        let fixture = try ConfigurationFixture()
        for length in 0...text.utf8.count {
            for name in ["config/meta-providers.yaml", "config/best.yaml", "config/model-adjustments.yaml", ".env"] {
                try fixture.write(Array(text.utf8.prefix(length)), to: name)
            }
            let loaded = fixture.load()
            #expect((loaded.configuration == nil) == !loaded.problems.isEmpty)
        }
    }
}
