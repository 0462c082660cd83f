/// The kinds of content part, other than text, that the messages of a request hold.
public struct ContentParts: OptionSet, Sendable {
    /// One bit for each kind.
    public let rawValue: UInt8

    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Pictures: `image_url` (chat completions), `input_image` (responses), `image` (Anthropic's messages), `computer_screenshot` (a tool's answer).
    public static let image = ContentParts(rawValue: 1)
    /// Sound: `input_audio`, `audio_url` (vLLM).
    public static let audio = ContentParts(rawValue: 2)
    /// Documents: `file` (chat completions), `input_file` (responses), `document` and `document_url` (Anthropic, Mistral).
    public static let file = ContentParts(rawValue: 4)
    /// Moving pictures: `video_url` (OpenRouter, vLLM), `input_video`.
    public static let video = ContentParts(rawValue: 8)

    /// The kind that a part's `type` names; empty for text and for unknown types.
    init(type: JSONText, in bytes: RawSpan) {
        self.init(rawValue: ContentParts.names.first { name, _ in type.equals(name, in: bytes) }?.1.rawValue ?? 0)
    }

    private static let names: [(StaticString, ContentParts)] = [
        ("image_url", .image), ("input_image", .image), ("image", .image), ("computer_screenshot", .image), ("input_audio", .audio),
        ("audio_url", .audio), ("file", .file), ("input_file", .file), ("document", .file), ("document_url", .file), ("video_url", .video),
        ("input_video", .video),
    ]
}
