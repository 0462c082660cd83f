internal import Gateway

/// `discovery`: how the models of providers are found out.
enum DiscoverySection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group(
            "discovery", \.discovery,
            """
            How the models of providers without `models` in meta-providers.yaml are found out: by GET …/models, which no provider charges for. \
            The lists are kept in a file, so that a restart needs no network.
            """, options, check: contradictions)
    }

    static var options: [ConfigurationOption<DiscoveryOptions>] {
        [
            .duration(
                "refresh_interval", \.refreshInterval, in: .seconds(60) ... .seconds(30 * 24 * 3600),
                "How long a list is good for before it is asked for again; up to a tenth is taken off or put on."),
            .duration(
                "patience", \.patience, in: .zero ... .seconds(300),
                "How long the start waits for lists that are not kept yet. What is late comes in while serving."),
            .duration(
                "retry_interval", \.retryInterval, in: .seconds(1) ... .seconds(3600),
                "The pause before a provider that gave no list is asked again; it doubles each time, and up to half of it is taken off."),
            .duration("maximum_retry_interval", \.maximumRetryInterval, in: .seconds(1) ... .seconds(24 * 3600), "The longest of these pauses."),
            .duration("timeout", \.timeout, in: .seconds(1) ... .seconds(300), "How long one call for a list may take."),
            .text(
                "cache_file", \.cacheFile, accepts: "the path of a file",
                "The file the lists are kept in; null is models.json in the data directory. Environment PROVIDERS_CONFIG_FILENAME."),
        ]
    }

    static func contradictions(_ options: DiscoveryOptions) -> [Contradiction] {
        guard options.maximumRetryInterval < options.retryInterval else { return [] }
        return [
            Contradiction(
                key: "maximum_retry_interval", found: "\(DurationText.spell(options.maximumRetryInterval)) is shorter than retry_interval",
                expected: "expected at least \(DurationText.spell(options.retryInterval))")
        ]
    }
}
