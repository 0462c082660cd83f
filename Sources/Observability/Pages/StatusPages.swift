public import Gateway
internal import Wire

/// The pages about a gateway: statistics, metrics, and the description of the API as JSON and for people.
public final class StatusPages: GatewayPages {
    /// Further metrics: of the store, the leaderboards, whatever is not the gateway itself. Called for each scrape.
    public var metricSources: [(inout PrometheusText) -> Void] = []

    /// Makes the pages.
    public init() {}

    /// Begins a page.
    public func begin(_ page: Page, of gateway: Gateway, _ reports: DeploymentReports) -> any PageText {
        switch page {
        case .stats: StatsPage(reports, missingEndpoints: gateway.missingEndpoints, timeOfDay: { gateway.timeOfDay })
        case .metrics: MetricsPage(gateway, reports, further: metricSources)
        case .openAPI: FixedPage { $0.append(StatusPages.description.bytes) }
        case .documentation: FixedPage { $0.append(StatusPages.documentation.bytes) }
        }
    }

    /// A page that is written in one go.
    private final class FixedPage: PageText {
        private let write: (inout ByteBuffer) -> Void

        init(_ write: @escaping (inout ByteBuffer) -> Void) { self.write = write }

        func advance(into buffer: inout ByteBuffer) -> Bool {
            write(&buffer)
            return true
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
