import Configuration
import Foundation
import Gateway
import Testing

/// Files as versions of before had them, one directory each: they must be read for ever.
@Suite struct VersionTests {
    private static let versions: [String] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Versions").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { "\(folder)/\($0)" }
    }()

    @Test func `there is one of each`() { #expect(Self.versions.contains { $0.hasSuffix("/0.1.0") }) }

    @Test(arguments: versions)
    func `a configuration of an older version is read without a problem`(directory: String) {
        let loaded = ConfigurationLoader(directory: directory, environment: ["GROQ_API_KEY": "k"]).load()
        #expect(loaded.problems.isEmpty, "\(loaded.problems)")
        #expect(loaded.configuration?.providers.count == 1)
    }
}
