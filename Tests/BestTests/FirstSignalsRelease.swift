import Glibc

/// Lets the signals through that `best` has wait from its first moment on (`holdFirstSignals`): this program has its code inside, but is no server, and is
/// to be ended by them. Called before `main`, and after what stands in `.preinit_array` (System V ABI, chapter 5).
@section(".init_array") @used
private let releaseFirstSignals: @convention(c) @Sendable () -> Void = {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGHUP)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGQUIT)
    sigaddset(&set, SIGTERM)
    sigprocmask(SIG_UNBLOCK, &set, nil)
}
