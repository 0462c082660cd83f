internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
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

    @OptionGroup var place: ConfigurationArguments
    @Option(help: ArgumentHelp("The IP address to listen on (default: 127.0.0.1; environment: HOST).", valueName: "address"))
    var host: String?
    @Option(help: ArgumentHelp("The port to listen on; 0 lets the system choose (default: 8000; environment: PORT).", valueName: "port"))
    var port: UInt16?
    @Option(help: ArgumentHelp("The log's form: text or json (default: text).", valueName: "form"))
    var logFormat: LogFormat?
    @Flag(help: "Log no line for requests; notices stay.")
    var quiet = false
    @Option(help: ArgumentHelp("How long answers in work may take after SIGTERM: 30, 500ms, 1m30s (default: 30s).", valueName: "time"))
    var drainTimeout: TimeArgument?
    @Flag(help: "Serve the built-in mock fleet, whatever keys there are.")
    var mock = false

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func run() throws {
        let loaded = place.load(flags)
        if !mock { ConfigurationArguments.warn(of: loaded) }
        guard ConfigurationArguments.isUsable(loaded), let configuration = loaded.configuration else { throw ExitCode.configuration }
        guard let address = SocketAddress(host: configuration.server.host, port: configuration.server.port) else {
            preconditionFailure("the host was checked")
        }
        ProcessTraits.ignoreBrokenPipes()
        let program = ServeProgram(configuration, address: address, usesMock: mock || configuration.providers.isEmpty)
        let code = program.run()
        if code != 0 { throw ExitCode(code) }
    }

    private var flags: ConfigurationFlags {
        var flags = ConfigurationFlags()
        flags.host = host
        flags.port = port
        flags.drainTimeout = drainTimeout?.duration
        flags.logFormat = logFormat.flatMap { LoggingOptions.Format(rawValue: $0.rawValue) }
        flags.isQuiet = quiet
        return flags
    }
}
