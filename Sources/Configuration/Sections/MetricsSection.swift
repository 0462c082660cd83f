internal import Gateway

/// `metrics`: who may read what is measured.
enum MetricsSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group("metrics", \.metrics, "What GET /metrics tells Prometheus.", options)
    }

    static var options: [ConfigurationOption<MetricsOptions>] {
        [
            .boolean(
                "public", \.public,
                """
                Whether no key is needed. Without this the admin key is, as X-Admin-API-Key or as a bearer token; where there is no admin key \
                the metrics are not served.
                """)
        ]
    }
}
