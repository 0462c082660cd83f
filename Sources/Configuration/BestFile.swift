internal import Gateway

/// `best.yaml`: everything about the gateway itself, one section for each concern.
enum BestFile {
    /// The name of the file in the configuration directory.
    static let name = "best.yaml"

    /// The sections in the order of the manual.
    static var sections: [ConfigurationOption<GatewayConfiguration>] {
        [
            ServerSection.section,
            AdminSection.section,
            TimeoutsSection.section,
            FailureSection.section,
            DiscoverySection.section,
            StreamingSection.section,
            ScoringSection.section,
            AliasesSection.section,
            LeaderboardSection.section,
            StoreSection.section,
            UsageSection.section,
            LoggingSection.section,
            MetricsSection.section,
        ]
    }

    /// The whole file as one mapping.
    static var root: ConfigurationOption<GatewayConfiguration>.Group {
        .init(options: sections, check: AliasesSection.contradictions)
    }

    /// Reads a parsed file into `configuration`; an empty one changes nothing.
    static func read(_ node: YAMLNode, into configuration: inout GatewayConfiguration, _ reporter: ProblemReporter, warnings: ProblemReporter) {
        guard !node.isNull else { return }
        let value = ConfigurationValue(node: node, path: .root, reporter: reporter)
        OptionsReader(paths: paths(of: sections), warnings: warnings).read(value, by: root, into: &configuration)
    }

    /// The key paths of all values under `options`: `server.port`.
    static func paths<Options>(of options: [ConfigurationOption<Options>], prefix: String = "") -> [String] {
        options.flatMap { option -> [String] in
            switch option.form {
            case .value: [prefix + option.name]
            case .group(let group): paths(of: group.options, prefix: "\(prefix)\(option.name).")
            }
        }
    }
}
