internal import CUV
internal import Glibc

/// Settings of the whole process, made once at the start.
public enum ProcessTraits {
    /// Lets a write to a closed socket fail instead of ending the program (`SIGPIPE`).
    public static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Keeps other processes of the same user from reading this one's memory, and core files from being written: the providers' keys are in
    /// it (`PR_SET_DUMPABLE`, prctl(2)).
    public static func forbidMemoryDumps() {
        _ = cuv_forbid_dumps()
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
