public import Gateway

/// A provider of a simulation: what the gateway is told about it, and what it does.
public struct ScriptedProvider {
    /// What the gateway is told.
    public var configuration: ProviderConfiguration
    /// What its calls get; `nil` leaves them to the test.
    public var answer: ((ScriptedTransport.Call) -> UpstreamScript)?

    /// Makes a provider whose host is its name and `.test`.
    ///
    /// - Parameters:
    ///   - models: Its models; `nil` has the gateway ask for them.
    ///   - keys: Its keys; none is a provider that needs none, which counts as local.
    public init(
        _ name: String = "a", models: [String]? = ["m"], keys: [String] = ["sk-provider"],
        _ adjust: (inout ProviderConfiguration) -> Void = { _ in }, answer: ((ScriptedTransport.Call) -> UpstreamScript)? = nil
    ) {
        guard let url = try? HTTPURL(parsing: "https://\(name).test/v1") else { preconditionFailure("\(name) is no name of a host") }
        configuration = ProviderConfiguration(name: name, baseURL: url)
        configuration.models = models.map { $0.map { ModelConfiguration(id: $0) } }
        configuration.keys = keys.enumerated().map {
            APIKeyReference(variable: "\(name.uppercased())_KEY_\($0.offset + 1)", value: Secret($0.element))
        }
        adjust(&configuration)
        self.answer = answer
    }

    /// Makes a provider of a configuration that is there.
    public init(configuration: ProviderConfiguration, answer: @escaping (ScriptedTransport.Call) -> UpstreamScript) {
        self.configuration = configuration
        self.answer = answer
    }

    /// A provider that looks at each call.
    public static func answering(
        _ name: String = "a", models: [String]? = ["m"], keys: [String] = ["sk-provider"],
        _ answer: @escaping (ScriptedTransport.Call) -> UpstreamScript
    ) -> ScriptedProvider {
        ScriptedProvider(name, models: models, keys: keys, answer: answer)
    }

    /// A provider of the name `a` that gives each call the next of some scripts, the last again and again.
    public static func script(_ scripts: UpstreamScript...) -> ScriptedProvider { .script("a", scripts) }

    /// A provider that gives each call the next of some scripts, the last again and again.
    public static func script(_ name: String, models: [String] = ["m"], _ scripts: UpstreamScript...) -> ScriptedProvider {
        .script(name, models: models, scripts)
    }

    /// A provider that gives each call the next of some scripts, the last again and again.
    public static func script(_ name: String, models: [String] = ["m"], _ scripts: [UpstreamScript]) -> ScriptedProvider {
        var next = 0
        return ScriptedProvider(
            name, models: models,
            answer: { _ in
                defer { next += 1 }
                return scripts.isEmpty ? .silence : scripts[min(next, scripts.count - 1)]
            })
    }
}
