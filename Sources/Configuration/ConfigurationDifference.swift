public import Gateway

/// What differs between two configurations, by the options of `best.yaml`.
public struct ConfigurationDifference: Sendable {
    /// An option whose value is another one.
    public struct Change: Equatable, Sendable {
        /// Its key path, `store.kind`.
        public let path: String
        /// Whether it takes effect only when the gateway is restarted.
        public let needsRestart: Bool
    }

    /// The options that differ, in the order of the manual.
    public let changes: [Change]

    /// Compares two configurations.
    public init(from old: GatewayConfiguration, to new: GatewayConfiguration) {
        changes = ConfigurationDifference.changes(BestFile.sections, old, new, prefix: "")
    }

    /// What takes effect only after a restart, each in one line.
    public var restartNotes: [String] {
        changes.filter(\.needsRestart).map { "\($0.path) has changed, which takes effect when the gateway is restarted" }
    }

    private static func changes(
        _ options: [ConfigurationOption<GatewayConfiguration>], _ old: GatewayConfiguration, _ new: GatewayConfiguration, prefix: String
    ) -> [Change] {
        options.flatMap { option -> [Change] in
            switch option.form {
            case .value(let value):
                value.spell(old) == value.spell(new) ? [] : [Change(path: prefix + option.name, needsRestart: option.needsRestart)]
            case .group(let group): changes(group.options, old, new, prefix: "\(prefix)\(option.name).")
            }
        }
    }
}
