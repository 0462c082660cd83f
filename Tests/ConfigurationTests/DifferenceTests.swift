import Foundation
import Gateway
import HTTPServer
import Testing

@testable import Configuration

/// What a reload says of options that a running gateway can't change.
@Suite struct DifferenceTests {
    /// The options whose change needs a restart; every other one is taken up by a reload.
    private static let restart = [
        "server.host", "server.port", "server.data_directory", "server.maximum_connections", "admin.listen", "admin.socket_mode", "store.kind",
        "store.flush_interval", "store.busy_timeout", "store.longest_retry_interval", "usage.keep_requests", "usage.maximum_requests",
        "usage.keep_sums", "usage.buffered_records",
    ]

    /// Another value for every option there is, by its path, in the words of the file.
    private static func others(_ text: String) -> [String] {
        [
            "7", "30000", "64KiB", "reasoning", "0.25", "77s", "2h", "48h", "3d", "2MiB", "4GiB", "json", "memory", "never", "keys", "original",
            "code", "localhost",
            "\"elsewhere\"", "false", "true",
            "127.0.0.1:9001", "0640", "[a]", "['a = b']", "[https://a.example]", "https://a.example", "null", "2",
        ].filter { $0 != text }
    }

    /// Changes one option after the other, and has told what a reload would say.
    @Test func `a reload names every option whose change needs a restart, and no other`() throws {
        var needing: Set<String> = []
        var changed: Set<String> = []
        for path in BestFile.paths(of: BestFile.sections) {
            let old = GatewayConfiguration()
            for text in Self.others("") {
                var yaml = ""
                for (depth, part) in path.split(separator: ".").enumerated() {
                    yaml += "\(depth == 0 ? "" : "\n")\(String(repeating: "  ", count: depth))\(part):"
                }
                yaml += " \(text)\n"
                let problems = ProblemList()
                let reporter = ProblemReporter(file: "best.yaml", problems: problems)
                var new = old
                guard let root = YAMLDocument(Array(yaml.utf8), reporter).root else { continue }
                BestFile.read(root, into: &new, reporter, warnings: reporter)
                let difference = ConfigurationDifference(from: old, to: new)
                guard difference.changes.map(\.path) == [path] else { continue }
                changed.insert(path)
                if !difference.restartNotes.isEmpty { needing.insert(path) }
                break
            }
        }
        #expect(needing == Set(Self.restart))
        let missed = Set(BestFile.paths(of: BestFile.sections)).subtracting(changed)
        #expect(missed.isSubset(of: Self.hardToChange), "no other value was found for \(missed.sorted())")
    }

    /// Options for which none of the texts above is another value that stands alone.
    private static let hardToChange: Set<String> = ["scoring.profiles.own", "aliases"]

    @Test func `equal configurations differ in nothing`() {
        #expect(ConfigurationDifference(from: GatewayConfiguration(), to: GatewayConfiguration()).changes.isEmpty)
    }

    @Test func `the manual says which options need a restart`() {
        let text = ConfigurationManual.text
        #expect(text.components(separatedBy: "A change needs a restart.").count - 1 == Self.restart.count)
    }
}
