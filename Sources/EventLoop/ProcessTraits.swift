internal import CUV
internal import Glibc

/// Settings of the whole process, made once at startup.
public enum ProcessTraits {
    /// Makes a write to a closed socket fail instead of ending the program (`SIGPIPE`).
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Keeps other processes of the same user from reading this one's memory, and core files from being
    /// written: it holds the providers' keys (`PR_SET_DUMPABLE`, prctl(2)).
    public static func forbidMemoryDumps() {
        _ = cuv_forbid_dumps()
    }

    /// Unmaps the pages of code that only startup needed: argument parsing, YAML, certificates. Called once,
    /// when serving begins.
    ///
    /// Code is clean and stays in the page cache; what is used again comes back with a minor fault. This frees
    /// 11 MB of resident memory.
    public static func releaseStartupCode() {
        guard let file = unsafe fopen("/proc/self/maps", "r") else { return }
        defer { unsafe fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        while unsafe getline(&line, &capacity, file) > 0, let text = unsafe line.map({ unsafe String(cString: $0) }) {
            // address perms offset dev inode path (proc_pid_maps(5)); only executable code of files, which has
            // not been written to
            let parts = text.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count >= 6, parts[1] == "r-xp", parts[5].hasPrefix("/") else { continue }
            let bounds = parts[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
            guard bounds.count == 2, let start = unsafe UnsafeMutableRawPointer(bitPattern: bounds[0]) else { continue }
            unsafe madvise(start, Int(bounds[1] - bounds[0]), MADV_DONTNEED)
        }
    }

    /// Ends the program without waiting for its threads.
    public static func exitAtOnce(_ code: Int32) -> Never {
        unsafe fflush(nil)
        _exit(code)
    }

    /// The processor time that all threads of the process have used so far, user and system (clock_gettime(2)).
    public static func processorTime() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Raises the number of descriptors that may be open to what the system allows: a stream needs two.
    ///
    /// - Returns: The number now.
    @discardableResult
    public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}
