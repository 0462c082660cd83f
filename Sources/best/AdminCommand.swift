internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Foundation
internal import Gateway
internal import Upstream
internal import Wire

/// A command that asks a running gateway something by its operator's endpoints.
protocol AdminCommand: ParsableCommand {
    /// Which gateway.
    var gateway: AdminArguments { get }
    /// Asks, and prints what came of it.
    func work(with session: AdminSession) async throws
}

extension AdminCommand {
    func run() throws {
        let (target, key) = try gateway.find()
        try AdminSession(target, key: key).run(self)
    }
}
