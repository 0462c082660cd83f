internal import EventLoop
internal import Gateway
internal import Upstream

/// Asks every provider for its list of models with every key of its pool, several at a time, and keeps what came back.
final class LiveCheck {
    /// What one provider said to one key.
    struct Finding {
        /// The provider's name.
        let provider: String
        /// The variable of the key; `nil` for a provider that needs none.
        let variable: String?
        let answer: ModelListProbe.Answer
        /// Models that the file lists and the provider does not.
        let unlisted: [String]
        /// Whether this keeps requests from being answered. A provider with fixed models need not have a list.
        let isFailure: Bool
    }

    /// Calls at one time: enough that a slow provider holds nobody up, few enough for a home router.
    private static let mostAtOnce = 16
    /// How long each page of a list may take.
    private static let patience: Duration = .seconds(15)

    private let configuration: GatewayConfiguration
    private let loop = EventLoop()
    private var transport: CurlTransport?
    private var waiting: [(place: Int, provider: ProviderConfiguration, key: Int)] = []
    private var running: [Int: ModelListProbe] = [:]
    private var findings: [Int: Finding] = [:]

    /// Prepares to ask the providers of `configuration` that have a key or need none.
    init(_ configuration: GatewayConfiguration) {
        self.configuration = configuration
        for provider in configuration.providers {
            for key in 0..<max(1, provider.keys.count) { waiting.append((waiting.count, provider, key)) }
        }
    }

    /// Asks, and returns what came back, in the order of the file.
    ///
    /// - Throws: `UVError` when the loop or libcurl can't be set up.
    func run() throws -> [Finding] {
        guard !waiting.isEmpty else { return [] }
        ProcessTraits.ignoreBrokenPipes()
        let total = waiting.count
        let transport = try CurlTransport(on: loop)
        self.transport = transport
        loop.task((self, total)) { check, total in
            check.startNext(of: total)
        }
        loop.run()
        if Terminal.isTerminal(2) { Terminal.show("") }
        return (0..<total).compactMap { findings[$0] }
    }

    private func startNext(of total: Int) {
        guard let transport else { return }
        if Terminal.isTerminal(2) { Terminal.show("asked \(findings.count) of \(total)") }
        while running.count < Self.mostAtOnce, !waiting.isEmpty {
            let (place, provider, key) = waiting.removeFirst()
            let probe = ModelListProbe(
                provider, keyIndex: key, timeouts: configuration.timeouts, timeout: Self.patience, on: loop, transport: transport)
            running[place] = probe
            probe.start { [unowned self] answer in
                running[place] = nil
                findings[place] = Self.finding(answer, provider, key)
                startNext(of: total)
            }
        }
        guard running.isEmpty else { return }
        transport.close()
        loop.stop()
    }

    private static func finding(_ answer: ModelListProbe.Answer, _ provider: ProviderConfiguration, _ key: Int) -> Finding {
        let variable = provider.keys.indices.contains(key) ? provider.keys[key].variable : nil
        guard case .models(let ids, _) = answer else {
            var isFailure = true
            if case .noList = answer, provider.models != nil { isFailure = false }
            return Finding(provider: provider.name, variable: variable, answer: answer, unlisted: [], isFailure: isFailure)
        }
        let known = Set(ids)
        let unlisted = (provider.models ?? []).map(\.id).filter { !known.contains($0) && !known.contains("models/\($0)") }
        return Finding(provider: provider.name, variable: variable, answer: answer, unlisted: unlisted, isFailure: false)
    }
}
