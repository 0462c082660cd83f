internal import EventLoop
internal import Wire

/// Keeps what was sent in the windows of limits over a restart, also over one that nobody announced.
///
/// What has changed is recorded each half second. The operator's own bounds hold over a crash all the same: a record also counts some requests ahead, and one
/// that is not in it is sent only when the next record has it; where little is left each waits for its own, a few milliseconds. Nodes are recorded in parts, so
/// that no turn of the loop is long however many there are, and none waits for the others.
final class SentJournal {
    /// How often what has changed is recorded.
    private static let interval: Duration = .milliseconds(500)
    /// How long a request waits for a record. A store that is out of order keeps nobody from being served.
    private static let patience = LoopInterval(.milliseconds(500))
    private static let version = 1

    /// A part of the nodes, which has a name of its own in the store.
    private struct Part {
        /// What there is of each node, as text, and when the last of it was sent.
        var lines: [String: (bytes: [UInt8], last: Int)] = [:]
        /// The nodes whose lines are not what they should be.
        var changed: [HealthNode] = []
        /// Those who wait for the next record.
        var waiters: [Waiter] = []
        /// Whether it is to be recorded now.
        var isDue = false
    }

    /// A request that waits for records.
    private final class Waiter {
        let until: LoopInstant
        /// How many parts it waits for.
        var missing: Int
        private var continuation: UnsafeContinuation<Void, Never>?

        init(_ continuation: UnsafeContinuation<Void, Never>, until: LoopInstant, missing: Int) {
            (self.continuation, self.until, self.missing) = (continuation, until, missing)
        }

        var isOver: Bool { continuation == nil }

        func recorded() {
            missing -= 1
            if missing <= 0 { end() }
        }

        func end() {
            continuation?.resume()
            continuation = nil
        }
    }

    private let registry: HealthRegistry
    private let store: any CheckpointStore
    private let loop: EventLoop
    private let notices: any Notices
    private var timer: LoopTimer?
    private var patienceTimer: LoopTimer?
    private var parts = Array(repeating: Part(), count: SentRecord.partCount)
    /// The parts to be recorded, those that somebody waits for and the others.
    private var urgent: [Int] = []
    private var due: [Int] = []
    private var wasUrgent = false
    private var isWriting = false
    /// The nodes of the record under way, and their part.
    private var underWay: (part: Int, nodes: [HealthNode]) = (0, [])
    /// Those who wait, in the order in which they lose patience.
    private var waiters: [Waiter] = []

    /// The name of a part in the store.
    static func name(of part: Int) -> String { "sent-\(part)" }

    init(_ registry: HealthRegistry, in store: any CheckpointStore, on loop: EventLoop, notices: any Notices) {
        self.registry = registry
        self.store = store
        self.loop = loop
        self.notices = notices
    }

    /// Takes what the last run has left. What can't be read is said and left alone.
    func start() async {
        do throws(StoreFailure) {
            var areRead = true
            for part in parts.indices { if let kept = try await store.restore(SentJournal.name(of: part)), !take(kept) { areRead = false } }
            if !areRead { notices.notice("some of the kept counts of what was sent can't be read; beginning without them") }
        } catch {
            notices.notice("the kept counts of what was sent can't be had (\(error)); beginning without them")
        }
        timer = try? LoopTimer(on: loop) { [unowned self] _ in tick() }
        patienceTimer = try? LoopTimer(on: loop) { [unowned self] _ in letGo(at: loop.now) }
    }

    /// Records the last state.
    func stop() {
        guard timer != nil else { return }
        timer?.close()
        timer = nil
        patienceTimer?.close()
        patienceTimer = nil
        for waiter in waiters { waiter.end() }
        waiters = []
        // What a record counts ahead that is on its way is taken back.
        for node in underWay.nodes { markChanged(node) }
        for part in parts.indices where !parts[part].changed.isEmpty {
            store.checkpoint(SentJournal.name(of: part), bytes(of: part, isLast: true).text)
        }
    }

    // MARK: What is sent

    /// A request is sent to a node that has limits.
    ///
    /// - Returns: Whether it may be sent at once; if not, the next record is to be waited for, see `keep`.
    func sent(tokens: Int, at node: HealthNode) -> Bool {
        guard timer != nil else { return true }
        note(node)
        node.sentSinceRecord = true
        guard node.quota.isBoundByConfiguration else { return true }
        let isCovered = node.requestsCover.send(node.quota.limitsRequests ? 1 : 0)
        let areCovered = node.tokensCover.send(node.quota.boundsTokens ? tokens : 0)
        if node.requestsCover.isRunningLow || node.tokensCover.isRunningLow {
            makeDue(node.journalPart)
            write()
        }
        return isCovered && areCovered
    }

    /// A request took other tokens than was thought, or did not count.
    func corrected(more tokens: Int, at node: HealthNode) {
        guard timer != nil else { return }
        if tokens > 0, node.quota.boundsTokens { _ = node.tokensCover.send(tokens) }
        note(node)
    }

    /// Returns when what was sent up to now at a deployment is recorded, or could not be for a while.
    func keep(_ nodes: HealthNodes) async {
        guard let patienceTimer else { return }
        let limited = nodes.limited
        var awaited: Set<Int> = []
        for index in limited.indices where limited[index].quota.isBoundByConfiguration { awaited.insert(limited[index].journalPart) }
        guard !awaited.isEmpty else { return }
        await withUnsafeContinuation { continuation in
            let waiter = Waiter(continuation, until: loop.now.advanced(by: SentJournal.patience), missing: awaited.count)
            waiters.append(waiter)
            if !patienceTimer.isArmed { patienceTimer.arm(at: waiter.until) }
            for part in awaited {
                if parts[part].waiters.isEmpty { urgent.append(part) }
                parts[part].waiters.append(waiter)
            }
            write()
        }
    }

    private func markChanged(_ node: HealthNode) {
        guard !node.isSentChanged else { return }
        node.isSentChanged = true
        parts[node.journalPart].changed.append(node)
    }

    private func note(_ node: HealthNode) {
        markChanged(node)
        if let timer, !timer.isArmed { timer.arm(after: SentJournal.interval) }
    }

    private func makeDue(_ part: Int) {
        guard !parts[part].isDue else { return }
        parts[part].isDue = true
        due.append(part)
    }

    // MARK: Recording

    private func tick() {
        // What is counted ahead is taken back when nothing is sent any more.
        for part in parts.indices where !parts[part].changed.isEmpty { makeDue(part) }
        write()
    }

    private func write() {
        guard !isWriting, timer != nil, !urgent.isEmpty || !due.isEmpty else { return }
        isWriting = true
        loop.task(self) { await $0.writeAll() }
    }

    private func writeAll() async {
        while timer != nil, let part = next() {
            let waiters = parts[part].waiters
            guard !waiters.isEmpty || !parts[part].changed.isEmpty else { continue }
            parts[part].waiters = []
            let (text, nodes) = bytes(of: part, isLast: false)
            underWay = (part, nodes)
            var isKept = true
            do throws(StoreFailure) { try await store.record(SentJournal.name(of: part), text) } catch _ { isKept = false }
            underWay.nodes = []
            for node in nodes {
                if isKept {
                    node.requestsCover.recorded()
                    node.tokensCover.recorded()
                } else {
                    node.requestsCover.recordFailed()
                    node.tokensCover.recordFailed()
                }
                // What is counted ahead is to be taken back, and what was not kept to be written again.
                if !isKept || node.requestsCover.isAhead || node.tokensCover.isAhead { note(node) }
            }
            for waiter in waiters { waiter.recorded() }
            letGo(at: loop.now)
        }
        isWriting = false
    }

    /// The part to be recorded next: what somebody waits for, but what nobody does is not put off for ever.
    private func next() -> Int? {
        wasUrgent = !urgent.isEmpty && (!wasUrgent || due.isEmpty)
        if wasUrgent { return urgent.removeFirst() }
        guard !due.isEmpty else { return nil }
        let part = due.removeFirst()
        parts[part].isDue = false
        // That serves those who wait for it, too.
        if !parts[part].waiters.isEmpty { urgent.removeAll { $0 == part } }
        return part
    }

    /// Lets those go on whose patience is over.
    private func letGo(at now: LoopInstant) {
        while let first = waiters.first, first.isOver || first.until <= now {
            first.end()
            waiters.removeFirst()
        }
        if let first = waiters.first { patienceTimer?.arm(at: first.until) } else { patienceTimer?.disarm() }
    }

    /// The records of a part as text, each on a line of its own.
    ///
    /// - Parameter isLast: Whether nothing is sent any more, so that nothing is counted ahead.
    private func bytes(of part: Int, isLast: Bool) -> (text: [UInt8], nodes: [HealthNode]) {
        let (now, epoch) = (loop.now, loop.millisecondsSinceEpoch)
        let nodes = parts[part].changed
        parts[part].changed = []
        for node in nodes {
            node.isSentChanged = false
            var ahead = (requests: 0, tokens: 0)
            // Since the last record nothing was sent but what that counted ahead: who is idle counts exactly.
            if !isLast, node.quota.isBoundByConfiguration {
                let left = node.quota.leftByConfiguration(at: now)
                if node.sentSinceRecord { ahead = (SentCover.ahead(ofLeft: left.requests), SentCover.ahead(ofLeft: left.tokens)) }
            }
            node.sentSinceRecord = false
            node.requestsCover.beginRecord(ahead: ahead.requests)
            node.tokensCover.beginRecord(ahead: ahead.tokens)
            guard var record = SentRecord(node, at: now, epoch: epoch) else {
                parts[part].lines[node.identity] = nil
                continue
            }
            (record.requestsAhead, record.tokensAhead) = ahead
            parts[part].lines[node.identity] = (record.bytes, record.last)
        }
        if parts[part].lines.contains(where: { $0.value.last <= epoch - SentRecord.lifetime }) {
            parts[part].lines = parts[part].lines.filter { $0.value.last > epoch - SentRecord.lifetime }
        }
        var text = Array("{\"version\":\(SentJournal.version),\"nodes\":[\n".utf8)
        text.reserveCapacity(parts[part].lines.values.reduce(64) { $0 + $1.bytes.count + 2 })
        var isFirst = true
        for line in parts[part].lines.values {
            if !isFirst { text += [UInt8(ascii: ","), UInt8(ascii: "\n")] }
            isFirst = false
            text += line.bytes
        }
        text += Array("\n]}\n".utf8)
        return (text, nodes)
    }

    private func take(_ kept: [UInt8]) -> Bool {
        guard let records = SentJournal.records(in: kept.span.bytes) else { return false }
        let epoch = loop.millisecondsSinceEpoch
        let valid = records.filter { $0.last > epoch - SentRecord.lifetime }
        for record in valid { parts[SentRecord.part(of: record.identity)].lines[record.identity] = (record.bytes, record.last) }
        registry.restore(valid, at: loop.now, epoch: epoch)
        return true
    }

    /// Reads the records of a text; `nil` when it is none, or of another version.
    static func records(in text: RawSpan) -> [SentRecord]? {
        do throws(JSONError) {
            var scanner = JSONScanner(text)
            var records: [SentRecord] = []
            var version: Int?
            try scanner.enterObject()
            while let member = try scanner.nextMember() {
                if member.equals("version", in: text) {
                    version = try scanner.readIntegerOrSkip(atMost: ForeignNumber.count)
                } else if member.equals("nodes", in: text), try scanner.enterArrayOrSkip() {
                    while try scanner.nextElement() {
                        guard try scanner.enterObjectOrSkip(), let record = try SentRecord.read(&scanner, text) else { continue }
                        if records.count < mostRecords { records.append(record) }
                    }
                } else if !member.equals("nodes", in: text) {
                    try scanner.skipValue()
                }
            }
            try scanner.finish()
            return version == SentJournal.version ? records : nil
        } catch {
            return nil
        }
    }

    /// Most records read from a text.
    private static let mostRecords = 100_000
}
