internal import CUV

/// Tells when an entry of a directory comes, goes or changes (`uv_fs_event_t`, by inotify).
///
/// It sees what any process of this machine does in a directory of a local file system, and nothing in a directory that is replaced later: whoever
/// must not miss anything also looks from time to time.
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
