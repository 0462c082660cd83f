internal import EventLoop
internal import HTTPServer
internal import Wire

/// An answer that takes more than one callback: a stream, a delayed answer, or silence. Calls are reused.
///
/// Every write but the first happens inside a callback: the pacer's, that of the next turn, or that of a
/// drained connection. The request's task sleeps until the answer is over.
final class MockCall: HTTPExchangeObserver {
    /// How far the answer is after a step.
    private enum Progress {
        /// A callback will continue it.
        case waits
        case isOver
    }

    private enum Work {
        case stream, reply, silence
    }

    private unowned let provider: MockProvider
    /// The index in the provider's list of calls, and how often it was used: the token for the pacer.
    private let index: UInt32
    private var generation: UInt32 = 0
    /// A whole answer that is delayed.
    var reply = MockReply()

    private var exchange: HTTPExchange?
    private var site: MockSite?
    private var plan: MockPlan?
    private var work = Work.silence
    private var stream: MockStream?
    private var random = MockRandom(seed: 0)
    /// When the next write is due, in nanoseconds on the loop's clock.
    private var due: UInt64 = 0
    /// Nanoseconds between writes if they are always the same.
    private var steadyGap: UInt64?
    private var isSaturated = false
    /// Whether comments are being sent until the first chunk is due.
    private var isMuttering = false
    private var isOver = false
    private var waiter: UnsafeContinuation<Void, Never>?
    /// Bytes of split events that are yet to be written.
    private var held = ByteBuffer()
    private var heldOffset = 0
    private var afterHeld = MockStream.Action.more

    init(provider: MockProvider, index: Int) {
        self.provider = provider
        self.index = UInt32(index)
    }

    private var token: UInt64 { UInt64(generation) << 32 | UInt64(index) }

    func isCurrent(_ token: UInt64) -> Bool { token == self.token && !isOver }

    // MARK: Starts

    /// Prepares a stream that begins at `due`.
    func begin(
        _ stream: MockStream, plan: MockPlan, random: MockRandom, steadyGap: Double?, due: UInt64, on exchange: HTTPExchange, at site: MockSite
    ) {
        prepare(.stream, due: due, on: exchange, at: site)
        self.stream = stream
        self.plan = plan
        self.random = random
        self.steadyGap = steadyGap.map { UInt64($0 * 1_000_000) }
        site.counters.streams += 1
        site.counters.streamsOpen += 1
        plan.counters.streams += 1
    }

    /// Prepares the sending of `reply` at `due`.
    func beginReply(due: UInt64, on exchange: HTTPExchange, at site: MockSite) {
        prepare(.reply, due: due, on: exchange, at: site)
    }

    /// Prepares to send nothing (more) until the client leaves.
    func beginSilence(on exchange: HTTPExchange, at site: MockSite) {
        prepare(.silence, due: 0, on: exchange, at: site)
    }

    private func prepare(_ work: Work, due: UInt64, on exchange: HTTPExchange, at site: MockSite) {
        self.work = work
        self.due = due
        self.exchange = exchange
        self.site = site
        (isSaturated, isOver, isMuttering) = (false, false, false)
        exchange.observer = self
    }

    /// Carries the answer to its end.
    func run() async {
        if start() == .waits { await withUnsafeContinuation { waiter = $0 } }
        finishCall()
    }

    private func start() -> Progress {
        guard let exchange, !exchange.hasLostClient else { return .isOver }
        switch work {
        case .silence: return .waits
        case .reply: return waitUntilDue()
        case .stream:
            if plan?.behaviour.headIsEarly == true { isSaturated = put(RawSpan(), on: exchange) == .saturated }
            isMuttering = (plan?.behaviour.mutterMilliseconds ?? 0) > 0
            return isMuttering ? writeComment() : waitUntilDue()
        }
    }

    private func waitUntilDue() -> Progress {
        if due <= provider.loop.now.nanoseconds { return step() }
        provider.pacer.schedule(token, at: due)
        return .waits
    }

    /// Writes a comment and waits for the next, until the first chunk is due.
    private func writeComment() -> Progress {
        let now = provider.loop.now.nanoseconds
        guard let plan, let exchange, now < due else {
            isMuttering = false
            return step()
        }
        var output = provider.takeOutput()
        plan.appendComment(to: &output)
        isSaturated = put(output.bytes, on: exchange) == .saturated
        provider.giveBack(&output)
        provider.pacer.schedule(token, at: min(due, now + UInt64(plan.behaviour.mutterMilliseconds) * 1_000_000))
        return .waits
    }

    private func finishCall() {
        if work == .stream { site?.counters.streamsOpen -= 1 }
        exchange?.observer = nil
        (exchange, site, plan, stream) = (nil, nil, nil, nil)
        work = .silence
        generation &+= 1
        held.deallocate()
        heldOffset = 0
    }

    // MARK: Steps

    /// Makes one write, and performs or schedules what follows.
    private func step() -> Progress {
        guard let exchange else { return .isOver }
        switch work {
        case .silence: return .waits
        case .reply: return reply.send(on: exchange) ? .isOver : .waits
        case .stream:
            if heldOffset < held.count { return writeHeld(on: exchange) }
            guard let plan, let site else { return .isOver }
            var output = provider.takeOutput()
            let events = eventsDue(plan)
            let before = stream!.sent
            let action = stream!.next(events: events, microseconds: MockTime.monotonicMicroseconds(), into: &output)
            site.counters.chunks += stream!.sent - before
            let progress: Progress
            if plan.behaviour.splitsEvents, !output.isEmpty {
                held.removeAll()
                held.append(output.bytes)
                (heldOffset, afterHeld) = (0, action)
                progress = writeHeld(on: exchange)
            } else {
                progress = write(output.bytes, then: action, on: exchange)
            }
            provider.giveBack(&output)
            return progress
        }
    }

    /// Writes the next piece of split events, of a length unrelated to theirs.
    private func writeHeld(on exchange: HTTPExchange) -> Progress {
        let size = min(held.count - heldOffset, 1 + Int(random.next() % 97))
        var bytes = ByteBuffer()
        swap(&bytes, &held)
        defer { swap(&bytes, &held) }
        let piece = bytes.bytes.extracting(heldOffset..<heldOffset + size)
        heldOffset += size
        if heldOffset == bytes.count { return write(piece, then: afterHeld, on: exchange) }
        if put(piece, on: exchange) == .saturated {
            isSaturated = true
            return .waits
        }
        // Paced pieces are a millisecond apart, others one turn.
        if steadyGap == 0 { provider.turns.schedule(token) } else { provider.pacer.schedule(token, at: 0) }
        return .waits
    }

    private func write(_ bytes: RawSpan, then action: MockStream.Action, on exchange: HTTPExchange) -> Progress {
        switch action {
        case .more:
            return pace(put(bytes, on: exchange))
        case .finish:
            if !exchange.hasBegun { _ = put(RawSpan(), on: exchange) }
            exchange.finish(with: bytes)
            site?.counters.streamsDone += 1
            return .isOver
        case .stall:
            _ = put(bytes, on: exchange)
            site?.counters.streamsOpen -= 1
            work = .silence
            return .waits
        case .reset:
            _ = put(bytes, on: exchange)
            // A client whose connection was closed here has not left by itself.
            exchange.observer = nil
            exchange.abort()
            return .isOver
        }
    }

    /// Hands bytes to the connection; the first ones with the head.
    private func put(_ bytes: RawSpan, on exchange: HTTPExchange) -> WriteOutcome {
        if exchange.hasBegun { return exchange.write(bytes) }
        guard let plan else { return .ready }
        return exchange.startStream(status: 200, contentType: StaticString("text/event-stream; charset=utf-8").span, first: bytes) { head in
            plan.streamFields.addLines(to: &head)
        }
    }

    /// Waits as long as the behaviour asks for after a write.
    private func pace(_ outcome: WriteOutcome) -> Progress {
        let gap = steadyGap ?? UInt64((plan?.gap(using: &random) ?? 0) * 1_000_000)
        // From the time it was due and not from now: a late write must not slow the stream down.
        due = gap == 0 ? 0 : due + gap
        if outcome == .saturated {
            isSaturated = true
            return .waits
        }
        if gap == 0 { provider.turns.schedule(token) } else { provider.pacer.schedule(token, at: due) }
        return .waits
    }

    /// How many events the next write holds: those of a batch, or those that became due within one tick of the
    /// pacer.
    private func eventsDue(_ plan: MockPlan) -> Int {
        let batch = plan.batch
        guard let gap = steadyGap, gap > 0, gap < 1_000_000 else { return batch }
        let now = provider.loop.now.nanoseconds
        guard now > due else { return batch }
        let late = min(Int((now - due) / gap), 64)
        due += UInt64(late) * gap
        return batch * (1 + late)
    }

    // MARK: Callbacks

    /// The next write is due.
    func becameDue() {
        if !isSaturated, (isMuttering ? writeComment() : step()) == .isOver { end() }
    }

    func exchangeDidDrain() {
        guard isSaturated, !isOver else { return }
        isSaturated = false
        if due > provider.loop.now.nanoseconds {
            provider.pacer.schedule(token, at: due)
        } else {
            provider.turns.schedule(token)
        }
    }

    func exchangeDidLoseClient() {
        guard !isOver, exchange?.hasFinished == false else { return }
        site?.counters.cancelled += 1
        site?.counters.lastCancel = MockTime.monotonicMicroseconds()
        end()
    }

    /// Resumes the request's task.
    private func end() {
        isOver = true
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }
}
