/// Which endpoint a model serves.
public enum ModelKind: String, CaseIterable, Hashable, Sendable {
    /// `/v1/chat/completions` and `/v1/responses`.
    case chat
    /// `/v1/completions` only.
    case completion
    /// `/v1/embeddings`.
    case embedding
    /// `/v1/moderations`.
    case moderation
    /// `/v1/rerank`.
    case rerank
    /// `/v1/images/generations`.
    case image
    /// `/v1/audio/speech`.
    case speech
    /// None that the gateway serves, such as transcription or video.
    case other
}
