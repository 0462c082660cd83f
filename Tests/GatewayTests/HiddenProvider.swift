@testable import Gateway

/// A provider with limits nobody is told of, in one of the manners that providers have. Times are seconds.
struct HiddenProvider {
    /// How requests are counted.
    enum Manner: CaseIterable {
        /// Over the last so many seconds, at any moment.
        case rolling
        /// From one multiple of the length to the next.
        case aligned
        /// From the first request after the last window.
        case fromFirst
        /// A store that fills steadily, to a window's worth.
        case bucket
        /// A store that fills steadily, to a sixth of a window's worth.
        case smallBucket
    }

    /// What a refusal says about coming back.
    enum Hint: CaseIterable { case none, exact, seconds }

    enum Answer {
        case admitted
        case failed
        /// `wait` is the exact time until there is room; `isCrowded` where too many were under way.
        case refused(wait: Double, isCrowded: Bool)
    }

    var manner = Manner.rolling
    var window = 60.0
    var limit = 20
    /// The most requests under way; 0 for any number.
    var concurrency = 0
    var hint = Hint.none
    /// Whether answers state the limit, what is left, and a reset.
    var hasHeaders = false
    /// Whether refusals name the window.
    var hasWords = false
    var countsRefused = false
    var countsFailed = true
    /// The share of calls that fail for another reason.
    var failing = 0.0
    /// What other users of the account send, as a share of the limit.
    var others = 0.0
    /// Limits that come later, by time.
    var changes: [(at: Double, limit: Int)] = []
    var seed: UInt64 = 1

    private var random = HealthRandom(state: 1)
    private var nextOther = Double.infinity
    /// Calls that count, and where those begin that may still matter.
    private var log: [Double] = []
    private var head = 0
    private var begin = -1e18
    private var used = 0
    private var level = 0.0
    private var filledAt = 0.0
    private var ends: [Double] = []

    mutating func start(at now: Double) {
        random = HealthRandom(state: seed ^ 0x0D0E)
        level = capacity
        filledAt = now
        nextOther = others > 0 ? now + pause() : .infinity
    }

    private mutating func pause() -> Double { -log1(random.unit()) * window / (others * Double(limit)) }

    private var capacity: Double { manner == .smallBucket ? max(1, Double(limit) / 6) : Double(limit) }

    /// Lets time pass.
    mutating func advance(to now: Double) {
        while let change = changes.first, change.at <= now {
            // What a store held above its new measure is gone.
            fill(at: change.at)
            limit = change.limit
            level = min(level, capacity)
            changes.removeFirst()
        }
        while nextOther <= now {
            let at = nextOther
            if rateRoom(at: at) <= at { count(at: at) }
            nextOther = at + pause()
        }
        ends.removeAll { $0 <= now }
    }

    private mutating func fill(at now: Double) {
        level = min(capacity, level + (now - filledAt) * Double(limit) / window)
        filledAt = now
    }

    private mutating func count(at now: Double) {
        switch manner {
        case .rolling: log.append(now)
        case .aligned, .fromFirst:
            if now >= begin + window { (begin, used) = (manner == .aligned ? (now / window).rounded(.down) * window : now, 0) }
            used += 1
        case .bucket, .smallBucket:
            fill(at: now)
            level = max(-1, level - 1)
        }
    }

    /// When the rate has room.
    private mutating func rateRoom(at now: Double) -> Double {
        switch manner {
        case .rolling:
            while head < log.count, log[head] <= now - window { head += 1 }
            let inside = log.count - head
            return inside < limit ? now : log[log.count - limit] + window
        case .aligned, .fromFirst:
            return now >= begin + window || used < limit ? now : begin + window
        case .bucket, .smallBucket:
            fill(at: now)
            return level >= 1 ? now : now + (1 - level) * window / Double(limit)
        }
    }

    /// When the next call would be let in.
    mutating func nextRoom(at now: Double) -> Double {
        advance(to: now)
        var room = rateRoom(at: now)
        if concurrency > 0, ends.count >= concurrency { room = max(room, ends.min() ?? now) }
        return room
    }

    /// What becomes of a call that arrives now; one that is let in takes `duration`.
    mutating func ask(at now: Double, for duration: Double) -> Answer {
        advance(to: now)
        if concurrency > 0, ends.count >= concurrency {
            if countsRefused { count(at: now) }
            return .refused(wait: (ends.min() ?? now) - now, isCrowded: true)
        }
        let room = rateRoom(at: now)
        guard room <= now else {
            if countsRefused { count(at: now) }
            return .refused(wait: max(rateRoom(at: now) - now, 0.001), isCrowded: false)
        }
        let fails = failing > 0 && random.unit() < failing
        if !fails || countsFailed { count(at: now) }
        if concurrency > 0 { ends.append(now + duration) }
        return fails ? .failed : .admitted
    }

    /// What is left, and the time until more is there as such providers state it: until the store is full, until the oldest leaves, until the window ends.
    mutating func stated(at now: Double) -> (remaining: Int, reset: Double) {
        _ = rateRoom(at: now)
        switch manner {
        case .rolling:
            return (max(0, limit - (log.count - head)), head < log.count ? log[head] + window - now : 0)
        case .aligned, .fromFirst:
            let isOver = now >= begin + window
            return (max(0, limit - (isOver ? 0 : used)), isOver ? window : begin + window - now)
        case .bucket, .smallBucket:
            return (max(0, Int(level)), (capacity - level) * window / Double(limit))
        }
    }
}

/// The natural logarithm for `0 < x <= 1`, so that a test needs no library: the series of artanh on the mantissa.
func log1(_ x: Double) -> Double {
    let x = max(x, 1e-12)
    let z = (x.significand - 1) / (x.significand + 1)
    var (term, sum, power) = (z, 0.0, 1.0)
    while abs(term) > 1e-15 {
        sum += term / power
        term *= z * z
        power += 2
    }
    return 2 * sum + Double(x.exponent) * 0.693_147_180_559_945_3
}
