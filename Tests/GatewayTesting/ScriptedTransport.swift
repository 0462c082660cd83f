public import EventLoop
public import Gateway

/// A transport without sockets, in simulated time: a script, or the test by hand, answers each call.
///
/// It keeps the bounds in time of a request, pauses, cancels and lets calls end by themselves as the real one does, so what the gateway sees of a
/// provider is what it would see of it on the wire.
public final class ScriptedTransport: UpstreamTransport {
    /// What a call gets; by default nothing until the test says so. It may look at the call, and do what a test may do.
    public var answer: (Call) -> UpstreamScript = { _ in .silence }
    /// Every call so far, in order.
    public private(set) var calls: [Call] = []
    /// The origins that are no longer configured.
    public private(set) var retired: [UpstreamOrigin] = []
    /// How many calls have no end yet, those included whose end nobody waits for any more.
    public internal(set) var live = 0
    let loop: EventLoop

    /// Makes a transport on a simulated loop.
    public init(on loop: EventLoop) { self.loop = loop }

    /// Begins a call; what it gets comes in later callbacks.
    public func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer {
        let call = Call(request, number: calls.count, transport: self, consumer: consumer)
        calls.append(call)
        live += 1
        call.begin(answer(call))
        return call
    }

    /// Notes it.
    public func originRetired(_ origin: UpstreamOrigin) { retired.append(origin) }

    /// The calls since the last time this was asked.
    public func takeCalls() -> [Call] {
        defer { calls = [] }
        return calls
    }

    /// Fails every call that has no end, as when the network is gone.
    public func breakAll(_ kind: UpstreamFailure.Kind = .truncated) {
        for call in calls where !call.hasEnded { call.play(.failure(kind)) }
    }
}
