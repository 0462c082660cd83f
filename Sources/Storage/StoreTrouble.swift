internal import GRDB
internal import Gateway
internal import Glibc

/// What keeps the database from working, derived from SQLite's result code (sqlite.org/rescode.html).
struct StoreTrouble: Error {
    let kind: StoreStatus.Trouble
    /// SQLite's message: never the statement or its arguments, which hold names.
    let detail: String
    /// Whether it concerns one of the rows to be written, and neither the file nor the machine: the others can
    /// be kept.
    private(set) var isOfOneRow = false

    init(_ kind: StoreStatus.Trouble, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// A failed system call (errno(3)).
    init(errno code: Int32, _ what: String) {
        let kind: StoreStatus.Trouble =
            switch code {
            case ENOSPC, EDQUOT: .full
            case EROFS, EACCES: .readOnly
            // The directory existed when the database was opened.
            case ENOENT: .deleted
            default: .unavailable
            }
        self.init(kind, "\(what): \(String(cString: strerror(code)))")
    }

    init(_ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init((error as? StoreTrouble)?.kind ?? .unavailable, (error as? StoreTrouble)?.detail ?? "an unknown failure")
            return
        }
        let code = error.extendedResultCode
        let detail = "\(error.message ?? "no message") (SQLite \(code.rawValue))"
        self.init(StoreTrouble.kind(code, error.message ?? ""), detail)
        switch code.primaryResultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_RANGE: isOfOneRow = true
        default: break
        }
    }

    private static func kind(_ code: ResultCode, _ message: String) -> StoreStatus.Trouble {
        switch code {
        case .SQLITE_READONLY_DBMOVED: return .deleted
        case .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_CORRUPTFS, .SQLITE_IOERR_DATA: return .corrupt
        default: break
        }
        switch code.primaryResultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .locked
        case .SQLITE_FULL: return .full
        case .SQLITE_READONLY, .SQLITE_PERM: return .readOnly
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt
        // A table that existed when the database was opened is gone: the file was emptied or overwritten.
        case .SQLITE_ERROR where message.hasPrefix("no such table") || message.hasPrefix("no such column"): return .corrupt
        default: return .unavailable
        }
    }
}
