internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Glibc
internal import HTTPServer
internal import Mock
internal import Observability
internal import Upstream

/// `best serve`: reads the configuration, builds every part once, in the order of their dependence, and runs the loop.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the OpenAI-compatible endpoint.",
        discussion: """
            Reads meta-providers.yaml in the configuration directory, and .env in the working directory. Without a key for any provider it \
            serves the built-in mock fleet, so that everything can be tried.

            SIGTERM and SIGINT drain: no new connections, answers in work are finished; a second signal stops at once.

            Examples:
              best serve
              best serve --config /etc/best --host 0.0.0.0 --port 8080
              GROQ_API_KEY=gsk_... best serve
            """)

    @Option(help: ArgumentHelp("The directory with meta-providers.yaml (default: config).", valueName: "dir"))
    var config: String?
    @Option(help: ArgumentHelp("The IP address to listen on (default: 127.0.0.1; environment: HOST).", valueName: "address"))
    var host: String?
    @Option(help: ArgumentHelp("The port to listen on; 0 lets the system choose (default: 8000; environment: PORT).", valueName: "port"))
    var port: UInt16?
    @Option(help: ArgumentHelp("The log's form: text or json (default: text).", valueName: "form"))
    var logFormat: LogFormat?
    @Flag(help: "Log no line for requests; notices stay.")
    var quiet = false
    @Option(help: ArgumentHelp("How long answers in work may take after SIGTERM, in seconds.", valueName: "seconds"))
    var drainTimeout = 30
    @Flag(help: "Serve the built-in mock fleet, whatever keys there are.")
    var mock = false

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func validate() throws {
        guard drainTimeout >= 0 else { throw ValidationError("--drain-timeout must not be negative") }
    }

    func run() throws {
        let loaded = ConfigurationLoader(directory: config, environment: Self.environment()).load()
        if !mock { warn(loaded) }
        for problem in loaded.problems { Terminal.say("error: \(problem)") }
        guard var configuration = loaded.configuration, loaded.problems.isEmpty else { throw ExitCode.configuration }
        if let host { configuration.server.host = host }
        if let port { configuration.server.port = port }
        if let logFormat { configuration.server.logFormat = logFormat == .json ? .json : .text }
        let address = try listenAddress(configuration.server)
        ProcessTraits.ignoreBrokenPipes()
        let program = ServeProgram(configuration, address: address, usesMock: mock || configuration.providers.isEmpty, isQuiet: quiet)
        let code = program.run(drainDeadline: .seconds(drainTimeout))
        if code != 0 { throw ExitCode(code) }
    }

    /// Says what is amiss but does not keep the gateway from starting; the providers without a key in one line together.
    private func warn(_ loaded: LoadedConfiguration) {
        let skipped = loaded.configuration?.skipped ?? []
        for warning in loaded.warnings where !warning.keyPath.hasSuffix(".api_key_env_var") { Terminal.say("warning: \(warning)") }
        guard !skipped.isEmpty, loaded.configuration?.providers.isEmpty == false else { return }
        let names = skipped.map { "\($0.name) (\($0.variable))" }.joined(separator: ", ")
        Terminal.say("warning: skipped for want of a key: \(names)")
    }

    /// The address, checked against what open mode allows.
    private func listenAddress(_ options: ServerOptions) throws -> SocketAddress {
        guard let address = SocketAddress(host: options.host, port: options.port) else {
            Terminal.say("error: --host \(options.host): not an IP address; 127.0.0.1 serves this machine, 0.0.0.0 every interface")
            throw ExitCode.configuration
        }
        guard address.isLoopback || !options.isOpen else {
            Terminal.say(
                "error: without any key the gateway serves this machine only, not \(options.host): set ALLOWED_BEARER_TOKENS or "
                    + "LLMGW_ADMIN_API_KEY, or use --host 127.0.0.1")
            throw ExitCode.configuration
        }
        return address
    }

    /// The process's environment.
    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
