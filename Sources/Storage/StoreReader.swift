internal import Foundation
internal import GRDB
public import Gateway

/// Reads a store's database without changing anything: neither the file nor its directory is created, upgraded
/// or repaired, and both may be read-only.
///
/// The gateway may be using it meanwhile; the last second of its data may be missing.
public struct StoreReader {
    /// The version of SQLite that is in use, `3.40.1`.
    public static var libraryVersion: String {
        // X * 1,000,000 + Y * 1,000 + Z (https://sqlite.org/c3ref/libversion.html).
        let number = Int(Database.sqliteLibVersionNumber)
        return "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }

    /// Every key, revoked and expired ones too, the oldest first.
    public let keys: [StoredKey]
    private let queue: DatabaseQueue?

    /// Opens the database in a directory; without a database there are no keys and no usage.
    ///
    /// - Throws: `.newerSchema`, or `.unavailable` if it can't be read.
    public init(directory: String) throws(StoreFailure) {
        let path = directory + "/" + DatabaseFile.name
        guard access(path, F_OK) == 0 || errno != ENOENT else {
            keys = []
            queue = nil
            return
        }
        guard access(path, R_OK) == 0 else {
            throw StoreFailure(.unavailable, "the database \(path) can't be read: \(String(cString: strerror(errno)))")
        }
        let opened = try StoreReader.open(path)
        keys = opened.keys
        queue = opened.queue
    }

    private static func open(_ path: String) throws(StoreFailure) -> (keys: [StoredKey], queue: DatabaseQueue) {
        var trouble: any Error = StoreTrouble(.unavailable, "it can't be opened")
        for target in DatabaseFile.targetsToRead(path) {
            do {
                let queue = try DatabaseFile.queueToRead(target)
                if try queue.read({ try Schema.migrator.hasBeenSuperseded($0) }) { throw Schema.superseded(path) }
                return (try queue.read(KeyTable.all).map(\.key), queue)
            } catch let failure as StoreFailure {
                throw failure
            } catch {
                trouble = error
            }
        }
        throw StoreFailure(.unavailable, "the database \(path) can't be read: \(StoreTrouble(trouble).detail)")
    }

    /// Whether there is a database.
    public var exists: Bool { queue != nil }

    /// The sums of usage.
    public func usage(_ query: UsageQuery) throws(StoreFailure) -> [UsageRow] {
        guard let queue else { return [] }
        do {
            return try queue.read { try UsageTable.rows(query, $0) }
        } catch {
            throw StoreFailure(.unavailable, "the database can't be read: \(StoreTrouble(error).detail)")
        }
    }
}
