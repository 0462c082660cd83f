internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Wire

/// A limit on the command line: a number, or `none`.
struct LimitArgument<Value: Sendable>: ExpressibleByArgument where Value: LimitValue {
    let value: Value?

    init?(argument: String) {
        if argument == "none" {
            value = nil
        } else if let parsed = Value(limit: argument) {
            value = parsed
        } else {
            return nil
        }
    }
}

extension Int: LimitValue {
    init?(limit text: String) {
        guard let value = Int(text), value >= 1 else { return nil }
        self = value.clamped(to: 1...ForeignNumber.count)
    }
}

extension Money: LimitValue {
    init?(limit text: String) {
        guard let dollars = Double(text), let money = Money(dollars: min(dollars, ForeignNumber.dollars)), money > .zero else { return nil }
        self = money
    }
}

extension UnixTime: LimitValue {
    /// A day, a moment, or a time from now: `30d`, `2w`, `12h`, `90m`. A number without a unit is a moment.
    init?(limit text: String) {
        if text.last?.isLetter == true, let span = DurationText.parse(text), span > .zero {
            self = UnixTime.now.advanced(by: span)
        } else if let time = UnixTime(parsing: text) {
            self = time
        } else {
            return nil
        }
    }
}

/// What `best keys create` and `update` can say of a key's rights.
struct LimitArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Requests in any 60 seconds.", valueName: "n|none"))
    var requestsPerMinute: LimitArgument<Int>?
    @Option(help: ArgumentHelp("Requests in any 24 hours.", valueName: "n|none"))
    var requestsPerDay: LimitArgument<Int>?
    @Option(help: ArgumentHelp("Tokens, prompts and completions together, in any 60 seconds.", valueName: "n|none"))
    var tokensPerMinute: LimitArgument<Int>?
    @Option(help: ArgumentHelp("Tokens, prompts and completions together, in any 24 hours.", valueName: "n|none"))
    var tokensPerDay: LimitArgument<Int>?
    @Option(help: ArgumentHelp("Requests at a time.", valueName: "n|none"))
    var concurrency: LimitArgument<Int>?
    @Option(help: ArgumentHelp("US dollars for a period, counted where prices are known.", valueName: "usd|none"))
    var budget: LimitArgument<Money>?
    @Option(help: ArgumentHelp("The period of the budget, by the UTC calendar (default: month).", valueName: "period"))
    var budgetPeriod: PeriodArgument?
    @Option(help: ArgumentHelp("When the key stops: 30d, 2w, 12h, a day like 2027-01-31, or none.", valueName: "time|none"))
    var expires: LimitArgument<UnixTime>?
    @Option(
        help: ArgumentHelp(
            "Its share where capacity is scarce: one of weight 3 gets three times as much as one of weight 1, which is the usual.",
            valueName: "1-1000"))
    var weight: Int?
    @Option(
        help: ArgumentHelp("A model the key may use, `*` stands for any text; again for more. `*` alone allows every model.", valueName: "pattern"))
    var model: [String] = []
    @Option(help: ArgumentHelp("A word to find the key by; again for more.", valueName: "word"))
    var tag: [String] = []

    func validate() throws {
        let weights = StoredKey.weights
        guard weight.map(weights.contains) ?? true else {
            throw ValidationError("--weight must be a whole number of \(weights.lowerBound) to \(weights.upperBound)")
        }
    }

    /// Writes what was said into a change.
    func apply(to change: inout KeyChange, at now: UnixTime) throws {
        if let requestsPerMinute { change.requestsPerMinute = .changed(requestsPerMinute.value) }
        if let requestsPerDay { change.requestsPerDay = .changed(requestsPerDay.value) }
        if let tokensPerMinute { change.tokensPerMinute = .changed(tokensPerMinute.value) }
        if let tokensPerDay { change.tokensPerDay = .changed(tokensPerDay.value) }
        if let concurrency { change.concurrency = .changed(concurrency.value) }
        if let budget { change.budget = .changed(budget.value) }
        change.budgetPeriod = budgetPeriod?.period
        change.weight = weight
        if let expires {
            if let time = expires.value, time <= now { throw ValidationError("--expires \(time) has passed already") }
            change.expiresAt = .changed(expires.value)
        }
        if !model.isEmpty { change.models = model == ["*"] ? [] : model }
        if !tag.isEmpty { change.tags = tag }
    }
}
