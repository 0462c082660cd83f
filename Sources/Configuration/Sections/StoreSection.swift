internal import Gateway

/// `store`: where keys, usage and what was learnt are kept.
enum StoreSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "store", \.store,
            """
            Where client keys, usage and what was learnt are kept. Requests never wait for it: while the database is locked, full, damaged or \
            gone the gateway serves from memory, says so in /readyz, the metrics and the log, and comes back by itself.
            """, options)
    }

    static var options: [ConfigurationOption<StoreOptions>] {
        [
            .choice("kind", \.kind, "sqlite is a database in server.data_directory; memory keeps nothing beyond the process.").afterRestart(),
            .duration(
                "flush_interval", \.flushInterval, in: .milliseconds(50) ... .seconds(10), "How long usage waits at most before it is written."
            ).afterRestart(),
            .duration(
                "busy_timeout", \.busyTimeout, in: .milliseconds(100) ... .seconds(60),
                "How long a change of a key waits for another program's lock on the database."
            ).afterRestart(),
            .duration(
                "longest_retry_interval", \.longestRetryInterval, in: .seconds(1) ... .seconds(600),
                "The longest pause between two tries to bring the store back; the first comes after 250ms, each next after twice the time."
            ).afterRestart(),
        ]
    }
}
