import Testing

/// A configuration with one fault, or several: what its files and variables hold, and what must be said about it.
struct SpoiledConfiguration: Sendable, CustomTestStringConvertible {
    /// One problem that must be named: `place` is `file:line: key`, or less where there is no line or key; each of `words` must follow.
    struct Fault: Sendable {
        let place: String
        let words: [String]
    }

    let testDescription: String
    let files: [String: String]
    let environment: [String: String]
    let faults: [Fault]

    /// A fault in a provider of `meta-providers.yaml`; `lines` stand under a right `base_url` on line 2, so they begin on line 3.
    static func provider(_ title: String, _ lines: String, _ place: String, _ words: String...) -> SpoiledConfiguration {
        let text =
            "providers:\n  - base_url: https://a.example/v1\n"
            + lines.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)\n" }.joined()
        return SpoiledConfiguration(
            testDescription: title, files: ["config/meta-providers.yaml": text], environment: [:],
            faults: [Fault(place: "config/meta-providers.yaml:" + place, words: words)])
    }

    /// A fault of one file as a whole.
    static func file(_ title: String, _ name: String, _ text: String, _ place: String, _ words: String...) -> SpoiledConfiguration {
        SpoiledConfiguration(testDescription: title, files: [name: text], environment: [:], faults: [Fault(place: "\(name)\(place)", words: words)])
    }

    /// A fault of the environment.
    static func environment(
        _ title: String, _ environment: [String: String], files: [String: String] = [:], _ place: String, _ words: String...
    ) -> SpoiledConfiguration {
        SpoiledConfiguration(testDescription: title, files: files, environment: environment, faults: [Fault(place: place, words: words)])
    }

    /// Several faults at once.
    static func several(
        _ title: String, _ files: [String: String], _ environment: [String: String] = [:], _ faults: [(String, [String])]
    ) -> SpoiledConfiguration {
        SpoiledConfiguration(
            testDescription: title, files: files, environment: environment, faults: faults.map { Fault(place: $0.0, words: $0.1) })
    }
}
