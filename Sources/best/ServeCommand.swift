internal import ArgumentParser
internal import Configuration
internal import EventLoop
internal import Gateway
internal import Glibc
internal import HTTPServer
internal import Mock
internal import Observability
internal import Service
internal import Upstream

/// `best serve`: reads the configuration, builds every part once, in the order of their dependence, and runs the loop.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the OpenAI-compatible endpoint.",
        discussion: """
            Reads best.yaml, meta-providers.yaml and model-adjustments.yaml in the configuration directory, and .env in the working \
            directory. Flags win over the environment, that over .env, and that over the files. At least one provider must be usable: \
            without one the start fails and names the variables of the missing keys. With --demo the built-in mock fleet then answers with \
            made-up text, so that everything can be tried.

            SIGHUP reads every file again and takes the whole of it into use between two requests; when anything is wrong, the log says what, \
            and the configuration of before stays. Nothing in work notices.

            SIGTERM, SIGINT and SIGQUIT drain: no new connections, answers in work are finished; a second signal stops at once. During the start \
            they end it.

            Exit codes: 0 after a signal; 64 wrong arguments; 69 an address to listen on can't be had; 78 the configuration has a \
            problem, or no provider can be used.

            Examples:
              GROQ_API_KEY=gsk_... best serve
              best serve --config /etc/best --host 0.0.0.0 --port 8080
              best serve --demo
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
    @Flag(help: "Where no provider can be used, serve the built-in mock fleet, which answers with made-up text.")
    var demo = false
    @Flag(help: "Serve the built-in mock fleet, whatever keys there are.")
    var mock = false

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    func run() throws {
        ProcessSignals.hold()
        var flags = flags
        let environment = ConfigurationArguments.environment()
        let listener = try takeSocket(environment, into: &flags)
        let settings = ServeSettings(
            loader: place.loader(flags), directory: place.config ?? ConfigurationLoader.defaultDirectory, environment: environment,
            listener: listener, isDemo: demo, forcesMock: mock)
        let loaded = settings.loader.load()
        ConfigurationArguments.useProxies(of: loaded)
        if !mock { ConfigurationArguments.warn(of: loaded) }
        guard ConfigurationArguments.isUsable(loaded, isDemo: demo || mock), let configuration = loaded.configuration else {
            throw ExitCode.configuration
        }
        guard let address = SocketAddress(host: configuration.server.host, port: configuration.server.port) else {
            preconditionFailure("the host was checked")
        }
        let program = ServeProgram(configuration, settings: settings, address: address)
        let code = program.run()
        if code != 0 { throw ExitCode(code) }
    }

    /// The socket of the service manager, if it has one for us; its address stands for the host and the port, wherever else they are set.
    private func takeSocket(_ environment: [String: String], into flags: inout ConfigurationFlags) throws -> Int32? {
        switch SocketActivation(environment: environment, processID: getpid()) {
        case .none:
            return nil
        case .descriptor(let descriptor):
            guard let address = SocketAddress(listeningOn: descriptor) else {
                Terminal.error("the socket that the service manager hands over is not a TCP socket that listens: see ListenStream= in best.socket")
                throw ExitCode.configuration
            }
            (flags.host, flags.port) = (address.host, address.port)
            return descriptor
        case .tooMany(let count):
            Terminal.error("the service manager hands over \(count) sockets; the gateway listens on one: best.socket needs one ListenStream=")
            throw ExitCode.configuration
        }
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
