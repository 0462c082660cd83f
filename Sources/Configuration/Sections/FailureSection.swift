internal import Gateway

/// `failure`: what follows from failures: rests, attempts, deadlines, and waiting for capacity.
enum FailureSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "failure", \.failure,
            """
            What follows when providers fail: how long what failed is left alone, how many attempts a request has, and how long it waits for \
            capacity. The provider's own word (retry-after and the like) always comes before these times.
            """, options, check: contradictions)
    }

    static var options: [ConfigurationOption<FailureOptions>] {
        [
            .duration(
                "cooldown_first", \.cooldownFirst, in: .milliseconds(10) ... .seconds(3600),
                """
                How long what is down is left alone the first time, where the provider named no time: a model with one key, or a provider that \
                can't be reached. Four failures in a row show that it is down, or as many more as there are successes between them; two \
                where nobody accepts a connection. What a request can bring about counts for the client that met it, and for everybody once \
                a second client has met it. Each rest in a row is twice as long (1, 2, 4, 8, 16, 32, 60 s), each success goes one step \
                back. When the time is over one request tries.
                """),
            .duration("cooldown_most", \.cooldownMost, in: .milliseconds(10) ... .seconds(24 * 3600), "The longest such rest after failures."),
            .duration(
                "limit_cooldown_most", \.limitCooldownMost, in: .milliseconds(10) ... .seconds(24 * 3600),
                "The longest such rest after 429 without a time."),
            .duration(
                "longest_pause", \.longestPause, in: .seconds(1) ... .seconds(31 * 24 * 3600),
                "The longest pause believed of a provider that names one."),
            .number("jitter", \.jitter, in: 0...0.5, "The part by which rests are made longer or shorter at random."),
            .duration(
                "quarantine", \.quarantine, in: .seconds(1) ... .seconds(31 * 24 * 3600),
                """
                How long a rejected key or an empty account is left alone once a second request has met the same; at the first a key \
                rests like anything that failed, and an account for a minute. Doubled each time, up to a day. A reload with another key \
                ends it at once, and so does POST /admin/rests/clear.
                """),
            .integer(
                "retire_after", \.retireAfter, in: 1...100,
                """
                After so many 404 in a row, each to another request, a model counts as retired. At the first it rests like anything that \
                failed, at the next for minutes.
                """),
            .duration("retirement", \.retirement, in: .seconds(1) ... .seconds(31 * 24 * 3600), "How long a retired model is left alone."),
            .integer("attempts", \.attempts, in: 1...64, "The most attempts of one request, over all candidates."),
            .duration(
                "deadline", \.deadline, in: .milliseconds(10) ... .seconds(24 * 3600),
                """
                How long one request may take over all of its attempts. A client that says less (x-stainless-read-timeout, which OpenAI's \
                clients send) is believed.
                """),
            .duration(
                "first_token_least", \.firstTokenLeast, in: .milliseconds(1) ... .seconds(3600),
                """
                How long a deployment takes to its first token is learnt (the 95th percentile), and an attempt is given up after two and a \
                half times that while another deployment can take over; but not before this time. Whole answers have the time that the \
                tokens asked for should take.
                """),
            .duration(
                "first_token_most", \.firstTokenMost, in: .milliseconds(1) ... .seconds(3600),
                "The longest such time, where first_byte of the timeouts or of the provider does not say less."),
            .duration(
                "wait", \.wait, in: .zero ... .seconds(3600),
                "How long a request waits for capacity that is to come, such as the end of a rest, when it does not say so in x-best-wait."),
            .duration("wait_most", \.waitMost, in: .zero ... .seconds(3600), "The most that x-best-wait can ask for."),
            .integer(
                "waiting_requests", \.waitingRequests, in: 0...100_000, "How many requests may wait at one time; a further one gets a 503."),
        ]
    }

    /// A cap below what it caps would never be seen.
    static func contradictions(_ options: FailureOptions) -> [Contradiction] {
        let pairs = [
            ("cooldown_most", options.cooldownMost, "cooldown_first", options.cooldownFirst),
            ("limit_cooldown_most", options.limitCooldownMost, "cooldown_first", options.cooldownFirst),
            ("first_token_most", options.firstTokenMost, "first_token_least", options.firstTokenLeast),
        ]
        return pairs.filter { $0.1 < $0.3 }.map {
            Contradiction(
                key: $0.0, found: "\(DurationText.spell($0.1)) is shorter than \($0.2) (\(DurationText.spell($0.3)))",
                expected: "expected at least \($0.2)")
        }
    }
}
