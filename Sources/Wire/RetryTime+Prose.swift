/// Waiting times in sentences: `Please try again in 7.66s.`, `Your quota will reset after 8h44m7s.`, `Please wait 8 hours 24 minutes`,
/// `You will regain access on 2026-12-01 at 00:00 UTC.`, `请在 60 秒后重试`.
extension RetryTime {
    /// The most bytes of a message that are searched; real ones have a few hundred.
    private static let mostBytes = 4096

    /// The first waiting time that follows words which announce one.
    ///
    /// - Parameters:
    ///   - now: Milliseconds since 1970, for "try again at" a point in time.
    ///   - isForeign: Whether the words at these offsets, which name a time, are not the provider's own; they
    ///     are skipped.
    /// - Returns: Milliseconds from now; `nil` when the text names no time.
    public static func inProse(_ text: RawSpan, now: Int, passing isForeign: (Range<Int>) -> Bool = { _ in false }) -> Int? {
        let text = text.extracting(first: min(text.byteCount, mostBytes))
        var scanner = TimeText(text)
        while !scanner.isAtEnd {
            let start = scanner.at
            if let wait = announced(&scanner, now: now), !isForeign(start..<scanner.at) { return wait }
            scanner.at = start
            if let wait = announcedBehind(&scanner), !isForeign(start..<scanner.at) { return wait }
            scanner.at = start
            if let wait = chineseReset(&scanner, now: now), !isForeign(start..<scanner.at) { return wait }
            scanner.at = start
            // Skip to the next word: an announcement begins with one.
            if scanner.word() == nil { scanner.at += 1 }
        }
        return nil
    }

    /// The time after the next words, if they announce one.
    private static func announced(_ scanner: inout TimeText, now: Int) -> Int? {
        // A bare number is a time only after unambiguous words.
        var takesBareNumber = false
        if scanner.take("retry after") || scanner.take("retry-after") || scanner.take("retry_after") {
            takesBareNumber = true
        } else if scanner.take("again at") || scanner.take("reset at") || scanner.take("resets at") || scanner.take("available at")
            || scanner.take("wait until") || scanner.take("resets on") || scanner.take("reset on") || scanner.take("again on")
            || scanner.take("retry at") || scanner.take("access on") || scanner.take("access at") || scanner.take("renews on")
            || scanner.take("renews at") || scanner.take("refreshes on") || scanner.take("refreshes at") || scanner.take("refreshed on")
            || scanner.take("refreshed at") || scanner.take("restored on") || scanner.take("restored at") || scanner.take("available on")
            || scanner.take("back on") || scanner.take("back at") || scanner.take("unlocks at") || scanner.take("unlocks on")
            || scanner.take("until")
        {
            skipFillers(&scanner)
            return pointInProse(&scanner, now: now).map { min(max(0, $0 - now), longest) }
        } else if scanner.take("again in") || scanner.take("retry in") || scanner.take("retrying in") || scanner.take("reset in")
            || scanner.take("resets in") || scanner.take("reset after") || scanner.take("resets after") || scanner.take("available in")
            || scanner.take("again after") || scanner.take("wait") || scanner.take("refreshes in") || scanner.take("unblocked in")
            || scanner.take("renews in") || scanner.take("retry your request in") || scanner.take("retry your request after")
            || scanner.take("retry the request in") || scanner.take("retry the request after") || scanner.take("back in")
            || scanner.take("resets") || scanner.take("erneut in") || scanner.take("wieder in") || scanner.take("réessayer dans")
            || scanner.take("réessayez dans") || scanner.take("nuevo en") || scanner.take("novamente em") || scanner.take("через")
        {
            takesBareNumber = false
        } else {
            return nil
        }
        skipFillers(&scanner)
        let start = scanner.at
        if let length = length(&scanner, spaced: true) { return length }
        scanner.at = start
        if let point = pointInProse(&scanner, now: now) { return min(max(0, point - now), longest) }
        scanner.at = start
        guard takesBareNumber, let number = scanner.number() else { return nil }
        // "Retry after 30 requests" is not a time; a number at the end of a sentence is.
        let following = scanner.next
        guard scanner.isAtEnd || following == UInt8(ascii: ".") || following == UInt8(ascii: ",") || following == UInt8(ascii: "\"") else {
            return nil
        }
        return TimeUnit.second.milliseconds(number)
    }

    /// `60 秒后`, `5分钟后`, `30秒後`: the time comes before the word that announces it.
    private static func announcedBehind(_ scanner: inout TimeText) -> Int? {
        guard scanner.next &- 0x30 < 10, let number = scanner.number() else { return nil }
        scanner.skipSpaces()
        let unit: TimeUnit
        if scanner.take("秒钟") || scanner.take("秒鐘") || scanner.take("秒") || scanner.take("초") {
            unit = .second
        } else if scanner.take("分钟") || scanner.take("分鐘") || scanner.take("分間") || scanner.take("分") || scanner.take("분") {
            unit = .minute
        } else if scanner.take("小时") || scanner.take("小時") || scanner.take("時間") || scanner.take("시간") {
            unit = .hour
        } else if scanner.take("天") || scanner.take("日間") || scanner.take("日") || scanner.take("일") {
            unit = .day
        } else {
            return nil
        }
        scanner.skipSpaces()
        _ = scanner.take("之")
        guard scanner.take("后") || scanner.take("後") || scanner.take("후") else { return nil }
        return unit.milliseconds(number)
    }

    /// `您的限额将在 2026-11-30 12:00:00 重置`: Beijing time, eight hours ahead of UTC
    /// (https://docs.bigmodel.cn/cn/api/api-code).
    private static func chineseReset(_ scanner: inout TimeText, now: Int) -> Int? {
        guard scanner.take("将在") else { return nil }
        scanner.skipSpaces()
        guard let point = pointInProse(&scanner, now: now) else { return nil }
        scanner.skipSpaces()
        guard scanner.take("重置") || scanner.take("恢复") || scanner.take("刷新") else { return nil }
        return min(max(0, point - 8 * 3_600_000 - now), longest)
    }

    private static func skipFillers(_ scanner: inout TimeText) {
        var isFiller = true
        while isFiller {
            scanner.skipSpaces()
            isFiller =
                scanner.take(":") || scanner.take("~") || scanner.take("for ") || scanner.take("about ") || scanner.take("approximately ")
                || scanner.take("at least ") || scanner.take("another ") || scanner.take("around ") || scanner.take("=") || scanner.take("\"")
        }
    }
}
