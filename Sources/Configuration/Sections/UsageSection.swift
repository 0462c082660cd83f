internal import Gateway

/// `usage`: how long and how finely usage is kept.
enum UsageSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group("usage", \.usage, "How long and how finely is kept what each key used.", options)
    }

    static var options: [ConfigurationOption<UsageOptions>] {
        [
            .duration(
                "keep_requests", \.keepRequests, in: .zero ... .seconds(10 * 365 * 86_400),
                """
                How long the row of each request is kept, beside the sums; 0s keeps none. The admin API and `best usage` do not need them: \
                they are for whoever looks into the database, and cost most of what is spent on usage.
                """
            ).afterRestart(),
            .integer(
                "maximum_requests", \.maximumRequests, in: 0...1_000_000_000, "The most rows of requests that are kept, about 100 bytes each."
            ).afterRestart(),
            .duration(
                "keep_sums", \.keepSums, in: .seconds(86_400) ... .seconds(30 * 365 * 86_400),
                "How long the sums for each minute, key, provider and model are kept."
            ).afterRestart(),
            .integer(
                "buffered_records", \.bufferedRecords, in: 1000...10_000_000,
                """
                The most requests that wait to be written while the database is out of order. Beyond that the oldest lose their rows, but \
                still count in the sums.
                """
            ).afterRestart(),
        ]
    }
}
