internal import Wire

/// How many tokens one request and its answer can have taken, whatever the provider says.
///
/// Counts come from outside, and a key's limits and budget go by them: one that is beyond what is possible is booked at what is. The bounds are wide on
/// purpose. A count within them is the provider's word and stands; thoughts, which nobody sees, may be as many as the model can have.
struct UsageBounds {
    /// Bytes of the request's body.
    var requestBytes = 0
    /// Pictures in it.
    var images = 0
    /// Whether the provider may have the model read what is not in the request: files, earlier answers, what its own tools find.
    var readsMore = false
    /// Whether the answer may have more than the client bounds: a text that is predicted, of which what is rejected counts, too
    /// (https://platform.openai.com/docs/guides/predicted-outputs), and sound.
    var isPredicted = false
    var makesMedia = false
    /// The most tokens the model reads and writes together, and writes; `nil` where nobody tells.
    var contextLength: Int?
    var modelLimit: Int?
    /// The most tokens that the client asks for in each answer, and how many answers.
    var outputLimit: Int?
    var answers = 1
    /// Whether the answer is made of tokens at all.
    var generatesTokens = true
    /// Bytes of the answer that came, and how much text was in it (see `StreamEvent.contentSize`), in so many events.
    var answerBytes = 0
    var contentSize = 0
    var events = 0

    /// Tokens of what providers put before a prompt: their own words, the frame of each message, the descriptions of their tools. The longest that are known
    /// have about 25,000.
    private static let addedPrompt = 32_768
    /// Tokens of one picture: what the dearest count for one has fewer (gpt-4o-mini, 2,833 and 5,667 for each of at most eight tiles;
    /// https://platform.openai.com/docs/guides/images-vision).
    private static let mostForImage = 65_536
    /// Tokens for a byte of a request that is not answered in tokens: documents of a reranker count once more with the query for each, and a short address may
    /// stand for a picture.
    private static let mostForByte = 64
    /// Tokens that a model reads of which nobody knows how many it can.
    private static let unknownContext = 1_048_576
    /// Tokens of the longest answer of a model of which nobody knows how many it gives: those of OpenAI's (https://platform.openai.com/docs/models).
    private static let unknownOutput = 131_072
    /// Answers of a model may have at least so many, whatever a list says: some leave thoughts out.
    private static let leastOutput = 32_768
    /// What a list claims beyond this is no limit.
    private static let mostOutput = 400_000
    private static let mostContext = 10_000_000
    /// Tokens of an answer beside its text: of pictures and sound, which come in few bytes or by their address.
    private static let besideText = 8_192
    /// Tokens of one picture that is made (https://platform.openai.com/docs/guides/image-generation: 6,240 for the largest).
    private static let mostForMadeImage = 16_384

    /// Bytes of text for a token, on average over an answer, that no honest count exceeds but of the same few characters again and again.
    private static let plainBytes = 16
    /// Answers with less text are too short to say anything.
    private static let leastPlain = 256

    private var context: Int { min(contextLength ?? UsageBounds.unknownContext, UsageBounds.mostContext) }

    /// The most tokens of the prompt.
    var mostInput: Int {
        guard generatesTokens else {
            let told = requestBytes.multipliedClamped(by: UsageBounds.mostForByte) + UsageBounds.addedPrompt
            return readsMore ? max(told, context) : told
        }
        // No tokenizer that works on bytes makes more tokens than there are; some providers count the prompt for each answer.
        let told = requestBytes.multipliedClamped(by: max(1, answers)).addingCount(
            UsageBounds.addedPrompt.addingCount(images.multipliedClamped(by: UsageBounds.mostForImage)))
        return readsMore ? max(told, context) : told
    }

    /// The most tokens of all answers together.
    ///
    /// - Parameter thinks: Whether the provider says that the model had thoughts. What a client asks for may bound the text alone.
    func mostOutput(thinks: Bool) -> Int {
        guard generatesTokens else { return max(mostInput, UsageBounds.mostForMadeImage.multipliedClamped(by: max(1, answers))) }
        let seen = min(answerBytes, contentSize.addingCount(events.addingCount(UsageBounds.besideText)))
        let longest = min(max(modelLimit ?? contextLength ?? UsageBounds.unknownOutput, UsageBounds.leastOutput), UsageBounds.mostOutput)
            .multipliedClamped(by: max(1, answers))
        guard let outputLimit else { return max(seen, longest) }
        var asked = max(outputLimit.multipliedClamped(by: max(1, answers)), seen)
        if isPredicted { asked = asked.addingCount(requestBytes.multipliedClamped(by: max(1, answers))) }
        return thinks || makesMedia ? max(asked, longest) : asked
    }

    /// The tokens that a text of this size has at the very least.
    var leastOutput: Int { contentSize >= UsageBounds.leastPlain ? contentSize / UsageBounds.plainBytes : 0 }

    /// Whether counts are possible.
    func allows(_ usage: Usage) -> Bool {
        (!generatesTokens || usage.outputTokens >= leastOutput) && bounded(usage) == usage
    }

    /// The counts, each at most what is possible; parts of a side no more than the side.
    func bounded(_ usage: Usage) -> Usage {
        var bounded = usage
        let (input, output) = (mostInput, mostOutput(thinks: usage.reasoningTokens > 0))
        bounded.inputTokens = min(usage.inputTokens, input)
        bounded.outputTokens = min(usage.outputTokens, output)
        let sum = bounded.inputTokens.addingCount(bounded.outputTokens)
        // A total stands for a side that nobody tells; where both are told it says nothing that they don't.
        let hasBoth = usage.inputTokens > 0 && (usage.outputTokens > 0 || !generatesTokens)
        bounded.totalTokens = hasBoth ? sum : min(usage.totalTokens, max(sum, input.addingCount(output)))
        if bounded.inputTokens > 0 {
            bounded.cachedTokens = min(usage.cachedTokens, bounded.inputTokens)
            bounded.cacheWriteTokens = min(usage.cacheWriteTokens, bounded.inputTokens)
        } else {
            bounded.cachedTokens = min(usage.cachedTokens, input)
            bounded.cacheWriteTokens = min(usage.cacheWriteTokens, input)
        }
        bounded.reasoningTokens = min(usage.reasoningTokens, usage.outputTokens > 0 ? bounded.outputTokens : output)
        return bounded
    }
}
