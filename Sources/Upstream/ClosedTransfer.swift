internal import EventLoop
internal import Gateway

/// A request that was asked for after the transport's end: it fails in the next turn.
final class ClosedTransfer: UpstreamTransfer {
    private var consumer: (any UpstreamConsumer)?

    init(_ consumer: any UpstreamConsumer, on loop: EventLoop) {
        self.consumer = consumer
        loop.task(self) { $0.fail() }
    }

    var hasBegunSending: Bool { false }

    func resume() {}
    func detach() { consumer = nil }
    func cancel() { consumer = nil }

    private func fail() {
        let waiting = consumer
        consumer = nil
        waiting?.receiveEnd(.failed(UpstreamFailure(.local, "the gateway is shutting down")))
    }
}
