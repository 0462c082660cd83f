internal import EventLoop
public import Wire

/// What the header fields of one answer say about limits and about coming back. Reading them allocates nothing.
public struct LimitFields: Equatable, Sendable {
    /// The limits that are named.
    public private(set) var quota = QuotaReading()
    /// The wait that `retry-after-ms`, `x-ms-retry-after-ms`, `retry-after`, `x-ratelimit-timeremaining` (GitHub Models) or one of their like asks for, in
    /// milliseconds; `nil` without any of them.
    public private(set) var retryAfter: Int?

    /// Nothing.
    public init() {}

    /// Reads the fields of an answer.
    ///
    /// - Parameters:
    ///   - now: Milliseconds since 1970, for resets given as points in time.
    public init(_ fields: borrowing HTTPFields, now: @autoclosure () -> Int) {
        var clock: Int?
        var hasMilliseconds = false
        // ChatGPT's plans have a window of hours and one of a week.
        var (first, second) = (PlanWindow(), PlanWindow())
        for index in 0..<fields.count {
            let name = fields.name(at: index)
            // Most fields are not about limits; their first letter says so.
            switch name.byteCount > 8 ? name[byte: 0] | 0x20 : 0 {
            case UInt8(ascii: "r"), UInt8(ascii: "x"), UInt8(ascii: "a"), UInt8(ascii: "m"): break
            default: continue
            }
            let value = fields.value(at: index)
            if name.equalsIgnoringCase("retry-after-ms") || name.equalsIgnoringCase("x-ms-retry-after-ms")
                || name.equalsIgnoringCase("x-retry-after-ms")
            {
                // OpenAI's own clients look at it first, too; it is the finer one.
                guard let wait = RetryTime.waitOfMilliseconds(value) else { continue }
                retryAfter = wait
                hasMilliseconds = true
            } else if LimitFields.waits.contains(where: { name.equalsIgnoringCase($0) }) {
                guard !hasMilliseconds else { continue }
                clock = clock ?? now()
                retryAfter = RetryTime.wait(value, now: clock!) ?? retryAfter
            } else if name.equalsIgnoringCase("ratelimit") {
                readStructured(value)
            } else if name.hasPrefixIgnoringCase("x-codex-") {
                clock = clock ?? now()
                let part = name.extracting(droppingFirst: "x-codex-".utf8.count)
                if part.hasPrefixIgnoringCase("primary-") {
                    first.read(part.extracting(droppingFirst: "primary-".utf8.count), value, now: clock!)
                } else if part.hasPrefixIgnoringCase("secondary-") {
                    second.read(part.extracting(droppingFirst: "secondary-".utf8.count), value, now: clock!)
                }
            } else if let known = LimitFieldName(name) {
                if known.figure == .reset { clock = clock ?? now() }
                read(known, value, now: clock ?? 0)
            }
        }
        first.note(.hour, in: &quota)
        second.note(.week, in: &quota)
        if !quota.isEmpty { quota.nameWindows() }
    }

    /// Reads a field that gives one figure. A list, as in `100, 100;w=60` of older drafts, counts by its first number.
    private mutating func read(_ name: LimitFieldName, _ value: RawSpan, now: Int) {
        let resource = name.resource ?? .requests
        switch name.figure {
        case .limit:
            guard let number = LimitFields.count(value) else { return }
            quota.note(resource, name.window) { $0.limit = number }
        case .remaining:
            guard let number = LimitFields.count(value) else { return }
            quota.note(resource, name.window) { $0.remaining = number }
        case .reset:
            guard let wait = RetryTime.wait(value, now: now) else { return }
            quota.note(resource, name.window) { $0.reset = LoopInterval(.milliseconds(wait)) }
        }
    }

    /// Fields that ask for a wait, in whole seconds or in one of the other forms of `RetryTime`.
    private static let waits: [StaticString] = [
        "retry-after", "x-retry-after", "retry-after-seconds", "x-retry-after-seconds", "x-ratelimit-timeremaining", "x-ratelimit-reset-after",
        "x-rate-limit-reset-after", "x-ratelimit-retry-after", "x-rate-limit-retry-after", "ratelimit-retry-after", "x-retry-in", "x-wait-seconds",
    ]

    /// A window of a ChatGPT plan, of `x-codex-primary-used-percent`, `x-codex-secondary-reset-after-seconds`, `x-codex-primary-reset-at` and their like
    /// (https://github.com/openai/codex, rate_limits.rs).
    private struct PlanWindow {
        private var percent: Int?
        private var reset: Int?

        /// Reads a field by the last part of its name.
        mutating func read(_ figure: RawSpan, _ value: RawSpan, now: Int) {
            if figure.equalsIgnoringCase("used-percent") {
                percent = LimitFields.count(value)
            } else if figure.equalsIgnoringCase("reset-after-seconds") || figure.equalsIgnoringCase("reset-at") {
                reset = RetryTime.wait(value, now: now) ?? reset
            }
        }

        /// A share says nothing of how many requests there may be, but that there may be none; and while something is left its end is no time to come back.
        func note(_ window: RateWindow, in quota: inout QuotaReading) {
            guard let reset, percent ?? 100 >= 100 else { return }
            quota.note(.requests, window) {
                $0.reset = LoopInterval(.milliseconds(reset))
                if percent != nil { $0.remaining = 0 }
            }
        }
    }

    /// Reads `ratelimit: "default";r=50;t=30` or `limit=100, remaining=0, reset=50` (draft-ietf-httpapi-ratelimit-headers, new and old).
    private mutating func readStructured(_ value: RawSpan) {
        var at = 0
        while at < value.byteCount {
            var end = at
            while end < value.byteCount, value[byte: end] != UInt8(ascii: ";"), value[byte: end] != UInt8(ascii: ",") { end += 1 }
            let part = value.extracting(at..<end).trimmed
            at = end + 1
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let key = part.extracting(0..<equals)
            let number = LimitFields.count(part.extracting(equals + 1..<part.byteCount))
            if key.equalsIgnoringCase("r") || key.equalsIgnoringCase("remaining") {
                if let number { quota.note(.requests, .unknown) { $0.remaining = number } }
            } else if key.equalsIgnoringCase("t") || key.equalsIgnoringCase("reset") {
                if let number { quota.note(.requests, .unknown) { $0.reset = LoopInterval(.seconds(min(number, ForeignNumber.seconds))) } }
            } else if key.equalsIgnoringCase("limit") {
                if let number { quota.note(.requests, .unknown) { $0.limit = number } }
            }
        }
    }

    /// A count: a whole number, or the whole part of one (Mistral sends `1.0`), at most `ForeignNumber.count`. What is below zero counts as nothing
    /// left.
    private static func count(_ value: RawSpan) -> Int? {
        let text = value.trimmed
        if text.byteCount > 1, text[byte: 0] == UInt8(ascii: "-") { return text.extracting(1..<text.byteCount).decimalValue(atMost: 0) }
        var end = 0
        while end < text.byteCount, text[byte: end] &- 0x30 < 10 { end += 1 }
        guard end > 0 else { return nil }
        if end < text.byteCount {
            let next = text[byte: end]
            guard next == UInt8(ascii: ".") || next == UInt8(ascii: ",") || next == UInt8(ascii: ";") || next == UInt8(ascii: " ") else { return nil }
        }
        return text.extracting(0..<end).decimalValue(atMost: ForeignNumber.count)
    }
}

extension QuotaReading {
    /// Finds the window of limits whose name does not tell it, where the figures do.
    ///
    /// Limits that refill steadily reset in `window × used ÷ limit`: Groq's 30 requests used of 14,400 and a reset of 2m59.56s make a day,
    /// OpenAI's 1 of 10,000 and 8.64s as well. Tokens are counted by the minute wherever the name is silent (OpenAI, Groq).
    mutating func nameWindows() {
        for index in 0..<count where self[index].window == .unknown {
            let allowance = self[index]
            var window = allowance.resource == .requests ? RateWindow.unknown : .minute
            if allowance.resource == .requests, let limit = allowance.limit, let remaining = allowance.remaining, let reset = allowance.reset,
                limit > remaining, limit < 1_000_000_000
            {
                let seconds = Double(reset.nanoseconds) / 1_000_000_000 * Double(limit) / Double(limit - remaining)
                // Two in a hundred for the time between the two figures.
                if abs(seconds - 86_400) < 1728 { window = .day } else if abs(seconds - 60) < 1.2 { window = .minute }
            }
            guard window != .unknown else { continue }
            rename(at: index, window)
        }
    }
}
