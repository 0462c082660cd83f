internal import Glibc

/// How the process treats signals from its first instruction on: those it reacts to wait for their
/// `SignalWatcher`, those without a meaning are ignored. By default nearly all of them would end it
/// (signal(7)).
public enum ProcessSignals {
    /// The signals that get a watcher.
    private static let awaited: [CInt] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    /// Signals that mean nothing here: a stray `kill -USR1` must not end a process that all clients use.
    /// Signals for faults (SIGSEGV, SIGABRT …) and job control (SIGTSTP, SIGCONT …) are left alone; so is
    /// SIGCHLD, which is ignored anyway.
    private static let meaningless: [CInt] = [
        SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
    ]
    /// The first and the last real-time signal; the two below belong to the C library (nptl(7)).
    private static let realTime: ClosedRange<CInt> = 34...64

    /// Blocks the awaited signals, so that none is lost and none ends the start, and ignores the others. Called
    /// before any other thread starts; calling it twice does nothing.
    public static func hold() {
        for number in meaningless { signal(number, SIG_IGN) }
        for number in realTime { signal(number, SIG_IGN) }
        change(SIG_BLOCK)
    }

    /// Unblocks the awaited signals, delivering those that came meanwhile first. Called once they have their
    /// watchers, and by a program that does not serve, which they end as they end any other.
    public static func release() {
        change(SIG_UNBLOCK)
    }

    private static func change(_ how: CInt) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in awaited { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(how, &set, nil)
    }
}
