internal import EventLoop
internal import HTTPServer
internal import Wire

/// OpenAI's six header fields for the limits of the client's own key (platform.openai.com, Rate limits, headers); those of a provider are never passed on
/// under these names.
extension LimitStanding {
    /// Adds the fields of the limits the key has: of the minute where there is one, of the day otherwise.
    func addFields(to fields: inout ResponseFields) {
        if let window = requestsPerMinute ?? requestsPerDay {
            fields.add("x-ratelimit-limit-requests", window.limit)
            fields.add("x-ratelimit-remaining-requests", window.remaining)
            fields.add("x-ratelimit-reset-requests", text: window.reset.goText)
        }
        if let window = tokensPerMinute ?? tokensPerDay {
            fields.add("x-ratelimit-limit-tokens", window.limit)
            fields.add("x-ratelimit-remaining-tokens", window.remaining)
            fields.add("x-ratelimit-reset-tokens", text: window.reset.goText)
        }
    }
}

extension Duration {
    /// The duration as Go writes it (`time.Duration.String`): `0s`, `12ms`, `1.5s`, `6m0s`, `23h59m0s`; to the millisecond.
    var goText: String {
        let milliseconds = max(0, Int(clamping: millisecondsRoundedUp))
        guard milliseconds >= 1000 else { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
        let (hours, minutes, rest) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds % 60_000)
        var text = hours > 0 ? "\(hours)h\(minutes)m" : minutes > 0 ? "\(minutes)m" : ""
        text += String(rest / 1000)
        var places = String(1000 + rest % 1000).dropFirst()
        while places.last == "0" { places.removeLast() }
        if !places.isEmpty { text += ".\(places)" }
        return text + "s"
    }
}
