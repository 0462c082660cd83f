internal import Dispatch
internal import EventLoop
internal import Foundation
internal import GRDB
internal import Gateway

/// The open database and its file. Confined to the store's thread.
final class DatabaseFile {
    /// The name in the data directory.
    static let name = "best.db"
    /// A file up to this size is checked completely when it is opened: 64 MiB, about a tenth of a second.
    private static let largestCheckedSize = 64 * 1024 * 1024

    /// The identity of the file, whatever its name.
    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    let path: String
    private let queue: DatabaseQueue
    private let identity: Identity

    /// Opens the database in a directory; both are made if they do not exist.
    ///
    /// - Throws: `StoreTrouble`, or `StoreFailure.newerSchema`.
    init(in directory: String, busyTimeout: Duration) throws {
        path = directory + "/" + DatabaseFile.name
        try DatabaseFile.makeFile(path, in: directory)
        try DatabaseFile.checkPermissions(path, in: directory)
        var configuration = Configuration()
        configuration.label = "store"
        // The usual one asks for a priority above the service's, which the system refuses and Dispatch then complains of.
        configuration.qos = .default
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(Double(busyTimeout.components.seconds) + Double(busyTimeout.components.attoseconds) / 1e18)
        configuration.prepareDatabase { db in
            // The log file is cut back to this after a burst; otherwise it would keep its largest size forever.
            try db.execute(sql: "PRAGMA journal_size_limit = 16777216")
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            guard let found = DatabaseFile.identity(of: path) else { throw StoreTrouble(.deleted, "the file is gone") }
            identity = found
            try Schema.prepare(queue, at: path)
        } catch let failure as StoreFailure {
            throw failure
        } catch {
            throw StoreTrouble(error)
        }
    }

    /// The keys of a database that can be read but not written, or whose directory can't be written; `nil` if
    /// they can't be read either.
    ///
    /// Where there is no database there are no keys. An existing log is applied. If there is none, none can be
    /// made, and SQLite must be told that the file does not change (`immutable`).
    static func keysOfReadOnly(in directory: String) -> [KeyVersion]? {
        let path = directory + "/" + name
        guard access(path, R_OK) == 0 else { return errno == ENOENT ? [] : nil }
        for target in targetsToRead(path) {
            guard let queue = try? queueToRead(target) else { continue }
            defer { try? queue.close() }
            if let keys = try? queue.read(KeyTable.all) { return keys }
        }
        return nil
    }

    /// How a database may be opened for reading, the better way first.
    static func targetsToRead(_ path: String) -> [String] {
        access(path + "-wal", F_OK) == 0 ? [path] : [path, "file:\(escaped(path))?immutable=1"]
    }

    /// Opens a database for reading.
    static func queueToRead(_ target: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "reader"
        configuration.qos = .default
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: target, configuration: configuration)
    }

    private static func escaped(_ path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    }

    /// Reads the whole file for damage, unless it is large.
    func check() throws(StoreTrouble) {
        guard DatabaseFile.size(of: path) <= DatabaseFile.largestCheckedSize else { return }
        let found = try read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard found == "ok" else { throw StoreTrouble(.corrupt, "the check of the file found damage") }
    }

    /// Whether the file at the path is still the same. SQLite keeps writing into a file that was deleted.
    var isInPlace: Bool { DatabaseFile.identity(of: path) == identity }

    /// Runs one read transaction.
    func read<T>(_ body: (Database) throws -> T) throws(StoreTrouble) -> T {
        do { return try queue.read(body) } catch { throw StoreTrouble(error) }
    }

    /// Runs one write transaction.
    ///
    /// - Parameter outlivesPowerLoss: Whether the disk must have it before this returns (`synchronous=FULL`).
    ///   Other commits survive the process, even `kill -9`, but the last of them may not survive a power
    ///   failure (sqlite.org/pragma.html#pragma_synchronous).
    func write<T>(outlivesPowerLoss: Bool, busyTimeout: Duration, _ body: (Database) throws -> T) throws(StoreTrouble) -> T {
        do {
            return try queue.writeWithoutTransaction { db in
                try db.execute(sql: outlivesPowerLoss ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
                try db.execute(sql: "PRAGMA busy_timeout = \(busyTimeout.millisecondsRoundedUp)")
                var result: T?
                try db.inTransaction(.immediate) {
                    result = try body(db)
                    return .commit
                }
                return result!
            }
        } catch {
            throw StoreTrouble(error)
        }
    }

    /// Drops the pages in memory, so that the next read sees the file.
    func dropCache() { queue.releaseMemory() }

    /// Closes the database. What can't be written any more is lost.
    func close() { try? queue.close() }

    /// Moves an unusable database out of the way, with its log; it is kept for inspection.
    ///
    /// - Returns: The new path; `nil` when it can't be moved.
    static func moveAside(in directory: String, at now: UnixTime) -> String? {
        let path = directory + "/" + name
        let aside = "\(path).damaged-\(now.milliseconds)"
        guard rename(path, aside) == 0 || errno == ENOENT else { return nil }
        // A log left behind would be applied to the new database.
        for suffix in ["-wal", "-shm"] {
            guard rename(path + suffix, aside + suffix) == 0 || errno == ENOENT || unlink(path + suffix) == 0 else { return nil }
        }
        return aside
    }

    /// Removes the log of a deleted database, for the same reason.
    static func removeOrphanedLog(in directory: String) {
        let path = directory + "/" + name
        guard access(path, F_OK) != 0 else { return }
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
    }

    private static func makeFile(_ path: String, in directory: String) throws(StoreTrouble) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            let isReadOnly = (error as? CocoaError)?.code == .fileWriteVolumeReadOnly
            throw StoreTrouble(
                isReadOnly ? .readOnly : .unavailable, "the data directory can't be made\(isReadOnly ? ": read-only file system" : "")")
        }
        // SQLite gives its log files the permissions of the database, so it suffices to create that one.
        let descriptor = open(path, O_CREAT | O_EXCL | O_CLOEXEC | O_RDWR | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            Glibc.close(descriptor)
        } else if errno != EEXIST {
            throw StoreTrouble(errno: errno, "\(name) can't be made")
        }
    }

    /// SQLite opens a file that can't be written anyway, to read it, and fails only at the first write. Its log
    /// needs the directory.
    private static func checkPermissions(_ path: String, in directory: String) throws(StoreTrouble) {
        func reason() -> String { String(cString: strerror(errno)) }
        guard access(path, R_OK) == 0 else { throw StoreTrouble(.unavailable, "\(name) can't be read: \(reason())") }
        guard access(path, W_OK) == 0 else { throw StoreTrouble(.readOnly, "\(name) can't be written: \(reason())") }
        guard access(directory, W_OK) == 0 else { throw StoreTrouble(.readOnly, "the data directory can't be written: \(reason())") }
    }

    private static func identity(of path: String) -> Identity? {
        var entry = stat()
        guard stat(path, &entry) == 0 else { return nil }
        return Identity(device: UInt64(entry.st_dev), inode: UInt64(entry.st_ino))
    }

    private static func size(of path: String) -> Int {
        var entry = stat()
        return stat(path, &entry) == 0 ? Int(entry.st_size) : 0
    }
}
