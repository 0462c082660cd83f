internal import GRDB
internal import Gateway
internal import Glibc

/// What keeps the database from doing its work, told from SQLite's result code (sqlite.org/rescode.html).
struct StoreTrouble: Error {
    let kind: StoreStatus.Trouble
    /// SQLite's words: never the statement or its arguments, which hold names.
    let detail: String
    /// Whether it lies in one of the rows that were to be written, and neither in the file nor in the machine: the others can be kept.
    private(set) var isOfOneRow = false

    init(_ kind: StoreStatus.Trouble, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// What a call of the system says (errno(3)).
    init(errno code: Int32, _ what: String) {
        let kind: StoreStatus.Trouble =
            switch code {
            case ENOSPC, EDQUOT: .full
            case EROFS, EACCES: .readOnly
            // The directory was there when the database was opened.
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
        // A table that was there when the database was opened is gone: somebody emptied the file, or wrote another into it.
        case .SQLITE_ERROR where message.hasPrefix("no such table") || message.hasPrefix("no such column"): return .corrupt
        default: return .unavailable
        }
    }
}
