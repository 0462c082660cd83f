/// The content parts of a request that are not text: how many there are, and how many tokens a model reads for
/// them.
public struct MediaParts: Equatable, Sendable {
    /// Pictures.
    public private(set) var images = 0
    /// Bytes of the body that are the data of such parts, in base64, and are not read as text.
    public private(set) var dataBytes = 0
    private var sounds = 0
    private var files = 0
    private var videos = 0
    /// The part of the data that is bare base64 and not in a data URL, as sound is, and the part that is a
    /// document's.
    private var plainBytes = 0
    private var fileBytes = 0

    /// Tokens of a picture, whatever its `detail`, which may be given anywhere. OpenAI counts 765 for a square
    /// of 1024 and 1,105 for a portrait of twice that (https://platform.openai.com/docs/guides/images-vision);
    /// Anthropic scales to at most about 1,600 (https://docs.anthropic.com/en/docs/build-with-claude/vision).
    private static let tokensOfImage = 1600
    /// Tokens of a sound that is given only by reference: a minute and a half of OpenAI's ten a second, half a
    /// minute of Google's 32 (https://ai.google.dev/gemini-api/docs/audio).
    private static let tokensOfSound = 1000
    /// Characters of base64 for a token of sound: MP3 of 128 kbit/s has 21,300 for a second.
    private static let bytesPerSoundToken = 2133
    /// Tokens of a document: two pages of Anthropic's 1,500 to 3,000 (https://docs.anthropic.com/en/docs/build-with-claude/pdf-support).
    private static let tokensOfFile = 4096
    /// Characters of base64 for a token of a document: a page of a PDF has 50 KB or so, and up to 3,000 tokens.
    private static let bytesPerFileToken = 24
    /// Tokens of a video: half a minute of Google's 263 a second (https://ai.google.dev/gemini-api/docs/tokens).
    private static let tokensOfVideo = 8192

    /// Makes the parts of a request that is all text.
    public init() {}

    /// What a model probably reads for them, in tokens; text is not counted.
    public var tokens: Int {
        let sound = sounds == 0 ? 0 : max(sounds * MediaParts.tokensOfSound, plainBytes / MediaParts.bytesPerSoundToken)
        let file = max(files * MediaParts.tokensOfFile, fileBytes / MediaParts.bytesPerFileToken)
        return images * MediaParts.tokensOfImage + sound + file + videos * MediaParts.tokensOfVideo
    }

    /// Counts a member whose value is a string. Member names inside text do not count.
    fileprivate mutating func count(_ name: JSONText, _ value: JSONText, in body: RawSpan) {
        if name.equals("type", in: body) {
            let kind = ContentParts(type: value, in: body)
            if kind == .image { images += 1 }
            if kind == .audio { sounds += 1 }
            if kind == .file { files += 1 }
            if kind == .video { videos += 1 }
        } else if value.range.count >= MediaParts.leastData, let names = MediaParts.holders.first(where: { name.equals($0.name, in: body) }) {
            let text = body.extracting(value.range)
            if text.hasPrefixIgnoringCase("data:") {
                guard let mark = text.extracting(first: min(MediaParts.longestType, text.byteCount)).firstRange(of: ";base64,"),
                    !text.hasPrefixIgnoringCase("data:text/"), MediaParts.isData(text.extracting(mark.upperBound..<text.byteCount))
                else { return }
                dataBytes += text.byteCount
                if text.hasPrefixIgnoringCase("data:application/") { fileBytes += text.byteCount }
            } else if names.isBare, MediaParts.isData(text) {
                dataBytes += text.byteCount
                if name.equals("file_data", in: body) { fileBytes += text.byteCount } else { plainBytes += text.byteCount }
            }
        }
    }

    /// Members that hold data, and whether also without the scheme of a data URL. What other members hold is
    /// read as text.
    private static let holders: [(name: StaticString, isBare: Bool)] = [
        ("url", false), ("image_url", false), ("audio_url", false), ("video_url", false), ("file_url", false), ("image", false), ("data", true),
        ("file_data", true),
    ]
    /// The longest prefix of a data URL before its data.
    private static let longestType = 128
    /// Shorter data is not checked.
    private static let leastData = 64

    /// Whether a text is base64 and not prose, judged by samples at unpredictable places.
    private static func isData(_ text: RawSpan) -> Bool {
        if !isData(text, from: 0) { return false }
        guard text.byteCount > leastData else { return true }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<looks where !isData(text, from: Int.random(in: 0...text.byteCount - leastData, using: &generator)) { return false }
        return true
    }

    private static let looks = 16

    private static func isData(_ text: RawSpan, from start: Int) -> Bool {
        for place in start..<min(start + leastData, text.byteCount) {
            switch text[byte: place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): continue
            // `\` before a slash or a line end, as some clients write it.
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "\\"): continue
            default: return false
            }
        }
        return true
    }
}

extension RequestEnvelope {
    /// The content parts of the body that are not text. `body` is what was scanned; where the scan found none
    /// it is not read again.
    public func media(in body: RawSpan) -> MediaParts {
        var media = MediaParts()
        guard !parts.isEmpty else { return media }
        var at = 0
        while let text = RequestEnvelope.string(in: body, from: at) {
            at = text.range.upperBound + 1
            let colon = JSONScanner.pastSpace(body, at)
            guard body.byteOrZero(at: colon) == UInt8(ascii: ":") else { continue }
            let start = JSONScanner.pastSpace(body, colon + 1)
            guard body.byteOrZero(at: start) == UInt8(ascii: "\""), let value = RequestEnvelope.string(in: body, from: start) else { continue }
            at = value.range.upperBound + 1
            media.count(text, value, in: body)
        }
        return media
    }

    private static func string(in body: RawSpan, from start: Int) -> JSONText? {
        guard let quote = body.firstIndex(of: UInt8(ascii: "\""), from: start) else { return nil }
        var hasEscapes = false
        guard let end = try? JSONScanner.endOfString(body, from: quote + 1, strictly: false, hasEscapes: &hasEscapes) else { return nil }
        return JSONText(range: quote + 1..<end, hasEscapes: hasEscapes)
    }
}
