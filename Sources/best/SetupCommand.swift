internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Storage
internal import Wire

/// `best setup`: what a client must be told to use this gateway.
struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Show the settings with which a client uses this gateway.",
        discussion: """
            The settings alone go to standard output. The address is what the configuration says, or --url. Where clients need a key, one is made that is \
            called after the client; --models limits it, and --key shows one that there is already. While the gateway is open (there has never been a \
            key) none is made, since the first one ends that for good: --make-key makes it all the same.

            Without a name the clients are listed.

            Examples:
              best setup
              best setup aider
              best setup open-webui --url https://llm.example --make-key
              best setup langchain --key llmgw-sk-... --model llama-3.3-70b
            """)

    @Argument(help: "The client: one of the names that `best setup` lists.") var client: String?
    @Option(help: ArgumentHelp("Where clients reach the gateway, such as https://llm.example.", valueName: "address"))
    var url: String?
    @Option(help: ArgumentHelp("A key that there is already.", valueName: "key")) var key: String?
    @Flag(help: "Make a key, also where none is needed yet.") var makeKey = false
    @Option(help: ArgumentHelp("The model that the client asks for.", valueName: "name")) var model = "priority-auto"
    @Option(help: ArgumentHelp("A pattern of models that the new key may ask for; may be given several times.", valueName: "pattern"))
    var models: [String] = []
    @OptionGroup var place: ConfigurationArguments

    func validate() throws {
        guard let client else {
            if key != nil || makeKey || url != nil || !models.isEmpty { throw ValidationError("say for which client; `best setup` lists them") }
            return
        }
        guard row != nil else {
            throw ValidationError("there is no client '\(client)'; there are \(SetupClient.all.map(\.name).joined(separator: ", "))")
        }
        guard key == nil || !makeKey && models.isEmpty else { throw ValidationError("--key goes with neither --make-key nor --models") }
        guard url.map({ (try? HTTPURL(parsing: $0)) != nil }) ?? true else { throw ValidationError("--url is an address like https://llm.example") }
    }

    func run() throws {
        guard let row else {
            var table = TextTable(["NAME", "CLIENT"])
            for client in SetupClient.all { table.add([client.name, client.title]) }
            for line in table.lines { Terminal.out(line) }
            return
        }
        let loaded = place.load()
        guard let configuration = loaded.configuration else {
            for problem in loaded.problems { Terminal.error(problem) }
            throw ExitCode.configuration
        }
        guard let address = url ?? AdminTarget(clientsOf: configuration)?.description else {
            Terminal.error("the configuration leaves the port to the system; name the gateway's address with --url")
            throw ExitCode.configuration
        }
        let values = SetupClient.Values(address: Self.trimmed(address), key: try clientKey(configuration, for: row), model: model)
        Terminal.out(row.place)
        for line in row.lines(values) { Terminal.out(line) }
    }

    private var row: SetupClient? { SetupClient.all.first { $0.name == client } }

    /// The key to show: the one that was given, a new one, or any text where none is needed.
    private func clientKey(_ configuration: GatewayConfiguration, for row: SetupClient) throws -> String {
        if let key { return key }
        let isOpen =
            configuration.server.mayBeOpen
            && (configuration.server.authentication == .none || KeyMarker(in: configuration.server.dataDirectory).history == .never)
        if isOpen, !makeKey {
            Terminal.say("no key is needed: any will do; --make-key makes one, and then everybody needs one")
            return "any-key"
        }
        let made = MadeKey()
        var change = KeyChange()
        if !models.isEmpty { change.models = models }
        try place.withStore(mayMakeDirectory: true) { [change] store in
            made.plaintext = try await KeysCommand.make(row.name, change, at: .now, on: store).1
        }
        guard let plaintext = made.plaintext else { preconditionFailure("the work has ended without an error") }
        Terminal.say("made a key called \(row.name); it is not shown again")
        return plaintext.reveal { $0 }
    }

    /// Where a key is put that is made on the store's way.
    private final class MadeKey {
        var plaintext: Secret?
    }

    private static func trimmed(_ address: String) -> String {
        var text = address[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        if text.hasSuffix("/v1") { text = text.dropLast(3) }
        return String(text)
    }
}
