internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Foundation
internal import Gateway
internal import Upstream
internal import Wire

/// Which running gateway is asked: the options of every command that asks one.
struct AdminArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Where the gateway serves /admin/: http://127.0.0.1:8000 or unix:/run/best/admin.sock (default: what the configuration says, \
            admin.listen, else server.host and server.port).
            """, valueName: "address"))
    var url: String?
    @OptionGroup var place: ConfigurationArguments

    func validate() throws {
        guard url.map({ AdminTarget(parsing: $0) != nil }) ?? true else {
            throw ValidationError("--url is an address like http://127.0.0.1:8000 or unix:/run/best/admin.sock")
        }
    }

    /// The address, and the admin key as the gateway reads it: from the environment, a file that it names, or `.env`.
    func find() throws -> (AdminTarget, Secret) {
        let loaded = place.load()
        let named = url.flatMap(AdminTarget.init(parsing:))
        // With an address the files are of no account; without one a wrong file may name a wrong place, which should not get the key.
        if named == nil, loaded.configuration == nil {
            for problem in loaded.problems { Terminal.error(problem) }
            throw ExitCode.configuration
        }
        guard let target = named ?? AdminTarget(of: loaded.readable) else {
            Terminal.error("the configuration leaves the port to the system; name the gateway's address with --url")
            throw ExitCode.configuration
        }
        guard let key = loaded.readable.server.adminKey else {
            for problem in loaded.problems where problem.keyPath.hasPrefix("LLMGW_ADMIN_API_KEY") { Terminal.error(problem) }
            Terminal.error("no admin key: set LLMGW_ADMIN_API_KEY, in the environment or in .env, to the one that the gateway was started with")
            throw ExitCode.configuration
        }
        return (target, key)
    }
}
