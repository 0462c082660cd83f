/// The kinds of content part, other than text, that the messages of a request hold.
public struct ContentParts: OptionSet, Sendable {
    /// One bit for each kind.
    public let rawValue: UInt8

    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Pictures: `image_url` (chat completions), `input_image` (responses).
    public static let image = ContentParts(rawValue: 1)
    /// Sound: `input_audio`.
    public static let audio = ContentParts(rawValue: 2)
    /// Documents: `file` (chat completions), `input_file` (responses).
    public static let file = ContentParts(rawValue: 4)

    /// The kind that a part's `type` names; empty for text and for what is not known.
    init(type: JSONText, in bytes: RawSpan) {
        if type.equals("image_url", in: bytes) || type.equals("input_image", in: bytes) {
            self = .image
        } else if type.equals("input_audio", in: bytes) {
            self = .audio
        } else if type.equals("file", in: bytes) || type.equals("input_file", in: bytes) {
            self = .file
        } else {
            self = []
        }
    }
}
