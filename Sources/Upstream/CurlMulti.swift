internal import CCurl
internal import EventLoop
internal import Glibc

/// Something that has a handle in the multi and is notified when libcurl is done with it.
protocol CurlJob: AnyObject {
    /// libcurl has finished: with a connection or an answer, or with an error. Called outside of libcurl.
    func curlFinished(_ code: CURLcode)
    /// The multi has closed and released the handle, which must be freed; no outcome is expected any more.
    func curlClosed()
}

/// libcurl's multi interface on the event loop: its sockets are watched by libuv's poll, its one timeout by a timer.
///
/// libcurl is entered only from here or from a connection's own send and receive, and never from one of its
/// callbacks: those record what is wanted and return (CURLMOPT_TIMERFUNCTION, CURLMOPT_SOCKETFUNCTION).
@safe final class CurlMulti {
    /// Connections that libcurl's own engine keeps; connect-only ones are never evicted
    /// (`CURLMOPT_MAXCONNECTS`).
    private static let maximumCachedConnections = 64

    let loop: EventLoop
    private let raw: UnsafeMutableRawPointer
    private var timer: LoopTimer?
    private var watchers: [Int32: SocketWatcher] = [:]
    /// What libcurl waits for on the descriptors it owns.
    private var wishes: [Int32: SocketEvents] = [:]
    /// Descriptors whose watcher belongs to one of our connections; libcurl's wishes for them are ignored.
    private var owned: Set<Int32> = []
    private var jobs: [UnsafeMutableRawPointer: any CurlJob] = unsafe [:]

    init(on loop: EventLoop) throws(UVError) {
        self.loop = loop
        // All threads of the program share this; a second call only counts (curl_global_init).
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard let multi = unsafe curl_multi_init() else { preconditionFailure("out of memory: curl_multi_init") }
        unsafe raw = multi
        timer = try LoopTimer(on: loop) { [unowned self] _ in timeout() }
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, CurlMulti.maximumCachedConnections)
        unsafe ccurl_multi_set_socket(raw, curlDidChangeSocket, me)
        unsafe ccurl_multi_set_timer(raw, curlDidChangeTimeout, me)
    }

    deinit { close() }

    /// Ends every transfer and connection.
    func close() {
        guard let timer else { return }
        let left = unsafe jobs
        unsafe jobs = [:]
        for unsafe(easy, job) in unsafe left {
            unsafe curl_multi_remove_handle(raw, easy)
            job.curlClosed()
        }
        // The socket callback may be called during clean-up, so the table of watchers must outlive it
        // (curl_multi_cleanup).
        unsafe curl_multi_cleanup(raw)
        for watcher in watchers.values { watcher.close() }
        (watchers, wishes) = ([:], [:])
        timer.close()
        self.timer = nil
    }

    /// Gives a configured handle to libcurl. Its first step happens in the loop's next turn, so nothing
    /// completes inside this call.
    func add(_ easy: UnsafeMutableRawPointer, job: any CurlJob) {
        unsafe jobs[easy] = job
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ccurl_set_close_socket(easy, curlWillCloseSocket)
        unsafe ccurl_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, me)
        unsafe curl_multi_add_handle(raw, easy)
    }

    /// Takes a handle back, which closes a connect-only connection. Never called from a libcurl callback.
    func remove(_ easy: UnsafeMutableRawPointer) {
        guard unsafe jobs.removeValue(forKey: easy) != nil else { return }
        unsafe curl_multi_remove_handle(raw, easy)
    }

    /// Hands a descriptor's watcher over to its connection.
    func takeOver(descriptor: Int32) throws(UVError) -> SocketWatcher {
        owned.insert(descriptor)
        wishes[descriptor] = nil
        if let watcher = watchers[descriptor] {
            watcher.watch(for: [])
            return watcher
        }
        let watcher = try SocketWatcher(descriptor: descriptor, on: loop) { _ in }
        watchers[descriptor] = watcher
        return watcher
    }

    // MARK: libcurl's wishes

    fileprivate func socketChanged(_ descriptor: Int32, _ wish: Int32) {
        guard !owned.contains(descriptor) else { return }
        var events: SocketEvents = []
        if wish & CURL_POLL_IN != 0 { events.insert(.readable) }
        if wish & CURL_POLL_OUT != 0 { events.insert(.writable) }
        if wish == CURL_POLL_REMOVE { events = [] }
        wishes[descriptor] = events.isEmpty ? nil : events
        if let watcher = watchers[descriptor] { return watcher.watch(for: events) }
        guard !events.isEmpty else { return }
        guard let watcher = try? SocketWatcher(descriptor: descriptor, on: loop, onReady: { [unowned self] in socketReady(descriptor, $0) }) else {
            return
        }
        watchers[descriptor] = watcher
        watcher.watch(for: events)
    }

    fileprivate func timeoutChanged(_ milliseconds: Int) {
        if milliseconds < 0 { timer?.disarm() } else { timer?.arm(after: .milliseconds(milliseconds)) }
    }

    /// The watcher is removed before its descriptor is closed: libuv must not poll a number that the system may
    /// reuse.
    fileprivate func closeSocket(_ descriptor: Int32) {
        watchers.removeValue(forKey: descriptor)?.close()
        wishes[descriptor] = nil
        owned.remove(descriptor)
        Glibc.close(descriptor)
    }

    // MARK: Steps

    private func socketReady(_ descriptor: Int32, _ events: SocketEvents) {
        var flags: Int32 = 0
        if events.contains(.readable) { flags |= CURL_CSELECT_IN }
        if events.contains(.writable) { flags |= CURL_CSELECT_OUT }
        // A connection that was reset may still hold an answer, but libuv reports only the reset. With nothing
        // but an error, libcurl would give up the call ("select/poll returned error"); if it may also read and
        // write, it reads what is there and learns the reason, or starts again on a new connection if a kept
        // one turns out to be dead.
        if events.contains(.failed) { flags |= CURL_CSELECT_IN | CURL_CSELECT_OUT | CURL_CSELECT_ERR }
        step(descriptor, flags)
        // libuv has stopped watching; libcurl may want more of the same and does not know this.
        if events.contains(.failed), let wish = wishes[descriptor] { watchers[descriptor]?.watch(for: wish) }
    }

    private func timeout() {
        step(CURL_SOCKET_TIMEOUT, 0)
    }

    private func step(_ descriptor: curl_socket_t, _ flags: Int32) {
        var running: Int32 = 0
        let code = unsafe curl_multi_socket_action(raw, descriptor, flags, &running)
        finishJobs()
        if code != CURLM_OK { failAll() }
    }

    /// Reports finished jobs. Called after every step, even when nothing is running: otherwise the last one to
    /// time out would be missed.
    private func finishJobs() {
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(raw, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else { continue }
            // Copied before the job runs: removing the handle invalidates the message (curl_multi_info_read).
            let code = unsafe ccurl_message_result(message)
            unsafe jobs[easy]?.curlFinished(code)
        }
    }

    /// After a failed step, a multi is useless until it is empty (libcurl's manual), so everything in it fails.
    private func failAll() {
        for unsafe(_, job) in unsafe jobs { job.curlFinished(CURLE_FAILED_INIT) }
    }
}

private let curlDidChangeSocket: curl_socket_callback = { _, descriptor, wish, user, _ in
    unsafe Unmanaged<CurlMulti>.fromOpaque(user!).takeUnretainedValue().socketChanged(descriptor, wish)
    return 0
}

private let curlDidChangeTimeout: curl_multi_timer_callback = { _, milliseconds, user in
    unsafe Unmanaged<CurlMulti>.fromOpaque(user!).takeUnretainedValue().timeoutChanged(milliseconds)
    return 0
}

private let curlWillCloseSocket: curl_closesocket_callback = { user, descriptor in
    unsafe Unmanaged<CurlMulti>.fromOpaque(user!).takeUnretainedValue().closeSocket(descriptor)
    return 0
}
