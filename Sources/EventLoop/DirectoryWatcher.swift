internal import CUV

/// Reports when an entry of a directory is created, removed or changed (`uv_fs_event_t`, by inotify).
///
/// It sees changes by any process of this machine to a directory of a local file system, but none in a
/// directory that is replaced later: a caller that must not miss anything should also poll from time to time.
@safe public final class DirectoryWatcher {
    private let handle: UVHandle<uv_fs_event_t>
    private let loop: EventLoop
    private let onChange: (String) -> Void
    private var isClosing = false

    /// Watches the directory at `path` until `close()`.
    ///
    /// - Parameter onChange: Called on the loop with the entry's name.
    public init(_ path: String, on loop: EventLoop, onChange: @escaping (String) -> Void) throws(UVError) {
        self.loop = loop
        self.onChange = onChange
        unsafe handle = try UVHandle("uv_fs_event_init", on: loop) { raw in unsafe uv_fs_event_init(loop.raw, raw) }
        unsafe handle.retain(self)
        let status = unsafe uv_fs_event_start(
            handle.raw,
            { raw, name, _, status in
                let watcher = unsafe Unmanaged<DirectoryWatcher>.fromOpaque(raw!.pointee.data).takeUnretainedValue()
                guard status >= 0, let name = unsafe name else { return }
                let entry = unsafe String(cString: name)
                watcher.loop.callback("directory") { if !watcher.isClosing { watcher.onChange(entry) } }
            }, path, 0)
        guard status >= 0 else {
            close()
            throw UVError(code: status, call: "uv_fs_event_start")
        }
    }

    /// Ends the watch. Calling it twice does nothing.
    public func close() {
        guard !isClosing else { return }
        isClosing = true
        unsafe handle.close()
    }
}
