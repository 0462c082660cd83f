internal import EventLoop
internal import Wire

/// What the store keeps of what was sent at one node: in the time of day, and with what may have been sent since.
struct SentRecord: Equatable {
    /// An amount, and when the last of it was sent, in milliseconds since the Unix epoch.
    struct Slice: Equatable {
        var milliseconds: Int
        var amount: Int
    }

    let identity: String
    /// When the record was made, in milliseconds since the Unix epoch.
    var madeAt = 0
    /// What is counted ahead: it may have been sent after the record was made.
    var requestsAhead = 0
    var tokensAhead = 0
    /// What the configured limits on requests count, and those on tokens.
    var requests: [Slice] = []
    var tokens: [Slice] = []
    /// What a limit counts that refusals have taught.
    var learnt: [Slice] = []

    init(identity: String) { self.identity = identity }

    /// The record of a node; `nil` when nothing was sent that a limit counts.
    init?(_ node: HealthNode, at now: LoopInstant, epoch: Int) {
        identity = node.identity
        madeAt = epoch
        let sent = node.quota.sent
        requests = sent.requests?.slices(at: now, epoch: epoch, most: SentRecord.mostSlices) ?? []
        tokens = sent.tokens?.slices(at: now, epoch: epoch, most: SentRecord.mostSlices) ?? []
        learnt = sent.learnt?.slices(at: now, epoch: epoch, most: SentRecord.mostSlices) ?? []
        if requests.isEmpty, tokens.isEmpty, learnt.isEmpty { return nil }
    }

    /// Gives a node what was kept of it. What was counted ahead counts as sent until the next record would have been made.
    func apply(to node: HealthNode, at now: LoopInstant, epoch: Int) {
        func log(_ slices: [Slice], ahead: Int = 0) -> SendLog? {
            var slices = slices
            if ahead > 0 { slices.append(Slice(milliseconds: madeAt + SentRecord.longestUnrecorded, amount: ahead)) }
            return slices.isEmpty ? nil : SendLog(slices, at: now, epoch: epoch)
        }
        node.quota.restore(
            Quota.Sent(requests: log(requests, ahead: requestsAhead), tokens: log(tokens, ahead: tokensAhead), learnt: log(learnt)))
    }

    /// When the last of it was sent.
    var last: Int { [requests, tokens, learnt].reduce(madeAt) { max($0, $1.last?.milliseconds ?? 0) } }

    /// Records older than any window are forgotten, in milliseconds.
    static let lifetime = 25 * 3600 * 1000
    /// So many parts that each has some dozens of nodes where there are thousands.
    static let partCount = 256

    /// The part of a node; the same in every run.
    static func part(of identity: String) -> Int {
        // FNV-1a (Fowler, Noll, Vo).
        let hash = identity.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return Int((hash ^ hash >> 32) % UInt64(partCount))
    }

    /// As fine as that: a day's window is then off by a quarter of an hour, a minute's by a second.
    private static let mostSlices = 64
    /// How long after a record something may be sent that it counts ahead, in milliseconds.
    private static let longestUnrecorded = 1000

    // MARK: Text

    /// The record as JSON.
    var bytes: [UInt8] {
        var buffer = ByteBuffer()
        write(into: &buffer)
        let bytes = buffer.bytes
        return (0..<bytes.byteCount).map { bytes[byte: $0] }
    }

    private func write(into buffer: inout ByteBuffer) {
        buffer.append("{\"id\":")
        buffer.append(jsonString: identity)
        buffer.append(",\"at\":")
        buffer.append(decimal: madeAt)
        write("ahead", requestsAhead, into: &buffer)
        write("tokens_ahead", tokensAhead, into: &buffer)
        write("requests", requests, into: &buffer)
        write("tokens", tokens, into: &buffer)
        write("learnt", learnt, into: &buffer)
        buffer.append("}")
    }

    private func write(_ name: StaticString, _ value: Int, into buffer: inout ByteBuffer) {
        guard value > 0 else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(decimal: value)
    }

    private func write(_ name: StaticString, _ slices: [Slice], into buffer: inout ByteBuffer) {
        guard !slices.isEmpty else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":[")
        for (index, slice) in slices.enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append(decimal: slice.milliseconds)
            buffer.append(",")
            buffer.append(decimal: slice.amount)
        }
        buffer.append("]")
    }

    /// Reads the members of a record whose bracket has been passed; `nil` without an identity.
    static func read(_ scanner: inout JSONScanner, _ text: RawSpan) throws(JSONError) -> SentRecord? {
        var identity: String?
        var read = SentRecord(identity: "")
        while let member = try scanner.nextMember() {
            if member.equals("id", in: text) {
                identity = try scanner.readTextOrSkip()?.string(in: text)
            } else if member.equals("requests", in: text) {
                read.requests = try slices(&scanner)
            } else if member.equals("tokens", in: text) {
                read.tokens = try slices(&scanner)
            } else if member.equals("learnt", in: text) {
                read.learnt = try slices(&scanner)
            } else if let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.epochMilliseconds), value >= 0 {
                if member.equals("at", in: text) { read.madeAt = value }
                if member.equals("ahead", in: text) { read.requestsAhead = value }
                if member.equals("tokens_ahead", in: text) { read.tokensAhead = value }
            }
        }
        guard let identity, !identity.isEmpty else { return nil }
        var record = SentRecord(identity: identity)
        (record.madeAt, record.requestsAhead, record.tokensAhead) = (read.madeAt, read.requestsAhead, read.tokensAhead)
        (record.requests, record.tokens, record.learnt) = (read.requests, read.tokens, read.learnt)
        return record
    }

    private static func slices(_ scanner: inout JSONScanner) throws(JSONError) -> [Slice] {
        guard try scanner.enterArrayOrSkip() else { return [] }
        var slices: [Slice] = []
        var time: Int?
        while try scanner.nextElement() {
            guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.epochMilliseconds), value >= 0 else { continue }
            guard let known = time else {
                time = value
                continue
            }
            if slices.count < mostSlices * 4 { slices.append(Slice(milliseconds: known, amount: value)) }
            time = nil
        }
        return slices
    }
}

extension SendLog {
    /// What was sent, in so many slices at most, each dated by its last one.
    func slices(at now: LoopInstant, epoch: Int, most: Int) -> [SentRecord.Slice] {
        condensed(at: now, to: most).map { date, amount in
            let age = now.nanoseconds > date ? (now.nanoseconds - date) / 1_000_000 : 0
            return SentRecord.Slice(milliseconds: max(0, epoch - Int(clamping: age)), amount: amount)
        }
    }

    /// What an earlier run has sent.
    init(_ slices: [SentRecord.Slice], at now: LoopInstant, epoch: Int) {
        self.init()
        for slice in slices.sorted(by: { $0.milliseconds < $1.milliseconds }) where slice.amount > 0 {
            // A time to come is one of a clock that was set back: it was now at the latest.
            let age = UInt64(clamping: max(0, epoch - slice.milliseconds)).multipliedReportingOverflow(by: 1_000_000)
            guard !age.overflow, age.partialValue < SendLog.longest else { continue }
            // Before the clock began is as long ago as can be said.
            add(
                UInt32(clamping: slice.amount),
                at: LoopInstant(nanoseconds: now.nanoseconds > age.partialValue ? now.nanoseconds - age.partialValue : 1))
        }
    }
}
