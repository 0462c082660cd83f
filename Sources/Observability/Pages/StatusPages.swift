public import Gateway
public import Wire

/// The pages about a gateway: statistics, metrics, and the description of the API as JSON and for people.
public final class StatusPages: GatewayPages {
    /// Further metrics: of the store, the leaderboards, whatever is not the gateway itself. Called for each scrape.
    public var metricSources: [(inout PrometheusText) -> Void] = []

    /// Makes the pages.
    public init() {}

    /// Writes a page.
    public func write(_ page: Page, of gateway: Gateway, into buffer: inout ByteBuffer) {
        switch page {
        case .stats: StatsPage.write(gateway, into: &buffer)
        case .metrics:
            var text = PrometheusText()
            GatewayMetrics.write(gateway, into: &text)
            for source in metricSources { source(&text) }
            text.write(into: &buffer)
        case .openAPI: buffer.append(StatusPages.description.bytes)
        case .documentation: buffer.append(StatusPages.documentation.bytes)
        }
    }

    // What never changes is made once: that takes milliseconds, and anybody may ask for it.

    private static let description = {
        var text = ByteBuffer()
        APIDescription.document.write(into: &text)
        return text
    }()

    private static let documentation = {
        var text = ByteBuffer()
        DocumentationPage.write(into: &text)
        return text
    }()
}
