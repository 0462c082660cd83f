internal import EventLoop
internal import Gateway

/// Reports when another process creates the marker of a first key in a data directory: at once if the directory
/// can be watched, otherwise within a second.
final class MarkerWatch {
    /// How often to check: the directory may not exist yet, or may be replaced.
    private static let interval: Duration = .seconds(1)

    private let marker: KeyMarker
    private let loop: EventLoop
    private let directory: String
    private var appeared: (() -> Void)?
    private var watcher: DirectoryWatcher?
    private var timer: LoopTimer?

    /// Starts watching; `appeared` is called once, after this returns.
    init(_ directory: String, on loop: EventLoop, appeared: @escaping () -> Void) {
        self.directory = directory
        self.loop = loop
        self.appeared = appeared
        marker = KeyMarker(in: directory)
        timer = try? LoopTimer(on: loop) { [unowned self] _ in check() }
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

    private func check() {
        if watcher == nil {
            watcher = try? DirectoryWatcher(directory, on: loop) { [unowned self] name in if name == KeyMarker.name { found() } }
        }
        loop.task(self) { watch in
            // A directory may be on a disk that does not respond.
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
