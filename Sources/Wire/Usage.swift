/// The token counts a provider reports for one answer, under the names of whichever API it speaks. A count it does not give is 0, and none is
/// more than `ForeignNumber.count`.
public struct Usage: Equatable, Sendable {
    /// `prompt_tokens` or `input_tokens`.
    public var inputTokens = 0
    /// `completion_tokens` or `output_tokens`.
    public var outputTokens = 0
    /// `total_tokens`, but no less than the sum of the two above.
    public var totalTokens = 0
    /// `cached_tokens` in the details of the input, or DeepSeek's `prompt_cache_hit_tokens`.
    public var cachedTokens = 0
    /// Tokens of the input that were put into the provider's cache: `cache_write_tokens` in the details of the input (OpenRouter), or Anthropic's
    /// `cache_creation_input_tokens`.
    public var cacheWriteTokens = 0
    /// `reasoning_tokens` in the details of the output.
    public var reasoningTokens = 0

    /// Makes a usage of nothing.
    public init() {}

    /// Reads the value the scanner stands before, which is passed whatever it is; `nil` unless it is an object with at least one count.
    init?(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var hasCount = false
        var total: Int?
        while let name = try scanner.nextMember() {
            if name.equals("prompt_tokens", in: bytes) || name.equals("input_tokens", in: bytes) {
                hasCount = try Self.read(&inputTokens, &scanner) || hasCount
            } else if name.equals("completion_tokens", in: bytes) || name.equals("output_tokens", in: bytes) {
                hasCount = try Self.read(&outputTokens, &scanner) || hasCount
            } else if name.equals("total_tokens", in: bytes) {
                var count = 0
                if try Self.read(&count, &scanner) { total = count }
            } else if name.equals("prompt_tokens_details", in: bytes) || name.equals("input_tokens_details", in: bytes) {
                try readPromptDetails(&scanner, in: bytes)
            } else if name.equals("completion_tokens_details", in: bytes) || name.equals("output_tokens_details", in: bytes) {
                try readCompletionDetails(&scanner, in: bytes)
            } else if name.equals("prompt_cache_hit_tokens", in: bytes) || name.equals("cache_read_input_tokens", in: bytes) {
                _ = try Self.read(&cachedTokens, &scanner)
            } else if name.equals("cache_creation_input_tokens", in: bytes) {
                _ = try Self.read(&cacheWriteTokens, &scanner)
            } else {
                try scanner.skipValue()
            }
        }
        guard hasCount || total != nil else { return nil }
        totalTokens = min(max(total ?? 0, inputTokens + outputTokens), ForeignNumber.count)
    }

    /// Reads a count into `count`, which stays as it is when the value is none; whether it was one.
    private static func read(_ count: inout Int, _ scanner: inout JSONScanner) throws(JSONError) -> Bool {
        guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count), value >= 0 else { return false }
        count = value
        return true
    }

    private mutating func readPromptDetails(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if name.equals("cached_tokens", in: bytes) {
                _ = try Self.read(&cachedTokens, &scanner)
            } else if name.equals("cache_write_tokens", in: bytes) {
                _ = try Self.read(&cacheWriteTokens, &scanner)
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readCompletionDetails(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if name.equals("reasoning_tokens", in: bytes) { _ = try Self.read(&reasoningTokens, &scanner) } else { try scanner.skipValue() }
        }
    }
}
