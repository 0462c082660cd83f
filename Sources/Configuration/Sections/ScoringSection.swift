internal import Gateway

/// `scoring`: by what deployments are put in order.
enum ScoringSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group("scoring", \.scoring, "By what models are put in order.", options)
    }

    static var options: [ConfigurationOption<ScoringOptions>] {
        [
            .choice(
                "mode", \.mode,
                """
                ability: by what boards and descriptions say of a model, as `best scores` shows it, blended with what is measured, left and paid. \
                original: by the original project's formula alone.
                """),
            .texts(
                "aliases", \.aliases, accepts: "`id = model`",
                "What ids stand for where their names do not say it: a provider's id, =, and any name of the model (`house-model = llama-3.3-70b`).",
                where: { $0.split(separator: "=").count == 2 }),
            .group(
                "profiles", \.profiles,
                """
                How much each thing counts. A profile's name is a model that clients can ask for; best is also priority-auto, and counts when a \
                model is asked for by its own name. A score is the sum of weight × value. `POST /v1/route/explain` shows every term of it.
                """, profiles),
            .number(
                "caution", \.caution, in: 0...3,
                "How many standard deviations are taken off a model's quality, so that what is known little must promise more."),
            .duration("half_life", \.halfLife, in: .seconds(60) ... .seconds(24 * 3600), "After how long a measurement counts half."),
            .group(
                "exploration", \.exploration,
                """
                How it is found out that a deployment has become better: a few requests go to one that was not asked for a while and would be \
                first if it were as good as it once was, or as one that is not known can be. Of what is as good as the first but for its speed, \
                which nobody knows yet, each is tried three times.
                """, exploration),
            .group(
                "affinity", \.affinity,
                """
                A conversation stays on its deployment while that is healthy: the provider's prompt cache is warm there. It is told by a session \
                header (x-session-id, session-id, x-conversation-id), prompt_cache_key or user, otherwise by its messages. Its first \
                request, and more than four at a time, go where there is least to do among equals.
                """, affinity),
            .group(
                "original", \.original,
                """
                The weights of the original project's formula, which `mode: original` uses: \
                base_priority × (leaderboard × row + parameters × billions + context × tokens + adjustment × sum of adjustments).
                """, weights),
        ]
    }

    private static var profiles: [ConfigurationOption<ScoringProfiles>] {
        [
            .group("best", \.best, "The best answer that can be had now.", profile),
            .group("fast", \.fast, "The time until the answer is whole counts more.", profile),
            .group("cheap", \.cheap, "The price counts more.", profile),
            .group("code", \.code, "The quality at code counts.", profile),
            .value(
                "own", "Further profiles by name, each with the options of the ones above; what is left out is as in best.",
                accepts: "a mapping of names to profiles: {quick-code: {task: code, speed: 1}}", spell: spell, read: readOwn),
        ]
    }

    static var profile: [ConfigurationOption<ScoringProfile>] {
        [
            .choice("task", \.task, "The kind of work whose quality counts, where boards tell; otherwise the quality in general does."),
            .number("quality", \.quality, in: 0...100, "Of the quality, 0 to 1."),
            .number("success", \.success, in: 0...100, "Of ln(probability of success)."),
            .number("speed", \.speed, in: 0...100, "Of -ln(1 + seconds until a typical answer is whole / 2)."),
            .number("price", \.price, in: 0...100, "Of -ln(1 + price of a typical request / 0.0001 US dollars)."),
            .number("quota", \.quota, in: 0...100, "Of ln(what is left of the provider's limits), which is 0 until a tenth is left."),
        ]
    }

    private static func spell(_ profiles: ScoringProfiles) -> String {
        let entries = profiles.own.sorted { $0.key < $1.key }.map { name, weights in
            let options = profile.compactMap { option -> String? in
                if case .value(let value) = option.form { "\(option.name): \(value.spell(weights))" } else { nil }
            }
            return "\(TextValue.spell(name)): {\(options.joined(separator: ", "))}"
        }
        return "{\(entries.joined(separator: ", "))}"
    }

    private static func readOwn(_ value: ConfigurationValue, _ profiles: inout ScoringProfiles) {
        guard let pairs = value.pairs() else { return }
        profiles.own = [:]
        for (name, value) in pairs {
            guard !name.isEmpty, !name.contains(where: { $0 == "," || $0 == "/" || $0.isWhitespace }), !ScoringProfiles.reserved.contains(name) else {
                value.report(
                    "\(SafeQuotation.quote(name) ?? "this") can't be a profile's name",
                    expected: "expected another name, without commas, slashes and white space")
                continue
            }
            var weights = ScoringProfile()
            OptionsReader(paths: [], warnings: value.reporter).read(value, by: .init(options: profile, check: { _ in [] }), into: &weights)
            profiles.own[name] = weights
        }
    }

    private static var exploration: [ConfigurationOption<ExplorationOptions>] {
        [
            .boolean("enabled", \.enabled, "false: the order follows from the measurements alone."),
            .number("share", \.share, in: 0...0.5, "The most of all requests that may be spent on it."),
            .duration(
                "interval", \.interval, in: .seconds(1) ... .seconds(24 * 3600),
                "How long a deployment that did not do well is left alone before it is tried again."),
        ]
    }

    private static var affinity: [ConfigurationOption<AffinityOptions>] {
        [
            .boolean("enabled", \.enabled, "Whether conversations stay where they are."),
            .integer("capacity", \.capacity, in: 1...10_000_000, "The most conversations remembered; the one unused for longest is forgotten first."),
            .duration(
                "lifetime", \.lifetime, in: .seconds(1) ... .seconds(24 * 3600), "After how long without a request a conversation is forgotten."),
            .number("tolerance", \.tolerance, in: 0...1000, "How much better another deployment's score may be before the conversation moves."),
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
