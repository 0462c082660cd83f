public import Wire

/// A page about the gateway that needs no provider.
public enum Page: CaseIterable, Sendable {
    /// `GET /stats`: what each deployment has done, under the names of the original project.
    case stats
    /// `GET /metrics`: for Prometheus.
    case metrics
    /// `GET /openapi.json`: the description of the API.
    case openAPI
    /// `GET /docs`: the same for people.
    case documentation

    /// The name in logs.
    public var name: StaticString {
        switch self {
        case .stats: "stats"
        case .metrics: "metrics"
        case .openAPI: "openapi"
        case .documentation: "docs"
        }
    }

    /// The type of the page's content.
    public var contentType: StaticString {
        switch self {
        case .stats, .openAPI: "application/json"
        // The version of the text exposition format (prometheus.io, Exposition formats).
        case .metrics: "text/plain; version=0.0.4; charset=utf-8"
        case .documentation: "text/html; charset=utf-8"
        }
    }

    /// Who may read it.
    var access: Access {
        switch self {
        case .stats: .client
        case .metrics: .admin
        case .openAPI, .documentation: .anybody
        }
    }

    /// Who may read a page.
    enum Access {
        case anybody, client, admin
    }
}

/// Writes the pages about a gateway. Called on the loop, for each request of a page.
public protocol GatewayPages: AnyObject {
    /// The page's content as it is now.
    func write(_ page: Page, of gateway: Gateway, into buffer: inout ByteBuffer)
}
