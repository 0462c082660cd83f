internal import EventLoop

/// One limit as it is believed to be: so many in a window of such a length, at any moment or from a begin on.
struct WindowEstimate: Sendable, Equatable {
    /// How the window moves.
    enum Kind: UInt8, Sendable {
        /// Nobody knows yet. It is kept to as if it slid, which keeps within fixed windows too.
        case unknown
        /// The last so many seconds, at any moment.
        case rolling
        /// From a begin on.
        case fixed

        /// The kind in words.
        var name: StaticString {
            switch self {
            case .unknown: "window, sliding or fixed"
            case .rolling: "sliding window"
            case .fixed: "fixed window"
            }
        }
    }

    /// What an admission says of the estimate.
    enum Verdict { case fits, reset, raised, contradicts }

    /// The windows providers count in, in seconds.
    static let lengths: [UInt64] = [1, 10, 60, 3600, 86_400]
    /// The one that is assumed without a sign: most limits are per minute.
    static let minute = 2
    private static let firmest: UInt8 = 8

    /// The place of the window in `lengths`.
    private(set) var place: Int
    /// How many there may be in it.
    private(set) var limit: Int
    /// How often refusals agreed with it, 1 to 8.
    private(set) var confidence: UInt8 = 1
    private(set) var kind = Kind.unknown
    /// What was sent up to then does not count: a window began. The clock's start where none is known to have.
    private(set) var begin = LoopInstant(nanoseconds: 0)
    /// How much later than `begin` the window may have begun, in nanoseconds.
    private var spread: UInt64 = 0
    /// When the window can have begun at the earliest: the end of the one before.
    private var earliest = LoopInstant(nanoseconds: 0)
    /// Whether `begin` is one of a row that lies whole windows apart, whenever requests are sent.
    private var isAligned = false
    /// The first end that a refusal named, for telling whether others lie whole windows from it.
    private var firstEnd: LoopInstant?
    /// What the limit was when the window began anew.
    private var limitAtBegin = 0
    /// How many were let in since the window is thought to have begun anew, until that is proven: twice as many may go.
    private var letIn = 0
    /// How many more than the limit are let through, as the last one beyond it was let in; 0 where none is under way.
    private(set) var step = 0
    /// When one was refused last, when the next was sent after that, and how many were let in since.
    private var refusedAt = LoopInstant(nanoseconds: 0)
    private var sentSince = LoopInstant(nanoseconds: 0)
    private var letInSince = 0
    /// What is kept to after refusals in a row, less than the limit.
    private var squeezed: Int?
    /// When the last one beyond the limit went out: whatever can be counted for certain, it was one too many.
    private var beyondAt = LoopInstant(nanoseconds: 0)
    /// When one beyond the limit may be tried.
    private(set) var probeAt = LoopInstant(nanoseconds: 0)
    /// How many such were refused since the limit was learnt, or changed.
    private var probes: UInt8 = 0
    /// Whether it has changed since it was learnt: what has changed may do so again.
    private var hasChanged = false
    /// How many refusals in a row named an end at which no request leaves the window.
    private var oddEnds: UInt8 = 0
    /// What the limit was before it fell.
    private var former = 0

    /// When it was learnt.
    private(set) var learntAt = LoopInstant(nanoseconds: 0)

    init(place: Int, limit: Int, at now: LoopInstant) {
        (self.place, self.limit, learntAt) = (place, max(1, limit), now)
        schedule(at: now)
    }

    /// A restored one.
    init(place: Int, limit: Int, confidence: UInt8) {
        (self.place, self.limit) = (place, limit)
        self.confidence = min(max(confidence, 1), WindowEstimate.firmest)
    }

    static func length(_ place: Int) -> LoopInterval { LoopInterval(nanoseconds: lengths[place] * 1_000_000_000) }

    var length: LoopInterval { WindowEstimate.length(place) }

    /// The shortest window that a pause fits in. Rounded up to whole seconds a pause may be a little longer than the window.
    static func shortest(_ wait: LoopInterval) -> Int {
        lengths.indices.first { wait.nanoseconds <= lengths[$0] * 1_050_000_000 } ?? lengths.count - 1
    }

    /// Whether it is a long window that no second sign has confirmed.
    private var isGuess: Bool { place > WindowEstimate.minute && confidence < 2 }

    /// How far a count may be off: requests overtake each other on their way.
    private static func slack(_ limit: Int) -> Int { limit < 8 ? 0 : max(1, limit / 32) }

    /// The window that is kept to: a little longer, as requests arrive later than they are sent, and not all by the same time.
    private var paced: LoopInterval { LoopInterval(nanoseconds: length.nanoseconds + min(length.nanoseconds / 100 + 20_000_000, 2_000_000_000)) }

    /// The begin of the window that counts at `now`.
    private func start(at now: LoopInstant) -> LoopInstant {
        let rolling = now.nanoseconds > length.nanoseconds ? now.nanoseconds - length.nanoseconds : 0
        return LoopInstant(nanoseconds: max(rolling, begin.nanoseconds))
    }

    /// How many of it are in use.
    func used(in log: SendLog, at now: LoopInstant) -> Int {
        kind == .fixed && now >= opens ? 0 : log.count(after: start(at: now))
    }

    /// When there is room for so many by the limit alone if nothing more is sent; `nil` for now.
    func room(for amount: Int, in log: SendLog, at now: LoopInstant) -> LoopInstant? {
        if kind == .fixed, now >= opens { return nil }
        guard let room = log.roomFor(amount, limit: max(limit, amount), window: paced, since: begin, at: now) else { return nil }
        return kind == .fixed ? min(room, opens) : room
    }

    /// Whether all that there may be in the window was sent.
    func isUsedUp(in log: SendLog, at now: LoopInstant) -> Bool {
        log.count(after: start(at: now)) >= limit - WindowEstimate.slack(limit)
    }

    // MARK: Pace

    /// When a request of `need` has room; `nil` for now.
    func nextRoom(_ need: Int, in log: SendLog, at now: LoopInstant) -> LoopInstant? {
        if kind == .fixed, now >= opens { return nil }
        // However many were sent: a guess closes no door for a day.
        if isGuess, now >= probeAt { return nil }
        let extra = step > 0 ? step : now >= probeAt ? 1 : 0
        var allowed = min(squeezed ?? limit, limit) + (squeezed == nil ? extra : 0)
        let isProven = kind != .unknown || begin.nanoseconds == 0 || now >= begin.advanced(by: length)
        if !isProven { allowed = min(allowed, 2 * letIn + 1) }
        if kind == .fixed, isOpening(since: begin, begin, letIn, allowed, need, in: log, at: now) { return now.advanced(by: openingStep) }
        if refusedAt.nanoseconds > 0, isOpening(since: refusedAt, sentSince, letInSince, allowed, need, in: log, at: now) {
            return now.advanced(by: openingStep)
        }
        guard var room = log.roomFor(need, limit: max(allowed, need), window: paced, since: begin, at: now) else { return nil }
        if kind == .fixed { room = min(room, opens) }
        // A long window that was only guessed is no time to tell.
        return isGuess && probeAt > now ? min(room, probeAt) : room
    }

    /// Whether a window has just begun, or one was just refused, so that no more are let go yet: 1, 3, 7 at a time as they are let in, and twice as many with
    /// each second. It may not be what it was taken for, and not all who wait should find that out.
    ///
    /// - Parameters:
    ///   - instant: When that was.
    ///   - first: When one was sent first since, or the window began.
    ///   - letIn: How many were let in since.
    private func isOpening(
        since instant: LoopInstant, _ first: LoopInstant, _ letIn: Int, _ allowed: Int, _ need: Int, in log: SendLog, at now: LoopInstant
    ) -> Bool {
        let steps = first.nanoseconds == 0 ? 0 : (now.nanoseconds - min(first, now).nanoseconds) / openingStep.nanoseconds
        guard steps < 8, letIn < allowed else { return false }
        let open = (2 * letIn + 1) << Int(steps)
        return open < allowed && log.count(after: instant) + need > open
    }

    /// In which time twice as many are let go: a second, and less for the shortest windows, which are over before an answer is there.
    private var openingStep: LoopInterval { LoopInterval(nanoseconds: min(1_000_000_000, length.nanoseconds / 60)) }

    /// When the window that has begun is over for certain.
    private var opens: LoopInstant { begin.advanced(by: LoopInterval(nanoseconds: paced.nanoseconds + spread)) }

    /// A request is sent, which `log` holds.
    mutating func sent(at now: LoopInstant, _ log: SendLog) {
        if sentSince.nanoseconds == 0, refusedAt.nanoseconds > 0 { sentSince = now }
        if kind == .fixed, now >= begin.advanced(by: LoopInterval(nanoseconds: length.nanoseconds + spread)) {
            earliest = max(earliest.advanced(by: length), now.back(length))
            let windows = isAligned ? (now.nanoseconds - begin.nanoseconds) / length.nanoseconds : 0
            begin = isAligned ? LoopInstant(nanoseconds: begin.nanoseconds + windows * length.nanoseconds) : just(before: now)
            if !isAligned { spread = 0 }
            letIn = 0
        } else if step > 0 || now >= probeAt, log.count(after: start(at: now)) > limit {
            beyondAt = now
            // The next one waits for what becomes of it.
            if step == 0 { schedule(at: now) }
            if kind == .rolling { step = max(step, 1) }
        }
    }

    /// A window has begun.
    mutating func begin(at now: LoopInstant) {
        (begin, earliest, spread) = (now, now, 0)
        (step, letIn, limitAtBegin, squeezed) = (0, limit, limit, nil)
        schedule(at: now)
    }

    private func just(before now: LoopInstant) -> LoopInstant { LoopInstant(nanoseconds: max(now.nanoseconds, 1) - 1) }

    /// Whether it is known so long that a difference is a change and no better knowledge.
    private func isSettled(at now: LoopInstant) -> Bool { now.nanoseconds > learntAt.nanoseconds + length.nanoseconds * 5 / 4 }

    /// When the next request beyond the limit may be tried: seldom where the limit has been steady, soon after it has changed.
    private mutating func schedule(at now: LoopInstant) {
        let seconds = WindowEstimate.lengths[place]
        if isGuess {
            // A guess at a long window is looked at after a minute, two, four, up to half of it.
            probeAt = now.advanced(by: LoopInterval(nanoseconds: min(60 << UInt64(min(max(probes, 1) - 1, 20)), seconds / 2) * 1_000_000_000))
            return
        }
        let most = max(8, 400 / max(1, limit))
        var windows = hasChanged ? max(1, 16 / limit) : max(1, 64 / limit)
        if hasChanged {
            windows += max(0, Int(probes) - 6) / 2
        } else if probes > 0 {
            windows = max(2, windows)
            for _ in 0..<min(Int(probes), 16) { windows *= 2 }
        }
        windows = min(windows, most)
        probeAt = now.advanced(by: LoopInterval(nanoseconds: UInt64(windows) * max(seconds, 10) * 1_000_000_000))
    }

    // MARK: Learning

    /// How much was sent in the window before a request, which `log` holds, for certain: one that left the window a moment before is no contradiction.
    private func least(before sentAt: LoopInstant, _ log: SendLog) -> Int {
        let start = start(at: sentAt.advanced(by: LoopInterval(nanoseconds: length.nanoseconds / 50)))
        return log.least(after: start, through: sentAt) - 1
    }

    /// Whether a request was one too many for the estimate.
    func isContradicted(by sentAt: LoopInstant, _ log: SendLog) -> Bool { least(before: sentAt, log) >= limit }

    /// Learns from an admission.
    ///
    /// - Parameter end: The end of the window that the last refusal named.
    mutating func admitted(sentAt: LoopInstant, end: LoopInstant?, _ log: SendLog) -> Verdict {
        squeezed = nil
        if sentAt > refusedAt { letInSince += 1 }
        if begin.nanoseconds > 0, sentAt > begin { letIn += 1 }
        let count = sentAt == beyondAt ? max(limit, least(before: sentAt, log)) : least(before: sentAt, log)
        guard count >= limit else { return .fits }
        let isOver = begin.nanoseconds == 0 || sentAt.nanoseconds >= begin.nanoseconds + length.nanoseconds / 10 * 9
        if isOver, kind != .rolling || place > WindowEstimate.minute {
            // Either a window began anew, or the limit is higher: so many again, and then one more, will show which.
            let said = end.flatMap { $0 <= sentAt && $0.nanoseconds + length.nanoseconds > sentAt.nanoseconds ? $0 : nil }
            begin = min(said ?? sentAt, just(before: sentAt))
            (limitAtBegin, spread) = (limit, 0)
            // Those that went with it are told from it by nothing.
            (step, letIn) = (max(step, 1), max(letIn, 1, log.count(after: begin, through: sentAt)))
            earliest = begin
            return .reset
        }
        // One that was tried at its time shows that the limit has risen.
        guard step > 0 || kind == .fixed else { return .contradicts }
        raise(to: count + 1)
        return .raised
    }

    /// The limit is higher than was thought.
    mutating func raise(to count: Int) {
        limit = max(limit, count)
        // Up to what it was before it fell it may be again.
        step = min(max(1, step * 2), max(2, limit / 2, former - limit))
        if isSettled(at: begin), former == 0, limit > limitAtBegin + WindowEstimate.slack(limitAtBegin) { (hasChanged, probes) = (true, 0) }
    }

    /// What a refusal says of the estimate.
    enum Refusal { case agrees, lowered, refuted, unexplained, countsRefused }

    /// Learns from a refusal.
    ///
    /// - Parameters:
    ///   - row: How many were refused since one was let in.
    ///   - others: How many requests were refused in the window before.
    ///   - isShortest: Whether no shorter window explains what was seen.
    mutating func refused(
        at now: LoopInstant, sentAt: LoopInstant, wait: LoopInterval?, row: Int, others: Int = 0, isShortest: Bool, _ log: SendLog
    ) -> Refusal {
        let slack = WindowEstimate.slack(limit)
        let rolling = log.count(after: sentAt.back(length))
        let sinceBegin = log.count(after: start(at: sentAt))
        var count = sinceBegin
        // Whole seconds are rounded, and say nothing of where a window of one begins.
        let wait = wait.flatMap { place == 0 && $0.nanoseconds % 1_000_000_000 == 0 ? nil : $0 }
        let end = wait.map { now.advanced(by: $0) }
        if let wait, wait <= length { count = min(count, log.count(after: WindowEstimate.begin(of: place, after: wait, at: now))) }
        defer {
            (step, letIn) = (0, 0)
            (refusedAt, sentSince, letInSince) = (now, LoopInstant(nanoseconds: 0), 0)
            if row == 1 || isGuess, count >= limit { probes = min(probes + 1, 200) }
            schedule(at: now)
            if let end, place > WindowEstimate.minute { probeAt = max(probeAt, end) }
        }
        let isWithin = begin.nanoseconds > 0 && now < begin.advanced(by: length)
        if isWithin, kind != .rolling, let end {
            // A window that has begun has one end.
            let said = end.back(length)
            if kind == .fixed, end.nanoseconds < begin.nanoseconds + spread + 1_500_000_000 {
                // The one before has gone on a moment longer: they begin with a request.
                if end.nanoseconds > begin.nanoseconds + spread + 300_000_000 { isAligned = false }
                (begin, spread) = (end, 0)
                return .agrees
            }
            if said.nanoseconds + 1_300_000_000 > earliest.nanoseconds, said.nanoseconds < begin.nanoseconds + 1_300_000_000 {
                if kind == .unknown {
                    // It may have begun a little before what was let in first showed it.
                    let most = log.count(after: WindowEstimate.begin(of: place, after: wait!, at: now))
                    (kind, limit) = (.fixed, max(1, sinceBegin, min(limit, most)))
                }
            } else {
                (begin, kind) = (LoopInstant(nanoseconds: 0), .rolling)
                limit = max(1, min(rolling, log.count(after: WindowEstimate.begin(of: place, after: wait!, at: now))))
                return .refuted
            }
        } else if isWithin, kind == .unknown, rolling != sinceBegin {
            // A window was thought to have begun: either it is used up now as before, or none began.
            if abs(sinceBegin - limitAtBegin) <= WindowEstimate.slack(limitAtBegin) {
                // Shorter windows may explain it too; then nothing is proven.
                if isShortest { kind = .fixed }
                limit = max(1, sinceBegin)
                return .agrees
            }
            begin = LoopInstant(nanoseconds: 0)
            kind = .rolling
            limit = max(1, rolling)
            return .refuted
        }
        if let wait, kind == .unknown, !isWithin, isTooSoonToSlide(wait, sentAt: sentAt, at: now, log) {
            (kind, begin) = (.fixed, WindowEstimate.begin(of: place, after: wait, at: now))
            earliest = begin
        }
        if let wait, kind == .fixed { note(wait, at: now) }
        if let end, kind != .fixed, wait! <= length, place <= WindowEstimate.minute {
            // A window that slides is free again when a request leaves it.
            let said = end.back(length), margin = LoopInterval(nanoseconds: min(1_300_000_000, length.nanoseconds / 8))
            if log.count(after: said.back(margin), through: said.advanced(by: margin)) == 0 { oddEnds = min(oddEnds + 1, 8) } else { oddEnds = 0 }
            if kind == .rolling, oddEnds >= 2 { return .refuted }
        }
        if count >= limit - slack {
            if row <= 1, isShortest {
                confidence = min(confidence + 1, WindowEstimate.firmest)
            } else if isGuess, now >= learntAt.advanced(by: LoopInterval(nanoseconds: length.nanoseconds / 2)) {
                // Refused for half of it, and nothing let in meanwhile: no shorter window explains that.
                confidence = 2
            }
            // It is what it was before.
            if former > 0, count >= former - WindowEstimate.slack(former) { (hasChanged, former) = (false, 0) }
            if count < limit { limit = max(1, count) }
            if wait == nil, row > 1, confidence > 1 { squeeze(count, row) }
            return .agrees
        }
        if confidence >= 2, others > 0, count + others >= limit - slack, count + others <= limit + slack + 1 { return .countsRefused }
        if count == 0, rolling > 0 {
            // The window was thought to have begun too early: it goes on.
            (begin, kind) = (LoopInstant(nanoseconds: 0), .unknown)
            if wait == nil { squeeze(min(rolling, limit), max(row, 1)) }
            return .agrees
        }
        guard count > 0 else { return .unexplained }
        if isSettled(at: now) { (former, hasChanged, probes) = (max(former, limit), true, 0) }
        limit = count
        confidence = max(1, confidence / 2)
        if wait == nil { squeeze(count, row) }
        return .lowered
    }

    /// Whether there is room again before a request leaves a window that slides: then it has a begin. A store has room sooner still.
    private func isTooSoonToSlide(_ wait: LoopInterval, sentAt: LoopInstant, at now: LoopInstant, _ log: SendLog) -> Bool {
        let rolling = log.count(after: sentAt.back(length))
        guard place == WindowEstimate.minute, rolling > 0, wait <= length else { return false }
        guard wait.nanoseconds > length.nanoseconds / UInt64(rolling) * 2 else { return false }
        let said = now.advanced(by: wait).back(length)
        return log.count(after: said.advanced(by: LoopInterval(nanoseconds: length.nanoseconds / 30))) == rolling
    }

    /// After refusals in a row without a time the next waits until less is in the window: a limit that has fallen far is found in a few calls. Not in a long
    /// window: until so much has left a day nobody would be asked, and there one tries anew after a minute, two, four.
    private mutating func squeeze(_ count: Int, _ row: Int) {
        guard place <= WindowEstimate.minute else { return }
        squeezed = row > 3 ? 0 : row == 3 ? count / 4 : row == 2 ? count / 2 : count * 3 / 4
    }

    /// When the window began that ends after a wait. A second earlier where the pause may be rounded up to seconds.
    static func begin(of place: Int, after wait: LoopInterval, at now: LoopInstant) -> LoopInstant {
        let length = lengths[place] * 1_000_000_000
        let margin = wait.nanoseconds % 1_000_000_000 == 0 ? 1_000_000_000 : min(1_000_000_000, length / 20)
        return now.advanced(by: wait).back(LoopInterval(nanoseconds: length + margin))
    }

    /// Takes the end of a window that a refusal names, to see whether such ends lie whole windows apart.
    private mutating func note(_ wait: LoopInterval, at now: LoopInstant) {
        let end = now.advanced(by: wait)
        guard let first = firstEnd, end > first else {
            if firstEnd == nil { isAligned = true }
            return firstEnd = firstEnd ?? end
        }
        let (windows, rest) = (end.nanoseconds - first.nanoseconds + length.nanoseconds / 2).quotientAndRemainder(dividingBy: length.nanoseconds)
        let error = abs(Int64(rest) - Int64(length.nanoseconds / 2))
        if error > 1_300_000_000 { (isAligned, firstEnd) = (false, end) } else if windows >= 3 { isAligned = true }
        // The provider's word on where the window ends.
        begin = WindowEstimate.begin(of: place, after: wait, at: now)
        spread = end.nanoseconds - min(begin.nanoseconds + length.nanoseconds, end.nanoseconds)
    }

    /// It turned out to be of another length.
    mutating func move(to place: Int, limit: Int, at now: LoopInstant) { self = WindowEstimate(place: place, limit: limit, at: now) }

    /// What is stated is known.
    mutating func state(limit: Int) {
        self.limit = max(1, limit)
        confidence = max(confidence, 2)
    }
}
