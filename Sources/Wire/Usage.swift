/// The token counts a provider reports for one answer, under the names of whichever API it speaks. A missing
/// count is 0, and none is more than `ForeignNumber.count`. A count may also be given as text.
///
/// | counts | from |
/// |---|---|
/// | `prompt_tokens`, `completion_tokens`, `total_tokens` | OpenAI and most others |
/// | `input_tokens`, `output_tokens` | OpenAI's responses, Anthropic, Cohere |
/// | `promptTokenCount`, `candidatesTokenCount`, `thoughtsTokenCount`, `totalTokenCount` | Google (`usageMetadata`) |
/// | `inputTokenCount`, `outputTokenCount` | Amazon (`amazon-bedrock-invocationMetrics`) |
/// | `promptTokens`, `completionTokens`, `inputTokens`, `outputTokens`, `totalTokens` | routers in JavaScript |
/// | `prompt_eval_count`, `eval_count` | Ollama |
/// | `prompt_n`, `cache_n`, `predicted_n` | llama.cpp (`timings`) |
///
/// Tokens read from a cache, or written to it, are part of the input here. At most providers they are too:
///
/// | counts | the input | from |
/// |---|---|---|
/// | `cached_tokens`, `cache_write_tokens` in the details of the input | includes them | OpenAI, OpenRouter |
/// | `cached_tokens` beside the input | includes them | Moonshot (Kimi), Together, SGLang |
/// | `prompt_cache_hit_tokens`, `cachedContentTokenCount` | includes them | DeepSeek, Google |
/// | `cache_read_input_tokens`, `cache_creation_input_tokens` beside `prompt_tokens` | includes them | LiteLLM and other translators |
/// | the same beside `input_tokens`, or more of them than input | excludes them | Anthropic |
/// | `cacheReadInputTokens`, `cacheWriteInputTokens`, the same with `Count` | excludes them | Amazon |
/// | `cache_n` | excludes them | llama.cpp |
public struct Usage: Equatable, Sendable {
    /// `prompt_tokens` or `input_tokens`.
    public var inputTokens = 0
    /// `completion_tokens` or `output_tokens`.
    public var outputTokens = 0
    /// `total_tokens`, but no less than the sum of the two above.
    public var totalTokens = 0
    /// The part of the input that came from the provider's cache.
    public var cachedTokens = 0
    /// The part of the input that was put into the provider's cache.
    public var cacheWriteTokens = 0
    /// `reasoning_tokens`, in the details of the output or beside it, or tokens that are only in the total.
    public var reasoningTokens = 0

    /// Makes a usage of zero.
    public init() {}

    /// Whether every count is 0, which for an answer says nothing about its usage.
    public var isNothing: Bool { inputTokens == 0 && outputTokens == 0 && totalTokens == 0 }

    /// Takes another report about the same answer: the larger of each count, since early or partial ones are
    /// too small.
    public mutating func take(_ other: Usage) {
        inputTokens = max(inputTokens, other.inputTokens)
        outputTokens = max(outputTokens, other.outputTokens)
        totalTokens = max(totalTokens, other.totalTokens, min(inputTokens + outputTokens, ForeignNumber.count))
        cachedTokens = max(cachedTokens, other.cachedTokens)
        cacheWriteTokens = max(cacheWriteTokens, other.cacheWriteTokens)
        reasoningTokens = max(reasoningTokens, other.reasoningTokens)
    }

    /// Fills in the one count that follows from the others.
    public mutating func complete() {
        let rest = totalTokens - inputTokens - outputTokens
        guard rest > 0 else { return }
        if outputTokens == 0, inputTokens > 0 {
            outputTokens = rest
        } else if inputTokens == 0, outputTokens > 0 {
            inputTokens = rest
        }
    }

    /// The same with an estimate in place of missing counts.
    ///
    /// - Parameter isLate: Whether more of the answer came after the counts, so that the output is at least the
    ///   estimate.
    public func completed(by estimate: Usage, isLate: Bool) -> Usage {
        var usage = self
        usage.complete()
        if usage.inputTokens == 0 {
            // If only the total is given, the answer is what the prompt leaves of it.
            usage.inputTokens = usage.totalTokens > 0 && usage.outputTokens == 0 ? min(estimate.inputTokens, usage.totalTokens) : estimate.inputTokens
            usage.complete()
        }
        if usage.outputTokens == 0 || isLate { usage.outputTokens = max(usage.outputTokens, estimate.outputTokens) }
        usage.totalTokens = max(usage.totalTokens, min(usage.inputTokens + usage.outputTokens, ForeignNumber.count))
        return usage
    }

    /// Takes the report about another choice of the same answer: they share the prompt.
    mutating func takeChoice(_ other: Usage) {
        let output = min(outputTokens + other.outputTokens, ForeignNumber.count)
        let reasoning = min(reasoningTokens + other.reasoningTokens, ForeignNumber.count)
        take(other)
        (outputTokens, reasoningTokens) = (output, reasoning)
        totalTokens = max(totalTokens, min(inputTokens + outputTokens, ForeignNumber.count))
    }

    /// Reads the value at the scanner, which is passed whatever it is; `nil` unless it is an object with at
    /// least one count.
    init?(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var count = Count()
        while let name = try scanner.nextMember() {
            if try !count.read(name, &scanner, in: bytes, into: &self) { try scanner.skipValue() }
        }
        guard count.finish(&self) else { return nil }
    }

    /// Collects the counts of an object, under any of their names.
    struct Count {
        private var hasCount = false
        private var total: Int?
        /// Tokens that the provider counts separately from the others of the same side.
        private var cachedBeside = 0
        private var thoughts = 0
        /// The cache's counts under names of APIs whose input excludes them.
        private var bareRead = 0
        private var bareWritten = 0
        /// Whether the input came under a name of such an API, and whether under one whose input includes
        /// everything.
        private var isBare = false
        private var isWhole = false

        /// Takes a member if it is a count. Returns whether it was.
        mutating func read(_ name: JSONText, _ scanner: inout JSONScanner, in bytes: RawSpan, into usage: inout Usage) throws(JSONError) -> Bool {
            if name.equals("prompt_tokens", in: bytes) {
                isWhole = try readCount(&usage.inputTokens, &scanner, in: bytes) || isWhole
            } else if name.equals("input_tokens", in: bytes) || name.equals("inputTokens", in: bytes) || name.equals("inputTokenCount", in: bytes) {
                isBare = try readCount(&usage.inputTokens, &scanner, in: bytes) || isBare
            } else if name.equals("completion_tokens", in: bytes) || name.equals("output_tokens", in: bytes) {
                _ = try readCount(&usage.outputTokens, &scanner, in: bytes)
            } else if name.equals("total_tokens", in: bytes) || name.equals("totalTokens", in: bytes) || name.equals("totalTokenCount", in: bytes) {
                var count = 0
                if try Usage.read(&count, &scanner, in: bytes) { total = count }
            } else if name.equals("prompt_tokens_details", in: bytes) || name.equals("input_tokens_details", in: bytes) {
                try usage.readPromptDetails(&scanner, in: bytes)
            } else if name.equals("completion_tokens_details", in: bytes) || name.equals("output_tokens_details", in: bytes) {
                try usage.readCompletionDetails(&scanner, in: bytes)
            } else {
                return try readFurther(name, &scanner, in: bytes, into: &usage)
            }
            return true
        }

        @inline(never)
        private mutating func readFurther(
            _ name: JSONText, _ scanner: inout JSONScanner, in bytes: RawSpan, into usage: inout Usage
        ) throws(JSONError) -> Bool {
            if Self.isCached(name, in: bytes) {
                _ = try Usage.read(&usage.cachedTokens, &scanner, in: bytes)
            } else if Self.isBareRead(name, in: bytes) {
                _ = try Usage.read(&bareRead, &scanner, in: bytes)
            } else if Self.isBareWritten(name, in: bytes) {
                _ = try Usage.read(&bareWritten, &scanner, in: bytes)
            } else if Self.isInput(name, in: bytes) {
                isWhole = try readCount(&usage.inputTokens, &scanner, in: bytes) || isWhole
            } else if Self.isOutput(name, in: bytes) {
                _ = try readCount(&usage.outputTokens, &scanner, in: bytes)
            } else if name.equals("cache_n", in: bytes) {
                _ = try Usage.read(&cachedBeside, &scanner, in: bytes)
            } else if name.equals("thoughtsTokenCount", in: bytes) {
                _ = try Usage.read(&thoughts, &scanner, in: bytes)
            } else if name.equals("reasoning_tokens", in: bytes) || name.equals("reasoningTokens", in: bytes) {
                _ = try Usage.read(&usage.reasoningTokens, &scanner, in: bytes)
            } else {
                return false
            }
            return true
        }

        /// Reads the count of a side. Of several names the largest count wins: relays that know more than one
        /// API leave the others' at zero.
        private mutating func readCount(_ count: inout Int, _ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Bool {
            var read = 0
            guard try Usage.read(&read, &scanner, in: bytes) else { return false }
            hasCount = true
            count = max(count, read)
            return read > 0
        }

        /// Combines the counts. Returns whether there was one.
        func finish(_ usage: inout Usage) -> Bool {
            guard hasCount || total != nil else { return false }
            if cachedBeside > 0 {
                usage.inputTokens = min(usage.inputTokens + cachedBeside, ForeignNumber.count)
                usage.cachedTokens = cachedBeside
            }
            finishCache(&usage)
            if thoughts > 0 {
                usage.outputTokens = min(usage.outputTokens + thoughts, ForeignNumber.count)
                usage.reasoningTokens = thoughts
            }
            // Reasoning that is counted separately from the output, without a total that would show it: there
            // is more reasoning than output.
            if total == nil, usage.outputTokens > 0, usage.reasoningTokens > usage.outputTokens {
                usage.outputTokens = min(usage.outputTokens + usage.reasoningTokens, ForeignNumber.count)
            }
            usage.totalTokens = min(max(total ?? 0, usage.inputTokens + usage.outputTokens), ForeignNumber.count)
            countThoughts(&usage)
            return true
        }

        /// The most reasoning that is believed when only the total includes it: more than any model may write.
        private static let mostThoughts = 1_000_000

        /// Counts tokens that are only in the total. Cache tokens are input if the remainder is exactly their
        /// number, or if there are more of them than input. The rest is reasoning of Google's models behind
        /// their OpenAI-compatible endpoint, and of xAI's, which is charged as output.
        private func countThoughts(_ usage: inout Usage) {
            var rest = usage.totalTokens - usage.inputTokens - usage.outputTokens
            guard rest > 0, usage.inputTokens > 0, usage.outputTokens > 0 else { return }
            let (read, written) = (usage.cachedTokens, usage.cacheWriteTokens)
            if rest != usage.reasoningTokens {
                let cached = [read + written, read, written].first { count in
                    count > 0 && (rest == count || rest == count + usage.reasoningTokens || count > usage.inputTokens && count <= rest)
                }
                usage.inputTokens = min(usage.inputTokens + (cached ?? 0), ForeignNumber.count)
                rest -= cached ?? 0
            }
            guard rest > 0, rest <= Self.mostThoughts else { return }
            usage.outputTokens = min(usage.outputTokens + rest, ForeignNumber.count)
            usage.reasoningTokens = max(usage.reasoningTokens, rest)
        }

        /// Adds what the cache counts beside the input, or within it.
        private func finishCache(_ usage: inout Usage) {
            let count = bareRead + bareWritten
            guard count > 0 else { return }
            usage.cachedTokens = max(usage.cachedTokens, bareRead)
            usage.cacheWriteTokens = max(usage.cacheWriteTokens, bareWritten)
            // A total equal to the two sides says that nothing is counted beside them.
            let isAll = isWhole || !isBare && usage.inputTokens > 0 || total == usage.inputTokens + usage.outputTokens
            guard !isAll || count > usage.inputTokens else { return }
            usage.inputTokens = min(usage.inputTokens + count, ForeignNumber.count)
        }

        private static func isInput(_ name: JSONText, in bytes: RawSpan) -> Bool {
            name.equals("promptTokens", in: bytes) || name.equals("promptTokenCount", in: bytes) || name.equals("prompt_eval_count", in: bytes)
                || name.equals("prompt_n", in: bytes)
        }

        private static func isOutput(_ name: JSONText, in bytes: RawSpan) -> Bool {
            name.equals("completionTokens", in: bytes) || name.equals("outputTokens", in: bytes) || name.equals("candidatesTokenCount", in: bytes)
                || name.equals("outputTokenCount", in: bytes) || name.equals("eval_count", in: bytes) || name.equals("predicted_n", in: bytes)
        }

        /// Whether a name is that of the tokens read from the cache, as a part of the input.
        private static func isCached(_ name: JSONText, in bytes: RawSpan) -> Bool {
            name.equals("cached_tokens", in: bytes) || name.equals("prompt_cache_hit_tokens", in: bytes)
                || name.equals("cachedContentTokenCount", in: bytes) || name.equals("cachedTokens", in: bytes)
                || name.equals("cached_input_tokens", in: bytes) || name.equals("cachedInputTokens", in: bytes)
                || name.equals("cached_prompt_tokens", in: bytes) || name.equals("num_cached_tokens", in: bytes)
        }

        private static func isBareRead(_ name: JSONText, in bytes: RawSpan) -> Bool {
            name.equals("cache_read_input_tokens", in: bytes) || name.equals("cacheReadInputTokens", in: bytes)
                || name.equals("cacheReadInputTokenCount", in: bytes)
        }

        private static func isBareWritten(_ name: JSONText, in bytes: RawSpan) -> Bool {
            name.equals("cache_creation_input_tokens", in: bytes) || name.equals("cacheWriteInputTokens", in: bytes)
                || name.equals("cacheWriteInputTokenCount", in: bytes)
        }
    }

    /// Whether a member of an answer, beside `usage`, holds counts: Google's, Amazon's, llama.cpp's.
    static func isReport(_ name: JSONText, in bytes: RawSpan) -> Bool {
        name.equals("usageMetadata", in: bytes) || name.equals("timings", in: bytes) || name.equals("usage_metadata", in: bytes)
            || name.equals("amazon-bedrock-invocationMetrics", in: bytes)
    }

    /// Whether a member of an answer may hold counts, or a `usage` with them: Groq's `x_groq`, SGLang's `meta_info`, Cohere's `meta`.
    static func isHolder(_ name: JSONText, in bytes: RawSpan) -> Bool {
        name.equals("x_groq", in: bytes) || name.equals("meta_info", in: bytes) || name.equals("meta", in: bytes)
    }

    /// Reads a value that contains counts, or a `usage` with them; `nil` when there are none.
    static func nested(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Usage? {
        guard try scanner.enterObjectOrSkip() else { return nil }
        var usage = Usage()
        var count = Count()
        var inner: Usage?
        while let name = try scanner.nextMember() {
            if name.equals("usage", in: bytes) || name.equals("tokens", in: bytes) {
                inner = try Usage(&scanner, in: bytes) ?? inner
            } else if try !count.read(name, &scanner, in: bytes, into: &usage) {
                try scanner.skipValue()
            }
        }
        guard count.finish(&usage) else { return inner }
        if let inner { usage.take(inner) }
        return usage
    }

    /// Reads a count into `count`, which stays unchanged if the value is not one. Returns whether it was.
    private static func read(_ count: inout Int, _ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) -> Bool {
        if try scanner.nextKind() == .string {
            let text = try scanner.readString()
            guard let value = bytes.extracting(text.range).trimmed.decimalValue(atMost: ForeignNumber.count) else { return false }
            count = value
            return true
        }
        guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count), value >= 0 else { return false }
        count = value
        return true
    }

    private mutating func readPromptDetails(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if name.equals("cached_tokens", in: bytes) || name.equals("cache_read_tokens", in: bytes) || name.equals("cachedTokens", in: bytes) {
                _ = try Self.read(&cachedTokens, &scanner, in: bytes)
            } else if name.equals("cache_write_tokens", in: bytes) || name.equals("cache_creation_tokens", in: bytes)
                || name.equals("cache_creation_input_tokens", in: bytes)
            {
                _ = try Self.read(&cacheWriteTokens, &scanner, in: bytes)
            } else {
                try scanner.skipValue()
            }
        }
    }

    private mutating func readCompletionDetails(_ scanner: inout JSONScanner, in bytes: RawSpan) throws(JSONError) {
        guard try scanner.enterObjectOrSkip() else { return }
        while let name = try scanner.nextMember() {
            if name.equals("reasoning_tokens", in: bytes) || name.equals("reasoningTokens", in: bytes) {
                _ = try Self.read(&reasoningTokens, &scanner, in: bytes)
            } else {
                try scanner.skipValue()
            }
        }
    }
}

extension Usage? {
    /// Takes another report about the same answer, if there is one.
    public mutating func take(_ other: Usage?) {
        guard let other else { return }
        if self?.take(other) == nil { self = other }
    }
}
