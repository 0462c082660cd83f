/// How failures are answered: how long what failed is left alone, how many attempts a request has, and how long it may wait. The section
/// `failure` of best.yaml.
public struct FailureOptions: Sendable, Equatable {
    /// The first rung of the ladder for failures the provider named no time for; each further one doubles it. 10 ms to 1 h. 1 s: most
    /// troubles of free tiers are over by then.
    public var cooldownFirst = Duration.seconds(1)
    /// The last rung for failures. 60 s: an outage is noticed to be over within a minute.
    public var cooldownMost = Duration.seconds(60)
    /// The last rung for refusals by a limit that name no time. 10 min: between a minute's limit and a day's.
    public var limitCooldownMost = Duration.seconds(600)
    /// The longest pause believed of a provider's word. 24 h: a day's limit is the longest that comes back by waiting.
    public var longestPause = Duration.seconds(24 * 3600)
    /// How far a pause of the ladder is moved at random, as a part of it, 0 to 0.5, so that many gateways do not come back at once.
    public var jitter = 0.2
    /// How long a key is left alone once a second request has met its rejection; doubled each time, at most 24 h. 1 h: a rejected key seldom heals, and a
    /// configuration that is loaded anew with another key ends it at once.
    public var quarantine = Duration.seconds(3600)
    /// After so many 404 in a row, each to another request, a model counts as retired. 1 to 100.
    public var retireAfter = 3
    /// How long a retired model is left alone before one request tries it again. 24 h: when lists of models are fetched again.
    public var retirement = Duration.seconds(24 * 3600)
    /// The most attempts of one request, 1 to 64.
    public var attempts = 8
    /// How long one request may take over all of its attempts. 600 s: the default of OpenAI's own clients.
    public var deadline = Duration.seconds(600)
    /// The shortest learned time to the first token after which an attempt is given up. 5 s: prompts differ.
    public var firstTokenLeast = Duration.seconds(5)
    /// The longest learned one, where the provider's own `first_byte` does not say less. 120 s: twice the slowest average seen (57 s).
    public var firstTokenMost = Duration.seconds(120)
    /// How long a request waits for capacity when `x-best-wait` does not say. 2 s: bridges the first rung and the pace of 40 a minute.
    public var wait = Duration.seconds(2)
    /// The most `x-best-wait` can ask for.
    public var waitMost = Duration.seconds(120)
    /// How many requests may wait at one time; a further one is refused as overload. 0 to 100,000.
    public var waitingRequests = 1024

    /// Makes the defaults.
    public init() {}
}
