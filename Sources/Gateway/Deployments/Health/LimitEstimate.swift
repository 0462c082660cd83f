internal import EventLoop
internal import Wire

/// What refusals without a stated limit tell about it: over which window requests are counted, and how many there may be.
///
/// One hypothesis at a time. A refusal at the estimate confirms it, one below it lowers it, one far below it says that the window is longer; an
/// admission beyond it says that it is higher, or the window shorter. What is paced by it keeps within a sliding window, which keeps within fixed
/// windows of the same length too, wherever they begin. Now and then one request more than the estimate is let through, so that an estimate that is
/// too low, or was none because the refusals had another reason, does not stay.
struct LimitEstimate: Sendable, Equatable {
    /// The windows providers count in, in seconds.
    static let lengths: [UInt64] = [1, 10, 60, 3600, 86_400]
    /// The one that is assumed without a sign: most limits are per minute.
    private static let usual = 2
    private static let second: UInt64 = 1_000_000_000
    /// From here on an estimate is kept to also by a trial.
    private static let firm: UInt8 = 2
    private static let firmest: UInt8 = 8
    /// Admissions at the limit before one beyond it is tried, by the confidence: at the end a thousandth of the calls. Each refusal of such a one
    /// adds to the confidence.
    private static let probeAfter: [UInt32] = [10, 10, 40, 200, 400, 600, 800, 900, 1000]
    /// Where the window is long, one request beyond the limit is also tried after a minute; each refusal of one doubles that, up to half the window.
    private static let firstProbePause = LoopInterval(.seconds(60))

    /// The place of the window in `lengths`; `nil` while nothing is known.
    private(set) var place: Int?
    /// How many requests there may be in the window.
    private(set) var limit = 0
    /// How often refusals agreed with the estimate, 1 to 8.
    private(set) var confidence: UInt8 = 0
    private var strikes = 0
    /// Whether anything was let in since the last refusal: only then another one is another sign and not the same.
    private var wasAdmitted = false
    /// When the last refusal came: what was sent before it is of the same burst.
    private var refusedAt = LoopInstant(nanoseconds: 0)
    /// When a request beyond a long window's limit went out last, and how long after it the next may.
    private var probedAt = LoopInstant(nanoseconds: 0)
    private var probePause = LimitEstimate.firstProbePause
    /// The counts over each window at the last refusal.
    private var countsAtRefusal = InlineArray<5, Int>(repeating: 0)
    private var admittedAtLimit: UInt32 = 0
    private var probeStep = 0

    init() {}

    static func == (left: Self, right: Self) -> Bool {
        left.place == right.place && left.limit == right.limit && left.confidence == right.confidence
    }

    /// The window; `nil` while nothing is known.
    var window: LoopInterval? { place.map(LimitEstimate.window) }

    /// Whether it is kept to also when a pause is over. A long window always is: there `nextRoom` says itself when one more may try.
    var isFirm: Bool { confidence >= LimitEstimate.firm || isLong }

    private var isLong: Bool { (place ?? 0) > LimitEstimate.usual }

    /// A restored estimate.
    static func restored(window: LoopInterval, limit: Int, confidence: UInt8) -> LimitEstimate? {
        guard let place = lengths.firstIndex(where: { $0 * second == window.nanoseconds }), limit > 0 else { return nil }
        var estimate = LimitEstimate()
        (estimate.place, estimate.limit, estimate.confidence) = (place, min(limit, ForeignNumber.count), min(max(confidence, 1), firmest))
        return estimate
    }

    /// When the next request has room: `nil` for now.
    func nextRoom(in log: SendLog, at now: LoopInstant) -> LoopInstant? {
        guard let place else { return nil }
        let extra = admittedAtLimit >= LimitEstimate.probeAfter[Int(confidence)] || probeStep > 0 ? max(1, probeStep) : 0
        guard let room = log.roomFor(1, limit: limit + extra, window: LimitEstimate.paced(place), at: now) else { return nil }
        guard isLong else { return room }
        let probe = probedAt.advanced(by: probePause)
        return probe <= now ? nil : min(room, probe)
    }

    /// A request is sent; `log` holds it.
    mutating func sent(at now: LoopInstant, log: SendLog) {
        if isLong, isContradicted(by: now, log) { probedAt = now }
    }

    /// Whether a refusal has a count that explains it: something was sent in a window that can have been used up.
    func explains(_ log: SendLog, at now: LoopInstant, wait: LoopInterval?) -> Bool {
        let count = log.count(after: LimitEstimate.start(of: LimitEstimate.window(place ?? LimitEstimate.shortest(wait)), at: now, wait: wait))
        return place != nil && isFirm ? count * 2 >= limit : count > 0
    }

    /// Whether a refusal is what the estimate foretells: all that may be sent in the window was.
    func agrees(with log: SendLog, at now: LoopInstant, wait: LoopInterval?) -> Bool {
        place.map { LimitEstimate.count(log, $0, at: now, wait: wait) >= limit } ?? false
    }

    /// Learns from a refusal. Of a burst of requests that are refused together the first says that there is a limit and the rest how high it is, but
    /// not again and again that it lasts longer than was thought.
    ///
    /// - Parameters:
    ///   - sentAt: When the refused request was sent.
    ///   - log: What was sent, less the refused.
    ///   - wait: The pause the provider named: the end of its window, or the time until the oldest request leaves it.
    mutating func refused(at now: LoopInstant, sentAt: LoopInstant, wait: LoopInterval?, log: SendLog) {
        let isSame = sentAt < refusedAt
        refusedAt = now
        if isLong, !isSame {
            let most = (window ?? LimitEstimate.firstProbePause).nanoseconds / 2
            probePause = LoopInterval(nanoseconds: min(probePause.nanoseconds * 2, max(most, LimitEstimate.firstProbePause.nanoseconds)))
        }
        if let place {
            let count = LimitEstimate.count(log, place, at: now, wait: wait)
            if let wait, wait.nanoseconds > LimitEstimate.window(place).nanoseconds / 20 * 21 {
                begin(at: LimitEstimate.shortest(wait), log, at: now, wait: wait)
            } else if count >= limit {
                if wasAdmitted { confidence = min(confidence + 1, LimitEstimate.firmest) }
                strikes = 0
            } else if count * 2 >= limit, count > 0 {
                limit = count
                confidence = max(1, confidence / 2)
                strikes = 0
            } else if !isSame {
                strikes += 1
                // Once may be another user of the same account; twice is a longer window.
                if strikes >= 2, let longer = LimitEstimate.lengths.indices.first(where: { $0 > place && LimitEstimate.count(log, $0, at: now) > 0 })
                {
                    begin(at: longer, log, at: now, wait: nil)
                }
            }
        } else {
            let shortest = wait == nil ? LimitEstimate.usual : LimitEstimate.shortest(wait)
            let first = LimitEstimate.lengths.indices.first { $0 >= shortest && LimitEstimate.count(log, $0, at: now, wait: wait) > 0 }
            if let first { begin(at: first, log, at: now, wait: wait) }
        }
        for index in LimitEstimate.lengths.indices { countsAtRefusal[index] = LimitEstimate.count(log, index, at: now) }
        (admittedAtLimit, probeStep) = (0, 0)
        wasAdmitted = false
        probedAt = now
    }

    /// Learns from an admission.
    ///
    /// - Parameter sentAt: When the request was sent; `log` holds it.
    mutating func admitted(sentAt: LoopInstant, log: SendLog) {
        guard let place else { return }
        wasAdmitted = true
        let count = count(before: sentAt, log)
        guard count >= limit else {
            if count * 10 >= limit * 9 { admittedAtLimit = admittedAtLimit.addingClamped(1) }
            return
        }
        if !isFirm, let shorter = LimitEstimate.lengths.indices.last(where: { $0 < place && explainsAdmission($0, sentAt, log) }) {
            self.place = shorter
            limit = max(1, countsAtRefusal[shorter])
            confidence = 1
        } else {
            limit = count + 1
            probeStep = min(max(1, probeStep * 2), max(1, limit / 4))
        }
        strikes = 0
    }

    /// Whether an admission is one too many for the estimate.
    func isContradicted(by sentAt: LoopInstant, _ log: SendLog) -> Bool {
        place != nil && count(before: sentAt, log) >= limit
    }

    /// How many were sent in the window before a request, which `log` holds. Without the margin of the pace, and less a little: one that left the
    /// window a moment before is no contradiction.
    private func count(before sentAt: LoopInstant, _ log: SendLog) -> Int {
        guard let window = window?.nanoseconds else { return 0 }
        let start = sentAt.advanced(by: LoopInterval(nanoseconds: window / 50)).nanoseconds
        return log.least(after: LoopInstant(nanoseconds: start > window ? start - window : 0), through: sentAt) - 1
    }

    /// Whether an admission agrees with a shorter window: less was sent in it than at the refusal.
    private func explainsAdmission(_ place: Int, _ sentAt: LoopInstant, _ log: SendLog) -> Bool {
        let window = LimitEstimate.window(place).nanoseconds
        let start = LoopInstant(nanoseconds: sentAt.nanoseconds > window ? sentAt.nanoseconds - window : 0)
        let count = log.count(after: start, through: sentAt) - 1
        return countsAtRefusal[place] > 0 && count < countsAtRefusal[place]
    }

    private mutating func begin(at place: Int, _ log: SendLog, at now: LoopInstant, wait: LoopInterval?) {
        self.place = place
        limit = max(1, LimitEstimate.count(log, place, at: now, wait: wait))
        confidence = 1
        strikes = 0
        probePause = LimitEstimate.firstProbePause
    }

    private static func window(_ place: Int) -> LoopInterval { LoopInterval(nanoseconds: lengths[place] * second) }

    /// The window the pace keeps to: a little longer, as requests arrive later than they are sent, and not all by the same time. A hundredth and
    /// 20 ms, at most 2 s.
    private static func paced(_ place: Int) -> LoopInterval {
        let window = window(place).nanoseconds
        return LoopInterval(nanoseconds: window + min(window / 100 + 20_000_000, 2 * second))
    }

    /// The shortest window that a pause fits in.
    private static func shortest(_ wait: LoopInterval?) -> Int {
        guard let wait else { return usual }
        // Rounded up to whole seconds a pause may be a little longer than the window.
        return lengths.indices.first { wait.nanoseconds <= lengths[$0] * second / 20 * 21 } ?? lengths.count - 1
    }

    /// When the window began in which a request was refused now: both a fixed window's begin and the oldest request of a sliding one lie a window
    /// before the end of the pause; without one it is taken for a sliding window. A second earlier, as pauses are rounded to seconds.
    private static func start(of window: LoopInterval, at now: LoopInstant, wait: LoopInterval?) -> LoopInstant {
        let end = now.nanoseconds + min(wait.map { $0.nanoseconds } ?? 0, window.nanoseconds)
        let tolerance = wait == nil ? 0 : min(second, window.nanoseconds / 20)
        let length = window.nanoseconds + tolerance
        return LoopInstant(nanoseconds: end > length ? end - length : 0)
    }

    private static func count(_ log: SendLog, _ place: Int, at now: LoopInstant, wait: LoopInterval? = nil) -> Int {
        log.count(after: start(of: window(place), at: now, wait: wait))
    }
}
