internal import EventLoop
internal import Wire

/// Keeps the health of providers over a restart: takes it from the store at the start, and gives it there a few seconds after a change and at the end.
final class HealthKeeper {
    /// The name in the store.
    private static let name = "health"
    /// How long after a change a snapshot is made; what changes meanwhile is in it.
    private static let delay: Duration = .seconds(5)

    private let registry: HealthRegistry
    private let ledger: HealthLedger
    private let endpoints: EndpointBook
    private let store: any CheckpointStore
    private let loop: EventLoop
    private let notices: any Notices
    private var timer: LoopTimer?

    init(
        _ registry: HealthRegistry, _ ledger: HealthLedger, _ endpoints: EndpointBook, in store: any CheckpointStore, on loop: EventLoop,
        notices: any Notices
    ) {
        self.endpoints = endpoints
        self.registry = registry
        self.ledger = ledger
        self.store = store
        self.loop = loop
        self.notices = notices
    }

    /// Takes what the last run has left of the providers that are configured. What can't be read is said and left alone.
    func start(with providers: [ProviderConfiguration]) async {
        do throws(StoreFailure) {
            if let kept = try await store.restore(HealthKeeper.name) {
                if let snapshot = HealthSnapshot(parsing: kept.span.bytes) {
                    registry.restore(snapshot, at: loop.now, epoch: loop.millisecondsSinceEpoch)
                    endpoints.restore(snapshot.endpoints, for: providers, at: loop.now, epoch: loop.millisecondsSinceEpoch)
                } else {
                    notices.notice("the kept health of providers can't be read; beginning without it")
                }
            }
        } catch {
            notices.notice("the kept health of providers can't be had (\(error)); beginning without it")
        }
        timer = try? LoopTimer(on: loop) { [unowned self] _ in keep() }
        let armTimer = { [unowned self] in
            if let timer, !timer.isArmed { timer.arm(after: HealthKeeper.delay) }
        }
        ledger.changed = armTimer
        endpoints.changed = armTimer
    }

    /// Keeps the last state.
    func stop() {
        guard timer != nil else { return }
        ledger.changed = {}
        endpoints.changed = {}
        timer?.close()
        timer = nil
        keep()
    }

    private func keep() {
        var snapshot = registry.snapshot(at: loop.now, epoch: loop.millisecondsSinceEpoch)
        snapshot.endpoints = endpoints.kept(at: loop.now, epoch: loop.millisecondsSinceEpoch)
        var buffer = ByteBuffer()
        snapshot.write(into: &buffer)
        let bytes = buffer.bytes
        store.checkpoint(HealthKeeper.name, (0..<bytes.byteCount).map { bytes[byte: $0] })
    }
}
