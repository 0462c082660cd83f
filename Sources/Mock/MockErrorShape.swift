/// The server whose form an error body has.
public enum MockErrorShape: String, Equatable, Sendable, CaseIterable {
    /// `{"error":{"message","type","param","code"}}`.
    case openAI = "openai"
    /// `[{"error":{"code","message","status","details"}}]`, an array, as the OpenAI-compatible endpoint of Google sends it.
    case google
    /// The same without the array, as the rest of Google sends it.
    case googleObject = "google-object"
    /// `{"error":{"message","code","metadata"}}` with a number as code.
    case openRouter = "openrouter"
    /// `{"object":"error","message","type","param","code"}` with a number as code.
    case vLLM = "vllm"
    /// The same with a string as code, or none (Mistral).
    case mistral
    /// The members of the error at the top: `{"message","type","param","code"}` (Cerebras).
    case cerebras
    /// `{"message":"…"}` (Cohere).
    case cohere
    /// `{"status":429,"title":"…","detail":"…"}` (NVIDIA, RFC 9457).
    case nvidia
    /// `{"error":{"code":"429","message"}}` with the status as a string (Azure).
    case azure
    /// `{"type":"error","error":{"type","message"}}` (Anthropic).
    case anthropic
    /// `{"error":"…"}` (Ollama).
    case ollama
    /// `{"detail":"…"}`.
    case fastAPI = "fastapi"
    /// A proxy's HTML page.
    case html
    /// A line of plain text.
    case text
    /// No bytes.
    case empty
    /// The OpenAI shape with the status 200 in the head.
    case inSuccess = "in-200"
}
