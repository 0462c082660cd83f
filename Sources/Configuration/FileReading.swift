internal import Foundation

/// Reads whole small files.
enum FileReading {
    /// Why a file could not be read.
    enum Failure: Error, Equatable {
        case missing
        case tooLarge(limit: Int)
        case unreadable(reason: String)

        /// For a problem.
        var found: String {
            switch self {
            case .missing: "no such file"
            case .tooLarge(let limit): "the file is larger than \(limit / 1024) KiB"
            case .unreadable(let reason): reason
            }
        }
    }

    /// The bytes of the file at `path`, at most `limit` of them; more is a failure.
    static func bytes(of path: String, atMost limit: Int) throws(Failure) -> [UInt8] {
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            throw .unreadable(reason: "it is a directory")
        }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            data = try readAll(handle, atMost: limit + 1)
        } catch CocoaError.fileNoSuchFile, CocoaError.fileReadNoSuchFile {
            throw .missing
        } catch CocoaError.fileReadNoPermission {
            throw .unreadable(reason: "no permission to read the file")
        } catch {
            throw .unreadable(reason: "the file cannot be read")
        }
        guard data.count <= limit else { throw .tooLarge(limit: limit) }
        return Array(data)
    }

    /// `path` as seen from `directory`, unless it is absolute.
    static func resolve(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") || directory.isEmpty || directory == "." ? path : directory + "/" + path
    }

    /// A pipe gives what it has, so one read is not the whole.
    private static func readAll(_ handle: FileHandle, atMost limit: Int) throws -> Data {
        var data = Data()
        while data.count < limit, let piece = try handle.read(upToCount: limit - data.count), !piece.isEmpty { data.append(piece) }
        return data
    }
}
