internal import Wire

/// What the name of a header field about limits says: `x-ratelimit-remaining-tokens-minute`, `anthropic-ratelimit-requests-reset`.
///
/// Providers put the same words in different orders, so the words behind the prefix are read one by one; words that say nothing of use,
/// such as `per` or `model`, are passed over.
///
/// | words | meaning |
/// |---|---|
/// | `limit`, `remaining`, `reset` | which figure |
/// | `requests`, `request`, `req` and `tokens`, `token`, with `input`, `output` | what is counted |
/// | `minute`, `min`, `second`, `hour`, `day`, `week`, `month`, `1m`, `1h`, `1d`, `7d` | the window |
struct LimitFieldName {
    /// Which figure of a limit a field gives.
    enum Figure {
        case limit, remaining, reset
    }

    let figure: Figure
    /// What is counted; `nil` when the name does not say.
    let resource: QuotaAllowance.Resource?
    /// The window; `unknown` when the name does not say.
    let window: RateWindow

    /// Reads a field's name; `nil` when it is not one of a single figure of a limit.
    init?(_ name: RawSpan) {
        guard let start = LimitFieldName.prefixLength(name) else { return nil }
        var figure: Figure?
        var resource: QuotaAllowance.Resource?
        var window = RateWindow.unknown
        var isInput = false
        var isOutput = false
        var at = start
        while at < name.byteCount {
            let end = name.firstIndex(of: UInt8(ascii: "-"), from: at) ?? name.byteCount
            let word = name.extracting(at..<end)
            at = end + 1
            switch word.byteCount {
            case 5 where word.equalsIgnoringCase("limit"): figure = .limit
            case 9 where word.equalsIgnoringCase("remaining"): figure = .remaining
            case 5 where word.equalsIgnoringCase("reset"): figure = .reset
            case 8 where word.equalsIgnoringCase("requests"), 7 where word.equalsIgnoringCase("request"), 3 where word.equalsIgnoringCase("req"):
                resource = .requests
            case 6 where word.equalsIgnoringCase("tokens"), 5 where word.equalsIgnoringCase("token"): resource = .tokens
            case 5 where word.equalsIgnoringCase("input"): isInput = true
            case 6 where word.equalsIgnoringCase("output"): isOutput = true
            case 6 where word.equalsIgnoringCase("minute"), 3 where word.equalsIgnoringCase("min"), 6 where word.equalsIgnoringCase("second"),
                2 where word.equalsIgnoringCase("1m"):
                window = .minute
            case 4 where word.equalsIgnoringCase("hour"), 2 where word.equalsIgnoringCase("1h"): window = .hour
            case 3 where word.equalsIgnoringCase("day"), 5 where word.equalsIgnoringCase("daily"), 2 where word.equalsIgnoringCase("1d"):
                window = .day
            case 4 where word.equalsIgnoringCase("week"), 6 where word.equalsIgnoringCase("weekly"), 2 where word.equalsIgnoringCase("7d"):
                window = .week
            case 5 where word.equalsIgnoringCase("month"), 7 where word.equalsIgnoringCase("monthly"): window = .month
            default: break
            }
        }
        guard let figure else { return nil }
        self.figure = figure
        if resource == .tokens { resource = isInput ? .inputTokens : isOutput ? .outputTokens : .tokens }
        self.resource = resource
        self.window = window
    }

    /// How long the prefix is that such names begin with.
    private static func prefixLength(_ name: RawSpan) -> Int? {
        switch name.byteCount {
        case 12...:
            if name.hasPrefixIgnoringCase("x-ratelimit-") { return 12 }
            if name.hasPrefixIgnoringCase("x-rate-limit-") { return 13 }
            if name.hasPrefixIgnoringCase("ratelimit-") { return 10 }
            if name.hasPrefixIgnoringCase("anthropic-ratelimit-") { return 20 }
            if name.hasPrefixIgnoringCase("modelscope-ratelimit-") { return 21 }
            return nil
        default: return nil
        }
    }
}
