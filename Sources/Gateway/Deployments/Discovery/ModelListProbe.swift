public import EventLoop

/// Asks a provider for its list of models with one of its keys, once, to see whether the two are good: what `best check --live` does.
///
/// It makes the same calls as discovery, `GET …/models` and the pages that follow, and no other: nothing that could cost money.
public final class ModelListProbe {
    /// What came back.
    public enum Answer: Sendable {
        /// The ids of the models on the list, less what `include` and `exclude` leave out, and how many there were before.
        case models([String], listed: Int)
        /// The provider rejects the key (status 401, 402 or 403).
        case rejected(String)
        /// It can be reached but gives no list (any other status, or a body that is none).
        case noList(String)
        /// It can't be reached, or did not answer in time.
        case unreachable(String)

        /// Whether the provider and the key can be relied on, as far as this call tells.
        public var isGood: Bool {
            if case .models = self { true } else { false }
        }
    }

    private let source: ModelSource
    private let loop: EventLoop
    private let transport: any UpstreamTransport
    private let timeout: Duration

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - keyIndex: The place of the key in the provider's pool; 0 for a provider that needs none.
    ///   - timeouts: The waiting times of providers that set none of their own.
    ///   - timeout: The longest that each page may take.
    public init(
        _ provider: ProviderConfiguration, keyIndex: Int, timeouts: UpstreamTimeouts, timeout: Duration, on loop: EventLoop,
        transport: any UpstreamTransport
    ) {
        source = ModelSource(Provider(provider, defaults: timeouts))
        source.keyIndex = keyIndex
        self.loop = loop
        self.transport = transport
        self.timeout = timeout
    }

    /// Asks; `answered` is called on the loop, later than this call returns.
    public func start(answered: @escaping (Answer) -> Void) {
        let fetch = ModelListFetch(on: loop, transport: transport, redactor: source.provider.redactor) { [source, timeout] query in
            source.listRequest(query, timeout: timeout)
        } done: { [source, loop] _, outcome in
            switch outcome {
            case .list(let list):
                source.receive(list.models, at: 0)
                loop.task((source, answered, list.models.count)) { source, answered, listed in
                    _ = await source.choose(in: PatternLanes(on: loop))
                    answered(.models(source.models.map(\.id), listed: listed))
                }
            case .failed(let reason, let isCredential):
                let reason = source.provider.redactor.redacted(reason)
                answered(isCredential ? .rejected(reason) : reason.hasPrefix("status") ? .noList(reason) : .unreachable(reason))
            }
        }
        fetch.start()
    }
}
