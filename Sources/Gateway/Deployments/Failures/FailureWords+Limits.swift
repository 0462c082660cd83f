/// What the words of a limit say about its window and whose it is.
extension FailureWords {
    /// The window that is named. A sentence that names a minute's limit and a day's, as advice does, names none; a list of the limits
    /// that were met (Google) names its longest.
    ///
    /// - Parameter namesLimits: Whether the body lists the limits that were met.
    func window(namesLimits: Bool) -> (window: RateWindow, place: Place) {
        var longest = (window: RateWindow.unknown, place: Place.nowhere)
        var named = 0
        for (window, meaning) in FailureWords.windows {
            let place = find(meaning)
            guard place != .nowhere else { continue }
            // A member says which of the windows that a message speaks of is meant.
            if longest.place == .member, place == .message { continue }
            if longest.place == .message, place == .member { named = 0 }
            longest = (window, place)
            named += 1
        }
        return named < 2 || namesLimits ? longest : (.unknown, .nowhere)
    }

    /// From the shortest window to the longest.
    private static let windows: [(RateWindow, Dialect.Meaning)] = [
        (.minute, .minute), (.hour, .hour), (.day, .day), (.week, .week), (.month, .month),
    ]

    /// The limit counts tokens, and not requests. That holds whoever says so, for what follows is less than from a limit on requests; and what speaks of
    /// requests counts only where it does not come from the request.
    var speakOfTokens: Bool { mention(.tokens) && !say(.requests) }

    /// What the limit counts, by the words alone.
    ///
    /// - Parameter window: The window that they name.
    func resource(window: RateWindow) -> LimitedResource {
        if say(.inFlight), window == .unknown, !say(.tokens) { return .inFlight }
        return say(.tokens) && !say(.requests) ? .tokens : .requests
    }

    /// Whose limit it is: this model's with this key unless the words name more.
    var limitScope: FailureScope {
        if say(.accountLimit) { return .account }
        // Groq, OpenAI, Google and Together name the model beside the organization.
        if say(.modelLimit) { return .keyModel }
        return say(.keyLimit) || say(.ofTheKey) ? .key : .keyModel
    }

    /// Whether a limit was met, whosever.
    var speakOfALimit: Place { max(find(.limit), find(.keyLimit), find(.accountLimit), find(.limitNotMoney)) }
}
