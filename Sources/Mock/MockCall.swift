internal import EventLoop
internal import HTTPServer
internal import Wire

/// An answer that takes more than one callback: a stream, a delayed answer, or silence. Calls are reused.
///
/// Paced writes are made inside the pacer's callback; writes as fast as the client reads are made by the request's task, which lets
/// the other tasks and sockets have their turn between two of them.
final class MockCall: HTTPExchangeObserver {
    /// What the task does next.
    private enum Progress {
        /// Wait for a callback.
        case wait
        /// Go on after the others.
        case again
        case done
    }

    private enum Work {
        case stream(MockStream)
        case reply
        case silence
    }

    private unowned let provider: MockProvider
    /// The place in the provider's list of calls, and how often it was used: the token for the pacer.
    private let index: UInt32
    private var generation: UInt32 = 0
    /// A whole answer that is delayed.
    var reply = MockReply()

    private var exchange: HTTPExchange?
    private var site: MockSite?
    private var plan: MockPlan?
    private var work = Work.silence
    private var random = MockRandom(seed: 0)
    /// When the next write is due, in nanoseconds on the loop's clock.
    private var due: UInt64 = 0
    /// Nanoseconds between writes when they are always the same.
    private var steadyGap: UInt64?
    private var isSaturated = false
    private var isOver = false
    private var waiter: UnsafeContinuation<Progress, Never>?
    /// Bytes of split events that are still to be written.
    private var held = ByteBuffer()
    private var heldOffset = 0
    private var afterHeld = MockStream.Action.more

    init(provider: MockProvider, index: Int) {
        self.provider = provider
        self.index = UInt32(index)
    }

    private var token: UInt64 { UInt64(generation) << 32 | UInt64(index) }

    func isCurrent(_ token: UInt64) -> Bool { token == self.token && !isOver }

    // MARK: Beginnings

    /// Prepares a stream that begins at `due`.
    func begin(
        _ stream: MockStream, plan: MockPlan, random: MockRandom, steadyGap: Double?, due: UInt64, on exchange: HTTPExchange, at site: MockSite
    ) {
        prepare(.stream(stream), due: due, on: exchange, at: site)
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

    /// Prepares for saying nothing (more) until the client goes.
    func beginSilence(on exchange: HTTPExchange, at site: MockSite) {
        prepare(.silence, due: 0, on: exchange, at: site)
    }

    private func prepare(_ work: Work, due: UInt64, on exchange: HTTPExchange, at site: MockSite) {
        self.work = work
        self.due = due
        self.exchange = exchange
        self.site = site
        (isSaturated, isOver) = (false, false)
        exchange.observer = self
    }

    /// Carries the answer to its end.
    func run() async {
        var progress = start()
        while true {
            switch progress {
            case .done:
                finishCall()
                return
            case .again:
                await Task.yield()
                progress = isOver ? .done : step()
            case .wait:
                progress = await withUnsafeContinuation { waiter = $0 }
                if progress == .again { progress = isOver ? .done : step() }
            }
        }
    }

    private func start() -> Progress {
        guard let exchange, !exchange.hasLostClient else { return .done }
        switch work {
        case .silence: return .wait
        case .reply: return waitUntilDue()
        case .stream:
            if plan?.behaviour.headIsEarly == true { isSaturated = put(RawSpan(), on: exchange) == .saturated }
            return waitUntilDue()
        }
    }

    private func waitUntilDue() -> Progress {
        if due <= provider.loop.now.nanoseconds { return step() }
        provider.pacer.schedule(token, at: due)
        return .wait
    }

    private func finishCall() {
        if case .stream = work { site?.counters.streamsOpen -= 1 }
        exchange?.observer = nil
        (exchange, site, plan) = (nil, nil, nil)
        work = .silence
        generation &+= 1
        held.deallocate()
        heldOffset = 0
    }

    // MARK: Steps

    /// Makes one write, and says or schedules what follows.
    private func step() -> Progress {
        guard let exchange else { return .done }
        switch work {
        case .silence: return .wait
        case .reply: return reply.send(on: exchange) ? .done : .wait
        case .stream(var stream):
            if heldOffset < held.count { return writeHeld(on: exchange) }
            var output = provider.takeOutput()
            let before = stream.sent
            let action = stream.next(
                events: eventsDue, microseconds: MockTime.monotonicMicroseconds(), epoch: MockTime.epochMilliseconds, into: &output)
            site?.counters.chunks += stream.sent - before
            work = .stream(stream)
            defer { provider.giveBack(&output) }
            guard plan?.behaviour.splitsEvents == true, !output.isEmpty else { return write(output.bytes, then: action, on: exchange) }
            held.removeAll()
            held.append(output.bytes)
            (heldOffset, afterHeld) = (0, action)
            return writeHeld(on: exchange)
        }
    }

    /// Writes the next piece of events that are split, of a length that has nothing to do with theirs.
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
            return .wait
        }
        // Paced pieces are a millisecond apart, others a turn.
        guard steadyGap != 0 else { return .again }
        provider.pacer.schedule(token, at: 0)
        return .wait
    }

    private func write(_ bytes: RawSpan, then action: MockStream.Action, on exchange: HTTPExchange) -> Progress {
        switch action {
        case .more:
            return pace(put(bytes, on: exchange))
        case .finish:
            if !exchange.hasBegun { _ = put(RawSpan(), on: exchange) }
            exchange.finish(with: bytes)
            site?.counters.streamsDone += 1
            return .done
        case .stall:
            _ = put(bytes, on: exchange)
            work = stalled()
            return .wait
        case .reset:
            _ = put(bytes, on: exchange)
            // A client that was sent away has not gone away.
            exchange.observer = nil
            exchange.abort()
            return .done
        }
    }

    private func stalled() -> Work {
        site?.counters.streamsOpen -= 1
        return .silence
    }

    /// Hands bytes to the connection; the first ones with the head.
    private func put(_ bytes: RawSpan, on exchange: HTTPExchange) -> WriteOutcome {
        if exchange.hasBegun { return exchange.write(bytes) }
        guard let plan else { return .ready }
        return exchange.startStream(status: 200, contentType: StaticString("text/event-stream; charset=utf-8").span, first: bytes) { head in
            plan.streamFields.addLines(to: &head)
        }
    }

    /// Waits as long as the behaviour wants after a write.
    private func pace(_ outcome: WriteOutcome) -> Progress {
        let gap = steadyGap ?? UInt64((plan?.gap(using: &random) ?? 0) * 1_000_000)
        // From the time it was due and not from now: a late write does not slow the stream down.
        due = gap == 0 ? 0 : due + gap
        if outcome == .saturated {
            isSaturated = true
            return .wait
        }
        guard gap > 0 else { return .again }
        provider.pacer.schedule(token, at: due)
        return .wait
    }

    /// How many events the next write holds: those of a batch, or those that came due within one tick of the pacer.
    private var eventsDue: Int {
        let batch = plan?.batch ?? 1
        guard let gap = steadyGap, gap > 0, gap < 1_000_000 else { return batch }
        let now = provider.loop.now.nanoseconds
        guard now > due else { return batch }
        let late = min(Int((now - due) / gap), 64)
        due += UInt64(late) * gap
        return batch * (1 + late)
    }

    // MARK: Callbacks

    /// The time of the next write has come.
    func becameDue() {
        guard !isSaturated else { return }
        let progress = step()
        if progress != .wait { resume(progress) }
    }

    func exchangeDidDrain() {
        guard isSaturated, !isOver else { return }
        isSaturated = false
        if due > provider.loop.now.nanoseconds {
            provider.pacer.schedule(token, at: due)
        } else {
            resume(.again)
        }
    }

    func exchangeDidLoseClient() {
        guard !isOver, exchange?.hasFinished == false else { return }
        isOver = true
        site?.counters.cancelled += 1
        site?.counters.lastCancel = MockTime.monotonicMicroseconds()
        resume(.done)
    }

    private func resume(_ progress: Progress) {
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume(returning: progress)
    }
}
