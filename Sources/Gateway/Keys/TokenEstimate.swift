public import Wire

/// What requests to one model probably use, learnt from what its answers reported.
public struct TokenEstimate: Sendable {
    /// Bytes of a request's body for one token, before anything is learnt: OpenAI's rule of thumb of four letters, and the JSON around them is seldom much.
    private static let bytesPerToken = 4.0
    /// Bytes of a stream's content for one token, as an average over an answer: half the rule of thumb, for alphabets and thoughts of which less is shown,
    /// to twice that, for long words and for what stands around the text.
    private static let contentBytesPerToken = 2.0...8.0
    /// Tokens of an answer, before anything is learnt.
    private static let outputTokens = 500.0
    /// Tokens of a long answer, before anything is learnt: what models give for a page or two.
    private static let longAnswer = 2000.0
    /// The longest answer that is learnt from, in tokens: longer than any model gives. One that claims more must not make every request after it
    /// look larger than its key's limit.
    private static let longestOutput = 200_000.0
    /// How much one answer moves the estimate: about the last twenty count.
    private static let weight = 0.05

    private var bytes = TokenEstimate.bytesPerToken
    private var output = TokenEstimate.outputTokens
    /// Tokens that few answers exceed: it follows a longer one fast, and falls slowly.
    private var high = TokenEstimate.longAnswer
    /// Tokens of an answer for one event of its stream; 0 before anything is learnt.
    private var tokensPerEvent = 0.0

    /// Bytes of a stream's content for one token.
    private var contentBytesPerToken = TokenEstimate.bytesPerToken

    /// Makes the estimate for a model nothing is known about.
    public init() {}

    /// Learns from an answer whose tokens were reported.
    ///
    /// - Parameter count: The bytes of the request's prompt; 0 where they tell nothing, as with pictures.
    public mutating func learn(bytes count: Int, _ usage: Usage) {
        guard usage.inputTokens > 0 else { return }
        if count > 0 {
            // A cached file may be far from the rule; one of them must not spoil the estimate.
            let ratio = min(max(Double(count) / Double(usage.inputTokens), 0.5), 100)
            bytes += (ratio - bytes) * TokenEstimate.weight
        }
        let answer = min(Double(usage.outputTokens), TokenEstimate.longestOutput)
        output += (answer - output) * TokenEstimate.weight
        // One answer at most doubles it: a provider's single claim must not close a key's limit to all that is asked beside.
        high = max(min(answer, high * 2), high + (answer - high) * TokenEstimate.weight)
    }

    /// Learns how many tokens an event of a stream and the bytes of its content carry, from a stream whose tokens were reported.
    public mutating func learn(events: Int, contentBytes: Int, outputTokens: Int) {
        guard events > 0, outputTokens > 0 else { return }
        let (least, most) = (TokenEstimate.contentBytesPerToken.lowerBound, TokenEstimate.contentBytesPerToken.upperBound)
        let bytes = min(max(Double(contentBytes) / Double(outputTokens), least), most)
        contentBytesPerToken = tokensPerEvent == 0 ? bytes : contentBytesPerToken + (bytes - contentBytesPerToken) * TokenEstimate.weight
        let ratio = min(max(Double(outputTokens) / Double(events), 0.1), 1000)
        tokensPerEvent = tokensPerEvent == 0 ? ratio : tokensPerEvent + (ratio - tokensPerEvent) * TokenEstimate.weight
    }

    /// What a stream has used that ended before its provider told: the prompt, and so many events with so many bytes of content.
    ///
    /// Most providers send an event for each token. Of one of which nothing is learnt the content tells, where it is more, by the rule of thumb.
    public func used(bytes count: Int, events: Int, contentBytes: Int, contextLength: Int? = nil) -> Usage {
        var usage = Usage()
        usage.inputTokens = input(count, contextLength)
        let guess = max(Double(events), Double(contentBytes) / TokenEstimate.bytesPerToken)
        // Providers that send few events with much in each are found by their bytes, whatever was learnt of others.
        let learnt = max(tokensPerEvent * Double(events), Double(contentBytes) / contentBytesPerToken)
        usage.outputTokens = events == 0 ? 0 : max(1, Int(min(tokensPerEvent > 0 ? learnt : guess, TokenEstimate.most)))
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }

    /// What a whole answer of so many bytes has used whose provider does not tell.
    public func used(bytes count: Int, answerBytes: Int, outputLimit: Int?, contextLength: Int? = nil) -> Usage {
        var usage = Usage()
        usage.inputTokens = input(count, contextLength)
        let guess = Double(max(0, answerBytes - TokenEstimate.answerFrame)) / TokenEstimate.bytesPerToken
        usage.outputTokens = min(max(1, Int(min(guess, TokenEstimate.most))), outputLimit ?? .max)
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }

    /// Bytes of a whole answer around its text: ids, names and counts.
    private static let answerFrame = 400

    /// No request has more; larger figures would be somebody's mistake.
    private static let most = Double(ForeignNumber.count)

    /// The tokens of a prompt: no more than the model reads, whatever the bytes are.
    private func input(_ count: Int, _ contextLength: Int?) -> Int {
        max(1, min(Int(min(Double(count) / bytes, TokenEstimate.most)), contextLength ?? .max))
    }

    /// What a request will probably use.
    ///
    /// - Parameters:
    ///   - count: The bytes of its body.
    ///   - outputLimit: The most tokens the client asks for.
    ///   - contextLength: The most tokens the model reads; `nil` where it is not known.
    public func expected(bytes count: Int, outputLimit: Int?, contextLength: Int? = nil) -> Usage {
        usage(bytes: count, output: output, outputLimit, contextLength)
    }

    /// What a request may well use, as few use more.
    public func atMost(bytes count: Int, outputLimit: Int?, contextLength: Int? = nil) -> Usage {
        usage(bytes: count, output: max(high, output), outputLimit, contextLength)
    }

    private func usage(bytes count: Int, output: Double, _ outputLimit: Int?, _ contextLength: Int?) -> Usage {
        var usage = Usage()
        usage.inputTokens = input(count, contextLength)
        usage.outputTokens = min(max(1, Int(min(output, TokenEstimate.most))), outputLimit ?? .max)
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }
}
