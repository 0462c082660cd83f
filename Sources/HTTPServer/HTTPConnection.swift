internal import EventLoop
internal import HTTP1
internal import Wire

/// One client connection: bytes in, requests to the responder one after the other, answers out in the same order.
final class HTTPConnection: TCPConnectionDelegate {
    let loop: EventLoop
    /// Keeps its connections until they are closed, and so outlives them.
    unowned(unsafe) let server: HTTPServer
    /// The place in the server's list of connections.
    var index = 0
    /// The connections of the same client network.
    let network: ClientConnections
    /// The connections of the same client: its key's, once it has named one.
    private(set) var client: ClientConnections
    /// The place among those of them that are idle, or whose request is not whole.
    var place = ClientConnections.Place()
    /// Whether the answer in work is the last one on this connection.
    var closesAfterAnswer = false
    /// Whether no request has said yet who the client is.
    private(set) var isOfStranger = true

    private let tcp: any ByteStream
    private let parser: HTTP1RequestParser
    private var exchange: HTTPExchange!
    private var timer: LoopTimer?
    private var state = ConnectionState()
    /// Bytes of the requests after the one in work.
    private var readAhead = ByteQueue()
    /// Whether bytes of later requests were dropped, so that this one is the last.
    private var dropsLaterRequests = false
    /// Bytes of an unfinished head that the parser holds, as they are counted in the loop's budget.
    private var headBytes = 0
    /// Whether the client has to take some of what was written before more is made for it.
    private var isSaturated = false
    /// The turn of the loop in which the last request began, and how many have begun in it.
    private var turn: UInt64 = 0
    private var begunInTurn = 0
    private var maximumBodyBytes = 0
    private var discardedBytes = 0
    private var waiter: UnsafeContinuation<Bool, Never>?
    /// Whether the request that is whole waits because its client has had its share of the turn.
    private var waitsForTurn = false
    /// Since when nothing is asked on it, while that is so.
    private(set) var idleSince: LoopInstant
    /// When the request that is not whole began, or the last piece of its body came that is worth the name.
    private(set) var arrivedAt: LoopInstant
    /// What had reached the client at the last look, if there was one, and when that was more than before.
    private var delivered: Int?
    private var deliveredAt: LoopInstant

    /// Most requests of one connection in one turn of the loop: with the next one the others come first. Enough that the look at other sockets, a
    /// microsecond, is lost beside them.
    private static let requestsPerTurn = 16
    /// Bytes of a body that show that it goes on: who sends less at a time holds his place as if nothing came.
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
    /// Whether the head of the current request is not whole, so that the parser still describes the request before it.
    var isReadingHead: Bool { state.phase == .head }
    /// Whether no request is being read or answered.
    var isIdle: Bool { state.phase == .idle }

    /// The connection's life: each request in turn, until there is none.
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
            if used < bytes.byteCount { keep(bytes.extracting(droppingFirst: used)) }
        case .ready, .responding, .waiting:
            keep(bytes)
        case .lingering:
            discardedBytes += bytes.byteCount
            if discardedBytes > server.limits.maximumBodyBytes { close() }
        case .closed:
            break
        }
    }

    /// Keeps bytes of later requests, and lets no more come than there is room for.
    private func keep(_ bytes: RawSpan) {
        guard !dropsLaterRequests, loop.held.take(bytes.byteCount, for: network.share) else { return dropLaterRequests() }
        readAhead.append(bytes)
        if state.phase == .waiting || readAhead.count >= server.limits.maximumPipelinedBytes { tcp.stopReading() }
    }

    /// There is no room for the requests behind the one in work: it is answered as the last.
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

    /// Feeds the parser until the bytes are used up, a request is complete, or the next one has to wait.
    ///
    /// - Returns: How many bytes were used.
    private func consume(_ bytes: RawSpan) -> Int {
        var offset = 0
        if state.phase == .idle, !beginHead() { return 0 }
        // Until the parser says so, not until the bytes are used up: the end of a message is an event without bytes.
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
                // Empty lines alone are no request that has begun.
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

    /// Begins with the next request, unless it has to wait.
    private func beginHead() -> Bool {
        guard mayBegin else {
            holdUp()
            return false
        }
        arrivedAt = loop.now
        state.headBegan()
        exchange.startedAt = loop.now
        exchange.number += 1
        timer?.arm(after: server.intervals.head)
        return true
    }

    /// Whether the next request may begin now: the client has taken enough of the answers, and has not had its share of this turn.
    private var mayBegin: Bool {
        if isSaturated { return false }
        guard turn == loop.turnNumber else {
            (turn, begunInTurn) = (loop.turnNumber, 1)
            return true
        }
        begunInTurn += 1
        return begunInTurn <= HTTPConnection.requestsPerTurn && !loop.turnIsLong
    }

    /// Leaves the next request where it is, and what follows it in the kernel, until the client has taken more or the others have had their turn.
    private func holdUp() {
        client.becameBusy(self)
        state.heldUp()
        tcp.stopReading()
        if isSaturated { watchDelivery() } else { loop.queueTurn(for: self) }
    }

    /// Goes on with the requests that were read ahead.
    private func goOn() {
        state.becameIdle()
        // Out of reach of what is called from here.
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

    /// Nothing but empty lines came: it is idle since when it was before, and has kept its place among those that are.
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
            // What was announced as short enough to drop, but has no end: the answer is out long since.
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

    /// Sends bytes of the answer in work; a full queue starts the clock of a client that does not read.
    func send(_ first: RawSpan, _ second: RawSpan = RawSpan(), _ third: RawSpan = RawSpan()) -> WriteOutcome {
        noteOutcome(tcp.write(first, second, third, RawSpan()))
    }

    /// The same with a block that is handed over, which is empty afterwards.
    func send(_ first: RawSpan, adopting body: inout ByteBuffer, _ last: RawSpan = RawSpan()) -> WriteOutcome {
        noteOutcome(tcp.write(first, adopting: &body, last))
    }

    private func noteOutcome(_ outcome: WriteOutcome) -> WriteOutcome {
        guard outcome == .saturated else { return outcome }
        isSaturated = true
        if timer?.isArmed == false { watchDelivery() }
        return outcome
    }

    /// An answer is out as far as this side goes.
    func answerFinished() {
        switch state.answerFinished(close: closesAfterAnswer, bodyIsShort: unreadBodyIsShort) {
        // What is dropped has no more time than a head has: nobody is served by it.
        case .wait: if state.phase == .discarding { timer?.arm(after: server.intervals.head) }
        case .next: finishedWithMessage()
        case .close: linger()
        }
    }

    func abort() {
        close()
    }

    /// The client has said who it is, now or in a request before, with a head that has just come to its end.
    func clientIsKnown(as share: ClientShare) {
        isOfStranger = false
        guard client.share !== share else { return }
        client.closed(self)
        server.forget(client)
        client = share === network.share ? network : server.connections(of: share)
        client.opened()
        client.becameUnfinished(self)
        // Who comes with more than his share where places are short does not keep this one.
        if server.isCrowdedBy(client.count) { closesAfterAnswer = true }
    }

    /// Whether the connection ends after the answer: for the reasons known before it, or because too much of the body is still to come.
    var answerIsLast: Bool { closesAfterAnswer || state.phase == .body && !unreadBodyIsShort }

    /// Whether the rest of the body is little enough to be read and dropped. A client that waits for a 100 may never send it.
    private var unreadBodyIsShort: Bool {
        !parser.expectsContinue && (parser.isChunked || (parser.contentLength ?? 0) <= server.limits.maximumDiscardedBytes)
    }

    private func refuse(_ refusal: HTTPRefusal) {
        closesAfterAnswer = true
        if exchange.hasBegun { return linger() }
        server.responder.refuse(refusal, on: exchange)
        if !exchange.hasBegun { exchange.respond(status: refusal.status, contentType: nil, body: RawSpan()) }
    }

    /// The responder has returned without an answer, or in the middle of one: a mistake of this program's.
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
            if state.phase == .idle, !readAhead.isEmpty { goOn() }
        // The whole request has been read, so nothing is unread that would turn the close into a reset.
        case .close: readAhead.isEmpty && !dropsLaterRequests ? closeWhenFlushed() : linger()
        }
    }

    /// Turns to the next request, which may have been read ahead.
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
        // FIN while an answer is made can't be told from leaving (the contract says so).
        case .ready, .responding, .closed: close()
        // No request can follow, but who has sent his last one still reads.
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
        if state.phase == .waiting { goOn() }
    }

    func connectionDidClose(_ reason: CloseReason) {
        close()
        server.remove(self)
    }

    /// Ends the outgoing half and goes on reading for a while: a close with unread bytes would send a reset, and the reset can
    /// overtake the answer (RFC 9112 §9.6).
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

    /// Lets the answer in work end at once, or closes what has none.
    func cut() {
        guard state.phase == .responding, let observer = exchange.observer else { return close() }
        observer.exchangeMustEnd()
    }

    /// Closes an idle connection, or marks a busy one for closing after its answer.
    func drain() {
        switch state.phase {
        case .idle: return closeWhenFlushed()
        // What is not whole has the time that is left to it in a drain.
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

    /// Begins to watch whether the client takes what is ready for it.
    private func watchDelivery() {
        delivered = nil
        timer?.arm(after: server.intervals.stallLook)
    }

    /// Looks whether anything has reached the client since the last look.
    private func hasDelivered() -> Bool {
        let now = tcp.deliveredBytes
        if now == delivered { return false }
        delivered = now
        deliveredAt = loop.now
        return true
    }

    /// Closes the connection of a client that has taken nothing for the stall time, or for a part of it where its place keeps somebody else out, and looks
    /// again at any other.
    private func closeIfStalled() {
        let most = server.isFull ? server.intervals.crowdedStall : server.intervals.stall
        if !hasDelivered(), loop.now >= deliveredAt.advanced(by: most) { return close() }
        timer?.arm(after: server.intervals.stallLook)
    }

    /// The time of a connection that is being closed is over, unless the client still takes what is left for it.
    private func stopLingering() {
        // Where hardly any place is left nobody keeps one for the sake of a last answer, nor a drain waiting.
        let most = server.isNearlyFull || server.isDraining ? server.intervals.lingerLook : server.intervals.linger
        if hasDelivered() || loop.now < deliveredAt.advanced(by: most) {
            timer?.arm(after: server.intervals.lingerLook)
        } else if hasQueuedBytes {
            closeIfStalled()
        } else {
            close()
        }
    }

    /// A connection without a request first gives its memory back, and ends when it has stayed idle for long.
    private func stayIdle() {
        if hasQueuedBytes {
            stayBusy()
            return closeIfStalled()
        }
        let end = idleSince.advanced(by: server.intervals.idle)
        guard loop.now < end else { return close() }
        parser.releaseMemory()
        readAhead.deallocate()
        timer?.arm(at: end)
    }

    /// Not idle yet: the client is still to take its last answer.
    func stayBusy() {
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
        case .idle: stayIdle()
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
        if state.phase == .waiting, !isSaturated { goOn() }
    }
}
