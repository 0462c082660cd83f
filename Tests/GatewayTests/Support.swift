import Testing
import Wire

@testable import Gateway

/// Lends text as bytes.
func withBytes<R>(_ text: String, _ body: (RawSpan) throws -> R) rethrows -> R {
    let bytes = Array(text.utf8)
    return try body(bytes.span.bytes)
}

/// A deployment of a provider that needs no key.
func deployment(
    _ provider: String, _ model: String, kind: ModelKind? = nil, aliases: [String] = [], _ adjust: (inout ModelConfiguration) -> Void = { _ in },
    provider adjustProvider: (inout ProviderConfiguration) -> Void = { _ in }
) throws -> Deployment {
    var configuration = ProviderConfiguration(name: provider, baseURL: try HTTPURL(parsing: "https://\(provider)/v1"))
    adjustProvider(&configuration)
    let provider = Provider(configuration, defaults: UpstreamTimeouts())
    var known = ModelConfiguration(id: model)
    known.kind = kind
    known.aliases = aliases
    adjust(&known)
    return Deployment(provider: provider, model: known, keyIndex: 0, origin: provider.origin(for: configuration.baseURL))
}

/// The deployments as `provider/model`.
func names(_ deployments: [Deployment]) -> [String] { deployments.map { "\($0.provider.name)/\($0.model.id)" } }

/// A failed attempt of a class.
func failed(_ failure: FailureClass, retryAfter: Duration? = nil, upstream: String? = nil) -> AttemptFailure {
    AttemptFailure(
        provider: "p", model: "m", verdict: verdict(failure, retryAfter: retryAfter), detail: "",
        upstream: upstream.map { text in withBytes(text) { UpstreamErrorBody(parsing: $0) } })
}

/// A failure with the scope it has when nothing narrows it.
func verdict(_ failure: FailureClass, retryAfter: Duration? = nil) -> FailureVerdict {
    FailureVerdict(failure, scope: failure.widestScope, hint: RetryHint(wait: retryAfter, source: retryAfter == nil ? .none : .retryAfter))
}
