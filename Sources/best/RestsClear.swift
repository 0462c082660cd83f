internal import ArgumentParser
internal import Gateway
internal import Wire

/// `best rests clear`.
struct RestsClear: AdminCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "End rests: those that fit every option, or all with --all.",
        discussion: """
            What waits for it goes on at once. What was learnt of limits stays. --provider ends all rests of a provider, its keys and its models; \
            --model those of the model, with each key; --key those of the key, with each model. Endpoints that a provider was taken not to have are \
            asked for again, too, unless a key is named.

            Examples:
              best rests clear --provider groq
              best rests clear --key GROQ_API_KEY
            """)

    @Option(help: ArgumentHelp("Those of this provider.", valueName: "name")) var provider: String?
    @Option(help: ArgumentHelp("Those of this model, by the id that its provider gives it.", valueName: "id")) var model: String?
    @Option(help: ArgumentHelp("Those of the key in this variable.", valueName: "variable")) var key: String?
    @Flag(help: "Every rest.") var all = false
    @OptionGroup var gateway: AdminArguments
    @Flag(help: "Print JSON: {\"cleared\": n, \"data\": [...], \"endpoints\": [...]}.") var json = false

    private var filters: [(name: StaticString, value: String)] {
        [("provider", provider), ("model", model), ("key", key)].compactMap { name, value in value.map { (name, $0) } }
    }

    func validate() throws {
        guard all || !filters.isEmpty else { throw ValidationError("say which: --provider, --model, --key, or --all for every rest") }
        guard !all || filters.isEmpty else { throw ValidationError("--all goes with none of --provider, --model and --key") }
        for filter in filters where filter.value.isEmpty { throw ValidationError("--\(filter.name) must not be empty") }
    }

    func work(with session: AdminSession) async throws {
        var request = ByteBuffer()
        request.append("{")
        for (index, filter) in filters.enumerated() {
            request.append(index == 0 ? "\"" : ",\"")
            request.append(filter.name)
            request.append("\":")
            request.append(jsonString: filter.value)
        }
        request.append("}")
        let body = try await session.send(.post, "/admin/rests/clear", body: request.bytes.text)
        guard let list = RestList(body), let count = list.cleared else { throw session.unreadable() }
        if json { return Terminal.out(String(decoding: body, as: UTF8.self)) }
        let endpoints = list.endpoints ?? []
        for missing in endpoints { Terminal.say("\(missing.provider) is asked for \(missing.endpoint) again") }
        guard count > 0 else { return endpoints.isEmpty ? Terminal.say("nothing of that rested") : () }
        Terminal.say(count == 1 ? "ended 1 rest:" : "ended \(count) rests:")
        for line in list.table.lines { Terminal.out(line) }
        if count > list.data.count { Terminal.say("and \(count - list.data.count) more") }
    }
}
