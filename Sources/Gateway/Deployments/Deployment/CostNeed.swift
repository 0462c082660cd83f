internal import Wire

/// What an answer to a request may cost, before anybody was asked for it.
struct CostNeed {
    /// What it will probably use.
    let expected: Usage
    /// The most tokens the client asks for; `nil` where nothing bounds the answer.
    let outputLimit: Int?
    /// How many answers it asks for.
    let choices: Int
    /// By how much its prompt may have more tokens than its bytes tell; see `TokenEstimate.density`.
    let density: Double
    /// Pictures in the request, and pictures it asks for.
    let images: Int
    let madeImages: Int
    /// What is asked for; `nil` for text.
    var endpoint: Endpoint?

    /// What it costs to admit the request when the key has no other in work, and beside others.
    ///
    /// | the client bounds the answer | alone | beside others |
    /// | --- | --- | --- |
    /// | yes | the most it may cost | the same, with a prompt of as many tokens as it may have |
    /// | no | what it will probably cost | the most that the model's longest answer may |
    ///
    /// - Parameters:
    ///   - deployments: Those that may answer, the most probable first. Another may answer than the first, so the dearest counts, unless the first alone is
    ///     meant to fit the budget.
    ///   - estimate: What the key's answers have usually used.
    func costs(
        of deployments: some Collection<Deployment>, _ estimate: TokenEstimate, within budget: Money
    ) -> (alone: Money, beside: Money) {
        var (first, most): ((alone: Money, beside: Money)?, (alone: Money, beside: Money)) = (nil, (.zero, .zero))
        for deployment in deployments {
            let costs = costs(of: deployment, estimate)
            first = first ?? costs
            most = (max(most.alone, costs.alone), max(most.beside, costs.beside))
        }
        guard let first else { return most }
        return (most.alone > budget ? first.alone : most.alone, most.beside > budget ? first.beside : most.beside)
    }

    private func costs(of deployment: Deployment, _ estimate: TokenEstimate) -> (alone: Money, beside: Money) {
        let longest =
            outputLimit ?? estimate.longestAnswer(modelLimit: deployment.longestAnswer, contextLength: deployment.model.contextLength)
        // The answers of those that make no text are their own measure.
        let made = deployment.madeTokens(by: endpoint, images: madeImages, promptTokens: expected.inputTokens)
        let beside = deployment.mostCost(of: usage(output: longest, density, made), images: images, madeImages: madeImages)
        if let outputLimit {
            return (deployment.mostCost(of: usage(output: outputLimit, 1, made), images: images, madeImages: madeImages), beside)
        }
        return (deployment.charge(for: usage(output: expected.outputTokens, 1), images: images, madeImages: madeImages).amount, beside)
    }

    private func usage(output: Int, _ density: Double, _ made: Int = 0) -> Usage {
        var usage = Usage()
        usage.inputTokens = Int(clamping: Double(expected.inputTokens) * density)
        usage.outputTokens = min(output.multipliedClamped(by: choices).addingCount(made), ForeignNumber.count)
        usage.totalTokens = usage.inputTokens.addingCount(usage.outputTokens)
        return usage
    }
}

extension TokenEstimate {
    /// By how much a text may have more tokens than its bytes tell: 1 for ASCII, 2 for one without it, whose characters of two to four bytes may be a token
    /// and more each. Told by samples, so that a long body takes no longer than a short one.
    static func density(of body: RawSpan) -> Double {
        guard body.byteCount > 0 else { return 1 }
        let step = max(1, body.byteCount / samples)
        var (seen, others) = (0, 0)
        for place in stride(from: 0, to: body.byteCount, by: step) {
            seen += 1
            if body[byte: place] >= 0x80 { others += 1 }
        }
        return 1 + Double(others) / Double(seen)
    }

    private static let samples = 256
}
