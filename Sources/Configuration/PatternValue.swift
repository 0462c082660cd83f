/// Reads regular expressions.
struct PatternValue {
    /// Gets patterns that are valid but never match.
    let warnings: ProblemReporter

    /// The valid patterns of a list or of a single text; the others are reported.
    func read(_ value: ConfigurationValue?) -> [String] {
        (value?.elements(orSingle: true) ?? []).compactMap { element in
            guard let pattern = element.text("a regular expression") else { return nil }
            guard (try? Regex(pattern)) != nil else {
                element.report(
                    "not a valid regular expression", expected: "expected a pattern to find in the ids of models; \\ escapes special characters")
                return nil
            }
            if !PatternReach.canMatch(pattern) {
                warnings.report(
                    at: element.node.mark, element.path,
                    found: "\(SafeQuotation.quotePattern(pattern) ?? "this pattern") can never match, because of where its ^ or $ stands",
                    expected: "it stays as it is and does nothing; ^ is for the beginning, $ for the end")
            }
            return pattern
        }
    }
}
