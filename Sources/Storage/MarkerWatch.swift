internal import EventLoop
internal import Gateway

/// Tells when another process leaves the marker of a first key in a data directory: at once where the directory can be watched, else within a second.
final class MarkerWatch {
    /// How often it is looked for: the directory may not be there yet, or be exchanged for another.
    private static let interval: Duration = .seconds(1)

    private let marker: KeyMarker
    private let loop: EventLoop
    private let directory: String
    private var appeared: (() -> Void)?
    private var watcher: DirectoryWatcher?
    private var timer: LoopTimer?

    /// Begins to watch; `appeared` is called once, later than this returns.
    init(_ directory: String, on loop: EventLoop, appeared: @escaping () -> Void) {
        self.directory = directory
        self.loop = loop
        self.appeared = appeared
        marker = KeyMarker(in: directory)
        timer = try? LoopTimer(on: loop) { [unowned self] _ in look() }
        timer?.arm(at: loop.now)
    }

    /// Ends the watch. Calling it twice does nothing.
    func close() {
        appeared = nil
        watcher?.close()
        watcher = nil
        timer?.close()
        timer = nil
    }

    private func look() {
        if watcher == nil {
            watcher = try? DirectoryWatcher(directory, on: loop) { [unowned self] name in if name == KeyMarker.name { found() } }
        }
        loop.task(self) { watch in
            // A directory may lie on a disk that does not answer.
            let history = await LoopWork.run(on: watch.loop) { [marker = watch.marker] in marker.history }
            if history == .held { watch.found() } else { watch.timer?.arm(after: MarkerWatch.interval) }
        }
    }

    private func found() {
        let appeared = appeared
        close()
        appeared?()
    }
}
