internal import EventLoop
internal import HTTPServer
internal import Wire

/// Keeps the connections of streams alive whose first content is late: proxies cut a connection that says nothing for long.
///
/// After a delay the head goes out with a comment, which every client of event streams passes over, and then a comment in each interval.
/// Candidates that fail meanwhile are still passed over unseen; only an error can have no status of its own any more.
///
/// One timer looks at all the waiting requests, so that a request costs a place in a list and nothing more.
final class KeepAlive {
    private struct Place {
        var exchange: HTTPExchange?
        var context: RequestContext?
        var due: LoopInstant
    }

    /// The comment. Its text is for people who look at the stream.
    private static let comment: StaticString = ": keep-alive\n\n"

    private let loop: EventLoop
    private let writer: AnswerWriter
    private var delay: LoopInterval?
    private var interval = LoopInterval(.seconds(15))
    /// How often the places are looked at: an eighth of the shorter of the two times, and once a second at least.
    private var tick = LoopInterval(.seconds(1))
    private var places: [Place] = []
    private var free: [Int] = []
    private var timer: LoopTimer?

    init(_ options: StreamingOptions, on loop: EventLoop, writer: AnswerWriter) {
        self.loop = loop
        self.writer = writer
        configure(options)
    }

    /// Takes up other times; streams that wait already keep the delay they began with.
    func configure(_ options: StreamingOptions) {
        delay = options.keepAliveAfter.map { LoopInterval($0) }
        interval = LoopInterval(options.keepAliveInterval)
        tick = LoopInterval(min(max(min(options.keepAliveAfter ?? .seconds(8), options.keepAliveInterval) / 8, .milliseconds(5)), .seconds(1)))
    }

    /// Watches over a stream until `end` is called with what this returns; `nil` when comments are turned off.
    func begin(_ exchange: HTTPExchange, _ context: RequestContext) -> Int? {
        guard let delay else { return nil }
        let place = Place(exchange: exchange, context: context, due: context.receivedAt.advanced(by: delay))
        if timer == nil { timer = try? LoopTimer(on: loop) { [unowned self] _ in look() } }
        if let timer, !timer.isArmed { timer.arm(after: tick) }
        if let index = free.popLast() {
            places[index] = place
            return index
        }
        places.append(place)
        return places.count - 1
    }

    /// Forgets a stream.
    func end(_ index: Int?) {
        guard let index else { return }
        places[index].exchange = nil
        places[index].context = nil
        free.append(index)
    }

    /// Ends the timer.
    func close() {
        timer?.close()
        timer = nil
    }

    private func look() {
        guard free.count < places.count else { return }
        for index in places.indices where places[index].due <= loop.now {
            guard let exchange = places[index].exchange, let context = places[index].context else { continue }
            guard !context.hasCommitted, !exchange.hasFinished, !exchange.hasLostClient else { continue }
            places[index].due = loop.now.advanced(by: interval)
            if exchange.hasBegun {
                _ = exchange.write(KeepAlive.comment.span)
            } else {
                context.isKeptAlive = true
                writer.beginStream(exchange, context, first: KeepAlive.comment.span)
            }
        }
        timer?.arm(after: tick)
    }
}
