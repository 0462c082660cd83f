public import Wire

/// What requests to one model probably use, learnt from what its answers reported.
public struct TokenEstimate: Sendable {
    /// Bytes of a request's body for one token, before anything is learnt: OpenAI's rule of thumb of four letters, and the JSON around them is seldom much.
    private static let bytesPerToken = 4.0
    /// Tokens of an answer, before anything is learnt.
    private static let outputTokens = 500.0
    /// How much one answer moves the estimate: about the last twenty count.
    private static let weight = 0.05

    private var bytes = TokenEstimate.bytesPerToken
    private var output = TokenEstimate.outputTokens

    /// Makes the estimate for a model nothing is known about.
    public init() {}

    /// Learns from an answer whose tokens were reported.
    public mutating func learn(bytes count: Int, _ usage: Usage) {
        guard usage.inputTokens > 0, count > 0 else { return }
        // An image or a cached file may be far from the rule; one of them must not spoil the estimate.
        let ratio = min(max(Double(count) / Double(usage.inputTokens), 0.5), 100)
        bytes += (ratio - bytes) * TokenEstimate.weight
        output += (Double(usage.outputTokens) - output) * TokenEstimate.weight
    }

    /// What a request will probably use.
    ///
    /// - Parameters:
    ///   - count: The bytes of its body.
    ///   - outputLimit: The most tokens the client asks for.
    public func expected(bytes count: Int, outputLimit: Int?) -> Usage {
        var usage = Usage()
        usage.inputTokens = max(1, Int(Double(count) / bytes))
        usage.outputTokens = min(max(1, Int(output)), outputLimit ?? .max)
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }
}
