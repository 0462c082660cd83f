internal import EventLoop

/// Remembers where answers of `/v1/responses` were made, also over a restart: takes it from the store at the start, and gives it there shortly after a change
/// and at the end.
final class ResponseKeeper {
    /// The name in the store.
    static let name = "responses"

    private(set) var homes = ResponseHomes()
    private let store: (any CheckpointStore)?
    private let loop: EventLoop
    private let notices: any Notices
    private var timer: LoopTimer?
    private var isWriting = false
    private var hasChanged = false
    /// How large it was when it was written down last, in bytes.
    private var bytes = 0

    init(in store: (any CheckpointStore)?, on loop: EventLoop, notices: any Notices) {
        self.store = store
        self.loop = loop
        self.notices = notices
    }

    /// Takes what the last run has left. What can't be read is said and left alone.
    func start() async {
        guard let store else { return }
        do throws(StoreFailure) {
            if let kept = try await store.restore(ResponseKeeper.name), !homes.restore(kept) {
                notices.notice("the kept ids of responses can't be read; what went on from them is asked for anew")
            }
        } catch {
            notices.notice("the kept ids of responses can't be had (\(error)); what went on from them is asked for anew")
        }
        timer = try? LoopTimer(on: loop) { [unowned self] _ in keep() }
        // What came meanwhile.
        if hasChanged { armTimer() }
    }

    /// Remembers where something was made.
    func note(_ id: String, _ kind: ResponseHomes.Kind = .response, at home: ResponseHomes.Home) {
        guard homes.note(id, kind, at: home) else { return }
        hasChanged = true
        armTimer()
    }

    /// Keeps the last state.
    func stop() {
        guard let store, timer != nil else { return }
        timer?.close()
        timer = nil
        if hasChanged || isWriting { store.checkpoint(ResponseKeeper.name, homes.text()) }
    }

    private func armTimer() {
        guard let timer, !timer.isArmed, !isWriting else { return }
        timer.arm(after: ResponseKeeper.interval(bytes: bytes))
    }

    /// How long after a change all is written down: half a second, and as long as it takes at 256 KiB a second, about four seconds for all there may be.
    static func interval(bytes: Int) -> Duration { max(.milliseconds(500), .milliseconds(bytes / 262)) }

    /// Writes all of it, which takes milliseconds, beside the loop.
    private func keep() {
        guard let store, hasChanged else { return }
        (hasChanged, isWriting) = (false, true)
        let homes = homes
        loop.task((self, store)) { keeper, store in
            let text = await LoopWork.run(on: keeper.loop) { homes.text() }
            keeper.isWriting = false
            keeper.bytes = text.count
            // At the end it is written anew.
            guard keeper.timer != nil else { return }
            store.checkpoint(ResponseKeeper.name, text)
            if keeper.hasChanged { keeper.armTimer() }
        }
    }
}
