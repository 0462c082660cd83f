internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Upstream
internal import Wire

/// `best health`: a probe for containers and scripts.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the running gateway whether it is well.",
        discussion: """
            Asks GET /livez, which needs no key and calls nobody else. With --ready it asks GET /readyz: whether requests can be served, which is not so \
            while there is no model, nor once the end has begun. Where to ask is found as `best serve` finds where to listen: by HOST and PORT, \
            .env and best.yaml; in a container the image's own command is enough.

            Exit codes: 0 it is well; 1 it is not, or does not answer in time; 64 a wrong command line.

            Examples:
              best health
              best health --ready --url http://127.0.0.1:8000
              best health || systemctl restart best
            """)

    @Option(
        help: ArgumentHelp("Where the gateway listens for clients (default: what the configuration says).", valueName: "address"))
    var url: String?
    @Flag(help: "Ask whether requests can be served, not only whether it lives.")
    var ready = false
    @Option(help: ArgumentHelp("How long the answer may take: 5, 500ms (default: 5s).", valueName: "time"))
    var timeout: TimeArgument?
    @Flag(help: "Say nothing; the exit code tells.")
    var quiet = false
    @OptionGroup var place: ConfigurationArguments

    func validate() throws {
        guard url.map({ AdminTarget(parsing: $0) != nil }) ?? true else {
            throw ValidationError("--url is an address like http://127.0.0.1:8000")
        }
    }

    func run() throws {
        // A file with a mistake in it does not make a running gateway ill: what can be read says where it listens.
        guard let target = url.flatMap(AdminTarget.init(parsing:)) ?? AdminTarget(clientsOf: place.load().readable) else {
            throw failure("the configuration leaves the port to the system; name the gateway's address with --url")
        }
        let path = ready ? "/readyz" : "/livez"
        let patience = timeout?.duration ?? .seconds(5)
        let answer: AdminCall.Answer
        do throws(UpstreamFailure) {
            answer = try HealthProbe(target, path: path, patience: patience).run()
        } catch {
            throw failure("no answer from \(target)\(path): \(error)")
        }
        guard answer.status == 200 else {
            throw failure("\(target)\(path) says \(answer.status): \(String(decoding: answer.body.prefix(300), as: UTF8.self).printable)")
        }
        if !quiet { Terminal.out("\(target)\(path): ok") }
    }

    private func failure(_ text: String) -> ExitCode {
        if !quiet { Terminal.error(text) }
        return .failure
    }
}

/// One call without a key, and the loop that it needs.
final class HealthProbe {
    private let target: AdminTarget
    private let path: String
    private let patience: Duration
    private let loop = EventLoop()
    private var result: Result<AdminCall.Answer, UpstreamFailure>?

    init(_ target: AdminTarget, path: String, patience: Duration) {
        self.target = target
        self.path = path
        self.patience = patience
    }

    /// Asks; returns when there is an answer, or throws when none came.
    func run() throws(UpstreamFailure) -> AdminCall.Answer {
        ProcessTraits.ignoreBrokenPipes()
        loop.task(self) { probe in
            probe.result = await probe.ask()
            probe.loop.stop()
        }
        loop.run()
        loop.close()
        guard let result else { preconditionFailure("the task has ended") }
        return try result.get()
    }

    private func ask() async -> Result<AdminCall.Answer, UpstreamFailure> {
        let transport: CurlTransport
        do throws(UVError) { transport = try CurlTransport(on: loop) } catch { return .failure(UpstreamFailure(.local, "\(error)")) }
        defer { transport.close() }
        do throws(UpstreamFailure) {
            return .success(try await AdminCall.send(.get, path, to: target, key: nil, patience: patience, on: transport))
        } catch {
            return .failure(error)
        }
    }
}
