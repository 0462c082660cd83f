/// The sockets that the service manager has opened for this process (sd_listen_fds(3)).
///
/// The manager keeps its own end, so that clients that connect during a restart wait instead of being refused.
public enum SocketActivation: Equatable, Sendable {
    /// None: the process opens its own.
    case none
    /// This descriptor.
    case descriptor(Int32)
    /// More than one; the gateway listens on one address.
    case tooMany(Int)

    /// The first descriptor that is passed, `SD_LISTEN_FDS_START`.
    private static let firstDescriptor: Int32 = 3

    /// Reads the variables that the manager sets; those for another process are ignored.
    public init(environment: [String: String], processID: Int32) {
        guard let process = environment["LISTEN_PID"], Int32(process) == processID, let count = environment["LISTEN_FDS"].flatMap({ Int($0) }),
            count > 0
        else {
            self = .none
            return
        }
        self = count == 1 ? .descriptor(SocketActivation.firstDescriptor) : .tooMany(count)
    }
}
