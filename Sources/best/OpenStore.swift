internal import EventLoop
internal import Gateway
internal import Observability
internal import Storage

/// The store of a serving process, of the kind that is configured, with its beginning and its end.
final class OpenStore {
    /// How long the end waits for the disk; what is not written by then is lost.
    private static let patience: Duration = .seconds(5)

    /// The store as the gateway sees it.
    let ports: any DataStore
    private let sqlite: SQLiteStore?
    private let memory: MemoryStore?

    init(_ configuration: GatewayConfiguration, on loop: EventLoop, observer: RequestLog) throws(UVError) {
        switch configuration.store.kind {
        case .memory:
            let store = MemoryStore(directory: configuration.server.dataDirectory, on: loop)
            (sqlite, memory) = (nil, store)
            ports = store
        case .sqlite:
            let store = try SQLiteStore(
                directory: configuration.server.dataDirectory, options: configuration.store, usage: configuration.usage, on: loop)
            store.statusChanged = { status in OpenStore.tell(status, to: observer) }
            store.noticed = { observer.notice("store: \($0)") }
            (sqlite, memory) = (store, nil)
            ports = store
        }
    }

    /// Opens the store and reads the keys; trouble does not keep the gateway from serving.
    ///
    /// - Returns: Why the gateway must not start: what is stored is of a newer version.
    func open() async -> StoreFailure? {
        do throws(StoreFailure) {
            try await sqlite?.open()
            return nil
        } catch {
            return error
        }
    }

    /// Closes what belongs to the loop.
    func detach() {
        sqlite?.detach()
        memory?.detach()
    }

    /// Writes what waits, when the loop has ended.
    func close(telling observer: RequestLog) {
        guard let sqlite else { return }
        let isDone = sqlite.close(patience: OpenStore.patience)
        let lost = sqlite.status.waitingRecords
        if !isDone || lost > 0 { observer.notice("store: \(lost) usage records could not be written before the end") }
    }

    private static func tell(_ status: StoreStatus, to observer: RequestLog) {
        switch status.state {
        case .opening: break
        case .memoryOnly:
            let keys = status.hasLoadedKeys ? "" : "; the keys could not be read yet"
            observer.notice(
                "store: \(status.trouble?.rawValue ?? "out of order"): \(status.detail); serving from memory, nothing is kept meanwhile\(keys)")
        case .durable where status.recoveries > 0:
            let dropped = status.droppedRecords > 0 ? "; \(status.droppedRecords) usage records have been dropped since the start" : ""
            observer.notice("store: everything is kept again\(dropped)")
        case .durable: break
        }
    }
}
