internal import EventLoop
internal import Gateway

/// What keys may do, kept apart from the gateway's own books: no provider is asked for what a key may not have, nor more often than it may.
struct FuzzPermissions {
    /// What keys may ask for.
    static let patterns: [[String]] = [
        [], ["m"], ["small*"], ["a/*"], ["priority-auto"], ["gold", "n"], ["*"], ["llama*"], ["m", "best"], ["*o*"], ["mine"], ["m:free", "b/m"],
        [""],
        ["A/M"], ["*code*", "be*"],
    ]
    private static let presets = ["priority-auto", "best", "fast", "cheap", "code", "mine"]

    private struct Key {
        let token: String
        var models: [[String]]
        /// Requests in a minute and in a day; `nil` where there is no limit, or where it was another before.
        var minute: Int?
        var day: Int?
        var hasLimits = true
    }

    /// The keys, the first first.
    private(set) var names: [String] = []
    private var keys: [String: Key] = [:]

    /// What the client sends in `authorization`.
    func token(of name: String) -> String? { keys[name]?.token }

    /// Notes a new key.
    mutating func add(_ name: String, token: String, models: [String]) {
        names.append(name)
        keys[name] = Key(token: token, models: [models])
    }

    /// Notes that a key may ask for other models; what is under way may go on.
    mutating func change(_ name: String, models: [String]) { keys[name]?.models.append(models) }

    /// Notes that a key's limits are others now.
    mutating func forgetLimits(_ name: String) { keys[name]?.hasLimits = false }

    /// One of the kinds of limit.
    static func limit(_ limits: inout KeyLimits, _ cursor: FuzzCursor) {
        limits = KeyLimits()
        switch cursor.choose(12) {
        case 1: limits.requestsPerMinute = 1
        case 2: limits.requestsPerMinute = 2
        case 3: limits.requestsPerDay = 2
        case 4: limits.tokensPerMinute = 1000
        case 5: limits.tokensPerDay = 2000
        case 6: limits.concurrency = 1
        case 7:
            limits.budget = Money(nanodollars: 1_000_000)
            limits.budgetPeriod = .day
        case 8:
            limits.requestsPerMinute = 3
            limits.requestsPerDay = 4
            limits.tokensPerMinute = 5000
            limits.tokensPerDay = 6000
            limits.concurrency = 2
            limits.budget = Money(nanodollars: 10_000_000_000)
            limits.budgetPeriod = .total
        case 9: limits.tokensPerMinute = 1
        case 10: limits.requestsPerMinute = .max
        case 11: limits.tokensPerDay = .max
        default: break
        }
    }

    /// Looks at a call before it is answered.
    mutating func check(_ call: ScriptedTransport.Call, _ problems: inout [String]) {
        guard let context = call.context else { return }
        guard let deployment = context.deployment else { return problems.append("a call is of no deployment") }
        if call.model != deployment.model.id { problems.append("\(deployment.model.id) was chosen, and \(call.model) is asked for") }
        guard let key = keys[context.key.name], context.key.grant != nil else { return }
        keys[context.key.name]?.minute = context.key.grant?.limits.requestsPerMinute
        keys[context.key.name]?.day = context.key.grant?.limits.requestsPerDay
        let names = [deployment.model.id, "\(deployment.provider.name)/\(deployment.model.id)"] + deployment.model.aliases
        let allows = key.models.contains { patterns in
            patterns.isEmpty || names.contains { name in patterns.contains { FuzzPermissions.fits(name, $0) } }
                // What a key may choose by a preset depends on which are chat models, which the gateway knows best.
                || FuzzPermissions.presets.contains { name in patterns.contains { FuzzPermissions.frees(name, $0) } }
        }
        if !allows { problems.append("\(context.key.name) may ask for \(key.models), and \(names[1]) was asked for it") }
    }

    /// Looks whether no minute and no day had more requests than a key may make. A request counts from when it came, if a provider may have got it.
    func checkLimits(_ calls: [ScriptedTransport.Call], _ problems: inout [String]) {
        var sent: [String: [ObjectIdentifier: LoopInstant]] = [:]
        for call in calls where call.hasBegunSending {
            if let context = call.context { sent[context.key.name, default: [:]][ObjectIdentifier(context)] = context.receivedAt }
        }
        for name in names {
            guard let key = keys[name], key.hasLimits else { continue }
            let times = sent[name, default: [:]].values.sorted()
            for (limit, window) in [(key.minute, Duration.seconds(60)), (key.day, .seconds(86_400))] {
                guard let limit, limit < times.count else { continue }
                for place in 0..<(times.count - limit) where times[place + limit].elapsed(since: times[place]) < window {
                    problems.append("\(name) has made \(limit + 1) requests in \(window), \(limit) are allowed")
                    break
                }
            }
        }
    }

    /// Whether a pattern frees a preset: by being its name, or by being for everything.
    private static func frees(_ preset: String, _ pattern: String) -> Bool {
        pattern.lowercased() == preset || !pattern.isEmpty && pattern.allSatisfy { $0 == "*" }
    }

    /// Whether a name fits a pattern, in the plainest way.
    private static func fits(_ name: String, _ pattern: String) -> Bool {
        func fits(_ name: Substring, _ pattern: Substring) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "*" { return fits(name, pattern.dropFirst()) || !name.isEmpty && fits(name.dropFirst(), pattern) }
            return name.first == first && fits(name.dropFirst(), pattern.dropFirst())
        }
        return fits(Substring(name.lowercased()), Substring(pattern.lowercased()))
    }
}
