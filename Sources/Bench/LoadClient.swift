internal import EventLoop
internal import Wire

/// All connections to one target, and the stretch of load that runs over them.
///
/// It is confined to the loop's thread.
final class LoadClient {
    /// The times and counts of a good answer.
    struct Answer {
        var ended: UInt64
        var firstContent: UInt64
        var lastContent: UInt64
        var contentEvents: Int
        /// By the target's own count, if it gave one.
        var tokens: Int?
    }

    /// How often time-outs, resting connections and the end are checked.
    private static let tick: Duration = .milliseconds(20)

    let loop: EventLoop
    let target: LoadTarget
    let requests: RequestSet
    var measurement = LoadMeasurement()

    private var connections: [LoadConnection] = []
    /// Connections of an open loop without a request; the last used first, so that few stay open.
    private var idle: [LoadConnection] = []
    /// Connections of a closed loop that could not be opened: they try again at the next tick, not in a tight
    /// loop.
    private var resting: [LoadConnection] = []
    /// Requests of an open loop whose time has come while every connection was busy, first come first served.
    private var backlog = Backlog()
    private var timer: LoopTimer?
    private var arrivals: PreciseTimer?
    private var pace: LoadPace?
    private var maximumConnections = 0
    private var inFlight = 0
    private var nextIndex = 0
    private var waiter: UnsafeContinuation<Void, Never>?
    private var processorTimeAtStart: Duration?
    private var processorTimeAtEnd: Duration?
    /// Called at every tick.
    var onProgress: (LoadProgress) -> Void = { _ in }

    init(on loop: EventLoop, target: LoadTarget) {
        self.loop = loop
        self.target = target
        requests = RequestSet(target.recipe, path: target.path, authority: target.authority, bearer: target.bearer)
    }

    /// Runs a stretch of load until its last answer.
    func run(_ stretch: LoadStretch) async throws(UVError) -> LoadMeasurement {
        measurement = LoadMeasurement()
        nextIndex = stretch.firstRequest % requests.count
        var pace = LoadPace(stretch, start: loop.readClock().nanoseconds)
        measurement.window = pace.window
        processorTimeAtStart = nil
        processorTimeAtEnd = nil
        let timer = try LoopTimer(on: loop) { [unowned self] _ in ticked() }
        self.timer = timer
        defer {
            timer.close()
            arrivals?.close()
            self.timer = nil
            arrivals = nil
            self.pace = nil
        }
        if case .open = stretch.mode { arrivals = try PreciseTimer(on: loop) { [unowned self] in sendDue() } }
        resting = []
        idle = connections
        self.pace = pace
        if stretch.warmUp == .zero { processorTimeAtStart = ProcessTraits.processorTime() }
        switch stretch.mode {
        case .closed(let concurrency):
            maximumConnections = concurrency
            idle = []
            while connections.count < concurrency { connections.append(LoadConnection(self, endpoint: target.recipe.endpoint)) }
            for connection in connections.prefix(concurrency) { sendNext(on: connection) }
        case .open(_, _, let maximum):
            maximumConnections = maximum
            sendDue()
        }
        timer.arm(after: LoadClient.tick)
        await withUnsafeContinuation { waiter in
            self.waiter = waiter
            endIfDone()
        }
        pace = self.pace ?? pace
        closeWindow(pace)
        return measurement
    }

    /// Starts no more requests; those in flight are waited for.
    func stop() {
        pace?.stop(at: loop.readClock().nanoseconds)
        if let pace { measurement.window = pace.window }
        backlog.removeAll()
        endIfDone()
    }

    /// Closes every connection.
    func close() {
        for connection in connections { connection.close() }
        connections = []
        idle = []
    }

    // MARK: Reports from connections

    func answered(_ connection: LoadConnection, _ request: LoadConnection.Request, _ answer: Answer) {
        inFlight -= 1
        let tokens = answer.tokens ?? answer.contentEvents
        if measurement.window.contains(answer.ended) {
            measurement.answersInWindow += 1
            measurement.tokensInWindow = measurement.tokensInWindow.addingCount(tokens)
        }
        if request.isCounted {
            measurement.requests += 1
            measurement.succeeded += 1
            if answer.tokens != nil { measurement.hasUsage = true }
            measurement.latency.record(answer.ended - request.intended)
            measurement.serviceTime.record(answer.ended - min(request.sent, answer.ended))
            measurement.lateness.record(request.sent - min(request.intended, request.sent))
            if answer.firstContent > 0 {
                measurement.firstToken.record(answer.firstContent - min(request.intended, answer.firstContent))
                measurement.serviceFirstToken.record(answer.firstContent - min(request.sent, answer.firstContent))
            }
            let span = answer.lastContent - answer.firstContent
            // The first event's tokens arrive at its beginning and do not belong to this span.
            if answer.contentEvents > 1, span > 0 {
                let later = Double(tokens) * Double(answer.contentEvents - 1) / Double(answer.contentEvents)
                measurement.tokenRate.record(UInt64(clamping: later / Double(span) * 1e12))
            }
        }
        continueLoad(on: connection)
    }

    func failed(_ connection: LoadConnection, _ request: LoadConnection.Request, _ failure: LoadFailure, sample: String) {
        inFlight -= 1
        if request.isCounted { measurement.countFailure(failure, sample: redacted(sample)) }
        if failure == .connect {
            resting.append(connection)
            return endIfDone()
        }
        continueLoad(on: connection)
    }

    // MARK: Sending

    /// Gives a free connection its next request.
    private func continueLoad(on connection: LoadConnection) {
        guard let pace else { return }
        if pace.isClosed { return sendNext(on: connection) }
        if let intended = backlog.popFirst() {
            send(on: connection, intended: intended)
        } else {
            idle.append(connection)
        }
        sendDue()
    }

    /// Closed loop: the next request at once.
    private func sendNext(on connection: LoadConnection) {
        let now = loop.readClock().nanoseconds
        guard pace?.begin(at: now) == true else { return endIfDone() }
        send(on: connection, intended: now)
    }

    /// Open loop: every request that is due.
    private func sendDue() {
        guard pace != nil else { return }
        let now = loop.readClock().nanoseconds
        while let intended = pace?.beginNextArrival(until: now) {
            if let connection = takeFree() { send(on: connection, intended: intended) } else { backlog.append(intended) }
        }
        if let next = pace?.nextArrival { arrivals?.arm(at: LoopInstant(nanoseconds: next)) } else { endIfDone() }
    }

    private func send(on connection: LoadConnection, intended: UInt64) {
        inFlight += 1
        let index = nextIndex
        nextIndex = index + 1 == requests.count ? 0 : index + 1
        connection.send(LoadConnection.Request(index: index, intended: intended, sent: intended, isCounted: measurement.window.contains(intended)))
    }

    private func takeFree() -> LoadConnection? {
        if let connection = idle.popLast() { return connection }
        guard connections.count < maximumConnections else { return nil }
        let connection = LoadConnection(self, endpoint: target.recipe.endpoint)
        connections.append(connection)
        return connection
    }

    // MARK: Time

    private func ticked() {
        guard let pace else { return }
        let now = loop.readClock().nanoseconds
        if processorTimeAtStart == nil, now >= pace.window.lowerBound { processorTimeAtStart = ProcessTraits.processorTime() }
        if processorTimeAtEnd == nil, now >= pace.window.upperBound { processorTimeAtEnd = ProcessTraits.processorTime() }
        let oldest = now - min(now, pace.timeout)
        for connection in connections {
            if let request = connection.request, request.intended < oldest { connection.timeOut() }
        }
        while let intended = backlog.first, intended < oldest {
            backlog.removeFirst()
            if measurement.window.contains(intended) { measurement.countFailure(.timeout, sample: "no free connection in time") }
        }
        let rested = resting
        resting = []
        for connection in rested { continueLoad(on: connection) }
        onProgress(pace.progress(at: now, measurement, inFlight: inFlight))
        timer?.arm(after: LoadClient.tick)
        endIfDone()
    }

    private func endIfDone() {
        guard let pace, let waiter, inFlight == 0, backlog.isEmpty, pace.isOver(at: loop.readClock().nanoseconds) else { return }
        self.waiter = nil
        waiter.resume()
    }

    private func closeWindow(_ pace: LoadPace) {
        let now = loop.readClock().nanoseconds
        // A window of requests ends with the last answer; one of time is as long as planned.
        let end = pace.window.upperBound == .max ? now : pace.window.upperBound
        measurement.windowLength = end - min(pace.window.lowerBound, end)
        if let start = processorTimeAtStart {
            let used = (processorTimeAtEnd ?? ProcessTraits.processorTime()) - start
            measurement.processorTime = UInt64(max(0, used / .nanoseconds(1)))
        }
    }

    /// An answer may quote the key; the report must not.
    private func redacted(_ text: String) -> String {
        guard let bearer = target.bearer, !bearer.isEmpty else { return text }
        return text.split(separator: bearer, omittingEmptySubsequences: false).joined(separator: "[key]")
    }
}
