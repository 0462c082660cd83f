internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Glibc
internal import Storage

extension StoreFailure {
    /// Says it, and the exit code for it.
    var exit: ExitCode {
        Terminal.error(self)
        return code == .newerSchema ? ExitCode.configuration : ExitCode.unavailable
    }
}

extension ConfigurationArguments {
    /// Does one piece of work on the store of the gateway.
    ///
    /// - Parameter mayMakeDirectory: Whether it may be the first thing that is done with a directory, and makes it.
    /// - Throws: The exit code, after the reason was printed, and what the work throws.
    func withStore(mayMakeDirectory: Bool, _ work: @escaping (SQLiteStore) async throws -> Void) throws {
        let session = StoreSession(directory: try dataDirectory(mayMake: mayMakeDirectory), work)
        session.run()
        if let failure = session.failure { throw failure }
    }

    /// The data directory: what the command line says, else what the gateway would use.
    ///
    /// - Throws: Where the gateway keeps nothing there, so that what is found or made is none of its keys.
    func dataDirectory(mayMake: Bool = false) throws -> String {
        if let data {
            var entry = stat()
            if stat(data, &entry) == 0, entry.st_mode & S_IFMT == S_IFDIR { return data }
            guard mayMake else { throw ValidationError("--data: no directory '\(data)'; a mistyped name makes none") }
            Terminal.say("making the data directory \(data); a gateway that is to know what is kept there is started with the same --data")
            return data
        }
        let loaded = load()
        guard let configuration = loaded.configuration else {
            for problem in loaded.problems { Terminal.error(problem) }
            throw ExitCode.configuration
        }
        guard configuration.store.kind == .sqlite else {
            Terminal.error(
                "store.kind is memory: the running gateway keeps its keys and usage to itself, and forgets them with its end; ask it by its admin API "
                    + "(POST /admin/keys, GET /admin/usage; needs LLMGW_ADMIN_API_KEY), set ALLOWED_BEARER_TOKENS, or set store.kind: sqlite")
            throw ExitCode.configuration
        }
        return configuration.server.dataDirectory
    }
}

/// One command's way through the store: opened, worked on, closed.
final class StoreSession {
    private let task: (SQLiteStore) async throws -> Void
    private let directory: String
    private let loop = EventLoop()
    private(set) var failure: (any Error)?

    init(directory: String, _ task: @escaping (SQLiteStore) async throws -> Void) {
        self.task = task
        self.directory = directory
    }

    func run() {
        ProcessTraits.forbidMemoryDumps()
        loop.task(self) { session in
            await session.work()
            session.loop.stop()
        }
        loop.run()
        loop.close()
    }

    private func work() async {
        do {
            // A damaged database is the gateway's to mend: it may hold keys in memory that the file lacks.
            let store = try SQLiteStore(directory: directory, on: loop, mayRepair: false)
            defer {
                store.detach()
                store.close()
            }
            try await store.open()
            guard store.status.state == .durable else {
                throw StoreFailure(.unavailable, "the database in \(directory) can't be used: \(store.status.detail)")
            }
            try await task(store)
        } catch let error as StoreFailure {
            failure = error.exit
        } catch let error as UVError {
            Terminal.error(error)
            failure = ExitCode.unavailable
        } catch {
            failure = error
        }
    }
}
