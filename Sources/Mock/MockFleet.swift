/// The providers that one mock stands for, each under its own path prefix (`/<provider>/v1/…`); the first also
/// answers at `/v1/…`.
public struct MockFleet: Equatable, Sendable {
    /// The providers; at least one.
    public var providers: [Provider]

    /// Makes a fleet of at least one provider, with names that differ.
    public init(_ providers: [Provider]) {
        precondition(!providers.isEmpty, "a fleet has at least one provider")
        self.providers = providers
    }

    /// One provider: what it offers and how it behaves.
    public struct Provider: Equatable, Sendable {
        /// The name, which is the first part of its paths: letters, digits, `-`, `_` and `.`.
        public var name: String
        /// The models it lists.
        public var models: [Model]
        /// How it answers, unless the model says otherwise.
        public var behaviour: MockBehaviour
        /// Whether any model name is served, as llama.cpp's server does; otherwise an unlisted one is a 404.
        public var acceptsAnyModel: Bool
        /// The bearer tokens it accepts; any when the list is empty.
        public var keys: [String]

        /// Makes a provider.
        public init(
            name: String, models: [Model], behaviour: MockBehaviour = MockBehaviour(), acceptsAnyModel: Bool = false, keys: [String] = []
        ) {
            self.name = name
            self.models = models
            self.behaviour = behaviour
            self.acceptsAnyModel = acceptsAnyModel
            self.keys = keys
        }
    }

    /// One model of a provider.
    public struct Model: Equatable, Sendable {
        /// The id a request names.
        public var id: String
        /// Tokens of prompt that fit, with a token counted as four bytes of the request; 0 for no limit.
        public var contextLength: Int
        /// What may be in a message besides text, in OpenRouter's words (`image`, `audio`, `file`).
        public var inputModalities: [String]
        /// How this model answers; `nil` for its provider's behaviour.
        public var behaviour: MockBehaviour?

        /// Makes a model.
        public init(_ id: String, contextLength: Int = 0, inputModalities: [String] = ["text"], behaviour: MockBehaviour? = nil) {
            self.id = id
            self.contextLength = contextLength
            self.inputModalities = inputModalities
            self.behaviour = behaviour
        }
    }

    /// The fleet of `best mock` without a file: one provider that accepts any model name and answers at once.
    /// Its `mock-model` and `mock-large` answer as the benchmark rig expects.
    public static var standard: Self {
        Self([
            Provider(
                name: "mock",
                models: [
                    Model("mock-model", behaviour: .benchmark), Model("mock-large", behaviour: .benchmark),
                    Model("mock", contextLength: 131_072), Model("mock-embedding", contextLength: 8192),
                ], acceptsAnyModel: true)
        ])
    }

    /// The fleet of `best serve --demo` without provider keys: four providers that offer the same well-known
    /// models under different names, with different speeds and problems.
    public static var demonstration: Self {
        func behaviour(ttft: String, rate: String, _ faults: [MockFault] = [], _ hints: [MockRetryHint] = []) -> MockBehaviour {
            var behaviour = MockBehaviour()
            behaviour.content = .prose
            behaviour.tokens = .constant(Double(MockText.prose.count))
            behaviour.timeToFirstToken = MockDistribution(ttft) ?? .constant(0)
            behaviour.delay = MockDistribution(ttft) ?? .constant(0)
            behaviour.pace = .rate(MockDistribution(rate) ?? .constant(0))
            behaviour.faults = faults
            behaviour.retryHints = hints
            return behaviour
        }
        return Self([
            Provider(
                name: "mock-swift",
                models: [
                    Model("llama-3.3-70b-versatile", contextLength: 131_072), Model("openai/gpt-oss-120b", contextLength: 131_072),
                    Model("qwen/qwen3-32b", contextLength: 40_960),
                ], behaviour: behaviour(ttft: "lognormal:60/0.3", rate: "uniform:250-400")),
            Provider(
                name: "mock-broad",
                models: [
                    Model("deepseek/deepseek-chat-v3.1:free", contextLength: 163_840),
                    Model("meta-llama/llama-3.3-70b-instruct:free", contextLength: 131_072),
                    Model("google/gemma-3-27b-it:free", contextLength: 96_000, inputModalities: ["text", "image"]),
                    Model("openai/gpt-oss-120b:free", contextLength: 131_072),
                ],
                behaviour: behaviour(
                    ttft: "lognormal:250/0.5", rate: "uniform:40-90", [MockFault(.status(429), probability: 0.1)],
                    [MockRetryHint(.openRouter, milliseconds: 4000)])),
            Provider(
                name: "mock-vision",
                models: [
                    Model("gemini-2.5-flash", contextLength: 1_048_576, inputModalities: ["text", "image", "audio"]),
                    Model("gemini-embedding-001", contextLength: 2048),
                ],
                behaviour: behaviour(
                    ttft: "lognormal:150/0.4", rate: "uniform:120-200", [MockFault(.status(429), probability: 0.05)],
                    [MockRetryHint(.google, milliseconds: 3000)])),
            Provider(
                name: "mock-frail",
                models: [Model("gpt-oss-120b", contextLength: 65_536), Model("llama-3.3-70b", contextLength: 65_536)],
                behaviour: behaviour(
                    ttft: "exp:400", rate: "uniform:20-60",
                    [MockFault(.status(503), probability: 0.15), MockFault(.reset(.head), probability: 0.05)])),
        ])
    }
}
