internal import Gateway

/// `leaderboards`: how public leaderboards are kept fresh.
enum LeaderboardSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "leaderboards", \.leaderboards,
            """
            How public leaderboards and model catalogues are kept fresh: fetched off the request path at start and daily, when any provider is \
            on another host; each keeps its last good copy in the data directory. What can't be fetched or read costs one line in the log.
            """, options)
    }

    static var options: [ConfigurationOption<LeaderboardOptions>] {
        [
            .boolean(
                "enabled", \.enabled, "Whether they are fetched. Without them models are ranked by the last good copies, else by the snapshot."),
            .duration(
                "refresh_interval", \.refreshInterval, in: .seconds(3600) ... .seconds(90 * 24 * 3600), "How long a copy is good for."),
            .duration("timeout", \.timeout, in: .seconds(1) ... .seconds(600), "How long fetching one file may take."),
            .bytes("maximum_bytes", \.maximumBytes, in: 64 << 10...1 << 30, "Largest file that is taken."),
            .texts("skip", \.skip, accepts: "a name", "Sources that are not fetched, by the names that `best scores --sources` shows."),
            .text(
                "mirror", \.mirror, accepts: "an address",
                "An address from which every file is fetched by its path instead of from its source, for hosts that reach no other.",
                where: { (try? HTTPURL(parsing: $0)) != nil }),
        ]
    }
}
