internal import EventLoop
internal import Gateway

/// A request made after the transport was closed: it fails in the next turn.
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
