public import Gateway
internal import Glibc

/// The file beside the database that says that a key was once kept there. It outlives the database, so that a
/// gateway that lost its keys is not taken for one that never had any.
///
/// Anything at its path counts, whatever its content, which is only meant for people.
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

    /// What it says now. A directory that can't be searched may hold one.
    public var history: KeyHistory {
        var entry = stat()
        if lstat(path, &entry) == 0 { return .held }
        guard errno == ENOENT else { return .unknown("\(KeyMarker.name) can't be looked for: \(String(cString: strerror(errno)))") }
        // A link to a disk that is missing is not a directory that never held a key.
        if lstat(directory, &entry) == 0, stat(directory, &entry) != 0 { return .unknown("the data directory is a link that leads nowhere") }
        return .never
    }

    /// Creates it so that it survives a power failure; an existing one is kept.
    func write() throws(StoreTrouble) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            defer { close(descriptor) }
            // Only its name counts: a text cut short by a full disk does no harm.
            _ = Array(KeyMarker.text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard fsync(descriptor) == 0 else { throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be kept") }
        } else if errno != EEXIST {
            throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be made")
        }
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be kept") }
        defer { close(folder) }
        // Some file systems don't support this (EINVAL, fsync(2)); the name is then as safe as it can be.
        guard fsync(folder) == 0 || errno == EINVAL else { throw StoreTrouble(errno: errno, "\(KeyMarker.name) can't be kept") }
    }
}
