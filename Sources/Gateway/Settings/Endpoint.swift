internal import Wire

/// An endpoint whose requests go to a provider, chosen by the body's `model`.
public enum Endpoint: UInt8, Sendable, CaseIterable {
    case chatCompletions, completions, embeddings, responses, moderations, rerank, imageGenerations, speech

    /// The path behind the provider's base URL.
    public var path: String {
        switch self {
        case .chatCompletions: "/chat/completions"
        case .completions: "/completions"
        case .embeddings: "/embeddings"
        case .responses: "/responses"
        case .moderations: "/moderations"
        case .rerank: "/rerank"
        case .imageGenerations: "/images/generations"
        case .speech: "/audio/speech"
        }
    }

    /// The kind of model the endpoint needs.
    public var modelKind: ModelKind {
        switch self {
        case .chatCompletions, .responses: .chat
        case .completions: .completion
        case .embeddings: .embedding
        case .moderations: .moderation
        case .rerank: .rerank
        case .imageGenerations: .image
        case .speech: .speech
        }
    }

    /// Whether `stream: true` has a meaning.
    var canStream: Bool {
        switch self {
        case .chatCompletions, .completions, .responses: true
        case .embeddings, .moderations, .rerank, .imageGenerations, .speech: false
        }
    }

    /// Whether the same request may be made twice. Where each try is made and paid for, or kept by the provider, another one is asked only after a
    /// failure that shows that nothing was done.
    var isRepeatable: Bool {
        switch self {
        case .chatCompletions, .completions, .embeddings, .moderations, .rerank: true
        case .responses, .imageGenerations, .speech: false
        }
    }

    /// Whether a request is tried elsewhere after a status that tells that the provider, or something on the way to it, has failed: what was made and is
    /// paid for by the piece may have been made all the same.
    var isRepeatableAfterError: Bool {
        switch self {
        case .chatCompletions, .completions, .embeddings, .moderations, .rerank, .responses: true
        case .imageGenerations, .speech: false
        }
    }

    /// Whether what it makes is paid for by the piece, whatever its text is.
    var isPaidByPiece: Bool { self == .imageGenerations || self == .speech }

    /// The name in logs and metrics.
    public var name: StaticString {
        switch self {
        case .chatCompletions: "chat.completions"
        case .completions: "completions"
        case .embeddings: "embeddings"
        case .responses: "responses"
        case .moderations: "moderations"
        case .rerank: "rerank"
        case .imageGenerations: "images.generations"
        case .speech: "audio.speech"
        }
    }
}

extension RequestEnvelope {
    /// The most tokens that each answer may have, by the member that the endpoint goes by: one of another endpoint bounds nothing, nor does 0, which providers
    /// take for none. Which of two a provider goes by is its own choice, so the larger counts, and one below 0 is larger than all: no limit.
    ///
    /// - Returns: `nil` where nothing bounds it; 0 where the endpoint makes no tokens.
    func outputLimit(of endpoint: Endpoint) -> Int? {
        guard endpoint.generatesTokens else { return 0 }
        let (first, second) =
            switch endpoint {
            case .responses: (maximumOutputTokens ?? 0, 0)
            case .completions: (maximumTokens ?? 0, 0)
            default: (maximumTokens ?? 0, maximumCompletionTokens ?? 0)
            }
        let limit = max(first, second)
        guard limit > 0, min(first, second) >= 0 else { return nil }
        return limit
    }

    /// How many answers a provider makes for the request.
    func answerCount(of endpoint: Endpoint) -> Int {
        endpoint == .completions ? max(choiceCount, bestOf).multipliedClamped(by: promptCount) : choiceCount
    }
}
