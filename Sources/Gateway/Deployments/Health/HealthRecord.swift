internal import EventLoop
internal import Wire

/// What is kept of one node: the rest it takes, in the time of day, and the limit it has learnt.
struct HealthRecord: Equatable {
    let identity: String
    /// When the rest ends, in milliseconds since the Unix epoch; 0 for none.
    var until = 0
    var rung = 0
    var cause = 0
    var isWord = false
    /// When the rest began, in milliseconds since the Unix epoch; 0 where it is not known.
    var since = 0
    /// The name of the failure's class; empty where it is not known.
    var failure = ""
    /// `HealthTrack.Confirmation`.
    var confirmation = 0
    var ownsLimits = false
    /// The learnt limit, its window in seconds; 0 for none.
    var limit = 0
    var window = 0
    var confidence = 0
    /// The tag of the client that alone had met the limit it rests for, and of the one that alone had met the limit that was learnt; empty where it was met by
    /// others, too, or nobody can tell clients apart.
    var client = ""
    var learner = ""

    init(identity: String) { self.identity = identity }

    /// The record of a node; `nil` when there is nothing to keep.
    init?(_ node: HealthNode, at now: LoopInstant, epoch: Int) {
        identity = node.identity
        let cooldown = node.cooldown
        // What only an error's message said is not believed over a restart.
        if !cooldown.isClosed, cooldown.until > now, node.track.evidence?.source != .message {
            until = epoch + Int(clamping: cooldown.until.elapsed(since: now).millisecondsRoundedUp)
            cause = Int(cooldown.cause.rawValue)
            isWord = cooldown.isWord
            if let evidence = node.track.evidence {
                since = Int(clamping: evidence.began(at: now, epoch: epoch).milliseconds)
                failure = evidence.failure.map { "\($0.name)" } ?? ""
                confirmation = Int(evidence.confirmation.rawValue)
            }
            client = node.track.lone?.client.text ?? ""
        }
        rung = Int(cooldown.rung)
        ownsLimits = node.ownsLimits
        if let length = node.quota.estimate.window {
            limit = node.quota.estimate.limit
            window = Int(length.nanoseconds / 1_000_000_000)
            confidence = Int(node.quota.estimate.confidence)
            learner = node.quota.learner?.text ?? ""
        }
        if isBlank { return nil }
    }

    /// Gives a node what was kept of it.
    func apply(to node: HealthNode, at now: LoopInstant, epoch: Int) {
        let left = until > epoch ? min(until - epoch, HealthRecord.longest) : 0
        let cooldown = Cooldown.restored(
            until: left > 0 ? now.advanced(by: .milliseconds(left)) : LoopInstant(nanoseconds: 0), rung: UInt8(clamping: rung),
            cause: left > 0 ? knownCause : .none, isWord: isWord && left > 0)
        let estimate = LimitEstimate.restored(
            window: LoopInterval(.seconds(min(max(0, window), 86_400))), limit: limit, confidence: UInt8(clamping: confidence))
        let evidence = left > 0 ? evidence(at: now, epoch: epoch) : nil
        node.restore(
            cooldown: cooldown, evidence: evidence, metBy: left > 0 ? ClientTag(text: client) : nil, estimate: estimate,
            learntBy: ClientTag(text: learner), ownsLimits: ownsLimits, at: now)
    }

    /// What the rest is founded on: for this run, on the earlier one.
    private func evidence(at now: LoopInstant, epoch: Int) -> RestEvidence {
        let age = since > 0 && since < epoch ? min(epoch - since, HealthRecord.longest) : 0
        return RestEvidence(
            cause: knownCause, failure: FailureClass(named: failure), source: .earlierRun,
            confirmation: HealthTrack.Confirmation(rawValue: UInt8(clamping: confirmation)) ?? .none, since: now,
            age: LoopInterval(.milliseconds(age)))
    }

    private var knownCause: Cooldown.Cause {
        let known = Cooldown.Cause(rawValue: UInt8(clamping: cause)) ?? .failure
        return known == .none ? .failure : known
    }

    /// What it is about; `nil` where its identity has no form that is known.
    var subject: HealthSubject? { HealthSubject(identity: identity) }

    /// The rest as people are told of it; `nil` when there is none, or none any more.
    ///
    /// - Parameter epoch: Now, in milliseconds since the Unix epoch.
    func report(at now: LoopInstant, epoch: Int) -> RestReport? {
        guard until > epoch, let subject else { return nil }
        let left = Duration.milliseconds(min(until - epoch, HealthRecord.longest))
        return RestReport(
            subject, for: .everybody, evidence(at: now, epoch: epoch), left: left, isWord: isWord, rung: Int(UInt8(clamping: rung)), at: now,
            epoch: epoch)
    }

    /// Ends the rest and forgets what led to it; what was learnt of limits stays.
    mutating func clear() {
        (until, rung, cause, isWord, since, failure, confirmation) = (0, 0, 0, false, 0, "", 0)
        client = ""
    }

    /// Whether there is nothing in it that is worth keeping.
    var isBlank: Bool { until == 0 && rung == 0 && !ownsLimits && limit == 0 }

    /// No rest is longer than a month, whatever a damaged file says.
    private static let longest = ForeignNumber.seconds * 1000

    func write(into buffer: inout ByteBuffer) {
        buffer.append("{\"id\":")
        buffer.append(jsonString: identity)
        write("until", until, into: &buffer)
        write("rung", rung, into: &buffer)
        write("cause", cause, into: &buffer)
        write("word", isWord ? 1 : 0, into: &buffer)
        write("since", since, into: &buffer)
        write("failure", failure, into: &buffer)
        write("client", client, into: &buffer)
        write("learner", learner, into: &buffer)
        write("confirmed", confirmation, into: &buffer)
        write("owns", ownsLimits ? 1 : 0, into: &buffer)
        write("limit", limit, into: &buffer)
        write("window", window, into: &buffer)
        write("confidence", confidence, into: &buffer)
        buffer.append("}")
    }

    private func write(_ name: StaticString, _ value: String, into buffer: inout ByteBuffer) {
        guard !value.isEmpty else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(jsonString: value)
    }

    private func write(_ name: StaticString, _ value: Int, into buffer: inout ByteBuffer) {
        guard value != 0 else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(decimal: value)
    }

    /// Reads the members of a record whose bracket has been passed; `nil` without an identity.
    static func read(_ scanner: inout JSONScanner, _ text: RawSpan) throws(JSONError) -> HealthRecord? {
        var identity: String?
        var record = HealthRecord(identity: "")
        while let member = try scanner.nextMember() {
            if member.equals("id", in: text) {
                identity = try scanner.readTextOrSkip()?.string(in: text)
                continue
            }
            if member.equals("failure", in: text) {
                record.failure = try scanner.readTextOrSkip()?.string(in: text) ?? ""
                continue
            }
            if member.equals("client", in: text) {
                record.client = try scanner.readTextOrSkip()?.string(in: text) ?? ""
                continue
            }
            if member.equals("learner", in: text) {
                record.learner = try scanner.readTextOrSkip()?.string(in: text) ?? ""
                continue
            }
            guard let value = try scanner.readIntegerOrSkip(atMost: ForeignNumber.epochMilliseconds), value >= 0 else { continue }
            if member.equals("until", in: text) { record.until = value }
            if member.equals("rung", in: text) { record.rung = value }
            if member.equals("cause", in: text) { record.cause = value }
            if member.equals("word", in: text) { record.isWord = value != 0 }
            if member.equals("since", in: text) { record.since = value }
            if member.equals("confirmed", in: text) { record.confirmation = value }
            if member.equals("owns", in: text) { record.ownsLimits = value != 0 }
            if member.equals("limit", in: text) { record.limit = value }
            if member.equals("window", in: text) { record.window = value }
            if member.equals("confidence", in: text) { record.confidence = value }
        }
        guard let identity, !identity.isEmpty else { return nil }
        var named = HealthRecord(identity: identity)
        (named.until, named.rung, named.cause, named.isWord) = (record.until, record.rung, record.cause, record.isWord)
        (named.since, named.failure, named.confirmation) = (record.since, record.failure, record.confirmation)
        (named.client, named.learner) = (record.client, record.learner)
        (named.ownsLimits, named.limit, named.window, named.confidence) = (record.ownsLimits, record.limit, record.window, record.confidence)
        return named
    }
}
