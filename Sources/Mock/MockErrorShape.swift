/// Whose form an error body has.
public enum MockErrorShape: String, Equatable, Sendable, CaseIterable {
    /// `{"error":{"message","type","param","code"}}`.
    case openAI = "openai"
    /// `[{"error":{"code","message","status","details"}}]`, an array, as the OpenAI-compatible endpoint of Google sends it.
    case google
    /// `{"error":{"message","code","metadata"}}` with a number as code.
    case openRouter = "openrouter"
    /// `{"object":"error","message","type","param","code"}` with a number as code.
    case vLLM = "vllm"
    /// `{"detail":"…"}`.
    case fastAPI = "fastapi"
    /// A proxy's page.
    case html
    /// A line of plain text.
    case text
    /// No byte.
    case empty
    /// The OpenAI shape with the status 200 in the head.
    case inSuccess = "in-200"
}
