internal import Gateway

/// `scoring`: by what deployments are put in order.
enum ScoringSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "scoring", \.scoring,
            "By what models are put in order. Read and checked, but without effect: this version orders by base_priority and priority.", options)
    }

    static var options: [ConfigurationOption<ScoringOptions>] {
        [
            .group(
                "original", \.original,
                """
                The weights of the original project's formula: \
                base_priority × (leaderboard × row + parameters × billions + context × tokens + adjustment × sum of adjustments).
                """, weights)
        ]
    }

    /// What a weight may be, in the file and in the environment.
    static let range = -1_000_000.0...1_000_000.0

    private static var weights: [ConfigurationOption<OriginalWeights>] {
        [
            .number(
                "leaderboard", \.leaderboard, in: range, "For the mean of the leaderboard rows, 0 to 1. Environment MODEL_LEADERBOARD_SCORE_SCALAR."),
            .number(
                "parameters", \.parameters, in: range, "For each billion of parameters in the model's name. Environment MODEL_PARAM_SCORE_SCALAR."),
            .number("context", \.context, in: range, "For each token of context. Environment MODEL_CTX_SCORE_SCALAR."),
            .number(
                "adjustment", \.adjustment, in: range,
                "For the sum of the adjustments in model-adjustments.yaml. Environment MODEL_ADJUSTMENT_SCALAR."),
        ]
    }
}
