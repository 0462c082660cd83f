package import EventLoop
package import Gateway
internal import Glibc

/// Keeps the lists of models in a file, which is read and written on libuv's thread pool.
package final class ModelListFile: ModelListCache {
    /// The file's name in the data directory.
    private static let name = "models.json"
    /// Bytes that are read; more is not a file of ours.
    private static let maximumBytes = 256 * 1024 * 1024

    package let place: String
    private let loop: EventLoop

    package init(_ configuration: GatewayConfiguration, on loop: EventLoop) {
        place = Self.place(of: configuration)
        self.loop = loop
    }

    /// Where the lists of a configuration are kept.
    package static func place(of configuration: GatewayConfiguration) -> String {
        configuration.discovery.cacheFile ?? "\(configuration.server.dataDirectory)/\(name)"
    }

    package func load() async throws(ModelListCacheError) -> [UInt8]? {
        let place = place
        return try await LoopWork.run(on: loop) { Self.read(place) }.get()
    }

    package func save(_ bytes: [UInt8]) async throws(ModelListCacheError) {
        let place = place
        try await LoopWork.run(on: loop) { Self.replace(place, with: bytes) }.get()
    }

    // MARK: On the thread pool

    package static func read(_ path: String) -> Result<[UInt8]?, ModelListCacheError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT ? .success(nil) : .failure(.system("can't be opened")) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .failure(ModelListCacheError("not a file")) }
        guard status.st_size <= maximumBytes else { return .failure(ModelListCacheError("larger than \(maximumBytes) bytes")) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count == 0 { return .success(bytes) }
            if count < 0, errno != EINTR { return .failure(.system("can't be read")) }
            bytes += piece.prefix(max(0, count))
        }
        return .failure(ModelListCacheError("larger than \(maximumBytes) bytes"))
    }

    /// Writes beside the file and puts the result in its place: after a crash at any point the old or the new bytes are there.
    private static func replace(_ path: String, with bytes: [UInt8]) -> Result<Void, ModelListCacheError> {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if let failure = makeDirectories(directory) { return .failure(failure) }
        // Several processes may serve with one data directory.
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return .failure(.system("can't be created")) }
        var failure: ModelListCacheError?
        if !write(bytes, to: descriptor) { failure = .system("can't be written") }
        if failure == nil, fsync(descriptor) != 0 { failure = .system("can't be written") }
        close(descriptor)
        if failure == nil, rename(temporary, path) != 0 { failure = .system("can't be replaced") }
        guard let failure else {
            synchronize(directory)
            return .success(())
        }
        unlink(temporary)
        return .failure(failure)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// Makes the directory and those above it that are missing, for the owner alone.
    private static func makeDirectories(_ path: String) -> ModelListCacheError? {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            if mkdir(String(path[..<end]), 0o700) != 0, errno != EEXIST { return .system("the directory can't be made") }
        }
        return nil
    }

    /// Puts the new name on the disk as well.
    private static func synchronize(_ directory: String) {
        let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension ModelListCacheError {
    /// What was tried, and the system's reason.
    fileprivate static func system(_ what: String) -> ModelListCacheError {
        let code = errno
        return ModelListCacheError("\(what): \(String(cString: strerror(code)))")
    }
}
