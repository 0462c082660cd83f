internal import EventLoop
internal import HTTPServer
internal import Wire

/// Keeps the connections of streams alive that say nothing for long, since proxies cut those.
///
/// Where the first content is late, the head goes out with a comment after a delay, which every client of event streams passes over, and then a
/// comment in each interval. Candidates that fail meanwhile are still passed over unseen; only an error can have no status of its own any more.
/// Where a provider falls silent in the middle of an answer, a comment goes out when an interval has passed since the last byte, between events only.
///
/// One timer looks at all streams, so that a request costs a place in a list and a chunk costs nothing.
final class KeepAlive {
    private struct Place {
        var exchange: HTTPExchange?
        var context: RequestContext?
        /// When the first comment may go out as long as there is no content.
        var begin: LoopInstant
        /// When it is to be looked at next.
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

    /// How many streams are watched over.
    var count: Int { places.count - free.count }

    /// Watches over a stream until `end` is called with what this returns; `nil` when comments are turned off.
    func begin(_ exchange: HTTPExchange, _ context: RequestContext) -> Int? {
        guard let delay else { return nil }
        let place = Place(
            exchange: exchange, context: context, begin: context.receivedAt.advanced(by: delay),
            due: context.receivedAt.advanced(by: min(delay, interval)))
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
            guard !exchange.hasFinished, !exchange.hasLostClient else { continue }
            places[index].due = exchange.hasBegun ? keep(exchange, context) : begin(exchange, context, places[index].begin)
        }
        timer?.arm(after: tick)
    }

    /// Looks at a stream whose head is not out.
    ///
    /// - Returns: When it is to be looked at next.
    private func begin(_ exchange: HTTPExchange, _ context: RequestContext, _ begin: LoopInstant) -> LoopInstant {
        guard begin <= loop.now else { return begin }
        context.isKeptAlive = true
        writer.beginStream(exchange, context, first: KeepAlive.comment.span)
        return loop.now.advanced(by: interval)
    }

    /// Looks at a stream whose head is out.
    ///
    /// - Returns: When it is to be looked at next.
    private func keep(_ exchange: HTTPExchange, _ context: RequestContext) -> LoopInstant {
        let due = exchange.writtenAt.advanced(by: interval)
        guard due <= loop.now else { return due }
        // To a client that does not read there is enough on its way; and bytes that are no events, or half of one, suffer no comment.
        let maySpeak = context.hasCommitted ? context.isBetweenEvents : context.isKeptAlive
        if maySpeak, !exchange.hasQueuedBytes { _ = exchange.write(KeepAlive.comment.span) }
        return loop.now.advanced(by: interval)
    }
}
