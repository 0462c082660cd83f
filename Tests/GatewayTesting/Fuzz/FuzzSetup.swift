internal import Gateway
internal import HTTPServer

/// Makes the configurations of scenarios: few providers with few models, but every kind of each.
enum FuzzSetup {
    /// The keys of the providers, which nobody but the provider may ever see.
    static let secrets = ["sk-first-secret-0123", "sk-second-secret-4567", "hdr-secret-89abcdef"]
    /// The names of the providers. A host is its provider's name and `.test`.
    static let names = ["a", "b", "c", "d"]
    /// Static tokens of clients.
    static let tokens = ["token-of-the-first", "token-of-the-second"]

    /// Providers of one model and one key, by their names; made once, since it takes its time.
    private static let plain: [String: ProviderConfiguration] = Dictionary(
        uniqueKeysWithValues: names.map { ($0, ScriptedProvider($0, models: ["m"], keys: [secrets[0]]).configuration) })

    /// One of the shapes a provider may have.
    static func provider(_ name: String, _ cursor: FuzzCursor) -> ProviderConfiguration {
        var made = plain[name] ?? ScriptedProvider(name).configuration
        switch cursor.choose(20) {
        case 0: break
        case 1: made.models = models("m", "n")
        case 2: made.keys = keys(name, 2)
        case 3: made.keys = []
        case 4: made.models = nil
        case 5:
            made.models = models("m", "gold", "small")
            made.models?[0].contextLength = 300
            made.models?[1].contextLength = 100_000
            price(&made, 2.5, 10)
        case 6:
            made.limits.requestsPerMinute = 2
            made.models = models("m", "small")
        case 7:
            made.keys = keys(name, 2)
            made.limits.scope = .account
            made.limits.tokensPerDay = 1_000_000
            made.limits.concurrency = 1
        case 8:
            made.quirks = [.openRouter]
            made.models = models("m:free", "openai/gpt-4o", "m")
        case 9: made.quirks = [.noStreamOptions]
        case 10: made.models = kinds()
        case 11:
            made.models = models("x1", "x2")
            made.models?[0].aliases = ["m", "gold"]
            made.models?[1].aliases = ["small", "code", "a/m"]
            price(&made, 0, 0)
        case 12:
            made.timeouts.connect = .seconds(1)
            made.timeouts.firstByte = .seconds(1)
            made.timeouts.idle = .milliseconds(700)
            made.timeouts.total = .seconds(3)
        case 13:
            made.models = nil
            made.keys = keys(name, 2)
            // Patterns take ten times as long to be made as all the rest.
            if cursor.isRare(16) {
                made.include = ["m", "o"]
                made.exclude = ["^n$"]
            }
        case 14:
            made.headers = [ConfiguredHeader(name: "X-Api-Key", value: Secret(secrets[2]))]
            made.models = models("gold", "m")
        case 15:
            made.models = models("go", "m", "old", "gold", "small")
            price(&made, 1_000_000, 1_000_000)
        case 16:
            made.basePriority = 5
            made.models = models("m")
            made.models?[0].priority = 1000
            made.models?[0].supportsTools = false
            made.models?[0].supportsJSON = false
            made.models?[0].inputModalities = [.text]
        case 17:
            made.limits.tokensPerMinute = 1
            made.limits.requestsPerDay = 3
        case 18:
            made.tier = .free
            made.limits.concurrency = 1
            made.models = models("n", "m")
        default: made.models = []
        }
        return made
    }

    /// The options that a byte each decides.
    static func options(_ configuration: inout GatewayConfiguration, _ cursor: FuzzCursor) {
        let times = cursor.choose(8)
        configuration.timeouts.connect = .seconds(2)
        configuration.timeouts.firstByte = times == 1 ? .seconds(60) : .seconds(6)
        configuration.timeouts.idle = times == 2 ? .seconds(60) : .seconds(4)
        configuration.timeouts.total = times == 3 ? .seconds(300) : .seconds(12)
        configuration.failure.deadline = times == 4 ? .seconds(600) : times == 5 ? .seconds(1) : .seconds(20)
        configuration.failure.firstTokenLeast = times == 6 ? .milliseconds(200) : .seconds(5)
        configuration.failure.wait = times == 7 ? .seconds(30) : .seconds(2)
        let counts = cursor.choose(8)
        configuration.failure.attempts = counts == 1 ? 1 : counts == 2 ? 2 : counts == 3 ? 64 : 8
        configuration.failure.waitingRequests = counts == 4 ? 0 : counts == 5 ? 1 : 1024
        if counts == 6 { configuration.failure.cooldownFirst = .milliseconds(10) }
        if counts == 7 { configuration.failure.wait = .zero }
        let streams = cursor.choose(8)
        configuration.streaming.keepAliveAfter = streams == 1 ? nil : streams < 4 ? .seconds(1) : .seconds(15)
        configuration.streaming.keepAliveInterval = streams < 4 ? .seconds(1) : .seconds(15)
        if streams == 5 { configuration.server.limits.maximumBodyBytes = 600 }
        if streams == 6 { configuration.server.limits.maximumPipelinedBytes = 64 }
        if streams == 7 {
            configuration.server.limits.maximumDiscardedBytes = 100
            configuration.server.limits.stallTimeout = .seconds(5)
        }
        let scores = cursor.choose(8)
        if scores & 1 == 1 { configuration.scoring.profiles.own["mine"] = ScoringProfile() } else { configuration.scoring.profiles.own = [:] }
        configuration.scoring.affinity.enabled = scores & 2 == 0
        configuration.scoring.exploration.share = scores & 4 == 0 ? 0.02 : 0.5
        configuration.scoring.mode = scores == 7 ? .original : .ability
    }

    /// Who may ask: everybody, who has a static token, or who has a key.
    static func doors(_ configuration: inout GatewayConfiguration, _ choice: Int) {
        configuration.server.bearerTokens = choice == 1 || choice == 3 ? tokens.map { Secret($0) } : []
        configuration.server.adminKey = choice == 2 || choice == 3 ? Secret("the-admin-key") : nil
    }

    private static func models(_ ids: String...) -> [ModelConfiguration] { ids.map { ModelConfiguration(id: $0) } }

    private static func kinds() -> [ModelConfiguration] {
        ModelKind.allCases.map { kind in
            var model = ModelConfiguration(id: kind == .chat ? "m" : "\(kind.rawValue)-m")
            model.kind = kind
            return model
        }
    }

    private static func keys(_ name: String, _ count: Int) -> [APIKeyReference] {
        secrets.prefix(count).enumerated().map { APIKeyReference(variable: "\(name.uppercased())_\($0.offset)", value: Secret($0.element)) }
    }

    private static func price(_ provider: inout ProviderConfiguration, _ prompt: Double, _ completion: Double) {
        for place in (provider.models ?? []).indices {
            provider.models?[place].promptPrice = prompt
            provider.models?[place].completionPrice = completion
        }
    }
}
