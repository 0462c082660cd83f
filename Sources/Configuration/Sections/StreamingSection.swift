internal import Gateway

/// `streaming`: how streams are kept alive while their provider says nothing.
enum StreamingSection {
    static var section: ConfigurationOption<GatewayConfiguration> {
        .group("streaming", \.streaming, "Streams, that is requests with \"stream\": true, whose provider says nothing for long.", options)
    }

    static var options: [ConfigurationOption<StreamingOptions>] {
        [
            .duration(
                "keep_alive_after", \.keepAliveAfter, in: range,
                "From the request to the first comment (an SSE line that clients pass over), so that no proxy cuts the connection. From then on "
                    + "an error can have no HTTP status any more and comes inside the stream; other providers are still tried. null: no comments."),
            .duration(
                "keep_alive_interval", \.keepAliveInterval, in: range,
                "From one comment to the next, and from the last byte of an answer in which its provider falls silent."),
        ]
    }

    private static let range = Duration.milliseconds(10)...(.seconds(3600))
}
