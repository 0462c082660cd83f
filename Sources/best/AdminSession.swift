internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Foundation
internal import Gateway
internal import Upstream
internal import Wire

/// One command's calls of a running gateway.
final class AdminSession {
    private let target: AdminTarget
    private let key: Secret
    private let loop = EventLoop()
    private var transport: CurlTransport?
    private var failure: (any Error)?

    init(_ target: AdminTarget, key: Secret) {
        self.target = target
        self.key = key
    }

    /// Runs a command to its end.
    func run(_ command: any AdminCommand) throws {
        ProcessTraits.forbidMemoryDumps()
        ProcessTraits.ignoreBrokenPipes()
        transport = try CurlTransport(on: loop)
        loop.task((self, command)) { session, command in
            do { try await command.work(with: session) } catch { session.failure = error }
            session.transport?.close()
            session.loop.stop()
        }
        loop.run()
        loop.close()
        if let failure { throw failure }
    }

    /// Makes one call.
    ///
    /// - Returns: The body of its answer.
    /// - Throws: The exit code, after the reason was printed.
    func send(_ method: HTTPMethod, _ path: String, body: String? = nil) async throws -> [UInt8] {
        let answer = try await call(method, path, body: body)
        if answer.status == 200 { return answer.body }
        let error = AdminError(answer.body)
        switch (answer.status, error?.code) {
        case (401, _):
            Terminal.error(
                "the gateway at \(target) rejects the admin key; LLMGW_ADMIN_API_KEY must be here what it was when the gateway was started")
            throw ExitCode.configuration
        case (404, "unknown_url"?): throw try await missing(path)
        case (400, _?), (404, _?):
            Terminal.error(error?.message ?? "")
            throw ExitCode.failure
        default:
            Terminal.error(error.map { "the gateway at \(target): \($0.message)" } ?? notBest(answer))
            throw ExitCode.unavailable
        }
    }

    private func call(_ method: HTTPMethod, _ path: String, body: String? = nil) async throws -> AdminCall.Answer {
        guard let transport else { preconditionFailure("calls are made while the session runs") }
        do throws(UpstreamFailure) {
            return try await AdminCall.send(method, path, body: body, to: target, key: key, on: transport)
        } catch {
            switch error.kind {
            case .connect, .connectTimeout, .resolve:
                Terminal.error(
                    "no gateway answers at \(target): start it with `best serve`, or name its address with --url (\(error.detail))")
            default: Terminal.error("no answer from \(target): \(error)")
            }
            throw ExitCode.unavailable
        }
    }

    /// Says why the gateway has no such endpoint.
    private func missing(_ path: String) async throws -> ExitCode {
        // Every gateway with an admin key has this one.
        let keys = try await call(.get, "/admin/keys")
        if keys.status == 404 {
            Terminal.error(
                """
                the gateway at \(target) serves no /admin/: set LLMGW_ADMIN_API_KEY for it and start it again, or name the address of its \
                admin.listen with --url
                """)
            return .configuration
        }
        Terminal.error("the gateway at \(target) does not know \(path): it is older than this program (\(BuildInformation.version)); start it again")
        return .unavailable
    }

    private func notBest(_ answer: AdminCall.Answer) -> String {
        "what answers at \(target) is no gateway of this kind (status \(answer.status)); name the gateway's address with --url"
    }

    /// Says that a body is not what was asked for.
    func unreadable() -> ExitCode {
        Terminal.error(notBest(AdminCall.Answer(status: 200, body: [])))
        return .unavailable
    }
}
