public import Foundation

/// A directory with the last good copy of each source's files; the only part of this module that touches the
/// disk, and never on the loop.
public struct BoardStore: Sendable {
    /// The result of reading one source.
    public struct Status: Sendable, Equatable {
        /// The source.
        public var source: String
        /// Its licence.
        public var licence: String
        /// Boards that were read.
        public var boards = 0
        /// Their rows, and the catalogue entries that were read.
        public var rows = 0
        /// Seconds since it was last accepted; `nil` if it has no file.
        public var age: Double?
        /// Why it was rejected, in one line.
        public var problem: String?
    }

    /// The contents of a directory.
    public struct Loaded: Sendable {
        /// Boards and facts of all sources.
        public var content = BoardSource.Content()
        /// The result for each source, in the sources' order.
        public var statuses: [Status] = []
        /// Sources of which something was used, with their licences.
        public var sources: [String] = []
    }

    /// The directory.
    public let directory: URL
    /// The largest file that is read, in bytes: the largest real one has 30 MB.
    public var maximumBytes: Int

    /// Makes a store.
    public init(directory: URL, maximumBytes: Int = 64 << 20) {
        self.directory = directory
        self.maximumBytes = maximumBytes
    }

    /// Reads every source that exists. A missing file is no problem; one that can't be used is reported in the
    /// source's status.
    public func load(_ sources: [BoardSource] = BoardSource.all, now: Date = Date()) -> Loaded {
        var loaded = Loaded()
        for source in sources {
            var status = Status(source: source.id, licence: source.licence)
            do throws(BoardError) {
                let found = try files(of: source)
                if !found.isEmpty {
                    status.age = age(of: source, now: now)
                    let content = try source.read(found)
                    (status.boards, status.rows) = (content.boards.count, content.boards.reduce(content.facts.count) { $0 + $1.rows.count })
                    loaded.content.boards += content.boards
                    loaded.content.facts += content.facts
                    loaded.sources.append("\(source.id): \(source.licence)")
                }
            } catch {
                status.problem = error.description
            }
            loaded.statuses.append(status)
        }
        return loaded
    }

    /// Seconds since a source was last accepted, by the newest of its files; `nil` if it has none.
    public func age(of source: BoardSource, now: Date = Date()) -> Double? {
        source.files.compactMap { changed($0.path).map { now.timeIntervalSince($0) } }.min()
    }

    /// The bytes of one file; `nil` if it does not exist.
    public func bytes(at path: String) throws(BoardError) -> [UInt8]? {
        let url = directory.appending(path: path)
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path), let size = attributes[.size] as? Int else { return nil }
        guard size <= maximumBytes else { throw BoardError("\(path) has \(size) bytes; at most \(maximumBytes) are read") }
        do {
            return [UInt8](try Data(contentsOf: url))
        } catch {
            throw BoardError("\(path) can't be read")
        }
    }

    /// The bytes of a file derived from the sources' files; `nil` if it does not exist, or if one of them has
    /// changed since.
    public func bytes(at path: String, notOlderThan sources: [BoardSource]) -> [UInt8]? {
        guard let made = changed(path) else { return nil }
        for file in sources.flatMap(\.files) { if let day = changed(file.path), day > made { return nil } }
        return try? bytes(at: path)
    }

    /// Writes a file derived from the sources' files. If that fails, it is merely derived again.
    public func keep(_ bytes: [UInt8], at path: String) {
        try? Data(bytes).write(to: directory.appending(path: path), options: .atomic)
    }

    private func changed(_ path: String) -> Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: directory.appending(path: path).path)
        return attributes?[.modificationDate] as? Date
    }

    /// Accepts a fetched source if it can be read: writes its files, each completely or not at all, as the new
    /// last good copy.
    public func accept(_ files: [String: [UInt8]], of source: BoardSource) throws(BoardError) {
        let content = try source.read(files)
        guard !content.boards.isEmpty || !content.facts.isEmpty else { throw BoardError("nothing in it") }
        for path in files.keys.sorted() {
            let url = directory.appending(path: path)
            do {
                try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(files[path] ?? []).write(to: url, options: .atomic)
            } catch {
                throw BoardError("\(path) can't be written")
            }
        }
    }

    private func files(of source: BoardSource) throws(BoardError) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for file in source.files { if let bytes = try bytes(at: file.path) { found[file.path] = bytes } }
        return found
    }
}
