internal import Wire

/// What the words of a limit say about its window and whose it is.
extension FailureWords {
    /// The window that is named. A sentence that names a minute's limit and a day's, as advice does, names none; a list of the limits
    /// that were met (Google) names its longest.
    func window(met limits: String) -> (window: RateWindow, place: Place) {
        var longest = (window: RateWindow.unknown, place: Place.nowhere)
        var named = 0
        for (window, phrases) in FailureWords.windows {
            let place = find(phrases)
            guard place != .nowhere else { continue }
            longest = (window, place)
            named += 1
        }
        return named < 2 || !limits.isEmpty ? longest : (.unknown, .nowhere)
    }

    /// From the shortest window to the longest.
    private static let windows: [(RateWindow, [StaticString])] = [
        (
            .minute,
            [
                "per minute", "perminute", "per-minute", "per min ", "per min.", "per min)", "per-min", "(tpm)", "(rpm)", "/min", "/ min",
                "per second",
                "per-second", "persecond", "per 60s", "per 60 s", "byminute", "per_minute", "minute limit",
            ]
        ),
        (.hour, ["per hour", "perhour", "per-hour", "/hour", "/ hour", "hourly", "(tph)", "(rph)", "per_hour", "per 3600"]),
        (
            .day,
            [
                "per day", "perday", "per-day", "/day", "/ day", "daily", "(tpd)", "(rpd)", "per 86400", "byday", "per_day", "today's quota",
                "try again tomorrow", "24 hours",
            ]
        ),
        (.month, ["per month", "permonth", "per-month", "/month", "/ month", "monthly", "per_month"]),
    ]

    /// Whose limit it is: this model's with this key unless the words name more.
    var limitScope: FailureScope {
        if say(["free_tier_daily", "free-models-per-day", "free-models-per-min"]) { return .account }
        // Groq, OpenAI, Google and Together name the model beside the organization.
        if say(["for model", "specific to this model", "permodel", "bymodel", "for gpt-", "model:"]) { return .keyModel }
        if say(["your account", "for your organization", "trial key", "for this account"]) { return .key }
        return .keyModel
    }
}
