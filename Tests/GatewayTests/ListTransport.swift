import EventLoop
import Wire

@testable import Gateway

/// A transport that answers from a script: what a call gets is decided by its host and target.
final class ListTransport: UpstreamTransport {
    /// What a call gets.
    enum Reply {
        case answer(status: Int, String)
        case failure(UpstreamFailure)
        /// Bytes without an end, as long as they are taken.
        case flood
        /// Nothing, until the call is cancelled.
        case silence
    }

    /// One call that came.
    struct Call: Equatable {
        let host: String
        let target: String
        let fields: [String]
    }

    /// Decides what a call gets.
    var reply: (Call) -> Reply = { _ in .answer(status: 404, "") }
    private(set) var calls: [Call] = []
    private(set) var cancelled = 0
    private let loop: EventLoop

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// The targets asked for at a host, in order.
    func targets(_ host: String) -> [String] { calls.filter { $0.host == host }.map(\.target) }

    func originRetired(_ origin: UpstreamOrigin) {}

    func start(_ request: UpstreamRequest, delivering consumer: any UpstreamConsumer) -> any UpstreamTransfer {
        let call = Call(host: request.endpoint.origin.host, target: request.endpoint.target, fields: request.endpoint.fieldLines)
        calls.append(call)
        let transfer = ListTransfer { [unowned self] in cancelled += 1 }
        let reply = reply(call)
        loop.task((transfer, consumer)) { transfer, consumer in
            guard !transfer.isCancelled else { return }
            switch reply {
            case .answer(let status, let text):
                consumer.receiveHead(status: status, fields: HTTPFields())
                // In two pieces, as it may come.
                let bytes = Array(text.utf8)
                _ = consumer.receive(bytes.span.bytes.extracting(first: bytes.count / 2))
                guard !transfer.isCancelled else { return }
                _ = consumer.receive(bytes.span.bytes.extracting(droppingFirst: bytes.count / 2))
                if !transfer.isCancelled { consumer.receiveEnd(.complete) }
            case .flood:
                consumer.receiveHead(status: 200, fields: HTTPFields())
                let piece = [UInt8](repeating: 0x20, count: 1024 * 1024)
                while !transfer.isCancelled { _ = consumer.receive(piece.span.bytes) }
            case .failure(let failure): consumer.receiveEnd(.failed(failure))
            case .silence: break
            }
        }
        return transfer
    }
}

/// A call that may be cancelled.
private final class ListTransfer: UpstreamTransfer {
    private(set) var isCancelled = false
    private let didCancel: () -> Void

    init(didCancel: @escaping () -> Void) { self.didCancel = didCancel }

    func resume() {}
    func detach() {}
    func cancel() {
        guard !isCancelled else { return }
        isCancelled = true
        didCancel()
    }
}

/// An observer that remembers.
final class RecordingObserver: GatewayObserver {
    private(set) var notices: [String] = []
    private(set) var completed: [RequestContext] = []

    func requestCompleted(_ request: RequestContext) { completed.append(request) }
    func notice(_ message: String) { notices.append(message) }
}

/// A cache in memory, with faults on demand.
final class MemoryCache: ModelListCache {
    let place = "the cache"
    var bytes: [UInt8]?
    var loadFailure: ModelListCacheError?
    var saveFailure: ModelListCacheError?
    private(set) var saves = 0

    func load() async throws(ModelListCacheError) -> [UInt8]? {
        if let loadFailure { throw loadFailure }
        return bytes
    }

    func save(_ bytes: [UInt8]) async throws(ModelListCacheError) {
        saves += 1
        if let saveFailure { throw saveFailure }
        self.bytes = bytes
    }
}
