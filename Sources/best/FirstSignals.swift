internal import Glibc

/// Has the signals that ask a server for something wait from before the first constructor of any library on: a `SIGHUP` that comes while the program is being
/// started must not end it. `main` lets them through again where it does not serve.
///
/// The loader calls what stands in this section when it has the libraries in memory (System V ABI, chapter 5, "Initialization and Termination Functions").
/// Nothing of Swift's own is ready then, so nothing is used here but C functions. Before it, while the system and the loader map the program and its
/// libraries, nobody but whoever starts it can have the signals wait.
@section(".preinit_array") @used
private let holdFirstSignals: @convention(c) @Sendable () -> Void = {
    var set = sigset_t()
    sigemptyset(&set)
    // Those of `ProcessSignals.awaited`.
    sigaddset(&set, SIGHUP)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGQUIT)
    sigaddset(&set, SIGTERM)
    sigprocmask(SIG_BLOCK, &set, nil)
}
