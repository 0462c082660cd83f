internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Glibc
internal import Storage

/// A command that reads the store of a gateway, which may be running meanwhile, and changes nothing: a read-only copy will do, and nothing is made.
protocol StoreReadingCommand: ParsableCommand {
    /// Where the configuration and the data are.
    var place: ConfigurationArguments { get }
    /// Does the work and prints what came of it.
    func work(on store: StoreReader) throws
}

extension StoreReadingCommand {
    func run() throws {
        let directory = try place.dataDirectory()
        do throws(StoreFailure) {
            let store = try StoreReader(directory: directory)
            guard store.exists || place.data == nil else {
                throw StoreFailure(.unavailable, "there is no database in \(directory); a gateway that serves from there makes it")
            }
            try doWork(on: store)
        } catch {
            throw error.exit
        }
    }

    private func doWork(on store: StoreReader) throws(StoreFailure) {
        do { try work(on: store) } catch let failure as StoreFailure { throw failure } catch { throw StoreFailure(.unavailable, "\(error)") }
    }
}
