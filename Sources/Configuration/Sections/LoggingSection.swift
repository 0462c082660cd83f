internal import Gateway

/// `logging`: what is written to standard error.
enum LoggingSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "logging", \.logging,
            "What is written to standard error: a line for each request and notices. Prompts, answers and keys are never logged.", options)
    }

    static var options: [ConfigurationOption<LoggingOptions>] {
        [
            .choice("format", \.format, "text is for reading, json has one object for each line. Flag --log-format."),
            .boolean("requests", \.requests, "Whether each request has a line; notices are written in any case. Flag --quiet turns it off."),
            .choice(
                "colour", \.colour,
                """
                Whether text lines are coloured. auto: when standard error is a terminal and NO_COLOR (https://no-color.org) is not set.
                """),
            .duration(
                "slow_turn", \.slowTurn, in: .milliseconds(1) ... .seconds(60),
                """
                A notice is written when one turn of the event loop takes longer, during which nothing else was done: a sign of a machine \
                that is too busy, or of a fault in BEST that we would like to hear of.
                """),
        ]
    }
}
