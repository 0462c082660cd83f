internal import Glibc

/// Finds out whether a descriptor leads into systemd's journal, which keeps the time of each line itself and shows no colours.
public enum JournalStream {
    /// Whether `$JOURNAL_STREAM` names the file behind `descriptor`, as device and inode (systemd.exec(5)). It is inherited, so it may be set
    /// though the descriptor has been redirected since.
    public static func isConnected(_ descriptor: Int32, environment: [String: String]) -> Bool {
        guard let (device, inode) = parse(environment["JOURNAL_STREAM"] ?? "") else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }

    /// `device:inode`, both decimal.
    static func parse(_ text: String) -> (device: UInt64, inode: UInt64)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt64($0) }
        guard parts.count == 2, let device = parts[0], let inode = parts[1] else { return nil }
        return (device, inode)
    }
}
