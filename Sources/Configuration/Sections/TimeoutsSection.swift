internal import Gateway

/// `timeouts`: how long the gateway waits for providers.
enum TimeoutsSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "timeouts", \.timeouts, "How long one attempt at a provider may take. A provider may set its own in meta-providers.yaml.", options,
            check: contradictions)
    }

    static var options: [ConfigurationOption<UpstreamTimeouts>] {
        [
            .duration("connect", \.connect, in: range, "For name resolution, TCP and TLS together."),
            .duration("first_byte", \.firstByte, in: range, "From the request sent to the first byte of the answer."),
            .duration("idle", \.idle, in: range, "The longest silence between two pieces of the answer."),
            .duration("total", \.total, in: range, "For one attempt, from its start to the last byte of the answer."),
        ]
    }

    /// What a waiting time may be, here and for a provider: below a millisecond nothing answers, and a day is as good as for ever.
    static let range = Duration.milliseconds(1)...(.seconds(24 * 3600))

    /// A time that the attempt as a whole can never reach does nothing, so it can't be meant.
    static func contradictions(_ timeouts: UpstreamTimeouts) -> [Contradiction] {
        [("connect", timeouts.connect), ("first_byte", timeouts.firstByte), ("idle", timeouts.idle)].filter { $0.1 > timeouts.total }.map {
            Contradiction(
                key: $0.0, found: "\(DurationText.spell($0.1)) is longer than total (\(DurationText.spell(timeouts.total)))",
                expected: "expected at most the total time of an attempt", isOnlyForGiven: true)
        }
    }
}
