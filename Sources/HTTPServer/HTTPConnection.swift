internal import EventLoop
internal import HTTP1
internal import Wire

/// One client connection: bytes in, requests to the responder one after the other, answers out in the same order.
final class HTTPConnection: TCPConnectionDelegate {
    let loop: EventLoop
    /// Keeps its connections until they are closed, and so outlives them.
    unowned(unsafe) let server: HTTPServer
    /// The index in the server's list of connections.
    var index = 0
    /// The connections of the same client network.
    let network: ClientConnections
    /// The connections of the same client: its key's, once it has named one.
    private(set) var client: ClientConnections
    /// The position among the client's connections that are idle, or whose request is incomplete.
    var place = ClientConnections.Place()
    /// Whether the answer in progress is the last one on this connection.
    var closesAfterAnswer = false
    /// Whether no request has identified the client yet.
    private(set) var isOfStranger = true

    private let tcp: any ByteStream
    private let parser: HTTP1RequestParser
    private var exchange: HTTPExchange!
    private var timer: LoopTimer?
    private var state = ConnectionState()
    /// Bytes of the requests after the current one.
    private var readAhead = ByteQueue()
    /// Whether bytes of later requests were dropped, so that this one is the last.
    private var dropsLaterRequests = false
    /// Bytes of an unfinished head that the parser holds, as counted in the loop's budget.
    private var headBytes = 0
    /// Whether the client has to take some of what was written before more is produced for it.
    private var isSaturated = false
    /// The turn of the loop in which the last request began, and how many have begun in it.
    private var turn: UInt64 = 0
    private var begunInTurn = 0
    private var maximumBodyBytes = 0
    private var discardedBytes = 0
    private var waiter: UnsafeContinuation<Bool, Never>?
    /// Whether the complete request waits because its client has used its share of the turn.
    private var waitsForTurn = false
    /// Since when the connection is idle, while it is.
    private(set) var idleSince: LoopInstant
    /// When the incomplete request began, or the last sizeable piece of its body came.
    private(set) var arrivedAt: LoopInstant
    /// How many bytes had reached the client at the last check, if there was one, and when that number last
    /// grew.
    private var delivered: Int?
    private var deliveredAt: LoopInstant

    /// The most requests of one connection in one turn of the loop; with the next one, other connections come
    /// first. Enough to make the cost of polling the other sockets, a microsecond, negligible.
    private static let requestsPerTurn = 16
    /// Bytes of a body that count as progress: a client that sends less at a time is treated as if nothing
    /// came.
    private static let leastPiece = 512
    private static let overloaded = HTTPRefusal(status: 503, reason: "too much is being held in memory; try again shortly")
    private static let ending = HTTPRefusal(status: 503, reason: "the server is being stopped, and the request was not whole in time; try again")
    private static let crowded = HTTPRefusal(
        status: 503, reason: "this client's other requests hold all the memory that one client may; try again shortly")
    /// How long an idle connection keeps the memory of its last head for the next one.
    private static let memoryInterval = LoopInterval(.seconds(5))

    init(tcp: any ByteStream, server: HTTPServer, network: ClientConnections) throws(UVError) {
        self.tcp = tcp
        self.server = server
        self.network = network
        client = network
        loop = server.loop
        idleSince = server.loop.now
        deliveredAt = idleSince
        arrivedAt = idleSince
        parser = HTTP1RequestParser(limits: server.headLimits)
        timer = try LoopTimer(on: server.loop) { [unowned self] _ in timeOut() }
        exchange = HTTPExchange(connection: self, parser: parser)
        tcp.delegate = self
        waitIdle()
        tcp.startReading()
        loop.task(self) { await $0.serve() }
    }

    var isClosed: Bool { state.isClosed }
    /// Where the client comes from.
    var clientNetwork: ClientNetwork { tcp.clientNetwork }
    /// Whether bytes wait for the kernel to take them.
    var hasQueuedBytes: Bool { tcp.queuedBytes > 0 }
    /// Whether the head of the current request is incomplete, so that the parser still describes the previous
    /// request.
    var isReadingHead: Bool { state.phase == .head }
    /// Whether no request is being read or answered.
    var isIdle: Bool { state.phase == .idle }

    /// The connection's life: each request in turn, until there are no more.
    private func serve() async {
        while await nextRequest() {
            await server.responder.respond(to: exchange)
            if !exchange.hasFinished, !isClosed { leftUnanswered() }
            exchange.reset()
            responderReturned()
        }
    }

    private func nextRequest() async -> Bool {
        if state.isClosed { return false }
        if state.requestIsReady, !waitsForTurn { return takeRequest() }
        let isReady = await withUnsafeContinuation { waiter = $0 }
        return isReady && takeRequest()
    }

    private func takeRequest() -> Bool {
        state.requestTaken()
        return true
    }

    private func wake(_ isReady: Bool) {
        guard let waiter else { return }
        self.waiter = nil
        waiter.resume(returning: isReady)
    }

    // MARK: Bytes in

    func connectionDidRead(_ bytes: RawSpan) {
        switch state.phase {
        case .idle, .head, .body, .discarding:
            let used = consume(bytes)
            if used < bytes.byteCount { keepReadAhead(bytes.extracting(droppingFirst: used)) }
        case .ready, .responding, .waiting:
            keepReadAhead(bytes)
        case .lingering:
            discardedBytes += bytes.byteCount
            if discardedBytes > server.limits.maximumBodyBytes { close() }
        case .closed:
            break
        }
    }

    /// Keeps bytes of later requests, and stops reading when there is no room for more.
    private func keepReadAhead(_ bytes: RawSpan) {
        guard !dropsLaterRequests, loop.held.take(bytes.byteCount, for: network.share) else { return dropLaterRequests() }
        readAhead.append(bytes)
        if state.phase == .waiting || readAhead.count >= server.limits.maximumPipelinedBytes { tcp.stopReading() }
    }

    /// There is no room for the requests after the current one, which is answered as the last.
    private func dropLaterRequests() {
        dropsLaterRequests = true
        closesAfterAnswer = true
        giveBackReadAhead()
        if state.phase == .waiting { linger() }
    }

    private func giveBackReadAhead() {
        loop.held.give(readAhead.count, of: network.share)
        readAhead.deallocate()
    }

    /// Counts what the parser holds of an unfinished head.
    private func countHead() {
        let held = parser.heldBytes
        if held <= headBytes {
            loop.held.give(headBytes - held, of: network.share)
        } else if !loop.held.take(held - headBytes, for: network.share) {
            return refuse(HTTPConnection.overloaded)
        }
        headBytes = held
    }

    /// Feeds the parser until the bytes are used, a request is complete, or the next one has to wait.
    ///
    /// - Returns: How many bytes were used.
    private func consume(_ bytes: RawSpan) -> Int {
        var offset = 0
        if state.phase == .idle, !beginHead() { return 0 }
        // Until the parser stops, not until the bytes are used: the end of a message is an event without bytes.
        while true {
            let event: HTTP1Event
            do {
                event = try parser.next(in: bytes, at: &offset)
            } catch {
                refuse(HTTPRefusal(status: Int(error.status), reason: error.reason))
                return bytes.byteCount
            }
            switch event {
            case .needsMoreBytes:
                // Empty lines alone do not begin a request.
                if state.phase == .head { parser.isIdle ? becomeIdle() : client.becameUnfinished(self, isNews: false) }
                if parser.heldBytes != headBytes { countHead() }
                return bytes.byteCount
            case .head:
                headEnded(moreBytesAreHere: offset < bytes.byteCount)
            case .body(let range):
                bodyArrived(bytes.extracting(range))
            case .end:
                messageEnded()
            }
            switch state.phase {
            case .head, .body, .discarding: continue
            case .idle: if offset < bytes.byteCount, !beginHead() { return offset }
            case .ready, .responding, .waiting: return offset
            case .lingering, .closed: return bytes.byteCount
            }
        }
    }

    /// Begins the next request, unless it has to wait.
    private func beginHead() -> Bool {
        guard mayBegin else {
            deferNextRequest()
            return false
        }
        arrivedAt = loop.now
        state.headBegan()
        exchange.startedAt = loop.now
        exchange.number += 1
        timer?.arm(after: server.intervals.head)
        return true
    }

    /// Whether the next request may begin now: the client has taken enough of the answers, and has not used its
    /// share of this turn.
    private var mayBegin: Bool {
        if isSaturated { return false }
        guard turn == loop.turnNumber else {
            (turn, begunInTurn) = (loop.turnNumber, 1)
            return true
        }
        begunInTurn += 1
        return begunInTurn <= HTTPConnection.requestsPerTurn && !loop.turnIsLong
    }

    /// Leaves the next request where it is, and what follows it in the kernel, until the client has taken more
    /// or the others have had their turn.
    private func deferNextRequest() {
        client.becameBusy(self)
        state.nextRequestDeferred()
        tcp.stopReading()
        if isSaturated { watchDelivery() } else { loop.queueTurn(for: self) }
    }

    /// Continues with the requests that were read ahead.
    private func processReadAhead() {
        state.becameIdle()
        // Out of reach of the functions called from here.
        var ahead = ByteQueue()
        swap(&ahead, &readAhead)
        let used = consume(ahead.unused)
        ahead.use(used)
        loop.held.give(used, of: network.share)
        swap(&ahead, &readAhead)
        switch state.phase {
        case .idle, .head, .body, .discarding: tcp.startReading()
        case .ready, .responding: if readAhead.count < server.limits.maximumPipelinedBytes { tcp.startReading() }
        case .waiting: break
        case .lingering, .closed: giveBackReadAhead()
        }
    }

    /// Only empty lines came: the connection counts as idle since before them, and keeps its position in that
    /// order.
    private func becomeIdle() {
        state.becameIdle()
        exchange.number -= 1
        delivered = nil
        client.stayedIdle(self)
        timer?.arm(at: min(idleSince.advanced(by: server.intervals.idle), loop.now.advanced(by: HTTPConnection.memoryInterval)))
    }

    private func headEnded(moreBytesAreHere: Bool) {
        state.headEnded()
        client.becameUnfinished(self, isNews: false)
        if headBytes > 0 { countHead() }
        closesAfterAnswer = !parser.keepAlive || server.isDraining
        timer?.arm(after: server.intervals.body)
        if parser.method == .other { return refuse(HTTPRefusal(status: 501, reason: "the method is not implemented")) }
        switch server.responder.screen(exchange) {
        case .answered:
            return
        case .proceed(let maximum):
            maximumBodyBytes = maximum
        }
        if let length = parser.contentLength, length > maximumBodyBytes {
            return refuse(HTTPRefusal(status: 413, reason: "the body has \(length) bytes, the limit is \(maximumBodyBytes)"))
        }
        if parser.expectsContinue, exchange.hasBody, !moreBytesAreHere {
            _ = send(StaticString("HTTP/1.1 100 Continue\r\n\r\n").span)
        }
    }

    private func bodyArrived(_ bytes: RawSpan) {
        guard state.phase == .body else {
            discardedBytes += bytes.byteCount
            // A body that was announced as short enough to drop, but has no end; its answer was sent long ago.
            if discardedBytes > server.limits.maximumDiscardedBytes { linger() }
            return
        }
        guard exchange.bodyByteCount + bytes.byteCount <= maximumBodyBytes else {
            return refuse(HTTPRefusal(status: 413, reason: "the body is larger than the limit of \(maximumBodyBytes) bytes"))
        }
        if let client = exchange.client, !client.mayHold(bytes.byteCount, largest: maximumBodyBytes, of: loop.held) {
            return refuse(HTTPConnection.crowded)
        }
        guard loop.held.takeBody(bytes.byteCount, for: exchange.client) else { return refuse(HTTPConnection.overloaded) }
        exchange.appendBody(bytes)
        guard bytes.byteCount >= HTTPConnection.leastPiece else { return }
        arrivedAt = loop.now
        client.becameUnfinished(self)
    }

    private func messageEnded() {
        switch state.messageEnded() {
        case .answer:
            timer?.disarm()
            client.becameBusy(self)
            beginAnswer()
        case .next:
            finishedWithMessage()
        case .close:
            linger()
        }
    }

    /// Hands a request to the responder, now or when its client's turn has come.
    private func beginAnswer() {
        let turns = (exchange.knownClient ?? network.share).turns
        if turns.mayGoOn(on: loop) { return wake(true) }
        waitsForTurn = true
        turns.putOff(self, on: loop)
    }

    // MARK: Answers

    /// Sends bytes of the current answer; a full queue starts the clock for a client that does not read.
    func send(_ first: RawSpan, _ second: RawSpan = RawSpan(), _ third: RawSpan = RawSpan()) -> WriteOutcome {
        noteOutcome(tcp.write(first, second, third, RawSpan()))
    }

    /// The same with a block that is handed over and empty afterwards.
    func send(_ first: RawSpan, adopting body: inout ByteBuffer, _ last: RawSpan = RawSpan()) -> WriteOutcome {
        noteOutcome(tcp.write(first, adopting: &body, last))
    }

    private func noteOutcome(_ outcome: WriteOutcome) -> WriteOutcome {
        guard outcome == .saturated else { return outcome }
        isSaturated = true
        if timer?.isArmed == false { watchDelivery() }
        return outcome
    }

    /// An answer has been sent, as far as this side is concerned.
    func answerFinished() {
        switch state.answerFinished(close: closesAfterAnswer, bodyIsShort: unreadBodyIsShort) {
        // A body that is dropped gets no more time than a head, since it serves no request.
        case .wait: if state.phase == .discarding { timer?.arm(after: server.intervals.head) }
        case .next: finishedWithMessage()
        case .close: linger()
        }
    }

    func abort() {
        close()
    }

    /// The client has identified itself, now or in an earlier request, with a head that has just been
    /// completed.
    func clientIsKnown(as share: ClientShare) {
        isOfStranger = false
        guard client.share !== share else { return }
        client.closed(self)
        server.forget(client)
        client = share === network.share ? network : server.connections(of: share)
        client.opened()
        client.becameUnfinished(self)
        // A client with more than its share does not keep this connection while places are scarce.
        if server.isCrowded(by: client.count) { closesAfterAnswer = true }
    }

    /// Whether the connection ends after the answer: for reasons known before it, or because too much of the
    /// body is still to come.
    var answerIsLast: Bool { closesAfterAnswer || state.phase == .body && !unreadBodyIsShort }

    /// Whether the rest of the body is short enough to be read and dropped. A client that waits for a 100 may
    /// never send it.
    private var unreadBodyIsShort: Bool {
        !parser.expectsContinue && (parser.isChunked || (parser.contentLength ?? 0) <= server.limits.maximumDiscardedBytes)
    }

    private func refuse(_ refusal: HTTPRefusal) {
        closesAfterAnswer = true
        if exchange.hasBegun { return linger() }
        server.responder.refuse(refusal, on: exchange)
        if !exchange.hasBegun { exchange.respond(status: refusal.status, contentType: nil, body: RawSpan()) }
    }

    /// The responder has returned without an answer, or in the middle of one: a bug of this program.
    private func leftUnanswered() {
        if exchange.hasBegun { return exchange.abort() }
        closesAfterAnswer = true
        refuse(HTTPRefusal(status: 500, reason: "the request was left without an answer"))
    }

    private func responderReturned() {
        switch state.responderReturned() {
        case .wait: return
        case .next where dropsLaterRequests: linger()
        case .next:
            finishedWithMessage()
            if state.phase == .idle, !readAhead.isEmpty { processReadAhead() }
        // The whole request has been read, so there are no unread bytes that would turn the close into a reset.
        case .close: readAhead.isEmpty && !dropsLaterRequests ? closeWhenFlushed() : linger()
        }
    }

    /// Continues with the next request, which may have been read ahead.
    private func finishedWithMessage() {
        guard !isClosed else { return }
        exchange.reset()
        discardedBytes = 0
        state.becameIdle()
        if server.isDraining, readAhead.isEmpty { return closeWhenFlushed() }
        waitIdle()
    }

    // MARK: Ends

    func connectionDidReachEnd() {
        switch state.phase {
        // A FIN while an answer is being made can't be told from leaving (the contract says so).
        case .ready, .responding, .closed: close()
        // No request can follow, but a client that has sent its last one still reads.
        case .idle, .head, .body, .waiting, .discarding: closeWhenFlushed()
        case .lingering: tcp.closeWhenFlushed()
        }
    }

    func connectionShare() -> ClientShare? {
        state.phase == .responding ? exchange.share : network.share
    }

    func connectionDidDrain() {
        if state.phase == .responding { timer?.disarm() }
        isSaturated = false
        exchange.observer?.exchangeDidDrain()
        if state.phase == .waiting { processReadAhead() }
    }

    func connectionDidClose(_ reason: CloseReason) {
        close()
        server.remove(self)
    }

    /// Ends the outgoing half and keeps reading for a while: a close with unread bytes would send a reset,
    /// which can overtake the answer (RFC 9112 §9.6).
    private func linger() {
        guard state.phase != .lingering, !isClosed else { return }
        arrivedAt = loop.now
        client.becameLeaving(self)
        state.lingered()
        giveBackReadAhead()
        tcp.finishWriting()
        tcp.startReading()
        delivered = tcp.deliveredBytes
        deliveredAt = loop.now
        timer?.arm(after: server.intervals.lingerLook)
    }

    /// Closes as soon as the kernel has the last byte of the answer.
    private func closeWhenFlushed() {
        guard state.phase != .lingering, !isClosed else { return }
        client.becameBusy(self)
        state.lingered()
        giveBackReadAhead()
        watchDelivery()
        tcp.closeWhenFlushed()
    }

    /// Makes the current answer end at once, or closes a connection without one.
    func endAtOnce() {
        guard state.phase == .responding, let observer = exchange.observer else { return close() }
        observer.exchangeMustEnd()
    }

    /// Closes an idle connection, or marks a busy one for closing after its answer.
    func drain() {
        switch state.phase {
        case .idle: return closeWhenFlushed()
        // An incomplete request has the time that is left to it in a drain.
        case .head, .body, .discarding: timer?.arm(after: server.intervals.body)
        case .lingering: timer?.arm(after: server.intervals.lingerLook)
        case .ready, .responding, .waiting, .closed: break
        }
        closesAfterAnswer = true
    }

    func close() {
        guard !isClosed else { return }
        let wasResponding = state.phase == .responding
        client.closed(self)
        state.closed()
        waitsForTurn = false
        timer?.close()
        timer = nil
        tcp.close()
        giveBackReadAhead()
        loop.held.give(headBytes, of: network.share)
        headBytes = 0
        let observer = exchange.observer
        if wasResponding { observer?.exchangeDidLoseClient() } else { exchange.reset() }
        wake(false)
    }

    /// Starts watching whether the client takes what is ready for it.
    private func watchDelivery() {
        delivered = nil
        timer?.arm(after: server.intervals.stallLook)
    }

    /// Checks whether anything has reached the client since the last check.
    private func hasDelivered() -> Bool {
        let now = tcp.deliveredBytes
        if now == delivered { return false }
        delivered = now
        deliveredAt = loop.now
        return true
    }

    /// Closes the connection of a client that has taken nothing for the stall time, or for a part of it if its
    /// place keeps another client out; otherwise schedules the next check.
    private func closeIfStalled() {
        let most = server.isFull ? server.intervals.crowdedStall : server.intervals.stall
        if !hasDelivered(), loop.now >= deliveredAt.advanced(by: most) { return close() }
        timer?.arm(after: server.intervals.stallLook)
    }

    /// The time of a closing connection is over, unless the client is still taking the rest.
    private func stopLingering() {
        // Where hardly any places are left, a last answer holds neither a place nor up a drain.
        let most = server.isNearlyFull || server.isDraining ? server.intervals.lingerLook : server.intervals.linger
        if hasDelivered() || loop.now < deliveredAt.advanced(by: most) {
            timer?.arm(after: server.intervals.lingerLook)
        } else if hasQueuedBytes {
            closeIfStalled()
        } else {
            close()
        }
    }

    /// An idle connection first frees its memory, and ends when it has been idle for long.
    private func checkIdleTime() {
        if hasQueuedBytes {
            restartIdleTime()
            return closeIfStalled()
        }
        let end = idleSince.advanced(by: server.intervals.idle)
        guard loop.now < end else { return close() }
        parser.releaseMemory()
        readAhead.deallocate()
        timer?.arm(at: end)
    }

    /// Not idle yet: the client is still taking its last answer.
    func restartIdleTime() {
        idleSince = loop.now
        client.becameIdle(self)
    }

    private func waitIdle() {
        idleSince = loop.now
        client.becameIdle(self)
        delivered = nil
        timer?.arm(after: min(server.intervals.idle, HTTPConnection.memoryInterval))
    }

    private func timeOut() {
        switch state.phase {
        case .idle: checkIdleTime()
        case .responding, .ready, .waiting: closeIfStalled()
        case .discarding: linger()
        case .lingering: stopLingering()
        case .head where server.isDraining, .body where server.isDraining: refuse(HTTPConnection.ending)
        case .head: refuse(HTTPRefusal(status: 408, reason: "the request's head took too long"))
        case .body: refuse(HTTPRefusal(status: 408, reason: "the request's body took too long"))
        case .closed: break
        }
    }
}

extension HTTPConnection: TurnTaker {
    var wantsTurn: Bool { waitsForTurn || state.phase == .waiting && !isSaturated }

    func takeTurn() {
        if waitsForTurn {
            waitsForTurn = false
            return wake(true)
        }
        if state.phase == .waiting, !isSaturated { processReadAhead() }
    }
}
