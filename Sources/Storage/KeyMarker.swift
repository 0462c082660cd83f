public import Gateway
internal import Glibc

/// The file beside the database that says that a key was kept there once. It outlives the database, so that a gateway whose keys are lost is not
/// taken for one that never had any.
///
/// Whatever lies at its path counts, whatever is in it; what is in it is for whoever finds it.
public struct KeyMarker: Sendable {
    /// The name in the data directory.
    public static let name = "keys-required"

    private static let text = """
        A client key was kept in this directory, so the gateway needs keys from then on, whatever happens to the database.
        To serve without keys all the same, set server.authentication: none in best.yaml.

        """

    private let directory: String
    private let path: String

    /// The marker of a data directory.
    public init(in directory: String) {
        self.directory = directory
        path = directory + "/" + KeyMarker.name
    }

    /// What it says now. A directory that can't be looked into may hold one.
    public var history: KeyHistory {
        var entry = stat()
        if lstat(path, &entry) == 0 { return .held }
        guard errno == ENOENT else { return .unknown("\(KeyMarker.name) can't be looked for: \(String(cString: strerror(errno)))") }
        // A link to a disk that is not there is no directory that never held a key.
        if lstat(directory, &entry) == 0, stat(directory, &entry) != 0 { return .unknown("the data directory is a link that leads nowhere") }
        return .never
    }

    /// Makes it, so that it outlives a power failure; one that is there stays.
    func write() throws(StoreTrouble) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            defer { close(descriptor) }
            // Its name is what counts: a text that is cut short by a full disk is no harm.
            _ = Array(KeyMarker.text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard fsync(descriptor) == 0 else { throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be kept") }
        } else if errno != EEXIST {
            throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be made")
        }
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be kept") }
        defer { close(folder) }
        // Some file systems have no such thing (EINVAL, fsync(2)); then the name is as safe as it gets.
        guard fsync(folder) == 0 || errno == EINVAL else { throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be kept") }
    }
}
