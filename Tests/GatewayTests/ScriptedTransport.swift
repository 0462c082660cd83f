import EventLoop
import Wire

@testable import Gateway

/// A transport without sockets: a test looks at what was asked for and answers it.
final class ScriptedTransport: UpstreamTransport {
    /// A request that waits for its answer.
    final class Call: UpstreamTransfer {
        let request: UpstreamRequest
        private let consumer: any UpstreamConsumer
        private(set) var isCancelled = false

        init(_ request: UpstreamRequest, _ consumer: any UpstreamConsumer) {
            self.request = request
            self.consumer = consumer
        }

        func resume() {}
        func cancel() { isCancelled = true }
        func detach() {}

        /// Answers with a status and a whole body.
        func answer(_ status: Int, _ body: String) {
            guard !isCancelled else { return }
            consumer.receiveHead(status: status, fields: HTTPFields())
            let bytes = Array(body.utf8)
            _ = consumer.receive(bytes.span.bytes)
            consumer.receiveEnd(.complete)
        }
    }

    private(set) var calls: [Call] = []
    private(set) var retired: [UpstreamOrigin] = []

    func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer {
        let call = Call(request, consumer)
        calls.append(call)
        return call
    }

    func originRetired(_ origin: UpstreamOrigin) { retired.append(origin) }

    /// The calls since the last time this was asked.
    func takeCalls() -> [Call] {
        defer { calls = [] }
        return calls
    }
}
