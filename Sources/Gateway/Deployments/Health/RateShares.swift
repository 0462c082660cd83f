internal import EventLoop
internal import Glibc

/// What the keys of clients have sent to one node, and what they were kept from sending, in the windows of its limits: so that none spends a window before the
/// others come.
///
/// A key may always use its share by weight of what a window lets through. Beyond that it uses what is free: what is left less what is kept for the others. For
/// a key that came lately that is what it wanted in the time of a window, up to its share, less what it has used; so nothing is kept for who does not come. For
/// keys that have not come lately a quarter of a window of up to an hour is kept, and given away little by little until the window has room again.
struct RateShares: Sendable {
    /// A sum over the last eight slices of time.
    struct Sum: Sendable {
        private var slices = InlineArray<8, Int>(repeating: 0)
        private var newest: UInt64 = 0
        private(set) var total = 0

        /// Adds an amount, or takes one back.
        mutating func add(_ amount: Int, slice: UInt64) {
            move(to: slice)
            guard slice + 8 > newest else { return }
            let place = Int(slice & 7)
            let change = max(amount, -slices[place])
            slices[place] += change
            total += change
        }

        /// Lets go what is too old.
        mutating func move(to slice: UInt64) {
            guard slice > newest else { return }
            for step in 1...min(8, slice - newest) {
                let place = Int((newest + step) & 7)
                total -= slices[place]
                slices[place] = 0
            }
            newest = slice
        }
    }

    /// What one key has done, of one resource.
    struct Amount: Sendable {
        /// What it has sent, in slices of an eighth of the window: no more than the window counts.
        var used = Sum()
        /// The same and what it was kept from sending, over two windows, in slices of a quarter of one: what it may want again when what it has used is free.
        var wanted = Sum()
    }

    /// What one key has done in one window.
    struct Use: Sendable {
        let client: ClientTag
        var weight: Int
        /// When it came, having been away for two windows.
        var since: LoopInstant
        /// When it came last.
        var lastAt: LoopInstant
        var requests = Amount()
        var tokens = Amount()

        mutating func move(to slice: UInt64) {
            requests.used.move(to: slice)
            tokens.used.move(to: slice)
            requests.wanted.move(to: slice / 2)
            tokens.wanted.move(to: slice / 2)
        }

        var isGone: Bool { requests.wanted.total == 0 }
    }

    /// One length of window.
    private struct Window: Sendable {
        let length: LoopInterval
        var uses: [Use] = []

        func slice(_ now: LoopInstant) -> UInt64 { now.nanoseconds / max(1, length.nanoseconds / 8) }

        /// The place of a key, with its sums as of now.
        mutating func place(of client: ClientTag, weight: Int, at now: LoopInstant) -> Int? {
            let slice = slice(now)
            if let known = uses.firstIndex(where: { $0.client == client }) {
                uses[known].move(to: slice)
                if uses[known].isGone { uses[known].since = now }
                (uses[known].weight, uses[known].lastAt) = (weight, now)
                return known
            }
            guard client != .everybody else {
                uses.append(Use(client: client, weight: weight, since: now, lastAt: now))
                return uses.count - 1
            }
            if uses.count >= RateShares.mostKeys {
                for index in uses.indices { uses[index].move(to: slice) }
                uses.removeAll { $0.isGone }
                // Those there is no place for are as one key.
                guard uses.count < RateShares.mostKeys else { return place(of: .everybody, weight: weight, at: now) }
            }
            uses.append(Use(client: client, weight: weight, since: now, lastAt: now))
            return uses.count - 1
        }

        /// The place of a key that is known, or of those there was no place for.
        func known(_ client: ClientTag) -> Int? {
            uses.firstIndex { $0.client == client } ?? uses.firstIndex { $0.client == .everybody }
        }
    }

    /// Most keys that are known at a time; more are held to one share together.
    private static let mostKeys = 128
    /// In which time what is kept for a key that does not come any more goes to the others, where a window is longer.
    private static let fading = LoopInterval(.seconds(3600))
    /// The part that is kept for keys that have not come lately.
    private static let newcomersPart = 0.25

    /// The least that a window must let through for that: of a few requests hardly any can be kept.
    private static let leastForNewcomers = 10
    /// The longest window in which something is kept for them: who waits for a day's last quarter may wait in vain.
    private static let longestForNewcomers = LoopInterval(.seconds(3600))

    private var windows: [Window] = []
    /// How many keys there are, also of those that never come.
    private var keys = 0
    /// What all keys together claim of limits, as it was found at `tallied`: one that waits is looked at beside many others, and at many candidates.
    private var tallies: [Tally] = []
    private var tallied = LoopInstant(nanoseconds: 0)

    /// What keys claim of one limit.
    private struct Tally: Sendable {
        let countsTokens: Bool
        let amount: Int
        let window: LoopInterval
        /// Those that have come lately: how many, and their weights.
        var keys = 0
        var weights = 0
        /// What each part of the weights has of the limit.
        var pool = 0.0
        var newcomers = 0.0
        /// What is kept for all of them.
        var claims = 0.0

        func isOf(_ limit: Limit) -> Bool { countsTokens == limit.countsTokens && amount == limit.amount && window == limit.window }
    }

    /// Whether anything is known of keys.
    var isInUse: Bool { !windows.isEmpty }

    init() {}

    /// A request of a key comes.
    ///
    /// - Parameters:
    ///   - keys: How many keys there are.
    ///   - isHeldBack: Whether it can't be sent now.
    ///   - lengths: The lengths of the windows of all limits, each once.
    mutating func came(
        from client: ClientTag, weight: Int, of keys: Int, isHeldBack: Bool, tokens: Int, in lengths: [LoopInterval], at now: LoopInstant
    ) {
        self.keys = keys
        tallies = []
        if !windows.elementsEqual(lengths, by: { $0.length == $1 }) {
            windows = lengths.map { length in windows.first { $0.length == length } ?? Window(length: length) }
        }
        for index in windows.indices {
            guard let place = windows[index].place(of: client, weight: weight, at: now), isHeldBack else { continue }
            let slice = windows[index].slice(now) / 2
            windows[index].uses[place].requests.wanted.add(1, slice: slice)
            windows[index].uses[place].tokens.wanted.add(tokens, slice: slice)
        }
    }

    /// A request of a key is sent, or taken back, or took other tokens than was thought.
    ///
    /// - Parameter wasHeldBack: Whether it was noted before that it comes, when it was held back.
    mutating func used(by client: ClientTag, requests: Int, tokens: Int, wasHeldBack: Bool = false, at instant: LoopInstant) {
        tallies = []
        for index in windows.indices {
            guard let place = windows[index].known(client) else { continue }
            let slice = windows[index].slice(instant)
            windows[index].uses[place].requests.used.add(requests, slice: slice)
            windows[index].uses[place].tokens.used.add(tokens, slice: slice)
            if wasHeldBack { continue }
            windows[index].uses[place].requests.wanted.add(requests, slice: slice / 2)
            windows[index].uses[place].tokens.wanted.add(tokens, slice: slice / 2)
        }
    }

    /// How many requests a key wanted to send, in the longest of the windows.
    func wanted(by client: ClientTag) -> Int {
        windows.compactMap { window in window.uses.first { $0.client == client }?.requests.wanted.total }.max() ?? 0
    }

    /// A limit as it stands.
    struct Limit {
        let countsTokens: Bool
        let amount: Int
        let left: Int
        let window: LoopInterval
    }

    /// How much of what is left of a limit is kept from a key for others; 0 where it may have all.
    ///
    /// - Returns: What is kept for those that came, and what for those that may.
    mutating func kept(from client: ClientTag, _ limit: Limit, at now: LoopInstant) -> (known: Double, newcomers: Double) {
        guard let index = windows.firstIndex(where: { $0.length == limit.window }), let place = windows[index].known(client) else { return (0, 0) }
        let tally = tally(limit, in: index, at: now)
        windows[index].uses[place].move(to: windows[index].slice(now))
        let own = windows[index].uses[place]
        // Below its share everybody may, or all would wait for each other. Who has sent nothing is below it.
        guard !own.isGone, RateShares.used(own, limit) >= RateShares.share(own, tally) else { return (0, 0) }
        return (max(0, tally.claims - RateShares.claim(own, limit, tally, at: now)), tally.newcomers)
    }

    /// What all keys claim of a limit.
    private mutating func tally(_ limit: Limit, in index: Int, at now: LoopInstant) -> Tally {
        if tallied != now { (tallies, tallied) = ([], now) }
        if let known = tallies.first(where: { $0.isOf(limit) }) { return known }
        var tally = Tally(countsTokens: limit.countsTokens, amount: limit.amount, window: limit.window)
        let slice = windows[index].slice(now)
        for place in windows[index].uses.indices {
            windows[index].uses[place].move(to: slice)
            guard !windows[index].uses[place].isGone else { continue }
            tally.keys += 1
            tally.weights += windows[index].uses[place].weight
        }
        let mayOthersCome = tally.keys < keys && limit.window <= RateShares.longestForNewcomers && limit.amount >= RateShares.leastForNewcomers
        tally.newcomers = mayOthersCome ? Double(limit.amount) * RateShares.newcomersPart : 0
        tally.pool = (Double(limit.amount) - tally.newcomers) / Double(max(1, tally.weights))
        for use in windows[index].uses where !use.isGone { tally.claims += RateShares.claim(use, limit, tally, at: now) }
        tallies.append(tally)
        return tally
    }

    private static func share(_ use: Use, _ tally: Tally) -> Double { tally.pool * Double(use.weight) }

    private static func used(_ use: Use, _ limit: Limit) -> Double {
        Double(limit.countsTokens ? use.tokens.used.total : use.requests.used.total)
    }

    /// What is kept of a limit for a key that came lately.
    private static func claim(_ use: Use, _ limit: Limit, _ tally: Tally, at now: LoopInstant) -> Double {
        let claim = max(0, min(share(use, tally), wanted(use, limit, at: now)) - used(use, limit))
        // What was wanted in the morning of a day may be wanted no more at noon.
        guard limit.window > fading, now > use.lastAt else { return claim }
        return claim * max(0, 1 - Double(now.nanoseconds - use.lastAt.nanoseconds) / Double(fading.nanoseconds))
    }

    /// How much of what is kept for newcomers is still kept.
    ///
    /// - Parameter wait: How long it takes until the window has room for all of them again, as a share of it.
    static func stillKept(_ newcomers: Double, wait: Double) -> Double { newcomers * wait * wait.squareRoot() }

    /// How long that may take at most where so much is free; see `stillKept`.
    static func wait(free: Double, of newcomers: Double) -> Double { pow(max(0, free) / newcomers, 2.0 / 3) }

    /// What a key wants in the time of a window, by the last two; of one that has just come by what it wanted since. And two more, as
    /// nobody comes quite evenly.
    private static func wanted(_ use: Use, _ limit: Limit, at now: LoopInstant) -> Double {
        let length = Double(limit.window.nanoseconds)
        // On the mean the newest slice is half over.
        let age = min(now > use.since ? Double(now.nanoseconds - use.since.nanoseconds) : 0, length * 15 / 8)
        let part = length / max(age, length / 16)
        let requests = Double(use.requests.wanted.total)
        guard limit.countsTokens else { return requests * part + 2 }
        return Double(use.tokens.wanted.total) * (part + 2 / max(1, requests))
    }
}
