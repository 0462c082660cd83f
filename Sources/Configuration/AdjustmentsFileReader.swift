internal import Gateway

/// Reads `model-adjustments.yaml`, whose format is the original project's: `adjustments: {name: {priority: 5, regex: [gpt-4o, …]}}`.
struct AdjustmentsFileReader {
    let reporter: ProblemReporter
    /// Gets patterns that are valid but never match.
    let warnings: ProblemReporter

    /// The adjustments in the order of the file; those with a problem are left out.
    func read(_ root: YAMLNode) -> [ModelAdjustment] {
        let document = ConfigurationValue(node: root, path: .root, reporter: reporter)
        guard !root.isNull, let file = ConfigurationReader<AdjustmentsFileKey>(document) else { return [] }
        // A mapping of which everything is commented out is null, and is meant.
        if root["adjustments"]?.isNull == true { return [] }
        guard let groups = file.required(.adjustments)?.pairs(atMost: ConfigurationLimits.maximumAdjustments) else { return [] }
        return groups.compactMap { readGroup($0.key, $0.value) }
    }

    private func readGroup(_ name: String, _ value: ConfigurationValue) -> ModelAdjustment? {
        guard let reader = ConfigurationReader<AdjustmentKey>(value) else { return nil }
        let priority = reader.required(.priority)?.number(in: -1000...1000)
        let patterns = reader.required(.regex).map { PatternValue(warnings: warnings).read($0) } ?? []
        guard let priority, !patterns.isEmpty else { return nil }
        return ModelAdjustment(name: name, priority: priority, patterns: patterns)
    }
}
