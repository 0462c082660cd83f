public import Wire

/// What requests to one model probably use, learnt from what its answers reported.
public struct TokenEstimate: Sendable {
    /// Bytes of a request's body for one token, before anything is learnt: OpenAI's rule of thumb of four letters, and the JSON around them is seldom much.
    private static let bytesPerToken = 4.0
    /// The size of a token in content (see `StreamEvent.contentSize`), as an average over an answer: half the rule of thumb, for alphabets and thoughts of
    /// which less is shown, to twice that, for long words.
    private static let tokenSizes = 2.0...8.0
    /// Bytes of a prompt for one token that are believed of one request. No tokenizer that works on bytes, as all of today's models' do (byte-pair encoding:
    /// Sennrich 2016; its byte level: Radford 2019, GPT-2), makes more tokens than there are bytes; English prose has four to five bytes for a token, JSON
    /// three. More have texts only that are the same again and again, such as blanks: who sends these must not be booked less for others.
    private static let believedRatios = 1.0...5.0
    /// The same of what others' requests say about somebody's of whom nothing is known: that it may be Chinese or code, and not that every byte is a token.
    private static let usualRatios = 2.0...5.0
    /// Tokens of an answer, before anything is learnt.
    private static let outputTokens = 500.0
    /// Tokens of the longest answer at many hosts where a request names no limit.
    private static let usualLimit = 4096.0
    /// Tokens of a long answer, before anything is learnt: what models give for a page or two.
    private static let longAnswer = 2000.0
    /// Tokens of the longest answer of a model whose limit nobody names: most models give as much and no more (OpenAI's gpt-4o family, Llama and Qwen at
    /// most hosts); of those that give more, catalogues tell.
    private static let longestUnknown = 16_384
    /// The size of a token before anything is learnt: that of English prose.
    private static let freshTokenSize = 4.5
    /// That of program text.
    private static let smallTokenSize = 3.5
    /// Events of up to this size on average are taken for a token each, unless it was learnt that they hold more: words of English with their blank have
    /// about five, two tokens of it nine.
    private static let largestTokenEvent = 6.5
    /// By how much the size of a stream's events may differ from what was learnt of others and still say that they hold as many tokens: as much as languages
    /// differ.
    private static let usualSizes = 0.75...1.33
    /// Tokens an event of a provider that sends each token by itself, as learnt.
    private static let singleTokens = 0.85...1.15
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
    /// How much content an event of a stream has.
    private var eventSize = 0.0
    /// The size of a token in it.
    private var tokenSize = TokenEstimate.freshTokenSize

    /// Makes the estimate for a model nothing is known about.
    public init() {}

    /// Learns from an answer whose tokens were reported.
    ///
    /// - Parameter count: The bytes of the request's prompt; 0 where they tell nothing, as with pictures.
    public mutating func learn(bytes count: Int, _ usage: Usage) {
        guard usage.inputTokens > 0 else { return }
        if count > 0 {
            // A cached file may be far from the rule; one of them must not spoil the estimate.
            bytes += ((Double(count) / Double(usage.inputTokens)).clamped(to: TokenEstimate.believedRatios) - bytes) * TokenEstimate.weight
        }
        let answer = min(Double(usage.outputTokens), TokenEstimate.longestOutput)
        output += (answer - output) * TokenEstimate.weight
        // One answer at most doubles it: a provider's single claim must not close a key's limit to all that is asked beside.
        high = max(min(answer, high * 2), high + (answer - high) * TokenEstimate.weight)
    }

    /// Has requests use what another estimate says; what was learnt of streams stays.
    mutating func adoptUse(of other: TokenEstimate) { (bytes, output, high) = (other.bytes, other.output, other.high) }

    /// Has requests use the median of what others do, each by itself; what was learnt of streams stays.
    ///
    /// - Parameters:
    ///   - count: How many others there are, at most eight.
    ///   - other: One of them by its place.
    mutating func adoptMedian(of count: Int, _ other: (Int) -> TokenEstimate) {
        let plain = TokenEstimate()
        var (ratios, outputs, highs) = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
        for place in 0..<count {
            let estimate = other(place)
            (ratios[place], outputs[place], highs[place]) = (estimate.bytes, estimate.output, estimate.high)
        }
        bytes = TokenEstimate.median(ratios, count, near: plain.bytes).clamped(to: TokenEstimate.usualRatios)
        output = TokenEstimate.median(outputs, count, near: plain.output)
        high = TokenEstimate.median(highs, count, near: plain.high)
    }

    /// The median of the first values; of an even number the one in the middle that is nearer to `usual`, so that half of them move nothing.
    private static func median(_ values: SIMD8<Double>, _ count: Int, near usual: Double) -> Double {
        var sorted = values
        for end in 1..<max(1, count) {
            var place = end
            while place > 0, sorted[place - 1] > sorted[place] {
                (sorted[place - 1], sorted[place]) = (sorted[place], sorted[place - 1])
                place -= 1
            }
        }
        let (lower, upper) = (sorted[(count - 1) / 2], sorted[count / 2])
        return abs(lower - usual) <= abs(upper - usual) ? lower : upper
    }

    /// Learns how many tokens an event of a stream and its content carry, from a stream whose tokens were reported.
    public mutating func learn(events: Int, contentSize: Int, outputTokens: Int) {
        guard events > 0, outputTokens > 0 else { return }
        let (content, tokens, isFirst) = (Double(contentSize), Double(outputTokens), tokensPerEvent == 0)
        func move(_ known: inout Double, to value: Double) { known = isFirst ? value : known + (value - known) * TokenEstimate.weight }
        move(&tokenSize, to: (content / tokens).clamped(to: TokenEstimate.tokenSizes))
        move(&eventSize, to: content / Double(events))
        move(&tokensPerEvent, to: (tokens / Double(events)).clamped(to: 0.1...1000))
    }

    /// What a stream has used that ended before its provider told: the prompt, `media` tokens of what is no text in it, and so many events with so much
    /// content (see `StreamEvent.contentSize`).
    ///
    /// Most providers send an event for each token. Of one of which nothing is learnt the size of the events tells, where they are larger than tokens are.
    public func used(bytes count: Int, media: Int = 0, events: Int, contentSize: Int, contextLength: Int? = nil) -> Usage {
        var usage = Usage()
        usage.inputTokens = input(count, media, contextLength)
        usage.outputTokens = events == 0 ? 0 : max(1, Int(min(streamed(Double(events), Double(contentSize)), TokenEstimate.most)))
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }

    /// The tokens of so many events with so much content: those that were streamed, and of thoughts that were not shown no more than a long answer has, since
    /// they do not grow with the answer.
    private func streamed(_ events: Double, _ content: Double) -> Double {
        let learnt = learnt(events, content)
        return content > 0 ? min(learnt, max(content / TokenEstimate.smallTokenSize, events) + max(high, output)) : learnt
    }

    private func learnt(_ events: Double, _ content: Double) -> Double {
        guard tokensPerEvent > 0 else {
            return content <= events * TokenEstimate.largestTokenEvent ? events : content / TokenEstimate.freshTokenSize
        }
        // A provider that puts more or fewer tokens into an event than it did is found by their size. One more byte each makes empty ones no matter.
        let ratio = (content + events) / (eventSize * events + events)
        let areSingle = TokenEstimate.singleTokens.contains(tokensPerEvent) && content <= events * TokenEstimate.largestTokenEvent
        if areSingle || TokenEstimate.usualSizes.contains(ratio) { return tokensPerEvent * events }
        // Sound and pictures have no size.
        return max(content / tokenSize, events * min(1, tokensPerEvent))
    }

    /// What a whole answer has used whose provider does not tell.
    ///
    /// - Parameters:
    ///   - answerBytes: The bytes of all of it.
    ///   - contentSize: How much text it has (see `StreamEvent.contentSize`); 0 where that is not known.
    public func used(
        bytes count: Int, media: Int = 0, answerBytes: Int, contentSize: Int = 0, outputLimit: Int?, contextLength: Int? = nil
    ) -> Usage {
        var usage = Usage()
        usage.inputTokens = input(count, media, contextLength)
        let guess =
            contentSize > 0
            ? Double(contentSize) / tokenSize
            : Double(max(0, answerBytes - TokenEstimate.answerFrame)) / TokenEstimate.bytesPerToken
        usage.outputTokens = min(max(1, Int(min(guess, TokenEstimate.most))), outputLimit ?? .max)
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }

    /// Bytes of a whole answer around its text: ids, names and counts.
    private static let answerFrame = 400

    /// No request has more; larger figures would be somebody's mistake.
    private static let most = Double(ForeignNumber.count)

    /// The tokens of a prompt and of the pictures in it: no more than the model reads, whatever the bytes are.
    private func input(_ count: Int, _ media: Int, _ contextLength: Int?) -> Int {
        max(1, min(Int(min(Double(count) / bytes, TokenEstimate.most)).addingCount(media), contextLength ?? .max))
    }

    /// What a request will probably use.
    ///
    /// - Parameters:
    ///   - count: The bytes of its body, without the data of pictures and the like.
    ///   - media: The tokens of these.
    ///   - outputLimit: The most tokens the client asks for.
    ///   - answers: How many answers it asks for.
    ///   - contextLength: The most tokens the model reads; `nil` where it is not known.
    public func expected(bytes count: Int, media: Int = 0, outputLimit: Int?, answers: Int = 1, contextLength: Int? = nil) -> Usage {
        usage(bytes: count, media: media, output: output, outputLimit, answers, contextLength)
    }

    /// Tokens that the longest answer may have to which a client sets no bound: what the model gives at most, where that is known; else what most models
    /// give, or what was learnt where that is more.
    ///
    /// - Parameters:
    ///   - modelLimit: The most tokens the model gives; `nil` where it is not known.
    ///   - contextLength: The most tokens the model reads and gives together; `nil` where it is not known.
    public func longestAnswer(modelLimit: Int?, contextLength: Int?) -> Int {
        if let modelLimit { return max(1, modelLimit) }
        return max(Int(max(high, output)), min(TokenEstimate.longestUnknown, contextLength ?? .max))
    }

    /// What a request may well use: as much as the client allows, and where it allows any length as much as few use.
    ///
    /// - Parameter answers: How many answers it asks for.
    public func atMost(
        bytes count: Int, media: Int = 0, outputLimit: Int?, answers: Int = 1, contextLength: Int? = nil
    ) -> Usage {
        usage(
            bytes: count, media: media, output: outputLimit.map { Double($0) } ?? max(high, output, TokenEstimate.usualLimit), outputLimit, answers,
            contextLength)
    }

    private func usage(bytes count: Int, media: Int, output: Double, _ outputLimit: Int?, _ answers: Int, _ contextLength: Int?) -> Usage {
        var usage = Usage()
        usage.inputTokens = input(count, media, contextLength)
        let each = min(max(1, Int(min(output, TokenEstimate.most))), outputLimit ?? .max)
        usage.outputTokens = min(each.multipliedClamped(by: answers), ForeignNumber.count)
        usage.totalTokens = usage.inputTokens + usage.outputTokens
        return usage
    }
}
