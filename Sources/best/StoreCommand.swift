internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Glibc
internal import Storage

/// A command that works on the store of a gateway, which may be running meanwhile.
protocol StoreCommand: ParsableCommand {
    /// Where the configuration and the data are.
    var place: ConfigurationArguments { get }
    /// Whether it may be the first thing that is done with a directory, and makes it.
    static var mayMakeDirectory: Bool { get }
    /// Does the work and prints what came of it.
    func work(on store: SQLiteStore) async throws
}

extension StoreCommand {
    static var mayMakeDirectory: Bool { false }

    func run() throws {
        try place.withStore(mayMakeDirectory: Self.mayMakeDirectory) { try await work(on: $0) }
    }
}
