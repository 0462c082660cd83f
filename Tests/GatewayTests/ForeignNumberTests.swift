import EventLoop
import Testing
import Wire

@testable import Gateway

/// Numbers from providers, files, clients and the database, at the ends of what can be written.
@Suite struct ForeignNumberTests {
    private static let numbers = [
        "0", "-1", "2147483648", "4294967296", "9007199254740992", "9223372036854775806", "9223372036854775807", "-9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "18446744073709551616", String(repeating: "9", count: 400), "1e308", "-1e308", "1e400",
        "1e-400", "0.1", "NaN", "Infinity",
    ]

    // MARK: Limits of providers

    private static let fields = [
        "retry-after", "retry-after-ms", "x-ms-retry-after-ms", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
        "x-ratelimit-remaining-tokens-day", "x-ratelimit-reset-tokens-day", "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit",
    ]

    private func limits(_ fields: [(String, String)]) -> LimitFields {
        var list = HTTPFields()
        for (name, value) in fields { withBytes(name) { name in withBytes(value) { value in list.append(name: name, value: value) } } }
        return LimitFields(list, now: 1_795_348_800_000)
    }

    private func expectSane(_ limits: LimitFields, _ text: String) {
        #expect((0...RetryTime.longest).contains(limits.retryAfter ?? 0), "\(text)")
        for index in 0..<limits.quota.count {
            let allowance = limits.quota[index]
            #expect(
                (0...ForeignNumber.count).contains(allowance.limit ?? 0) && (0...ForeignNumber.count).contains(allowance.remaining ?? 0), "\(text)")
            #expect(allowance.reset ?? LoopInterval(nanoseconds: 0) <= LoopInterval(.seconds(ForeignNumber.seconds)), "\(text)")
        }
    }

    @Test func `whatever a header field states is within its limit, and a quota lives with it`() {
        for number in Self.numbers {
            for field in Self.fields {
                let structured = "\"default\";r=\(number);t=\(number), limit=\(number), remaining=\(number), reset=\(number)"
                for value in [number, "\(number)s", "\(number), \(number);w=60", field == "ratelimit" ? structured : "\(number).0"] {
                    expectSane(limits([(field, value)]), "\(field): \(value)")
                }
            }
            // All together, so that there are allowances to keep to.
            let told = limits(
                Self.fields.map { ($0, $0.contains("reset") || $0.contains("retry") ? "30" : number) } + [("ratelimit", "r=\(number);t=9")])
            expectSane(told, number)
            var quota = Quota()
            for _ in 0..<3 {
                quota.note(told.quota, inFlight: 3, longest: LoopInterval(.seconds(86_400)), at: noon)
                for tokens in [0, 1, ForeignNumber.count, ForeignNumber.count + 8_000_000] {
                    quota.sent(tokens: tokens, at: noon)
                    _ = quota.nextRoom(tokens: tokens, isTrial: false, at: noon)
                    quota.takeBack(tokens: tokens, sentAt: noon)
                    quota.takeBack(tokens: tokens, sentAt: noon)
                    quota.settle(estimated: tokens, used: 0, sentAt: noon)
                }
            }
        }
    }

    @Test func `what is given back to an allowance does not run over`() throws {
        var allowance = QuotaAllowance(.tokens, .day)
        (allowance.remaining, allowance.reset) = (.max - 1, LoopInterval(.seconds(60)))
        var told = try #require(ToldAllowance(allowance, inFlight: 0, longest: LoopInterval(.seconds(86_400)), at: noon))
        for _ in 0..<3 { told.giveBack(requests: 1, tokens: ForeignNumber.count, sentAt: noon) }
        #expect(told.nextRoom(tokens: 1, at: noon) == nil)
    }

    @Test func `two large amounts at one moment are no small one`() {
        var log = SendLog()
        for _ in 0..<3 { log.add(.max, at: noon) }
        #expect(log.count(after: LoopInstant(nanoseconds: 0)) >= Int(UInt32.max))
    }

    @Test func `a client's patience has an end in every spelling`() {
        let texts =
            Self.numbers + [
                "9999999999999999999999h", "1e400", "99999999999999999999999999999999", "9h9h9h9h9h9h9h9h9h", ".", "1.1.1", "0.0000000001ms",
            ]
        for text in texts.flatMap({ [$0, "\($0)s", "\($0)h", "\($0)ms"] }) {
            let patience = withBytes(text) { ClientPatience.parse($0) }
            #expect(patience ?? LoopInterval(nanoseconds: 0) <= LoopInterval(.seconds(86_400)), "\(text)")
        }
        #expect(withBytes("9999999999999999999999h") { ClientPatience.parse($0) } == LoopInterval(.seconds(86_400)))
    }

    // MARK: Files

    @Test func `a list of models states nothing that is not believed`() {
        for number in Self.numbers {
            for value in [number, "\"\(number)\""] {
                let entry = """
                    {"id":"m","created":\(value),"context_length":\(value),"max_model_len":\(value),"max_completion_tokens":\(value),"pricing":{"prompt":\(value),\
                    "completion":\(value)},"top_provider":{"max_completion_tokens":\(value)}}
                    """
                guard let model = withBytes("{\"data\":[\(entry)]}", { ModelListReader.read($0) })?.models.first else { continue }
                #expect((1...ForeignNumber.contextLength).contains(model.contextLength ?? 1), "\(value)")
                #expect((1...ForeignNumber.contextLength).contains(model.maximumOutputTokens ?? 1), "\(value)")
                #expect((0...ForeignNumber.price).contains(model.promptPrice ?? 0) && (0...ForeignNumber.price).contains(model.completionPrice ?? 0))
                #expect(ForeignNumber.timestamps.contains(model.created ?? 0))
            }
        }
    }

    @Test func `a kept list of models that somebody edited is clamped`() {
        for number in Self.numbers {
            let text = """
                {"version":1,"lists":[{"provider":"a","url":"u","fetched_at":\(number),"models":[{"id":"m","context_length":\(number),"created":\(number),\
                "max_output_tokens":\(number),"prompt_price":\(number),"completion_price":\(number)}]}]}
                """
            guard let list = ModelListArchive(reading: Array(text.utf8))?.lists.first, let model = list.models.first else { continue }
            #expect(ForeignNumber.timestamps.contains(list.fetchedAt) && 1_795_348_800 - list.fetchedAt > .min)
            #expect(
                (1...ForeignNumber.contextLength).contains(model.contextLength ?? 1) && (0...ForeignNumber.price).contains(model.promptPrice ?? 0))
        }
    }

    @Test func `kept health of any numbers is restored to something that can be lived with`() throws {
        let epoch = 1_795_348_800_000
        for number in Self.numbers {
            let registry = HealthRegistry()
            let identity = "keyModel p https://p/v1 - m"
            for window in ["60", number] {
                let text = """
                    {"version":1,"nodes":[{"id":"\(identity)","until":\(number),"rung":\(number),"cause":\(number),"word":\(number),"owns":\(number),\
                    "limit":\(number),"window":\(window),"confidence":\(number)}]}
                    """
                guard let snapshot = withBytes(text, { HealthSnapshot(parsing: $0) }) else { continue }
                registry.restore(snapshot, at: noon, epoch: epoch)
                let nodes = registry.nodes(
                    of: try ProviderConfiguration(name: "p", baseURL: HTTPURL(parsing: "https://p/v1")), model: "m", keyIndex: 0)
                let node = nodes.keyModel
                #expect(node.cooldown.until <= noon.advanced(by: .seconds(ForeignNumber.seconds)))
                for second in 0..<40 {
                    let now = noon.advanced(by: .seconds(second))
                    _ = node.availability(
                        for: .everybody, tokens: TokenDemand(need: TokenNeed(bytes: .max, outputLimit: .max), expected: .max),
                        spacing: LoopInterval(.seconds(1)), at: now)
                    _ = node.begin(for: .everybody, tokens: TokenDemand(need: .none, expected: ForeignNumber.count), at: now)
                    node.quota.admitted(sentAt: now)
                    if second % 7 == 0 { node.quota.refused(at: now, sentAt: now, RefusalSigns(wait: LoopInterval(.seconds(60)))) }
                }
                #expect(registry.snapshot(at: noon, epoch: epoch).isEmpty == false)
            }
        }
    }

    /// Some moment, a good while after the machine was started.
    private static let moment = Moment(
        monotonic: LoopInstant(nanoseconds: 500_000_000_000_000), wall: UnixTime(milliseconds: 1_795_348_800_000))

    @Test func `kept books of any numbers are taken where they can be, and can be written again`() async {
        let now = Self.moment
        for (number, version) in Self.numbers.flatMap({ number in ["1", "2 1795348800000", "2 \(number)"].map { (number, $0) } }) {
            for slice in ["9223372036854772:1", "253402300800:1", "9223372036854775807:\(number)", "\(number):\(number)", "1795348799:\(number)"] {
                let limits = MemoryLimits()
                limits.restore(Array("best limits \(version)\nk \(number) 5 \(slice) \(slice) \(slice) \(slice)\nl 0 \(number)    \n".utf8), at: now)
                for key in ["k", "l"] {
                    var wanted = KeyLimits()
                    (wanted.requestsPerMinute, wanted.tokensPerDay, wanted.budget) = (
                        ForeignNumber.count, ForeignNumber.count, Money(nanodollars: .max)
                    )
                    let standing = await limits.standing(of: VirtualKey.ID(key), wanted, at: now)
                    #expect((standing.tokensPerDay?.remaining ?? 0) >= 0 && (standing.requestsPerMinute?.reset ?? .zero) >= .zero)
                    let claim = LimitClaim(key: VirtualKey.ID(key), limits: wanted, tokens: ForeignNumber.count, cost: Money(nanodollars: .max))
                    if case .granted(let reservation, _) = limits.decide(claim, at: now) {
                        limits.settle(reservation, tokens: 0, cost: .zero, at: now)
                    }
                }
                #expect(limits.restore(limits.checkpoint(at: now).bytes(), at: now) >= 0)
            }
        }
    }

    @Test func `a book of more slices than a window has is no book`() {
        let many = (0..<400).map { "\(1_795_348_800 + $0):1" }.joined(separator: ",")
        let limits = MemoryLimits()
        for version in ["1", "2 1795348800000"] {
            #expect(limits.restore(Array("best limits \(version)\nk 0 0 \(many)   \n".utf8), at: Self.moment) == 0)
        }
    }

    // MARK: Sums

    @Test func `a key's windows stop counting before they run over`() {
        var window = SlidingWindow.day
        let start = Self.moment.monotonic
        for second in 0..<2000 { window.add(.max, at: start.advanced(by: .seconds(second))) }
        #expect(window.used > ForeignNumber.count && window.used <= ForeignNumber.sum)
        #expect(window.wait(for: ForeignNumber.count, under: ForeignNumber.count, at: start) != nil)
        for second in 0..<2000 { window.add(.min + 1, at: start.advanced(by: .seconds(second))) }
        #expect(window.used == 0 && window.slices.isEmpty)
    }

    @Test func `a key's books keep the largest usage and cost`() {
        let limits = MemoryLimits()
        let now = Self.moment
        var wanted = KeyLimits()
        (wanted.tokensPerMinute, wanted.tokensPerDay, wanted.budget) = (ForeignNumber.count, ForeignNumber.count, Money(dollars: 9e9))
        for _ in 0..<6 {
            let claim = LimitClaim(key: VirtualKey.ID("k"), limits: wanted, tokens: 0, cost: .zero)
            guard case .granted(let reservation, _) = limits.decide(claim, at: now) else { continue }
            limits.settle(reservation, tokens: .max, cost: Money(nanodollars: .max), at: now)
        }
        guard case .refused(let refusal) = limits.decide(LimitClaim(key: VirtualKey.ID("k"), limits: wanted, tokens: 1, cost: .zero), at: now) else {
            Issue.record("the limit is crossed")
            return
        }
        #expect(refusal.standing.tokensPerDay?.remaining == 0 && refusal.standing.budgetRemaining == .zero)
    }

    private var largest: Usage {
        var usage = Usage()
        (usage.inputTokens, usage.outputTokens, usage.totalTokens, usage.cachedTokens) = (.max, .max, .max, .max)
        return usage
    }

    @Test func `statistics and sums of usage stop where every reader of JSON is exact`() {
        var statistics = DeploymentStatistics()
        for _ in 0..<3 { statistics.succeeded(microseconds: 1, firstToken: 1, usage: largest, cost: Money(nanodollars: .max)) }
        var merged = statistics
        merged.merge(statistics)
        #expect(merged.inputTokens == ForeignNumber.sum && merged.outputTokens == ForeignNumber.sum && merged.cost.nanodollars == .max)
        var row = UsageRow()
        (row.requests, row.failedRequests, row.estimatedRequests) = (.max, .max, .max)
        row.usage.add(largest)
        row.usage.add(largest)
        row.add(row)
        #expect(row.requests == ForeignNumber.sum && row.usage.totalTokens == ForeignNumber.sum)
    }

    @Test func `a record for the books has counts, money and a time that exist`() {
        var bad = Usage()
        (bad.inputTokens, bad.outputTokens, bad.totalTokens, bad.cachedTokens, bad.reasoningTokens) = (.min, .max, -1, .max, .min)
        for time in [Int64.min, -1, .max] {
            let record = UsageRecord(
                key: VirtualKey.ID("k"), provider: "p", model: "m", startedAt: UnixTime(milliseconds: time), status: 200, hasFailed: false,
                usage: bad,
                source: .upstream, cost: Money(nanodollars: .min))
            #expect(record.usage.inputTokens == 0 && record.usage.outputTokens == ForeignNumber.count && record.usage.totalTokens == 0)
            #expect(record.cost == .zero && (0...Int64(ForeignNumber.epochMilliseconds)).contains(record.startedAt.milliseconds))
        }
    }

    @Test(arguments: [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max]) func `any moment can be told`(milliseconds: Int64) {
        let time = UnixTime(milliseconds: milliseconds)
        #expect(!time.description.isEmpty && !time.dayText.isEmpty)
        #expect(time.minute <= time || milliseconds < .min + 60_000)
        #expect(time.seconds == milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0))
        _ = (
            time.advanced(by: .seconds(Int64.max)), time.advanced(by: .seconds(Int64.min)),
            time.elapsed(since: UnixTime(milliseconds: -milliseconds.clamped(to: -9...9)))
        )
        #expect(UnixTime(clamping: milliseconds).description.count == 20)
    }

    @Test func `the last moment that can be written is the last that is read`() {
        #expect(UnixTime(parsing: "999999999999")?.description == "9999-12-31T23:59:59Z")
        #expect(UnixTime(parsing: "9999-12-31T23:59:59-23:59")?.description == "9999-12-31T23:59:59Z")
    }

    @Test(arguments: [Duration.seconds(Int64.max), .seconds(Int64.min), .nanoseconds(Int64.max), .milliseconds(Int64.max)])
    func `any span moves an instant and has seconds`(span: Duration) {
        #expect(noon.advanced(by: span).nanoseconds >= 0 && LoopInterval(span).nanoseconds >= 0 && span.seconds >= 0 && !span.goText.isEmpty)
    }

    @Test(arguments: [-1e308, -1, 0, 1, 1e308, .infinity, -.infinity, .nan]) func `tokens of any price cost something that can be kept`(price: Double)
    {
        for tokens in [0, 1, ForeignNumber.count] {
            var usage = Usage()
            (usage.inputTokens, usage.outputTokens, usage.totalTokens) = (tokens, tokens, ForeignNumber.count)
            #expect(Money(billing: TokenPrices(prompt: price, completion: price).tidy.dollars(for: usage)) >= .zero)
        }
    }

    @Test func `an answer that claims a million million tokens does not make every request look larger than its key's limit`() {
        var estimate = TokenEstimate()
        var usage = largest
        usage.inputTokens = 10
        estimate.learn(bytes: 40, usage)
        #expect(estimate.expected(bytes: 40, outputLimit: nil).totalTokens < 20_000)
        #expect(estimate.expected(bytes: 40, outputLimit: ForeignNumber.count).totalTokens < 20_000)
    }

    // MARK: Scores

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300]) func `whatever is known of a model its score can be ordered and written`(
        mean: Double
    ) throws {
        for mode in [ScoringMode.ability, .original] {
            let source = FixedQuality(["m-a": ("a", mean), "m-b": ("b", 1)])
            source.original = mean
            var options = ScoringOptions()
            options.mode = mode
            let deployments = try ["a", "b"].map { name in
                try deployment("\(name).test", "m-\(name)") {
                    $0.priority = mean
                } provider: {
                    $0.basePriority = 1000
                }
            }
            let router = makeRouter(of: deployments, options, quality: source)
            let found = try decision(router, "best").candidates
            #expect(found.count == 2)
            for score in deployments.flatMap(\.standing.scores) {
                #expect(score.isFinite && abs(score) <= ForeignNumber.score && abs(Int(clamping: (score * 1000).rounded())) < .max)
            }
        }
    }

    @Test func `an answer of absurdly many tokens makes nobody faster than anybody can be`() {
        var record = LiveRecord()
        let decay = Decay(halfLife: .seconds(1800), silence: .seconds(30))
        for isStream in [true, false] {
            for tokens in [ForeignNumber.count, .max, -1, 0] {
                let outcome = LiveRecord.Outcome(
                    isSuccess: true, size: .small, startedAt: noon, firstContent: 1, total: 2, isStream: isStream, outputTokens: tokens)
                record.record(outcome, at: noon, decay: decay)
            }
        }
        let pace = record.pace(prior: nil, at: noon, decay: decay)
        #expect(pace.isFinite && pace > -11.6, "ln of a hundred-thousandth of a second")
    }
}
