/// A page about the gateway that needs no provider.
public enum Page: CaseIterable, Sendable {
    /// `GET /stats`: what each deployment that the reader may ask for has done, under the names of the original project.
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

    /// Whether it tells of each deployment, of which there may be thousands; the others never change.
    var tellsOfDeployments: Bool {
        switch self {
        case .stats, .metrics: true
        case .openAPI, .documentation: false
        }
    }

    /// Who may read a page.
    enum Access {
        case anybody, client, admin
    }
}
