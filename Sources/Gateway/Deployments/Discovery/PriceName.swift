internal import Wire

/// What the name of a member of a provider's list says of a price, told word by word, so that a spelling that was never seen is read, too.
///
/// | words | mean |
/// | --- | --- |
/// | `input`, `prompt`, `in` | the prompt |
/// | `output`, `completion`, `out` | the answer |
/// | `cached`, `cache` with `read` or `hit`, or with the prompt | what comes from the cache |
/// | `caching`, `cache` with `write` or `creation` | what goes into it |
/// | `reasoning`, `thinking` | reasoning |
/// | `request`, `image` | one of them |
/// | `price`, `pricing`, `cost`, `usd`, `amount` | that it is a price at all |
/// | `cents` | that it is one, in hundredths |
/// | `text` `token` `price`, without `per` | that it is one in units of 10⁻¹⁰ dollars, xAI's |
/// | `per` … `token`; `1k`, `thousand`; `1m`, `million`, `mtok`, `m` | for how many tokens |
/// | `above`, `over` and a number | for prompts that are longer |
///
/// Words are divided by what is no letter and no digit, and as in `inputPricePerMillion`. A name with any other word is none: it says more than is known
/// here, such as `input_audio_price` and `output_cost_per_token_batches`.
///
/// Spellings in use: `input`, `output` (Together, Vercel), `prompt`, `completion`, `internal_reasoning`, `input_cache_read` (OpenRouter), `input_tokens`,
/// `cache_read_tokens`, `cents_per_input_token` (DeepInfra), `input_token_price_per_m`, `price_per_m` (Novita), `input_price`, `cached_price`,
/// `caching_price` (Requesty), `input_cost_per_token`, `cache_creation_input_token_cost`, `input_cost_per_token_above_200k_tokens` (LiteLLM),
/// `pricePerToken` (Glama), `per M input tokens` (Cloudflare), `cache_read` (models.dev).
struct PriceName {
    /// What costs it.
    enum Kind {
        case prompt, completion, cacheRead, cacheWrite, reasoning, request, image, madeImage
    }

    /// For how many tokens a price is.
    enum Unit {
        case token, thousand, million
        /// `m` alone: a million, by Novita in hundredths of a cent.
        case shortMillion
        /// xAI's: a hundredth of a cent for a million tokens (https://docs.x.ai/docs/api-reference#list-language-models).
        case hundredthOfCent
    }

    /// What costs it; `nil` where the name says only that there are prices, as `pricing` and `price_per_million`.
    private(set) var kind: Kind?
    /// For how many tokens; `nil` where it does not say, so that the size must tell.
    private(set) var unit: Unit?
    /// Whether it says that it is a price.
    private(set) var isPrice = false
    /// Whether the price is in cents.
    private(set) var isInCents = false
    /// Tokens of prompt beyond which it counts.
    private(set) var above: Int?

    /// What words there are.
    private struct Words: OptionSet {
        let rawValue: UInt32

        static let input = Words(rawValue: 1)
        static let output = Words(rawValue: 1 << 1)
        static let cache = Words(rawValue: 1 << 2)
        static let cached = Words(rawValue: 1 << 3)
        static let caching = Words(rawValue: 1 << 4)
        static let read = Words(rawValue: 1 << 5)
        static let write = Words(rawValue: 1 << 6)
        static let miss = Words(rawValue: 1 << 7)
        static let reasoning = Words(rawValue: 1 << 8)
        static let request = Words(rawValue: 1 << 9)
        static let image = Words(rawValue: 1 << 10)
        static let price = Words(rawValue: 1 << 11)
        static let cents = Words(rawValue: 1 << 12)
        static let per = Words(rawValue: 1 << 13)
        static let token = Words(rawValue: 1 << 14)
        static let thousand = Words(rawValue: 1 << 15)
        static let million = Words(rawValue: 1 << 16)
        static let m = Words(rawValue: 1 << 17)
        static let above = Words(rawValue: 1 << 18)
        static let nothing = Words(rawValue: 1 << 19)
        static let text = Words(rawValue: 1 << 20)

        /// What has a price.
        static let things: Words = [.input, .output, .cache, .cached, .caching, .read, .write, .miss, .reasoning, .request, .image]
    }

    private static let words: [(text: StaticString, word: Words)] = [
        ("input", .input), ("prompt", .input), ("in", .input), ("output", .output), ("completion", .output), ("out", .output), ("cache", .cache),
        ("cached", .cached), ("caching", .caching), ("read", .read), ("hit", .read), ("write", .write), ("creation", .write), ("miss", .miss),
        ("reasoning", .reasoning), ("thinking", .reasoning), ("request", .request), ("image", .image), ("price", .price), ("prices", .price),
        ("pricing", .price), ("cost", .price), ("costs", .price), ("usd", .price), ("amount", .price), ("cents", .cents), ("per", .per),
        ("token", .token), ("tokens", .token), ("1k", .thousand), ("thousand", .thousand), ("1000", .thousand), ("1m", .million),
        ("million", .million), ("mtok", .million), ("1000000", .million), ("m", .m), ("above", .above), ("over", .above), ("internal", .nothing),
        ("text", .text),
    ]

    /// Reads a name; `nil` when it says nothing of prices, or more than is known here.
    init?(_ name: RawSpan) {
        var found: Words = []
        var at = 0
        while let word = PriceName.nextWord(name, &at) {
            let text = name.extracting(word)
            if found.contains(.above), above == nil, let bound = PriceName.bound(text) {
                above = bound
            } else if let known = PriceName.words.first(where: { text.equalsIgnoringCase($0.text) }) {
                found.insert(known.word)
            } else {
                return nil
            }
        }
        guard !found.isEmpty, found.contains(.above) == (above != nil) else { return nil }
        isInCents = found.contains(.cents)
        isPrice = found.contains(.price) || isInCents
        if found.contains(.million) {
            unit = .million
        } else if found.contains(.m) {
            unit = .shortMillion
        } else if found.contains(.thousand) {
            unit = .thousand
        } else if found.contains(.per), found.contains(.token) {
            unit = .token
        } else if found.isSuperset(of: [.text, .token, .price]) {
            unit = .hundredthOfCent
        }
        let said = found.intersection(.things)
        guard !said.isEmpty else { return }
        kind = PriceName.kind(said, isEach: found.contains(.per), isOfTokens: found.contains(.token))
        if kind == nil { return nil }
    }

    private static func kind(_ said: Words, isEach: Bool, isOfTokens: Bool) -> Kind? {
        if said.contains(.image) {
            guard !isOfTokens, said.isSubset(of: [.image, .input, .output]) else { return nil }
            if said == .image { return .image }
            // Some give a price of its tokens under such a name.
            return !isEach ? nil : said == [.image, .output] ? .madeImage : said == [.image, .input] ? .image : nil
        }
        if said.contains(.request) { return said.isSubset(of: [.request, .input]) ? .request : nil }
        if said.contains(.reasoning) { return said.isSubset(of: [.reasoning, .output]) ? .reasoning : nil }
        if !said.isDisjoint(with: [.cache, .cached, .caching]) {
            guard !said.contains(.output) else { return nil }
            if said.contains(.miss) { return .prompt }
            if said.contains(.write) || said.contains(.caching) { return said.contains(.read) ? nil : .cacheWrite }
            return said == [.cache] ? nil : .cacheRead
        }
        return said == [.input] ? .prompt : said == [.output] ? .completion : nil
    }

    /// Where the next word is; `nil` behind the last one.
    private static func nextWord(_ name: RawSpan, _ at: inout Int) -> Range<Int>? {
        while at < name.byteCount, kind(name[byte: at]) == .other { at += 1 }
        guard at < name.byteCount else { return nil }
        let start = at
        var last = kind(name[byte: at])
        at += 1
        while at < name.byteCount {
            let next = kind(name[byte: at])
            // `Price` is one word, `per1k` are two, and `1k` is one.
            if next == .other || next == .capital && last != .capital || next == .digit && last != .digit { break }
            last = next
            at += 1
        }
        return start..<at
    }

    private enum Character { case small, capital, digit, other }

    private static func kind(_ byte: UInt8) -> Character {
        byte &- 0x61 < 26 ? .small : byte &- 0x41 < 26 ? .capital : byte &- 0x30 < 10 ? .digit : .other
    }

    /// A number of tokens: `200k`, `1m`, `128000`.
    private static func bound(_ text: RawSpan) -> Int? {
        guard text.byteCount > 1 else { return nil }
        let last = text[byte: text.byteCount - 1] | 0x20
        let factor = last == UInt8(ascii: "k") ? 1000 : last == UInt8(ascii: "m") ? 1_000_000 : 1
        let digits = factor == 1 ? text : text.extracting(first: text.byteCount - 1)
        guard let number = digits.decimalValue(atMost: ForeignNumber.contextLength), number > 0 else { return nil }
        return min(number.multipliedClamped(by: factor), ForeignNumber.contextLength)
    }

    /// An amount under this name as US dollars for a million tokens, or for one of what is not counted in them; `nil` for what is no price, such as
    /// OpenRouter's -1 for "varies".
    ///
    /// - Parameter other: The unit where the name has none.
    func dollars(_ amount: Double, unit other: Unit? = nil) -> Double? {
        guard amount.isFinite, amount >= 0 else { return nil }
        let dollars = isInCents ? amount / 100 : amount
        switch kind {
        // xAI's `image_price`, in 10⁻¹⁰ dollars as well; nobody takes a million for a picture.
        case .image where dollars >= 1_000_000, .madeImage where dollars >= 1_000_000:
            return min(dollars / 10_000_000_000, ForeignNumber.price)
        case .request, .image, .madeImage: return min(dollars, ForeignNumber.price)
        case .prompt, .completion, .cacheRead, .cacheWrite, .reasoning, nil: break
        }
        switch unit ?? other {
        case .token, nil: return ModelEntry.pricePerMillion(dollars)
        case .thousand: return min(dollars * 1000, DiscoveryLimits.maximumPrice)
        case .million: return min(dollars, DiscoveryLimits.maximumPrice)
        // Less than one of them is nobody's price in this unit.
        case .hundredthOfCent: return amount < 1 ? ModelEntry.pricePerMillion(dollars) : min(amount / 10_000, DiscoveryLimits.maximumPrice)
        // A hundred dollars for a million tokens, or a cent: nobody takes the one under such a name.
        case .shortMillion: return min(dollars >= 100 ? dollars / 10_000 : dollars, DiscoveryLimits.maximumPrice)
        }
    }
}

extension PriceName.Kind {
    /// The price in a list's prices.
    var whole: WritableKeyPath<TokenPrices, Double?> {
        switch self {
        case .prompt: \.prompt
        case .completion: \.completion
        case .cacheRead: \.cacheRead
        case .cacheWrite: \.cacheWrite
        case .reasoning: \.reasoning
        case .request: \.request
        case .image: \.image
        case .madeImage: \.madeImage
        }
    }

    /// The price in a tier; `nil` where tiers have none.
    var tier: WritableKeyPath<TokenPrices.Tier, Double?>? {
        switch self {
        case .prompt: \.prompt
        case .completion: \.completion
        case .cacheRead: \.cacheRead
        case .cacheWrite: \.cacheWrite
        case .reasoning: \.reasoning
        case .request, .image, .madeImage: nil
        }
    }
}
