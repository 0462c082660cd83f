internal import Gateway

/// Reads the original project's four weights from variables, over what `best.yaml` says.
struct ScoringVariables {
    let variables: VariableLookup

    /// Reads into `weights`; what is not set, or is no number, stays as it is.
    func read(into weights: inout OriginalWeights) {
        read("MODEL_LEADERBOARD_SCORE_SCALAR", into: &weights.leaderboard)
        read("MODEL_PARAM_SCORE_SCALAR", into: &weights.parameters)
        read("MODEL_CTX_SCORE_SCALAR", into: &weights.context)
        read("MODEL_ADJUSTMENT_SCALAR", into: &weights.adjustment)
    }

    private func read(_ name: String, into weight: inout Double) {
        guard let place = variables.setting(name), !place.value.isEmpty else { return }
        let range = ScoringSection.range
        let expected = "expected a number in \(NumberText.describe(range.lowerBound))...\(NumberText.describe(range.upperBound))"
        guard let number = place.value.reveal({ CoreScalar.number($0) }) else {
            return variables.report(name, place, found: "not a number", expected: expected)
        }
        guard range.contains(number) else {
            return variables.report(name, place, found: "found \(NumberText.describe(number))", expected: expected)
        }
        weight = number
    }
}
