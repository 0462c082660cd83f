internal import EventLoop
internal import Gateway
internal import HTTP1
internal import Wire

/// One request and its answer on a connection of the pool.
final class FramedTransfer: UpstreamTransfer, TurnTaker {
    /// The most reads in one turn, so that one fast provider does not starve the rest.
    private static let readsPerTurn = 4
    /// The most bytes that are passed on at once: every few of them may be an event, and a consumer that has
    /// had enough for one turn says so only after the whole piece.
    private static let pieceSize = 8 * 1024
    /// The same for a transfer that was too much for one turn, and for decoded data: 2,000 empty lines take
    /// half a millisecond.
    static let smallPieceSize = 2 * 1024
    /// The most pieces in one turn, for as many bytes as that many reads: a read of zeros is 64 MB once
    /// decoded.
    static let piecesPerTurn = 32
    /// The most chunks of the transfer coding in one turn. A chunk may hold a single byte, and its framing
    /// costs 0.1 µs.
    static let chunksPerTurn = 2048
    /// How long a transfer whose bytes meant much work lets the others go first in each turn.
    private static let bulkTime: Duration = .seconds(1)
    /// How long, and for how many bytes, an answer that is no longer wanted may still end by itself, so that
    /// its connection can be kept.
    private static let detachTimeout: Duration = .seconds(1)
    private static let detachBytes = 64 * 1024

    let request: UpstreamRequest
    /// The connection, even while it is being opened.
    var connection: UpstreamConnection?
    private(set) var hasBegunSending = false

    private let pool: ConnectionPool
    private var consumer: (any UpstreamConsumer)?
    private var state: TransferState
    private var buffer: SendBuffer?
    private var decoder: BodyDecoder?
    private var isPaused = false
    private var isReading = false
    /// Whether data that was read is held back, because of a pause or to let others go first. Nothing more is
    /// read meanwhile.
    private var isHolding = false
    /// The part of the body that is held, without its framing; if it is coded, the part still to be decoded.
    private var unframed = ByteQueue()
    /// What was read after it: bytes of the connection, still framed.
    private var framed = ByteQueue()
    /// Whether the body's end was read after the held bytes, and whether the connection can then be kept.
    private var heldEnd: (isThere: Bool, isClean: Bool) = (false, false)
    private var awaitsTurn = false
    /// What was done in the last turn in which anything was.
    private var done = (turn: UInt64.max, pieces: 0, chunks: 0)
    /// Until when the transfer lets the others go first.
    private var isBulkyUntil = LoopInstant(nanoseconds: 0)
    private var heldBytes = 0
    private var hasBody = false
    private var startedAt: LoopInstant
    private let firstByte: LoopInterval
    private let idle: LoopInterval
    private let total: LoopInterval
    /// When the current phase began: sending the request until there is content, then the last piece of the
    /// body.
    private var phaseBegan: LoopInstant
    private var hasContent = false
    private var detachedBytes: Int?
    /// Whether a connection has less time than its provider's time-outs allow.
    private var connectIsCutShort = false

    init(_ request: UpstreamRequest, pool: ConnectionPool, consumer: any UpstreamConsumer) {
        self.request = request
        self.pool = pool
        self.consumer = consumer
        state = TransferState(mayBeRepeated: request.mayBeRepeated)
        firstByte = request.bounds?.firstContent ?? LoopInterval(request.timeouts.firstByte)
        idle = LoopInterval(request.timeouts.idle)
        total = LoopInterval(request.timeouts.total)
        startedAt = pool.transport.loop.now
        phaseBegan = startedAt
    }

    private var loop: EventLoop { pool.transport.loop }

    /// How long a new connection may take.
    var connectTimeout: Duration {
        let timeout = min(request.timeouts.connect, request.timeouts.total)
        guard let bounds = request.bounds else { return timeout }
        let left = max(min(bounds.contentBy, bounds.endBy).elapsed(since: loop.now), .milliseconds(1))
        connectIsCutShort = left < timeout
        return min(timeout, left)
    }

    /// Takes a connection and sends the request. Anything an idle connection answers at once is reported in a
    /// later turn.
    func begin() {
        let buffer = pool.transport.takeSendBuffer()
        buffer.fill(request)
        guard loop.held.take(buffer.bytes.count) else {
            pool.transport.reclaim(buffer)
            // Reported in a later turn, like everything else.
            loop.task(self) { $0.end(.failed(UpstreamFailure(.local, "too much is being held in memory")), reusable: false) }
            return
        }
        self.buffer = buffer
        pool.acquire(for: self, fresh: false)
    }

    // MARK: UpstreamTransfer

    func resume() {
        guard isPaused, let connection else { return }
        isPaused = false
        phaseBegan = loop.now
        if detachedBytes == nil { armTimer() }
        if isHolding { return awaitTurn() }
        connection.setReading(true)
        // Bytes that TLS has already decrypted do not wake the watcher.
        if !connection.shortReadMeansEmpty { awaitTurn() }
    }

    func cancel() {
        guard state.phase != .ended else { return }
        end(nil, reusable: false)
    }

    func contentArrived() {
        guard !hasContent, state.phase != .ended else { return }
        hasContent = true
        phaseBegan = loop.now
        armTimer()
    }

    func detach() {
        guard state.phase != .ended else { return }
        guard state.phase != .connecting else { return cancel() }
        consumer = nil
        // The content no longer matters, only where it ends.
        unframed.deallocate()
        detachedBytes = 0
        startedAt = loop.now
        connection?.timer.arm(after: FramedTransfer.detachTimeout)
        if isPaused { resume() } else if isHolding { awaitTurn() }
    }

    // MARK: The connection's events

    func connectionOpened(_ connection: UpstreamConnection, isReused: Bool) {
        self.connection = connection
        guard state.phase == .connecting else { return connection.pool.release(connection) }
        state.connected(isReused: isReused)
        phaseBegan = loop.now
        connection.parser.begin(expectsNoBody: request.endpoint.method == .head)
        armTimer()
        sendRequest()
    }

    func connectionFailed(_ failure: UpstreamFailure) {
        connection = nil
        guard state.phase == .connecting else { return }
        let isOwnBound = failure.kind == .connectTimeout && connectIsCutShort
        end(.failed(isOwnBound ? UpstreamFailure(failure.kind, failure.detail, isOwnBound: true) : failure), reusable: false)
    }

    func connectionReady(_ events: SocketEvents) {
        let watched = connection
        if events.contains(.writable) { sendRequest() }
        if state.phase != .ended, events.contains(.readable) || events.contains(.failed) {
            if loop.now < isBulkyUntil, !isPaused, !isHolding {
                // Its data means much work: let transfers with little go first.
                connection?.setReading(false)
                return awaitTurn()
            }
            readAvailable()
        }
        // libuv has stopped watching, and a short read has left the reason unread: watch again until a read
        // returns it.
        if events.contains(.failed), state.phase != .ended, !isPaused, !isHolding, let watched, watched === connection { watched.setReading(true) }
    }

    func timeOut() {
        guard state.phase != .ended else { return }
        let now = loop.now
        if detachedBytes != nil { return end(nil, reusable: false) }
        if now >= totalEnd {
            let time = now.elapsed(since: startedAt)
            // How long an answer takes once it has begun depends on how much was asked for and how fast the
            // client reads.
            let isOwnBound = hasContent || request.bounds.map { $0.endBy < startedAt.advanced(by: total) } ?? false
            return end(.failed(UpstreamFailure(.totalTimeout, "the answer was not whole after \(time)", isOwnBound: isOwnBound)), reusable: false)
        }
        if !isPaused, now >= phaseEnd {
            let time = now.elapsed(since: phaseBegan)
            let failure =
                hasContent
                ? UpstreamFailure(.idleTimeout, "the answer stopped for \(time)")
                : UpstreamFailure(.firstByteTimeout, "no answer within \(time)", isOwnBound: phaseIsCutShort)
            return end(.failed(failure), reusable: false)
        }
        armTimer()
    }

    // MARK: Sending

    private func sendRequest() {
        guard let buffer, let connection else { return }
        let outcome = connection.send(buffer)
        if buffer.sent > 0 { hasBegunSending = true }
        switch outcome {
        case .sent:
            // The clock is read again: how soon after this the connection ends may decide whether the request
            // is sent again.
            phaseBegan = loop.readClock()
        // Kept while it may have to be sent again: a reused connection can turn out to be dead until the first
        // byte of the answer.
        case .wait:
            // Part of it was taken: the time for the first byte counts from the last such part.
            phaseBegan = loop.now
        case .broken:
            // Reported in a later turn, like everything else; the call that started the request has not
            // returned yet.
            loop.task(self) { $0.sendBroke() }
        }
    }

    private func sendBroke() {
        guard state.phase != .ended, state.phase != .connecting else { return }
        // The provider may have answered before it closed, for example to a body that is too large for it.
        readAvailable()
        if state.phase != .ended, !isPaused, !isHolding { connectionEnded() }
    }

    private func giveBackBuffer() {
        guard let buffer else { return }
        self.buffer = nil
        loop.held.give(buffer.bytes.count)
        pool.transport.reclaim(buffer)
    }

    // MARK: Receiving

    private func readAvailable() {
        guard let connection, !isReading else { return }
        isReading = true
        defer { isReading = false }
        for _ in 0..<FramedTransfer.readsPerTurn {
            if isPaused || isHolding { return connection.setReading(false) }
            switch connection.read() {
            case .wait: return connection.setReading(true)
            case .ended: return connectionEnded()
            case .bytes(let count):
                bytesArrived(count)
                if state.phase == .ended || self.connection !== connection { return }
                if connection.shortReadMeansEmpty, unsafe count < pool.transport.readBuffer.count { break }
                guard hasHadItsTurn, !isPaused, !isHolding else { continue }
                connection.setReading(false)
                return awaitTurn()
            }
            return connection.setReading(!isPaused && !isHolding)
        }
        connection.setReading(!isPaused && !isHolding)
        // There may be more, which with TLS no watcher would report. In a later turn: a job would still belong
        // to this one.
        if !isPaused, !isHolding, !connection.shortReadMeansEmpty { awaitTurn() }
    }

    private func bytesArrived(_ count: Int) {
        guard connection != nil else { return }
        state.bytesArrived()
        if let buffer, buffer.isSent { giveBackBuffer() }
        let transport = pool.transport
        let bytes = transport.read(count)
        if let detachedBytes {
            self.detachedBytes = detachedBytes + count
            if detachedBytes + count > FramedTransfer.detachBytes { return end(nil, reusable: false) }
        }
        let used = parse(bytes)
        guard isHolding, state.phase != .ended else { return }
        framed.append(bytes.extracting(droppingFirst: used))
        holdBack()
    }

    /// Processes the bytes that were read, until they are used up or something is held back.
    ///
    /// Consecutive pieces of the body are passed on together, however small the chunks in which they came.
    ///
    /// - Returns: How many bytes were used; the part of their body that was not passed on is in `unframed`.
    private func parse(_ bytes: RawSpan) -> Int {
        guard let connection else { return 0 }
        // Out of reach of the functions called from here.
        var gathered = ByteBuffer()
        swap(&gathered, &pool.transport.gathered)
        defer { swap(&gathered, &pool.transport.gathered) }
        gathered.removeAll()
        var (offset, run) = (0, 0..<0)
        var failure: HTTP1Error?
        loop: while true {
            guard mayTakeChunk else {
                isHolding = true
                isBulkyUntil = loop.now.advanced(by: FramedTransfer.bulkTime)
                break
            }
            let event: HTTP1Event
            do {
                event = try connection.parser.next(in: bytes, at: &offset)
            } catch {
                failure = error
                break
            }
            switch event {
            case .needsMoreBytes: break loop
            case .head:
                headArrived()
                if state.phase == .ended { return offset }
            case .body(let range):
                done.chunks += 1
                guard consumer != nil else { continue }
                if run.isEmpty {
                    run = range
                } else {
                    if gathered.isEmpty { gathered.append(bytes.extracting(run)) }
                    gathered.append(bytes.extracting(range))
                }
            case .end:
                heldEnd = (true, offset == bytes.byteCount && connection.parser.keepAlive && (buffer?.isSent ?? true))
                break loop
            }
        }
        if !gathered.isEmpty {
            bodyArrived(gathered.bytes)
        } else if !run.isEmpty {
            bodyArrived(bytes.extracting(run))
        }
        // Held bytes go first; the parser then reports the error again.
        guard state.phase != .ended, !isHolding else { return offset }
        if let failure {
            end(.failed(UpstreamFailure(.malformed, failure.reason)), reusable: false)
        } else if heldEnd.isThere {
            bodyEnded()
        }
        return offset
    }

    private func bodyEnded() {
        finishBody()
        guard state.phase != .ended else { return }
        end(.complete, reusable: heldEnd.isClean)
    }

    /// Whether it may process one more chunk in this turn.
    private var mayTakeChunk: Bool {
        beginTurn()
        return done.chunks < FramedTransfer.chunksPerTurn
    }

    /// Whether it has done as much in this turn as one transfer should.
    private var hasHadItsTurn: Bool {
        done.turn == loop.turnNumber && (done.chunks >= FramedTransfer.chunksPerTurn || done.pieces >= FramedTransfer.piecesPerTurn)
    }

    private func beginTurn() {
        if done.turn != loop.turnNumber { done = (loop.turnNumber, 0, 0) }
    }

    private func headArrived() {
        guard let connection, let consumer else { return }
        let parser = connection.parser
        if let coding = parser.value(of: "content-encoding"), !coding.equalsIgnoringCase("identity"), coding.byteCount > 0 {
            guard coding.namesCodingOfZlib else {
                return end(.failed(UpstreamFailure(.malformed, "the answer has a content coding that was not asked for")), reusable: false)
            }
            decoder = BodyDecoder()
        }
        parser.withFields { fields in consumer.receiveHead(status: Int(parser.status), fields: fields) }
    }

    /// Passes on a part of the body, and holds back what is too much for now.
    private func bodyArrived(_ bytes: RawSpan) {
        let used = passOn(bytes)
        guard state.phase != .ended, used < bytes.byteCount else { return }
        unframed.append(bytes.extracting(droppingFirst: used))
    }

    /// Passes on until the bytes are used up, the consumer pauses, or it is enough for this turn.
    ///
    /// - Returns: How many bytes were used; `isHolding` says whether any are left, even if only inside the
    ///   decoder.
    private func passOn(_ bytes: RawSpan) -> Int {
        hasBody = hasBody || bytes.byteCount > 0
        guard consumer != nil else { return bytes.byteCount }
        var offset = 0
        if let decoder {
            guard mayPassOn else {
                isHolding = true
                return 0
            }
            let isSound = decoder.decode(bytes, at: &offset) { piece in
                self.passOn(piece: piece)
                return self.mayPassOn && self.state.phase != .ended
            }
            guard state.phase != .ended else { return offset }
            if !isSound {
                end(.failed(UpstreamFailure(.malformed, "the answer's gzip coding is broken")), reusable: false)
            } else if offset < bytes.byteCount || decoder.hasMore {
                isHolding = true
            }
            return offset
        }
        let size = loop.now < isBulkyUntil ? FramedTransfer.smallPieceSize : FramedTransfer.pieceSize
        while offset < bytes.byteCount, state.phase != .ended {
            guard mayPassOn else {
                isHolding = true
                break
            }
            let piece = bytes.extracting(offset..<min(offset + size, bytes.byteCount))
            offset += piece.byteCount
            passOn(piece: piece)
        }
        return offset
    }

    private var mayPassOn: Bool {
        beginTurn()
        return !isPaused && done.pieces < FramedTransfer.piecesPerTurn
    }

    private func passOn(piece: RawSpan) {
        done.pieces += 1
        // Blanks keep a connection open but are no content.
        if piece.withoutSpace.byteCount > 0 {
            if hasContent {
                phaseBegan = loop.now
            } else if request.bounds?.waitsForWord != true {
                contentArrived()
            }
        }
        switch consumer?.receive(piece) ?? .more {
        case .more: break
        case .pause: isPaused = true
        case .rest:
            done.pieces = FramedTransfer.piecesPerTurn
            isBulkyUntil = loop.now.advanced(by: FramedTransfer.bulkTime)
        }
    }

    // MARK: Holding back

    /// Holds back what was read and tries again in a later turn, unless the consumer will resume it.
    private func holdBack() {
        countHeld()
        connection?.setReading(false)
        if !isPaused { awaitTurn() }
    }

    private func awaitTurn() {
        guard !awaitsTurn else { return }
        awaitsTurn = true
        loop.queueTurn(for: self)
    }

    /// Continues with the held bytes, and then with reading.
    func takeTurn() {
        awaitsTurn = false
        guard !isPaused, state.phase != .ended, let connection else { return }
        guard isHolding else { return readOn(connection) }
        isHolding = false
        // Out of reach of the functions called from here.
        var bytes = ByteQueue()
        swap(&bytes, &unframed)
        if consumer != nil { bytes.use(passOn(bytes.unused)) }
        if consumer != nil { swap(&bytes, &unframed) }
        if !isHolding, state.phase != .ended {
            if heldEnd.isThere { return bodyEnded() }
            swap(&bytes, &framed)
            let used = parse(bytes.unused)
            bytes.use(used)
            swap(&bytes, &framed)
        }
        guard state.phase != .ended else { return }
        if isHolding { return holdBack() }
        countHeld()
        if !isPaused { readOn(connection) }
    }

    /// Continues reading, in a later turn if it has done enough in this one.
    private func readOn(_ connection: UpstreamConnection) {
        if hasHadItsTurn { awaitTurn() } else { readAvailable() }
    }

    private func countHeld() {
        let now = unframed.count + framed.count
        loop.held.give(heldBytes)
        loop.held.add(now)
        heldBytes = now
        if now == 0 {
            unframed.deallocate()
            framed.deallocate()
        }
    }

    /// A coded body that stops short is truncated, like one without its last chunk.
    private func finishBody() {
        if lacksCodedBytes { end(.failed(FramedTransfer.incompleteCoding), reusable: false) }
    }

    private static let incompleteCoding = UpstreamFailure(.truncated, "the answer's gzip coding is not complete")

    private var lacksCodedBytes: Bool {
        guard let decoder else { return false }
        return consumer != nil && !decoder.isFinished && hasBody
    }

    private func connectionEnded() {
        guard let connection else { return }
        var endsBody = false
        if state.phase == .answering { endsBody = (try? connection.parser.finish()) ?? false }
        let sent = TransferState.Sent(
            hasBegun: (buffer?.sent ?? 0) > 0, elapsed: loop.readClock().elapsed(since: phaseBegan), roundTrip: connection.roundTrip)
        switch state.connectionLost(endsBody: endsBody, sent: sent) {
        case .ignored: break
        case .sendAgain:
            drop(connection, reusable: false)
            // Bytes sent on a connection that had already ended count as not sent.
            buffer?.sent = 0
            hasBegunSending = false
            pool.acquire(for: self, fresh: true)
        case .complete:
            finish(lacksCodedBytes ? .failed(FramedTransfer.incompleteCoding) : .closed, reusable: false)
        case .failed(.closedBeforeAnswer):
            let time = "\(sent.elapsed / .milliseconds(1)) ms after the request"
            finish(.failed(UpstreamFailure(.closedBeforeAnswer, "the connection was closed before an answer, \(time)")), reusable: false)
        case .failed(.truncated):
            finish(.failed(UpstreamFailure(.truncated, "the connection was closed in the middle of the answer")), reusable: false)
        }
    }

    // MARK: The end

    private func end(_ end: UpstreamEnd?, reusable: Bool) {
        guard state.phase != .ended else { return }
        state.ended()
        finish(end, reusable: reusable)
    }

    private func finish(_ end: UpstreamEnd?, reusable: Bool) {
        giveBackBuffer()
        decoder = nil
        unframed.deallocate()
        framed.deallocate()
        if heldBytes > 0 { countHeld() }
        if let connection { drop(connection, reusable: reusable) }
        let consumer = self.consumer
        self.consumer = nil
        if let end { consumer?.receiveEnd(end) }
    }

    private func drop(_ connection: UpstreamConnection, reusable: Bool) {
        self.connection = nil
        connection.transfer = nil
        if reusable { pool.release(connection) } else { connection.close() }
    }

    private var phaseEnd: LoopInstant {
        if hasContent { return phaseBegan.advanced(by: idle) }
        let end = phaseBegan.advanced(by: firstByte)
        guard let bounds = request.bounds else { return end }
        return min(end, bounds.contentBy)
    }

    /// Whether the first content has less time than its provider's time-outs allow.
    private var phaseIsCutShort: Bool {
        request.bounds != nil && phaseEnd < phaseBegan.advanced(by: request.timeouts.firstByte)
    }

    private var totalEnd: LoopInstant {
        let end = startedAt.advanced(by: total)
        guard let bounds = request.bounds else { return end }
        return min(end, bounds.endBy)
    }

    private func armTimer() {
        // A pause is requested by the consumer, so the silence during it does not count.
        connection?.timer.arm(at: isPaused ? totalEnd : min(phaseEnd, totalEnd))
    }
}
