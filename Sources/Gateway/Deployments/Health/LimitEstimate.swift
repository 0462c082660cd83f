internal import EventLoop
internal import Wire

/// What refusals and admissions tell of limits that nobody states: over which time requests are counted, and how many there may be.
///
/// Beliefs: a short window (a second to a minute) and a long one beside it (an hour, a day), each sliding or beginning anew; or, where no window explains
/// what is seen, a store that fills steadily. All are kept to by counts of what was sent.
///
/// | seen | follows |
/// | --- | --- |
/// | a refusal at the limit | it is believed more |
/// | one below it | the limit is what was sent; without a time, the next waits until a quarter, half, all of that has left the window |
/// | one with nothing sent in the window | one step to a longer window, and never where the refusal itself names a shorter time or window |
/// | one that names a time | the window is no shorter; a fixed one begins, and the oldest of a sliding one was sent, a window before that time |
/// | an admission beyond the limit | either a window began anew or the limit rose: as many again, doubling with each that is let in, show which |
/// | the next such one | where what was sent in a second or in ten was the same at each refusal, it is that window; else the limit rose |
/// | two such within one window | it neither slides nor begins anew: a shorter window, or a steady store |
///
/// ## Decisions
///
/// - From additive increase and multiplicative decrease (Chiu and Jain 1989) and from adaptive concurrency limits: what lies beyond the known is tried by
///   1, 2, 4, as long as it is let in, and refusals in a row step back by a share. Not taken: a continuous descent and climb at each refusal. A limit on
///   requests is a number; counted at one refusal it is known, and sawteeth about it waste calls and leave a tenth unused.
/// - From client-side rate limiting by the rate that was measured (the adaptive mode of the AWS SDKs): where nothing else explains what is seen, what was
///   let in between refusals is the rate. Not taken: its smoothing over half a second, which says nothing of windows of minutes and days.
/// - From the generic cell rate algorithm: a steady store is one time and one interval. It is identified between two refusals, where it is empty; a stretch
///   in which it may have been full is only a lower bound.
/// - From change-point detection (CUSUM, Page 1954): how much less was let in than a store should have given is summed up, and a change is measured from
///   the point at which the sum began to grow.
/// - From version spaces: for each window the least that was refused at and the most that was let in. What contradicts itself can't be the one. That takes
///   a few numbers for each window and no history; only a change of the limit empties it.
/// - A burst that is refused together is one sign. It is judged anew with each of its refusals, for what was let in is known only after the last.
/// - What has changed may change again: a limit that fell is tried each window, a steady one after 2, 4, 8 windows, at most once in 400 calls.
/// A class, so that looking at it copies nothing: it is large, and looked at with each request.
final class LimitEstimate: Equatable {
    /// A limit of a minute or less.
    private(set) var short: WindowEstimate? {
        get { hasShort ? shortWindow : nil }
        set { if let newValue { (shortWindow, hasShort) = (newValue, true) } else { hasShort = false } }
    }
    /// One of an hour or a day. It may be there beside a short one.
    private(set) var long: WindowEstimate? {
        get { hasLong ? longWindow : nil }
        set { if let newValue { (longWindow, hasLong) = (newValue, true) } else { hasLong = false } }
    }
    /// What is kept to instead of the short one where no window explains what is refused and what is let in.
    private(set) var rate: RateEstimate? {
        get { hasRate ? store : nil }
        set { if let newValue { (store, hasRate) = (newValue, true) } else { hasRate = false } }
    }

    // What is looked at with each request lies open: an optional is copied to be looked into.
    private var hasShort = false
    private var hasLong = false
    private var hasRate = false
    private var shortWindow = WindowEstimate(place: WindowEstimate.minute, limit: 1, confidence: 1)
    private var longWindow = WindowEstimate(place: WindowEstimate.minute, limit: 1, confidence: 1)
    private var store = RateEstimate(interval: 1, burst: 1, at: LoopInstant(nanoseconds: 0))

    /// When the last refusal came, and when its request was sent: what was sent before that is of the same burst.
    private var refusedAt = LoopInstant(nanoseconds: 0)
    private var refusedSentAt = LoopInstant(nanoseconds: 0)
    /// How many were refused since one was let in.
    private var row = 0
    /// What was believed before the last burst of refusals. With each further one of them it is judged anew: only then it is known what was let in.
    private var before: Belief?
    /// What was believed of a short limit before the refusals in a row.
    private var shortBeforeRow: WindowEstimate?
    /// The end of the window that the last refusal named.
    private var statedEnd: LoopInstant?
    /// What was sent in each short window when one was refused, the least and the most; 0 for the least means that the window is not the one. And the
    /// most that was let in within it. All since the limit has changed.
    private var least = InlineArray<3, Int>(repeating: .max)
    private var most = InlineArray<3, Int>(repeating: 0)
    private var mostLetIn = InlineArray<3, Int>(repeating: 0)
    /// The last refusals, each with what was sent since the one before.
    private var marks = InlineArray<4, Mark>(repeating: Mark())
    private var markCount = 0
    /// When requests were refused last, for providers that count them.
    private var refusals = InlineArray<8, UInt64>(repeating: 0)
    private var refusalCount = 0
    /// Whether refused requests count: above 0 they do.
    private var countsRefused: Int8 = 0

    /// What was in the short window at the last refusal and the one before, and how often it was more than before: a limit has one height.
    private var lastCount = 0
    private var countBefore = 0
    private var rises: UInt8 = 0
    private var roseAt = LoopInstant(nanoseconds: 0)
    /// How often nothing explained what was seen.
    private var doubts: UInt8 = 0
    private var admissions: UInt8 = 0
    /// When the last one was sent that was let in.
    private var letInAt = LoopInstant(nanoseconds: 0)
    /// Of so many admissions one is looked at for the most that was let in, beside all that are more than what is believed.
    private static let sample: UInt8 = 8

    /// How many refusals in a row named a wait that no store has.
    private var oddWaits: UInt8 = 0

    private struct Mark: Sendable, Equatable {
        /// When its request was sent.
        var at: UInt64 = 0
        /// When there was to be room again, as far as that was said.
        var free: UInt64 = 0
        /// How many were sent since the one before.
        var sent = 0
        /// Whether no time was said.
        var isSilent = true
    }

    /// What changes by what refusals are taken for.
    private struct Belief: Sendable {
        var short: WindowEstimate?
        var long: WindowEstimate?
        var least: InlineArray<3, Int>
        var most: InlineArray<3, Int>
        var mostLetIn: InlineArray<3, Int>
        var doubts: UInt8
        var countsRefused: Int8
    }

    private var belief: Belief {
        get {
            Belief(
                short: short, long: long, least: least, most: most, mostLetIn: mostLetIn, doubts: doubts, countsRefused: countsRefused)
        }
        set {
            (short, long, doubts, countsRefused) = (newValue.short, newValue.long, newValue.doubts, newValue.countsRefused)
            (least, most, mostLetIn) = (newValue.least, newValue.most, newValue.mostLetIn)
        }
    }

    init() {}

    static func == (left: LimitEstimate, right: LimitEstimate) -> Bool {
        left.window == right.window && left.limit == right.limit && left.confidence == right.confidence
    }

    /// Whether nothing is known.
    var isEmpty: Bool { !hasShort && !hasLong && !hasRate }

    /// The one that is shown and kept: the longest.
    private var main: WindowEstimate? { long ?? short }

    /// The window; `nil` while nothing is known.
    var window: LoopInterval? { main?.length ?? (rate == nil ? nil : WindowEstimate.length(WindowEstimate.minute)) }
    /// How many requests there may be in the window.
    var limit: Int { main?.limit ?? rate.map { Int(max(1, 60_000_000_000 / $0.interval)) } ?? 0 }
    /// How often refusals agreed with the estimate, 1 to 8.
    var confidence: UInt8 { main?.confidence ?? (rate == nil ? 0 : 2) }

    /// Whether it is kept to also when a pause is over. A long window always is: there `nextRoom` says itself when one more may try.
    var isFirm: Bool { hasRate || hasShort && shortWindow.confidence >= 2 || hasLong }

    /// What is believed, for people.
    func beliefs(_ log: SendLog, at now: LoopInstant) -> [LimitBelief] {
        var beliefs = [short, long].compactMap { $0 }.map { known in
            LimitBelief(
                limit: known.limit, window: known.length, manner: known.kind.name, since: known.learntAt, refusals: refusalCount,
                confidence: Int(known.confidence), used: known.used(in: log, at: now), room: known.nextRoom(1, in: log, at: now))
        }
        if let rate {
            let minute = WindowEstimate.length(WindowEstimate.minute)
            beliefs.append(
                LimitBelief(
                    limit: Int(max(1, minute.nanoseconds / rate.interval)), window: minute, manner: "steady store", since: rate.learntAt,
                    refusals: refusalCount, confidence: 2, used: log.count(after: now.back(minute)), room: rate.nextRoom(at: now)))
        }
        return beliefs
    }

    /// One of the limits that are believed beside each other.
    enum Part { case short, long, store }

    /// Those that are kept to.
    var parts: [Part] {
        var parts: [Part] = []
        if hasShort { parts.append(.short) }
        if hasLong { parts.append(.long) }
        if hasRate { parts.append(.store) }
        return parts
    }

    /// Over which time it counts; a store counts as a minute does.
    func window(of part: Part) -> LoopInterval {
        switch part {
        case .short: shortWindow.length
        case .long: longWindow.length
        case .store: WindowEstimate.length(WindowEstimate.minute)
        }
    }

    /// How many there may be in its window, and how many of them can't be sent now.
    func use(of part: Part, in log: SendLog, at now: LoopInstant) -> (limit: Int, used: Int) {
        switch part {
        case .short: return (shortWindow.limit, shortWindow.used(in: log, at: now))
        case .long: return (longWindow.limit, longWindow.used(in: log, at: now))
        case .store:
            let minute = window(of: .store)
            let limit = Int(max(1, minute.nanoseconds / store.interval))
            return (limit, max(log.count(after: now.back(minute)), limit - store.left(at: now)))
        }
    }

    /// When there is room for so many if nothing more is sent; `nil` for now.
    func room(for amount: Int, of part: Part, in log: SendLog, at now: LoopInstant) -> LoopInstant? {
        switch part {
        case .short: shortWindow.room(for: amount, in: log, at: now)
        case .long: longWindow.room(for: amount, in: log, at: now)
        case .store: store.room(for: amount, at: now)
        }
    }

    /// Whether a refused request counts, as far as anyone can tell.
    var countsRefusals: Bool { countsRefused > 1 }

    /// A restored estimate.
    static func restored(window: LoopInterval, limit: Int, confidence: UInt8) -> LimitEstimate? {
        guard let place = WindowEstimate.lengths.firstIndex(where: { $0 * 1_000_000_000 == window.nanoseconds }), limit > 0 else { return nil }
        let estimate = LimitEstimate()
        let known = WindowEstimate(place: place, limit: min(limit, ForeignNumber.count), confidence: confidence)
        if place > WindowEstimate.minute { estimate.long = known } else { estimate.short = known }
        return estimate
    }

    /// When the next request has room: `nil` for now.
    func nextRoom(_ need: Int = 1, in log: SendLog, at now: LoopInstant) -> LoopInstant? {
        var room = hasRate ? store.nextRoom(at: now) : nil
        if hasShort, let next = shortWindow.nextRoom(need, in: log, at: now) { room = max(room ?? next, next) }
        if hasLong, let next = longWindow.nextRoom(need, in: log, at: now) { room = max(room ?? next, next) }
        return room
    }

    /// A request is sent; `log` holds it.
    func sent(at now: LoopInstant, log: SendLog) {
        if hasRate { store.sent(at: now) }
        if hasShort { shortWindow.sent(at: now, log) }
        if hasLong { longWindow.sent(at: now, log) }
    }

    /// Windows have begun anew, as an operator says.
    func begin(at now: LoopInstant) {
        short?.begin(at: now)
        long?.begin(at: now)
    }

    /// A request that was sent did not count.
    func takeBack() { if hasRate { store.takeBack() } }

    /// Whether a refusal has a count that explains it: something was sent in a window that can have been used up.
    func explains(_ log: SendLog, at now: LoopInstant, wait: LoopInterval?) -> Bool {
        let place = long?.place ?? short?.place ?? max(WindowEstimate.minute, wait.map(WindowEstimate.shortest) ?? 0)
        let length = WindowEstimate.length(place).nanoseconds
        let end = now.nanoseconds + min(wait?.nanoseconds ?? 0, length)
        let count = log.count(after: LoopInstant(nanoseconds: end > length ? end - length : 0))
        return isFirm && rate == nil ? count * 2 >= limit : count > 0
    }

    /// Learns from an admission.
    ///
    /// - Parameter sentAt: When the request was sent; `log` holds it.
    func admitted(sentAt: LoopInstant, log: SendLog) {
        guard !isEmpty else { return }
        admissions &+= 1
        letInAt = max(letInAt, sentAt)
        // Most admissions in a row tell the same.
        if row > 0 || admissions % LimitEstimate.sample == 0 { noteMost(sentAt, log) }
        // What went out before the last refusal was let in before it.
        guard sentAt > refusedSentAt else { return }
        if row > 0 { (row, shortBeforeRow) = (0, nil) }
        if hasLong { admittedLong(sentAt, log) }
        if hasRate, store.admitted(sentAt: sentAt) { return }
        if hasShort { admittedShort(sentAt, log) }
        if let end = statedEnd, sentAt >= end { statedEnd = nil }
    }

    private func noteMost(_ sentAt: LoopInstant, _ log: SendLog) {
        for place in 0...WindowEstimate.minute {
            let length = WindowEstimate.lengths[place] * 980_000_000
            let start = LoopInstant(nanoseconds: sentAt.nanoseconds > length ? sentAt.nanoseconds - length : 0)
            mostLetIn[place] = max(mostLetIn[place], log.least(after: start, through: sentAt))
        }
    }

    private func admittedLong(_ sentAt: LoopInstant, _ log: SendLog) {
        switch longWindow.admitted(sentAt: sentAt, end: statedEnd, log) {
        case .raised: if longWindow.confidence == 1 { hasLong = false }
        case .contradicts: chooseRate(at: sentAt)
        case .reset, .fits: break
        }
    }

    private func admittedShort(_ sentAt: LoopInstant, _ log: SendLog) {
        if countsRefused > 0, shortWindow.isContradicted(by: sentAt, log), refused(within: shortWindow.length, before: sentAt) > 0 {
            countsRefused -= 1
        }
        let result = shortWindow.admitted(sentAt: sentAt, end: statedEnd, log)
        guard result != .fits else { return }
        noteMost(sentAt, log)
        shortRefuted(result, sentAt)
    }

    private func shortRefuted(_ result: WindowEstimate.Verdict, _ sentAt: LoopInstant) {
        switch result {
        case .contradicts:
            guard let known = short else { return }
            chooseAnother(at: sentAt)
            if short == known { short?.raise(to: known.limit + 1) }
        case .raised:
            guard let place = better else { return forgetEvidence() }
            short = WindowEstimate(place: place, limit: least[place], at: sentAt)
        case .reset, .fits: break
        }
    }

    /// A shorter window that explains all there was, where the one believed in does only by a limit that rose again and again.
    private var better: Int? {
        guard let known = short, known.place <= WindowEstimate.minute, known.kind == .unknown, (dispersion(known.place) ?? 9) > 1.5 else {
            return nil
        }
        return (0..<known.place).reversed().first { (dispersion($0) ?? 9) <= 1.1 }
    }

    /// Whether an admission is one too many for the estimate.
    func isContradicted(by sentAt: LoopInstant, _ log: SendLog) -> Bool {
        (long ?? short)?.isContradicted(by: sentAt, log) ?? false
    }

    /// How far apart what was sent in a short window at refusals and admissions lies: near 1 where it slides and is the one, up to 2 where it is one that
    /// begins anew; `nil` where it can't be the one.
    private func dispersion(_ place: Int) -> Double? {
        let (few, many) = (least[place], max(most[place], mostLetIn[place]))
        guard few > 0, few < .max else { return nil }
        return Double(max(few, many - 1)) / Double(few)
    }

    /// Whether no shorter window than the one believed in explains all there was.
    private var isShortest: Bool {
        guard let place = short?.place, place > 0 else { return true }
        return !(0..<place).contains { least[$0] == .max || (dispersion($0) ?? 9) < 1.15 }
    }

    /// What was believed in neither slides nor began anew: another window that explains all there was, or a store that fills steadily; else the limit
    /// is higher.
    private func chooseAnother(at now: LoopInstant) {
        guard let known = short else { return }
        var (best, dispersion) = (known.place, 9.0)
        for place in least.indices.reversed() {
            if let other = self.dispersion(place), other < dispersion - 0.1 { (best, dispersion) = (place, other) }
        }
        if dispersion > 1.15, let interval = measured(steadily: true) {
            adoptRate(interval, at: now)
        } else if dispersion <= 2.05, best != known.place {
            short = WindowEstimate(place: best, limit: least[best], at: now)
        } else if dispersion > 1.15 {
            doubts = min(doubts + 1, 8)
            if doubts >= 3, let interval = measured(steadily: false) { adoptRate(interval, at: now) } else { forgetEvidence() }
        }
    }

    private func adoptRate(_ interval: UInt64, at now: LoopInstant) {
        var burst = 1
        for place in least.indices {
            burst = max(burst, mostLetIn[place] - Int(WindowEstimate.lengths[place] * 1_000_000_000 / max(1, interval)))
        }
        rate = RateEstimate(interval: interval, burst: burst, at: now)
        (short, doubts) = (nil, 0)
    }

    private func chooseRate(at now: LoopInstant) {
        guard let interval = measured(steadily: true) else { return }
        adoptRate(interval, at: now)
        long = nil
    }

    private func forgetEvidence() {
        for place in least.indices { (least[place], most[place], mostLetIn[place]) = (.max, 0, 0) }
    }

    /// Whether a refusal is what the estimate foretells: all that may be sent was.
    func agrees(with log: SendLog, at now: LoopInstant) -> Bool {
        rate.map { $0.nextRoom(at: now) != nil } ?? (short?.isUsedUp(in: log, at: now) == true || long?.isUsedUp(in: log, at: now) == true)
    }

    /// Learns from a refusal. Of a burst of requests that are refused together the first says that there is a limit and the rest how high it is, but
    /// not again and again that it lasts longer than was thought.
    ///
    /// - Parameters:
    ///   - sentAt: When the refused request was sent.
    ///   - log: What was sent, less the refused.
    func refused(at now: LoopInstant, sentAt: LoopInstant, _ signs: RefusalSigns, log: SendLog) {
        guard signs.window <= .day else { return }
        let isSame = sentAt < refusedAt
        if !isEmpty, letInAt.nanoseconds > 0 { noteMost(letInAt, log) }
        statedEnd = signs.wait.map { now.advanced(by: $0) }
        defer {
            refusals[refusalCount % 8] = sentAt.nanoseconds
            refusalCount += 1
        }
        if !isSame {
            row += 1
            if row == 1 { shortBeforeRow = short }
            mark(sentAt, end: statedEnd, log)
            before = rate == nil ? belief : nil
        } else if let before {
            (belief, rate) = (before, nil)
        }
        (refusedAt, refusedSentAt) = (now, max(refusedSentAt, sentAt))
        for place in least.indices {
            let length = WindowEstimate.length(place)
            var begin = sentAt.back(length)
            if let wait = signs.wait {
                // Rounded up to whole seconds a pause may be a second longer.
                guard wait.nanoseconds <= length.nanoseconds / 20 * 21 + 1_000_000_000 else {
                    least[place] = 0
                    continue
                }
                begin = max(begin, WindowEstimate.begin(of: place, after: wait, at: now))
            }
            let count = log.count(after: begin)
            // What came before the first refusal was let in.
            if isEmpty { mostLetIn[place] = max(mostLetIn[place], count) }
            least[place] = min(least[place], count)
            most[place] = max(most[place], count)
        }
        let named: Int? =
            switch signs.window {
            case .minute: WindowEstimate.minute
            case .hour: 3
            case .day: 4
            case .unknown, .week, .month: nil
            }
        let atLeast = signs.wait.map(WindowEstimate.shortest) ?? 0
        if let rate, signs.wait == nil || signs.wait!.nanoseconds / 4 < rate.interval || atLeast <= 3 {
            refusedShort(at: now, sentAt: sentAt, signs, named: named, isSame: isSame, log)
        } else if named ?? atLeast > WindowEstimate.minute {
            refusedLong(at: now, sentAt: sentAt, signs, place: max(named ?? 0, atLeast), isSame: isSame, log)
        } else if signs.wait == nil, named == nil, let long, log.count(after: now.back(long.length)) >= long.limit {
            refusedLong(at: now, sentAt: sentAt, signs, place: long.place, isSame: isSame, log)
        } else {
            refusedShort(at: now, sentAt: sentAt, signs, named: named, isSame: isSame, log)
        }
    }

    private func refusedShort(
        at now: LoopInstant, sentAt: LoopInstant, _ signs: RefusalSigns, named: Int?, isSame: Bool, _ log: SendLog
    ) {
        if rate != nil {
            let inRow = row
            rate?.refused(at: now, sentAt: sentAt, wait: signs.wait, row: inRow, isSame: isSame)
            // A store never makes anybody wait for more than one.
            let isOdd = signs.wait.map { $0.nanoseconds > (rate?.interval ?? 0) / 2 * 3 + 1_200_000_000 } ?? false
            if !isSame { oddWaits = isOdd ? min(oddWaits + 1, 8) : 0 }
            guard row > 8 || oddWaits >= 2 else { return }
            (rate, row, oddWaits) = (nil, 1, 0)
            forgetEvidence()
            refusedShort(at: now, sentAt: sentAt, signs, named: named, isSame: isSame, log)
            return
        }
        guard var known = short else {
            let place = named ?? WindowEstimate.minute
            let count = log.count(after: now.back(WindowEstimate.length(place)))
            if count > 0 || signs.limit != nil {
                short = WindowEstimate(place: place, limit: signs.limit ?? count, at: now)
                if signs.limit != nil { short?.state(limit: signs.limit!) }
            } else if signs.wait == nil, named == nil {
                refusedLong(at: now, sentAt: sentAt, signs, place: nil, isSame: isSame, log)
            }
            return
        }
        if let named, named > WindowEstimate.minute, known.place < named {
            known.move(to: named, limit: log.count(after: now.back(WindowEstimate.length(named))), at: now)
            short = known
            return
        }
        noteCount(log.count(after: now.back(known.length)), isSame: isSame, of: known, at: now)
        let others = countsRefusals ? 0 : refused(within: known.length, before: sentAt)
        let result = known.refused(
            at: now, sentAt: sentAt, wait: signs.wait, row: row, others: others, isShortest: isShortest, log)
        if let limit = signs.limit { known.state(limit: limit) }
        short = known
        if rises >= 2, row == 1 {
            rises = 0
            if let interval = measured(steadily: false) { return adoptRate(interval, at: now) }
        }
        switch result {
        case .agrees where isSteady, .lowered where isSteady:
            // No window is used up again and again while one after the other is let in.
            if let interval = measured(steadily: true) { adoptRate(interval, at: now) }
        case .agrees: break
        case .countsRefused: countsRefused = min(countsRefused + 1, 4)
        case .lowered:
            // What was let in before the limit fell, and when it was refused, says nothing any more.
            for place in least.indices where least[place] > 0 { (most[place], mostLetIn[place]) = (least[place], 0) }
        case .refuted: chooseAnother(at: now)
        case .unexplained:
            // Nothing was sent in the window, and still it is refused: the window is longer.
            if known.place < WindowEstimate.minute {
                let longer = (known.place + 1)...WindowEstimate.minute
                if let place = longer.first(where: { log.count(after: now.back(WindowEstimate.length($0))) > 0 }) {
                    short = WindowEstimate(place: place, limit: log.count(after: now.back(WindowEstimate.length(place))), at: now)
                    break
                }
            }
            guard signs.wait == nil, named == nil else { break }
            refusedLong(at: now, sentAt: sentAt, signs, place: nil, isSame: isSame, log)
            if long != nil { short = shortBeforeRow }
        }
    }

    private func refusedLong(
        at now: LoopInstant, sentAt: LoopInstant, _ signs: RefusalSigns, place: Int?, isSame: Bool, _ log: SendLog
    ) {
        guard var known = long else {
            let first = place ?? 3
            // Without a sign the next window in which anything was sent.
            guard let begin = (first..<WindowEstimate.lengths.count).first(where: { log.count(after: now.back(WindowEstimate.length($0))) > 0 })
            else { return }
            long = WindowEstimate(place: begin, limit: signs.limit ?? log.count(after: now.back(WindowEstimate.length(begin))), at: now)
            return
        }
        if let place, place > known.place {
            known.move(to: place, limit: log.count(after: now.back(WindowEstimate.length(place))), at: now)
            long = known
            return
        }
        let result = known.refused(at: now, sentAt: sentAt, wait: signs.wait, row: row, isShortest: true, log)
        if let limit = signs.limit { known.state(limit: limit) }
        if result == .refuted || result == .lowered && signs.wait == nil { chooseRate(at: now) }
        if result == .unexplained, signs.wait == nil,
            let longer = WindowEstimate.lengths.indices.first(where: { $0 > known.place && log.count(after: now.back(WindowEstimate.length($0))) > 0 }
            )
        {
            known.move(to: longer, limit: log.count(after: now.back(WindowEstimate.length(longer))), at: now)
        }
        if rate == nil { long = known }
    }

    private func noteCount(_ count: Int, isSame: Bool, of known: WindowEstimate, at now: LoopInstant) {
        if !isSame {
            if now.nanoseconds > roseAt.nanoseconds + 20 * known.length.nanoseconds { rises = 0 }
            if countBefore > 0, lastCount > countBefore + max(1, countBefore / 8) { (rises, roseAt) = (min(rises + 1, 8), now) }
            countBefore = lastCount
        }
        lastCount = count
    }

    /// How many requests were refused within `length` before one.
    private func refused(within length: LoopInterval, before sentAt: LoopInstant) -> Int {
        let start = sentAt.back(length).nanoseconds
        return (0..<min(refusalCount, 8)).count { refusals[$0] > start && refusals[$0] < sentAt.nanoseconds }
    }

    private func mark(_ sentAt: LoopInstant, end: LoopInstant?, _ log: SendLog) {
        let last = markCount > 0 ? marks[(markCount - 1) % 4].at : 0
        let sent = last == 0 ? 0 : log.count(after: LoopInstant(nanoseconds: last), through: sentAt)
        marks[markCount % 4] = Mark(at: sentAt.nanoseconds, free: (end ?? sentAt).nanoseconds, sent: sent, isSilent: end == nil)
        markCount += 1
    }

    /// Whether the last four refusals lie within one window, with admissions between each of them.
    private var isSteady: Bool {
        guard markCount >= 4, let place = short?.place else { return false }
        let (last, first) = (marks[(markCount - 1) % 4], marks[markCount % 4])
        guard last.at > first.at, last.at - first.at < WindowEstimate.lengths[place] * 900_000_000 else { return false }
        return (0..<3).allSatisfy { marks[(markCount - 1 - $0) % 4].sent > 0 }
    }

    /// How long one takes, by the last refusals, between which a store was filled and emptied; `nil` where they are too few to tell.
    ///
    /// - Parameter steadily: Whether each must agree with the whole.
    private func measured(steadily: Bool) -> UInt64? {
        let known = min(markCount, 4)
        guard known >= 2 else { return nil }
        var (sent, time) = (0, UInt64(0))
        // From the last one back, until it is enough.
        for back in 0..<(known - 1) {
            let (mark, before) = (marks[(markCount - 1 - back) % 4], marks[(markCount - 2 - back) % 4])
            sent += mark.sent
            time += mark.free > before.free ? mark.free - before.free : 0
            if sent >= 8, !steadily { break }
        }
        guard sent >= (steadily && marks[(markCount - 1) % 4].isSilent ? 6 : 3), time > 0 else { return nil }
        let interval = time / UInt64(sent)
        guard steadily else {
            // What was let in between two refusals has come in between, and more where the store was full.
            return (0..<(known - 1)).reduce(interval) { least, back in
                let (mark, before) = (marks[(markCount - 1 - back) % 4], marks[(markCount - 2 - back) % 4])
                return mark.sent >= 4 && mark.free > before.free ? min(least, (mark.free - before.free) / UInt64(mark.sent)) : least
            }
        }
        for back in 0..<(known - 1) {
            let (mark, before) = (marks[(markCount - 1 - back) % 4], marks[(markCount - 2 - back) % 4])
            let expected = Double(mark.free > before.free ? mark.free - before.free : 0) / Double(max(1, interval))
            if abs(Double(mark.sent) - expected) > 1.6 + expected / 10 { return nil }
        }
        return interval
    }
}

extension LoopInstant {
    /// The instant `interval` before, at most the clock's start.
    func back(_ interval: LoopInterval) -> LoopInstant {
        LoopInstant(nanoseconds: nanoseconds > interval.nanoseconds ? nanoseconds - interval.nanoseconds : 0)
    }
}
